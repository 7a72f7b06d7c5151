//! The fence around an account's area: what a rover gets depends on where it says it is. Pure: it is told the time.

use std::time::Duration;

use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::nmea::gga::Gga;

use crate::accounts::area::{Area, Spot};
use crate::events::EndReason;

/// Holds a rover against the area of its account; without one, it may be anywhere.
#[derive(Debug)]
pub struct Fence {
    area: Option<Area>,
    /// When it was inside last, or began.
    heard: Uptime,
    is_inside: bool,
    patience: Duration,
}

impl Fence {
    /// A fence around an area. Who tells no position inside for as long as `patience` is let go.
    pub fn new(area: Option<Area>, now: Uptime, patience: Duration) -> Self {
        let is_inside = area.is_none();
        Self { area, heard: now, is_inside, patience }
    }

    /// The rover tells where it is. One without a fix is nowhere, which is no fault.
    pub fn on_position(&mut self, gga: &Gga, now: Uptime) -> Result<(), EndReason> {
        let (Some(area), Some(place)) = (&self.area, gga.place) else { return Ok(()) };
        let spot = Spot { latitude_deg: place.latitude_deg, longitude_deg: place.longitude_deg };
        self.is_inside = area.contains(spot);
        if !self.is_inside {
            return Err(EndReason::OutsideArea);
        }
        self.heard = now;
        Ok(())
    }

    /// Whether there is no area at all, and nothing ever changes.
    pub fn is_open(&self) -> bool {
        self.area.is_none()
    }

    /// Whether the rover may have corrections now; an error when its time to tell a position is over.
    pub fn lets_through(&self, now: Uptime) -> Result<bool, EndReason> {
        if self.area.is_some() && now - self.heard > self.patience {
            return Err(EndReason::NoPosition);
        }
        Ok(self.is_inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    fn gga(latitude_deg: f64) -> Gga {
        Gga::at(tianshu_gnss::coords::Geodetic::from_degrees(latitude_deg, 108.0, 80.0), None)
    }

    fn fence(area: Option<&str>) -> Fence {
        Fence::new(area.map(|text| text.parse().unwrap()), at(0), Duration::from_mins(5))
    }

    #[test]
    fn without_an_area_everything_goes_through() {
        let mut fence = fence(None);
        assert_eq!(fence.lets_through(at(100_000)), Ok(true));
        assert_eq!(fence.on_position(&gga(-80.0), at(1)), Ok(()));
    }

    #[test]
    fn nothing_goes_through_before_the_rover_is_inside() {
        let mut fence = fence(Some("box 20 104 26 112"));
        assert_eq!(fence.lets_through(at(0)), Ok(false));
        let nowhere = Gga { place: None, ..gga(22.0) };
        assert_eq!(fence.on_position(&nowhere, at(1)), Ok(()));
        assert_eq!(fence.lets_through(at(1)), Ok(false));
        assert_eq!(fence.on_position(&gga(22.0), at(2)), Ok(()));
        assert_eq!(fence.lets_through(at(2)), Ok(true));
        assert_eq!(fence.on_position(&gga(27.0), at(3)), Err(EndReason::OutsideArea));
        assert_eq!(fence.lets_through(at(3)), Ok(false));
    }

    #[test]
    fn who_falls_silent_is_let_go() {
        let mut fence = fence(Some("box 20 104 26 112"));
        assert_eq!(fence.lets_through(at(300)), Ok(false));
        assert_eq!(fence.lets_through(at(301)), Err(EndReason::NoPosition));
        assert_eq!(fence.on_position(&gga(22.0), at(301)), Ok(()));
        assert_eq!(fence.lets_through(at(601)), Ok(true));
        assert_eq!(fence.lets_through(at(602)), Err(EndReason::NoPosition));
    }
}
