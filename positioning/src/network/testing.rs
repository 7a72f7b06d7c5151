//! Networks in the simulator, made ready for the solver's parts, with the truth beside them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::scenario::Scenario;
use tianshu_simulator::truth::ReceiverTruth;
use tianshu_simulator::world::{SiteEpoch, World};

use crate::network::observed::{Channel, ObservedEpoch};
use crate::network::plane::{LocalPlane, PlanePoint};
use crate::network::preprocess::sky::Sky;
use crate::network::preprocess::{Preprocessor, StationSetup};
use crate::network::topology::StationIndex;

/// A network in a simulated world.
pub(crate) struct TestNetwork {
    pub(crate) world: World,
    pub(crate) places: Vec<Ecef>,
    pub(crate) ephemerides: EphemerisStore,
    preprocessors: Vec<Preprocessor>,
    pub(crate) time: GpsTime,
}

/// A scenario of that name.
pub(crate) fn scenario(name: &str) -> Scenario {
    named(name).expect("a named scenario")
}

impl TestNetwork {
    /// So many stations on a shaken grid of that spacing about 23.5° N 108° E.
    pub(crate) fn new(scenario: Scenario, stations: usize, spacing_km: f64, seed: u64) -> Self {
        let columns = (stations as f64).sqrt().ceil().max(1.0);
        let mut lot = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut shake = || {
            lot =
                lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (lot >> 40) as f64 / f64::from(1 << 24) - 0.5
        };
        let place = |i: usize, shake: &mut dyn FnMut() -> f64| {
            let (row, column) = (i as f64 / columns, i as f64 % columns);
            let north_km = (row.floor() - columns / 2.0 + 0.5 * shake()) * spacing_km;
            let east_km = (column - columns / 2.0 + 0.5 * shake()) * spacing_km;
            let height_m = 300.0 + 400.0 * shake();
            Geodetic::from_degrees(23.5 + north_km / 110.8, 108.0 + east_km / 102.0, height_m)
        };
        let stations: Vec<NetworkStation> = (0..stations)
            .map(|i| NetworkStation {
                name: format!("T{i:03}").parse().expect("a name"),
                place: place(i, &mut shake),
                region: "test".to_owned(),
            })
            .collect();
        let places: Vec<Ecef> = stations.iter().map(|s| s.place.to_ecef(GRS80)).collect();
        let network = Network { name: "test".to_owned(), stations };
        let time = scenario.start;
        let world = World::new(scenario, &network, seed).expect("a sound scenario");
        let preprocessors = (0..)
            .map(StationIndex)
            .zip(&places)
            .map(|(station, place)| {
                Preprocessor::new(station, StationSetup { place: *place, antenna: None })
            })
            .collect();
        Self { world, places, ephemerides: EphemerisStore::default(), preprocessors, time }
    }

    /// The stations on the map.
    pub(crate) fn points(&self) -> (LocalPlane, Vec<PlanePoint>) {
        let plane = LocalPlane::around(&self.places).expect("stations");
        let points = self.places.iter().map(|p| plane.point(p.to_geodetic(GRS80))).collect();
        (plane, points)
    }

    /// Tells the preprocessors of GLONASS biases what the stations do.
    pub(crate) fn align_glonass(&mut self) {
        for (station, preprocessor) in self.preprocessors.iter_mut().enumerate() {
            let stated = self.world.stated(station).expect("a station");
            preprocessor.set_glonass_biases(Some(stated.glonass_biases()));
        }
    }

    /// The next epoch, `every` after the last one, of all stations that are heard; raw observations too.
    pub(crate) fn next(&mut self, every: Interval) -> Vec<(ObservedEpoch, SiteEpoch)> {
        let time = self.time;
        self.time += every;
        for ephemeris in self.world.ephemerides(time) {
            self.ephemerides.insert(Arc::new(ephemeris));
        }
        let epoch = self.world.epoch(time);
        let mut all = Vec::new();
        let mut sky = Sky::new(time, &self.ephemerides);
        for (preprocessor, site) in self.preprocessors.iter_mut().zip(epoch.stations) {
            if let Some(observed) = site.observed.as_ref().filter(|_| site.linked) {
                let ready = preprocessor.step(time, observed, &mut sky);
                all.push((ready, site));
            }
        }
        all
    }
}

/// The true levels of an epoch: whole cycles in the phases beyond those that were aligned. Differences between stations and satellites of
/// a group are what a solver has to find.
pub(crate) fn true_levels(
    observed: &ObservedEpoch,
    truth: &ReceiverTruth,
) -> BTreeMap<Channel, i64> {
    let mut levels = BTreeMap::new();
    for satellite in &observed.satellites {
        for carrier in satellite.carriers.iter().filter(|c| c.phase_m.is_some()) {
            let of = |c: &&tianshu_simulator::truth::ChannelTruth| {
                c.satellite == satellite.satellite && c.signal == carrier.signal
            };
            if let Some(channel) = truth.channels.iter().find(of) {
                let key = (satellite.satellite, carrier.signal.band());
                levels.insert(key, channel.integer - carrier.aligned_cycles);
            }
        }
    }
    levels
}

#[test]
fn double_differences_are_whole_but_for_the_air() {
    let mut network = TestNetwork::new(scenario("quiet"), 2, 1.0, 5);
    network.align_glonass();
    for _ in 0..20 {
        network.next(Interval::from_seconds(1));
    }
    let both = network.next(Interval::from_seconds(1));
    let [(a, a_site), (b, b_site)] = both.as_slice() else { panic!("two stations") };
    let levels = |o, s: &SiteEpoch| true_levels(o, s.truth.as_ref().expect("powered"));
    let (level_a, level_b) = (levels(a, a_site), levels(b, b_site));
    let mut compared = 0;
    for group in crate::network::observed::Group::ALL {
        for band in group.bands().chars() {
            let mut pivot = None;
            for sa in a.satellites.iter().filter(|s| s.group == group && s.elevation_rad > 0.3) {
                let Some(sb) = b.get(sa.satellite) else { continue };
                let Some((ca, cb)) = sa.carrier(band).zip(sb.carrier(band)) else { continue };
                let Some((pa, pb)) = ca.phase_m.zip(cb.phase_m) else { continue };
                let key = (sa.satellite, band);
                // In cycles, which is the same but for GLONASS: there cycles that all share are no clock.
                let left = (pb - pa) / ca.wavelength_m - (level_b[&key] - level_a[&key]) as f64;
                let first = *pivot.get_or_insert(left);
                assert!((left - first).abs() < 0.2, "{key:?} {left} {first}");
                compared += 1;
            }
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn stations_stand_as_far_apart_as_asked() {
    let network = TestNetwork::new(scenario("quiet"), 16, 50.0, 5);
    let (_, points) = network.points();
    assert_eq!(points.len(), network.places.len());
    for (i, a) in points.iter().enumerate() {
        let others = points.iter().enumerate().filter(|(j, _)| *j != i);
        let nearest_m = others.map(|(_, b)| a.distance_m(*b)).fold(f64::INFINITY, f64::min);
        assert!((15e3..80e3).contains(&nearest_m), "{i}: {nearest_m} m");
    }
}
