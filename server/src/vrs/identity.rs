//! Who a virtual station is: its place and its ID, the same for as long as its rover stays near it.

use std::sync::atomic::{AtomicU16, Ordering};

use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};

/// A rover farther away gets a virtual station anew, m. So far a receiver models the air itself, and a new station costs it its fix.
const NEAR_M: f64 = 10_000.0;
/// A rover higher or lower by more gets one anew, m: the troposphere's part that a receiver's model leaves then exceeds a centimetre.
const LEVEL_M: f64 = 300.0;
/// Virtual stations have the IDs of the upper quarter of the field of 12 bits (RTCM 10403.3, DF003), bases should have others.
const IDS: std::ops::RangeInclusive<u16> = 3_072..=4_095;
/// What 1005 and 1006 tell of a coordinate, per metre (RTCM 10403.3, DF025).
const STEPS_PER_M: f64 = 1e4;

/// A virtual station's place and ID.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Identity {
    /// Reference station ID.
    pub station_id: u16,
    /// Its place, exactly as its messages tell it.
    pub place: Ecef,
    geodetic: Geodetic,
}

/// Gives IDs in turn, so that a rover's next virtual station has another one than that before.
#[derive(Debug, Default)]
pub(crate) struct StationIds(AtomicU16);

impl StationIds {
    /// The next one.
    pub(crate) fn next(&self) -> u16 {
        let count = IDS.end() - IDS.start() + 1;
        IDS.start() + self.0.fetch_add(1, Ordering::Relaxed) % count
    }
}

impl Identity {
    /// A station at that place.
    pub(crate) fn at(place: Ecef, station_id: u16) -> Self {
        let [x, y, z] = place.xyz().map(|metres| (metres * STEPS_PER_M).round() / STEPS_PER_M);
        let place = Ecef::new(x, y, z);
        Self { station_id, place, geodetic: place.to_geodetic(GRS80) }
    }

    /// Where it is.
    pub(crate) fn geodetic(&self) -> Geodetic {
        self.geodetic
    }

    /// Whether a rover there keeps it.
    pub(crate) fn serves(&self, rover: Ecef) -> bool {
        // Asked for every rover and epoch, and nearly all have stayed where they were.
        if (rover - self.place).norm_m() <= LEVEL_M {
            return true;
        }
        let rise_m = rover.to_geodetic(GRS80).height_m - self.geodetic.height_m;
        let apart = (rover - self.place).to_enu(self.geodetic);
        apart.east_m.hypot(apart.north_m) <= NEAR_M && rise_m.abs() <= LEVEL_M
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(latitude_deg: f64, height_m: f64) -> Ecef {
        Geodetic::from_degrees(latitude_deg, 108.0, height_m).to_ecef(GRS80)
    }

    #[track_caller]
    fn check(latitude_deg: f64, height_m: f64, stays: bool) {
        let station = Identity::at(place(23.0, 100.0), 3_072);
        assert_eq!(station.serves(place(latitude_deg, height_m)), stays);
    }

    #[test]
    fn a_station_stays_while_its_rover_is_near() {
        check(23.0, 100.0, true);
        // 1° of latitude is 110.8 km here.
        check(23.089, 100.0, true);
        check(23.091, 100.0, false);
        check(23.0, 399.0, true);
        check(23.0, 401.0, false);
        check(23.0, -201.0, false);
    }

    #[test]
    fn its_place_is_what_its_message_can_say() {
        let station = Identity::at(Ecef::new(-1_800_000.000_04, 5_600_000.000_06, 2.5), 3_072);
        let told = Ecef::new(-1_800_000.0, 5_600_000.000_1, 2.5);
        assert!((station.place - told).norm_m() < 1e-8, "{:?}", station.place);
    }

    #[test]
    fn ids_follow_each_other_and_come_round() {
        let ids = StationIds::default();
        let first: Vec<u16> = (0..3).map(|_| ids.next()).collect();
        assert_eq!(first, [3_072, 3_073, 3_074]);
        let more: Vec<u16> = (0..1_024).map(|_| ids.next()).collect();
        assert!(more.iter().all(|id| IDS.contains(id)));
        assert_eq!(more.last(), Some(&3_074));
    }
}
