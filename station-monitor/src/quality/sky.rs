//! Which satellites are up: from the ephemerides that stations tell, as far as they may be believed.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::coords::{Ecef, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_positioning::model::range::sight_from;
use tianshu_positioning::network::ephemerides::{Heard, Judge};
use tianshu_positioning::network::topology::StationIndex;

/// Satellites' places are computed anew after this time: none rises by more than 0.25° meanwhile.
pub const LOOK_EVERY: Interval = Interval::from_seconds(30);
/// Below this elevation a satellite is not expected, and what is measured of it says little of a station, rad: 10°, the mask of teqc's
/// quality check (Estey and Meertens, GPS Solutions 3, 1999).
pub const MASK_RAD: f64 = 0.174_533;

/// The satellites of all stations.
#[derive(Clone, Debug)]
pub struct Sky {
    ephemerides: EphemerisStore,
    judge: Judge,
    looked: Option<GpsTime>,
    places: Vec<(Satellite, Ecef)>,
}

/// The satellites that a station should see, with their elevations, in the order of the satellites.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Visible {
    at: Option<GpsTime>,
    satellites: Vec<InView>,
}

/// A satellite above the horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InView {
    /// Which.
    pub satellite: Satellite,
    /// Elevation, rad.
    pub elevation_rad: f64,
    /// Azimuth from north over east, rad.
    pub azimuth_rad: f64,
}

impl Default for Sky {
    fn default() -> Self {
        Self::of(EphemerisStore::default())
    }
}

impl Sky {
    /// A sky whose ephemerides are known beforehand, as those of navigation files are.
    pub fn of(ephemerides: EphemerisStore) -> Self {
        Self { ephemerides, judge: Judge::default(), looked: None, places: Vec::new() }
    }

    /// The ephemerides that are believed.
    pub fn ephemerides(&self) -> &EphemerisStore {
        &self.ephemerides
    }

    /// Hears an ephemeris from a station.
    pub fn hear(&mut self, now: Uptime, time: GpsTime, from: StationIndex, told: &Arc<Ephemeris>) {
        if self.judge.hear(now, time, from, told) == Heard::Believed {
            self.ephemerides.insert(Arc::clone(told));
        }
    }

    /// Believes those that nobody has contradicted for long enough.
    pub fn settle(&mut self, now: Uptime, time: GpsTime) {
        for ephemeris in self.judge.due(now, time) {
            self.ephemerides.insert(ephemeris);
        }
    }

    /// Renews what a station at `place` should see, if that is older than [`LOOK_EVERY`].
    pub fn look(&mut self, time: GpsTime, place: Ecef, horizon: Geodetic, into: &mut Visible) {
        let time = GpsTime::from_nanos(time.nanos() - time.nanos().rem_euclid(LOOK_EVERY.nanos()));
        if into.at == Some(time) {
            return;
        }
        into.at = Some(time);
        self.prepare(time);
        into.satellites.clear();
        let seen = self.places.iter().map(|(satellite, at)| {
            let sight = sight_from(place, horizon, *at);
            let (elevation_rad, azimuth_rad) = (sight.elevation_rad, sight.azimuth_rad);
            InView { satellite: *satellite, elevation_rad, azimuth_rad }
        });
        into.satellites.extend(seen.filter(|seen| seen.elevation_rad > 0.0));
    }

    /// Computes the satellites' places at that time.
    fn prepare(&mut self, time: GpsTime) {
        if self.looked == Some(time) && !self.places.is_empty() {
            return;
        }
        self.looked = Some(time);
        let healthy = self.ephemerides.all_at(time).filter(|e| e.is_healthy());
        let placed: BTreeMap<Satellite, Ecef> =
            healthy.filter_map(|e| Some((e.satellite(), e.state(time).ok()?.position))).collect();
        self.places = placed.into_iter().collect();
    }
}

impl Visible {
    /// A satellite's elevation, rad; none if it is not up, not healthy, or nobody told its orbit.
    pub fn elevation_rad(&self, satellite: Satellite) -> Option<f64> {
        let found = self.satellites.binary_search_by_key(&satellite, |s| s.satellite).ok()?;
        self.satellites.get(found).map(|seen| seen.elevation_rad)
    }

    /// All that are above the horizon, in the order of the satellites.
    pub fn all(&self) -> &[InView] {
        &self.satellites
    }

    /// The satellites above the mask.
    pub fn above_mask(&self) -> impl Iterator<Item = &InView> {
        self.satellites.iter().filter(|seen| seen.elevation_rad >= MASK_RAD)
    }
}
