//! Which of a rover's positions is believed.

use std::time::Duration;

use tianshu_gnss::coords::{Ecef, WGS84};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::nmea::gga::Gga;

/// Below this distance a change of position is taken as it is: it can hardly change the station. Longer ones must be
/// possible, or be told twice: some clients alternate between the receiver's position and a stored one (docs/ntrip-in-the-field.md, note 30).
pub const JUMP_MIN_M: f64 = 5_000.0;

/// The fastest believable rover, m/s: an airliner with the wind behind it.
pub const SPEED_MAX_M_PER_S: f64 = 350.0;

/// The place that is believed of a rover, and the one that waits to be told again.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoverPosition {
    believed: Option<(Ecef, Uptime)>,
    suspect: Option<Ecef>,
}

/// What a GGA changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Told {
    /// A position that is believed.
    Place(Ecef),
    /// The receiver has no fix; what was believed before stays.
    NoFix,
    /// A position too far away to be believed at once.
    Jump {
        /// How far it is from the one before, m.
        distance_m: f64,
    },
}

impl RoverPosition {
    /// What is believed.
    pub fn place(&self) -> Option<Ecef> {
        self.believed.map(|(place, _)| place)
    }

    /// Takes a GGA.
    pub fn told(&mut self, gga: &Gga, now: Uptime) -> Told {
        let Some(place) = gga.position().map(|position| position.to_ecef(WGS84)) else {
            return Told::NoFix;
        };
        if let Some((before, when)) = self.believed {
            let distance_m = (place - before).norm_m();
            let elapsed = (now - when).max(Duration::from_secs(1));
            let confirmed = self.suspect.is_some_and(|at| (place - at).norm_m() < JUMP_MIN_M);
            let possible = distance_m <= elapsed.as_secs_f64() * SPEED_MAX_M_PER_S;
            if distance_m > JUMP_MIN_M && !possible && !confirmed {
                self.suspect = Some(place);
                return Told::Jump { distance_m };
            }
        }
        self.suspect = None;
        self.believed = Some((place, now));
        Told::Place(place)
    }
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::coords::Geodetic;

    use super::*;

    fn gga(latitude_deg: f64) -> Gga {
        Gga::at(Geodetic::from_degrees(latitude_deg, 108.0, 80.0), None)
    }

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    fn kind(told: Told) -> &'static str {
        match told {
            Told::Place(_) => "place",
            Told::NoFix => "no fix",
            Told::Jump { .. } => "jump",
        }
    }

    #[test]
    fn a_jump_is_believed_when_it_is_told_twice() {
        let mut position = RoverPosition::default();
        assert_eq!(kind(position.told(&gga(22.0), at(0))), "place");
        assert_eq!(kind(position.told(&gga(23.0), at(1))), "jump");
        assert_eq!(kind(position.told(&gga(22.0), at(2))), "place");
        assert_eq!(kind(position.told(&gga(23.0), at(3))), "jump"); // forgotten in between
        assert_eq!(kind(position.told(&gga(23.001), at(4))), "place");
    }

    #[test]
    fn a_journey_is_no_jump() {
        let mut position = RoverPosition::default();
        position.told(&gga(22.0), at(0));
        assert_eq!(kind(position.told(&gga(23.0), at(3600))), "place");
    }

    #[test]
    fn without_a_fix_the_place_before_stays() {
        let mut position = RoverPosition::default();
        position.told(&gga(22.0), at(0));
        let no_fix = Gga { place: None, quality: 0, ..gga(22.0) };
        assert_eq!(kind(position.told(&no_fix, at(1))), "no fix");
        assert!(position.place().is_some());
    }
}
