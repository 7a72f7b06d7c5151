//! MAC and FKP in a simulated network: what a rover makes of them, against our own virtual station and against a receiver that is there.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::Interval;
use tianshu_gnss::units::Metres;

use super::fkp::{GEOMETRIC_MAX_PPM, gradients};
use super::mac::{AUXILIARIES_MAX, MacSource, auxiliaries};
use super::nearest_master;
use super::residuals::residuals;
use super::rover::{Auxiliary, Rover, range_and_elevation};
use crate::network::engine::{Engine, StationConfig};
use crate::network::preprocess::StationSetup;
use crate::network::snapshot::NetworkSnapshot;
use crate::network::testing::{TestNetwork, scenario};
use crate::network::topology::StationIndex;
use crate::vrs::masters::Masters;
use crate::vrs::station::VirtualStation;

/// The station in the middle of sixteen is left out of the network, and is the rover.
const LEFT_OUT: usize = 5;

/// A network that has been solved, and the receiver in its middle that it does not know.
#[derive(Clone)]
struct Solved {
    snapshot: NetworkSnapshot,
    measured: BTreeMap<StationIndex, Arc<ObsEpoch>>,
    places: Vec<Ecef>,
    place: Ecef,
    there: ObsEpoch,
    ephemerides: BTreeMap<Satellite, Ephemeris>,
}

/// A quiet network, solved once for all tests.
fn quiet() -> &'static Solved {
    static QUIET: OnceLock<Solved> = OnceLock::new();
    QUIET.get_or_init(|| solved("quiet", 11))
}

fn solved(name: &str, seed: u64) -> Solved {
    let scenario = scenario(name);
    let mut time = scenario.start;
    let mut network = TestNetwork::new(scenario, 16, 50.0, seed);
    let mut places = network.places.clone();
    let place = places.remove(LEFT_OUT);
    let config = |(i, at): (usize, &Ecef)| StationConfig {
        name: format!("T{i:03}").parse().expect("a name"),
        place: *at,
        antenna: None,
    };
    let mut engine =
        Engine::new(places.iter().enumerate().map(config).collect()).expect("a network");
    let mut last = None;
    for _ in 0..150 {
        time += Interval::from_seconds(5);
        for ephemeris in network.world.ephemerides(time) {
            engine.ephemeris(Arc::new(ephemeris));
        }
        let mut epochs = network.world.epoch(time).stations;
        let there = epochs.remove(LEFT_OUT).observed.expect("it measures");
        let heard = StationIndex::all().zip(epochs);
        let measured: BTreeMap<_, _> =
            heard.filter_map(|(i, site)| Some((i, Arc::new(site.observed?)))).collect();
        last = Some((engine.step(time, &measured), measured, there));
    }
    let (snapshot, measured, there) = last.expect("epochs");
    let ephemerides =
        snapshot.satellites.iter().map(|(s, field)| (*s, (*field.ephemeris).clone())).collect();
    Solved { snapshot, measured, places, place, there, ephemerides }
}

impl Solved {
    fn master(&self) -> StationIndex {
        let place = self.place.to_geodetic(GRS80);
        nearest_master(&self.snapshot, place, None, 0.0, |_| true).expect("a master")
    }

    fn rover(&self) -> Rover<'_> {
        Rover::new(self.places[self.master().position()], self.place, &self.ephemerides)
    }

    fn by_mac(&self) -> ObsEpoch {
        let told = MacSource::new(self.master()).differences(&self.snapshot, Constellation::Gps);
        let auxiliary = |d: super::mac::Differences| Auxiliary {
            place: self.places[d.auxiliary.position()],
            satellites: d.satellites,
        };
        let auxiliaries: Vec<_> = told.into_iter().map(auxiliary).collect();
        self.rover().by_differences(&self.measured[&self.master()], &auxiliaries)
    }

    fn by_fkp(&self) -> ObsEpoch {
        let told = gradients(&self.snapshot, self.master(), Constellation::Gps);
        self.rover().by_gradients(&self.measured[&self.master()], &told)
    }

    fn by_vrs(&self) -> ObsEpoch {
        let setups: Vec<_> =
            self.places.iter().map(|p| StationSetup { place: *p, antenna: None }).collect();
        let of = |s: StationIndex| Some((self.measured.get(&s)?.as_ref(), &setups[s.position()]));
        let snapshot = Arc::new(self.snapshot.clone());
        let made = VirtualStation::new(self.place).step(&mut Masters::new(), &snapshot, of);
        made.expect("a station").epoch
    }
}

/// Phases of two epochs at one place, satellite against satellite, whole cycles left out, m on the band: root mean square and count.
fn apart_m(a: &ObsEpoch, b: &ObsEpoch, band: char) -> (f64, usize) {
    let mut differences = Vec::new();
    for seen in a.observations.iter().filter(|o| o.signal.band() == band) {
        if seen.satellite.constellation() != Constellation::Gps {
            continue;
        }
        let Some(other) = b.get(seen.satellite, seen.signal) else { continue };
        let (Some(x), Some(y)) = (seen.phase, other.phase) else { continue };
        let carrier = seen.carrier().expect("GPS has one");
        differences.push((x.0 - y.0, 299_792_458.0 / carrier.0));
    }
    let first = differences.first().expect("a satellite").0;
    let parts: Vec<f64> = differences
        .iter()
        .map(|(cycles, wavelength_m)| {
            let cycles = cycles - first;
            (cycles - cycles.round()) * wavelength_m
        })
        .collect();
    let mean = parts.iter().sum::<f64>() / parts.len() as f64;
    let squares: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
    ((squares / parts.len() as f64).sqrt(), parts.len())
}

impl Solved {
    /// Phases less the ranges at the moment of the receiver's own clock: two receivers do not measure at the same one.
    fn reduced(&self, epoch: &ObsEpoch) -> ObsEpoch {
        let rover = Rover::new(self.place, self.place, &self.ephemerides);
        let clock_s = rover.receiver_clock_s(epoch).expect("codes");
        let received = epoch.time - Interval::from_seconds_f64(clock_s);
        let observations = epoch.observations.iter().filter_map(|seen| {
            let ephemeris = self.ephemerides.get(&seen.satellite)?;
            let (range_m, _) = range_and_elevation(ephemeris, received, self.place)?;
            let mut seen = *seen;
            let carrier = seen.carrier()?;
            seen.phase.as_mut()?.0 -= Metres(range_m).in_cycles_of(carrier).0;
            Some(seen)
        });
        ObsEpoch::new(epoch.time, observations.collect())
    }

    /// How far an epoch's phases are from those of the receiver that is there, m.
    fn off_receiver_m(&self, epoch: &ObsEpoch, band: char) -> (f64, usize) {
        apart_m(&self.reduced(epoch), &self.reduced(&self.there), band)
    }
}

#[test]
fn a_rover_makes_its_own_station_of_differences_and_of_gradients() {
    // Millimetres, rms of L1 and of L2: off our own virtual station, and off a receiver that is there, whose noise counts too.
    // G30 stands at 17° in `quiet`, where a slope of the zenith delays that is a little off (FKP) counts three times.
    for (name, seed, vrs_mm, there_mm) in [("quiet", 11, 13.0, 14.0), ("anomaly", 12, 14.0, 30.0)] {
        let network = if name == "quiet" { quiet().clone() } else { solved(name, seed) };
        let vrs = network.by_vrs();
        for (product, epoch) in [("MAC", network.by_mac()), ("FKP", network.by_fkp())] {
            for band in ['1', '2'] {
                let (reduced, ours) = (network.reduced(&epoch), network.reduced(&vrs));
                let (to_vrs, count) = apart_m(&reduced, &ours, band);
                let (to_there, _) = network.off_receiver_m(&epoch, band);
                println!(
                    "{name} {product} L{band}: {to_vrs:.4} m off our virtual station, {to_there:.4} m off the receiver"
                );
                assert!(count >= 6, "{name} {product}: {count}");
                assert!(to_vrs * 1e3 < vrs_mm, "{name} {product} L{band}: {to_vrs}");
                assert!(to_there * 1e3 < there_mm, "{name} {product} L{band}: {to_there}");
            }
        }
        let (vrs_m, base_m) = (network.off_receiver_m(&vrs, '1').0, network.nearest_base_m());
        println!("{name}: VRS {vrs_m:.4} m, nearest base {base_m:.4} m off the receiver");
        assert!(base_m * 1e3 > 1.3 * there_mm, "without a network it is no worse: {base_m}");
    }
}

impl Solved {
    /// The same without any network: the master, displaced by geometry and the standard atmosphere alone, m on L1.
    fn nearest_base_m(&self) -> f64 {
        let mut flat = gradients(&self.snapshot, self.master(), Constellation::Gps);
        for told in flat.values_mut() {
            (told.geometric_ppm, told.ionospheric_ppm) = ([Some(0.0); 2], [Some(0.0); 2]);
        }
        let alone = self.rover().by_gradients(&self.measured[&self.master()], &flat);
        self.off_receiver_m(&alone, '1').0
    }
}

#[test]
fn a_cell_is_the_ring_around_its_master_and_its_counts_stand_still() {
    let network = quiet();
    let master = network.master();
    let ring = auxiliaries(&network.snapshot, master);
    assert!((3..=AUXILIARIES_MAX).contains(&ring.len()) && !ring.contains(&master), "{ring:?}");
    let mut source = MacSource::new(master);
    let before = source.differences(&network.snapshot, Constellation::Gps);
    assert_eq!(before.iter().map(|d| d.auxiliary).collect::<Vec<_>>(), ring);
    assert_eq!(source.differences(&network.snapshot, Constellation::Gps), before);
    // One satellite on another level at one station: its count alone goes on.
    let mut jumped = network.snapshot.clone();
    let satellite = *before[0].satellites.keys().next().expect("a satellite");
    let values = &mut jumped.satellites.get_mut(&satellite).expect("known").ionosphere_m;
    *values[ring[0].position()].as_mut().expect("levelled") += 0.4;
    let after = source.differences(&jumped, Constellation::Gps);
    for (before, after) in before.iter().zip(&after) {
        for (s, difference) in &after.satellites {
            let expected = u8::from(*s == satellite && after.auxiliary == ring[0]);
            assert_eq!(difference.non_sync, expected, "{s} {:?}", before.auxiliary);
        }
    }
}

#[test]
fn gradients_beyond_their_field_are_not_told() {
    let mut network = quiet().clone();
    let master = network.master();
    let satellite = *network.by_fkp_told().first().expect("a satellite");
    let field = network.snapshot.satellites.get_mut(&satellite).expect("known");
    // 30 mm/km of orbit error northward.
    field.geometry = [0.0, 0.0, 30e-6];
    let told = gradients(&network.snapshot, master, Constellation::Gps)[&satellite];
    assert_eq!(told.geometric_ppm[0], None);
    assert!(told.geometric_ppm[1].is_some_and(|ppm| ppm.abs() < GEOMETRIC_MAX_PPM));
    assert!(told.ionospheric_ppm.iter().all(Option::is_some));
    assert!(!network.by_fkp().by_satellite().any(|(s, _)| s == satellite), "half a gradient");
}

impl Solved {
    fn by_fkp_told(&self) -> Vec<Satellite> {
        gradients(&self.snapshot, self.master(), Constellation::Gps).into_keys().collect()
    }
}

#[test]
fn residuals_are_those_of_the_corrections_and_grow() {
    let network = quiet();
    let master = network.master();
    let all = residuals(&network.snapshot, master, network.place);
    let corrections = network.snapshot.corrections(master, network.place.to_geodetic(GRS80));
    assert!(all.len() > 15, "{}", all.len());
    for (satellite, residual) in &all {
        let sigma_m = corrections[satellite].ionosphere_sigma_m;
        assert!((residual.ionospheric_m - sigma_m).abs() < 1e-12);
        assert!((1e-3..0.2).contains(&residual.ionospheric_m), "{satellite} {residual:?}");
        assert!((1e-3..0.1).contains(&residual.geometric_m), "{satellite} {residual:?}");
        assert!(residual.ionospheric_per_m > 1e-8 && residual.ionospheric_per_m < 1e-5);
    }
}
