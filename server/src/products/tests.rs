//! MAC and FKP through their messages: what a rover makes of decoded frames, against what it makes of the numbers themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_caster::config::NetworkProduct;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::Interval;
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::products::fkp::{Gradients, gradients};
use tianshu_positioning::network::products::mac::{Difference, MacSource};
use tianshu_positioning::network::products::nearest_master;
use tianshu_positioning::network::products::rover::{Auxiliary, Rover};
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::{Message, decode};
use tianshu_rtcm::msm::header::MsmLevel;
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::world::World;

use super::frames::Beside;
use crate::vrs::encode::Writer;
use crate::vrs::identity::Identity;
use crate::vrs::slow::{Known, station_id};

/// Some 25 km from one to the next, over which integers are soon found.
const STATIONS: [(f64, f64); 6] =
    [(23.0, 108.0), (23.0, 108.25), (23.2, 107.9), (23.2, 108.15), (23.2, 108.4), (23.4, 108.1)];
/// Rounding of two fields of 0.5 mm, of gradients of 0.01 ppm over 10 km, and what an angle of a few metres makes, m.
const ROUNDED_M: f64 = 1e-3;

struct Solved {
    snapshot: NetworkSnapshot,
    measured: BTreeMap<StationIndex, Arc<ObsEpoch>>,
    places: Vec<Ecef>,
    ephemerides: BTreeMap<Satellite, Ephemeris>,
    place: Ecef,
    master: StationIndex,
}

fn solved() -> Solved {
    let scenario = named("quiet").unwrap();
    let mut time = scenario.start;
    let station = |(i, (north, east)): (usize, &(f64, f64))| NetworkStation {
        name: format!("T{i}").parse().unwrap(),
        place: Geodetic::from_degrees(*north, *east, 100.0 + 40.0 * i as f64),
        region: String::new(),
    };
    let stations: Vec<_> = STATIONS.iter().enumerate().map(station).collect();
    let places: Vec<Ecef> = stations.iter().map(|s| s.place.to_ecef(GRS80)).collect();
    let config = |s: &NetworkStation| StationConfig {
        name: s.name.clone(),
        place: s.place.to_ecef(GRS80),
        antenna: None,
    };
    let mut engine = Engine::new(stations.iter().map(config).collect()).unwrap();
    let network = Network { name: "six".to_owned(), stations };
    let mut world = World::new(scenario, &network, 4).unwrap();
    let mut last = None;
    for _ in 0..100 {
        time += Interval::from_seconds(5);
        for ephemeris in world.ephemerides(time) {
            engine.ephemeris(Arc::new(ephemeris));
        }
        let heard = StationIndex::all().zip(world.epoch(time).stations);
        let measured: BTreeMap<_, _> =
            heard.filter_map(|(i, site)| Some((i, Arc::new(site.observed?)))).collect();
        last = Some((engine.step(time, &measured), measured));
    }
    let (snapshot, measured) = last.unwrap();
    let ephemerides =
        snapshot.satellites.iter().map(|(s, field)| (*s, (*field.ephemeris).clone())).collect();
    let here = Geodetic::from_degrees(23.14, 108.11, 150.0);
    let master = nearest_master(&snapshot, here, None, 0.0, |_| true).unwrap();
    Solved { snapshot, measured, places, ephemerides, place: here.to_ecef(GRS80), master }
}

impl Solved {
    fn rover(&self) -> Rover<'_> {
        Rover::new(self.places[self.master.position()], self.place, &self.ephemerides)
    }

    fn frames(&self, product: NetworkProduct) -> Vec<Frame> {
        Beside::new(product, 7, self.master).due(&self.snapshot)
    }

    /// The auxiliaries of decoded frames.
    fn auxiliaries(&self) -> Vec<Auxiliary> {
        let own = self.places[self.master.position()].to_geodetic(GRS80);
        let mut places = BTreeMap::new();
        let mut satellites: BTreeMap<u16, BTreeMap<Satellite, Difference>> = BTreeMap::new();
        for frame in self.frames(NetworkProduct::Mac) {
            match decode(&frame).unwrap() {
                Message::AuxiliaryStation(told) => {
                    let there = Geodetic::from_degrees(
                        own.latitude_deg() + told.latitude_deg,
                        own.longitude_deg() + told.longitude_deg,
                        own.height_m + told.height_m,
                    );
                    places.insert(told.pair.auxiliary_id, there.to_ecef(GRS80));
                }
                Message::CorrectionDifferences(told) => {
                    for one in &told.satellites {
                        let of = satellites.entry(told.pair.auxiliary_id).or_default();
                        let known = of.entry(told.satellite(one).unwrap()).or_insert(Difference {
                            ionospheric_m: f64::NAN,
                            geometric_m: f64::NAN,
                            issue: 0,
                            non_sync: one.non_sync,
                        });
                        if let Some(ionospheric_m) = one.ionospheric_m {
                            known.ionospheric_m = ionospheric_m;
                        }
                        if let Some(geometric) = one.geometric {
                            known.geometric_m = geometric.difference_m;
                            known.issue = geometric.iode.into();
                        }
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        let auxiliary = |(id, satellites)| Auxiliary { place: places[&id], satellites };
        satellites.into_iter().map(auxiliary).collect()
    }
}

/// The largest difference of two epochs' phases, m, and how many there are.
fn apart_m(a: &ObsEpoch, b: &ObsEpoch) -> (f64, usize) {
    assert_eq!(a.observations.len(), b.observations.len());
    let apart = a.observations.iter().zip(&b.observations).filter_map(|(a, b)| {
        let cycles = a.phase?.0 - b.phase?.0;
        Some((cycles * a.carrier()?.wavelength().0).abs())
    });
    let apart: Vec<f64> = apart.collect();
    (apart.iter().copied().fold(0.0, f64::max), apart.len())
}

#[test]
fn messages_lose_less_than_a_millimetre() {
    let network = solved();
    let (rover, measured) = (network.rover(), &network.measured[&network.master]);

    let told = network.auxiliaries();
    let known = MacSource::new(network.master).differences(&network.snapshot, Constellation::Gps);
    assert_eq!(told.len(), known.len());
    let exact = |d: tianshu_positioning::network::products::mac::Differences| Auxiliary {
        place: network.places[d.auxiliary.position()],
        satellites: d.satellites,
    };
    let exact: Vec<_> = known.into_iter().map(exact).collect();
    let by_numbers = rover.by_differences(measured, &exact);
    let (worst_m, count) = apart_m(&rover.by_differences(measured, &told), &by_numbers);
    println!("MAC: {count} phases, at most {:.2} mm lost", worst_m * 1e3);
    assert!(count >= 12 && worst_m < ROUNDED_M, "{count} phases, {worst_m} m");

    let frames = network.frames(NetworkProduct::Fkp);
    let Ok(Message::Gradients(message)) = decode(&frames[0]) else { panic!("no 1034") };
    let one = |g: &tianshu_rtcm::message::network::fkp::SatelliteGradients| {
        let gradients = Gradients {
            geometric_ppm: [g.geometric_north_ppm, g.geometric_east_ppm],
            ionospheric_ppm: [g.ionospheric_north_ppm, g.ionospheric_east_ppm],
            issue: g.iode.into(),
        };
        (message.satellite(g).unwrap(), gradients)
    };
    let told: BTreeMap<_, _> = message.satellites.iter().map(one).collect();
    let exact = gradients(&network.snapshot, network.master, Constellation::Gps);
    let by_numbers = rover.by_gradients(measured, &exact);
    let (worst_m, count) = apart_m(&rover.by_gradients(measured, &told), &by_numbers);
    println!("FKP: {count} phases, at most {:.2} mm lost", worst_m * 1e3);
    assert!(count >= 12 && worst_m < ROUNDED_M, "{count} phases, {worst_m} m");
    let issues = |s: &Satellite| network.snapshot.satellites[s].ephemeris.issue();
    assert!(told.iter().all(|(s, g)| g.issue == issues(s)), "the very ephemerides that were used");
}

#[test]
fn a_stream_tells_residuals_and_a_rounded_place_of_its_master() {
    use tianshu_caster::profile::{Extra, Profile};

    let network = solved();
    let mut profile = Profile::from(MsmLevel::Msm4);
    profile.extras = [Extra::PhysicalStation, Extra::Residuals, Extra::Ephemerides].into();
    let mut writer = Writer::new(Identity::at(network.place, 3_072), Arc::new(profile));
    let known = Known { snapshot: &network.snapshot, master: network.master };
    let measured = (*network.measured[&network.master]).clone();
    let written = writer.epoch(measured, Some(known), &[]).unwrap();
    let mut decoder = tianshu_rtcm::frame::FrameDecoder::new();
    decoder.push(&written.bytes);
    let mut residuals = BTreeMap::new();
    let mut physical = None;
    while let Some(tianshu_rtcm::frame::Found::Frame(frame)) = decoder.next_found() {
        match decode(&frame).unwrap() {
            Message::PhysicalStation(told) => physical = Some(told),
            Message::Residuals(told) => {
                assert_eq!((told.station_id, told.references), (3_072, 6));
                residuals.insert(told.constellation, told);
            }
            _ => {}
        }
    }
    let physical = physical.unwrap();
    assert_eq!(physical.physical_id, station_id(network.master));
    let off_m = (physical.place - network.places[network.master.position()]).norm_m();
    assert!((1.0..900.0).contains(&off_m), "{off_m} m from the pillar");
    assert!(physical.place.xyz().iter().all(|x| (x / 1e3).fract() == 0.0));
    let gps = &residuals[&Constellation::Gps];
    let corrections =
        network.snapshot.corrections(network.master, network.place.to_geodetic(GRS80));
    for one in &gps.satellites {
        let sigma_mm = 1e3 * corrections[&gps.satellite(one).unwrap()].ionosphere_sigma_m;
        assert!((one.s_ic_mm - sigma_mm).abs() <= 0.25, "{one:?} {sigma_mm}");
        assert!(one.s_oc_mm > 0.0 && one.s_id_ppm > 0.0, "{one:?}");
    }
    assert!(gps.satellites.len() >= 5 && residuals.contains_key(&Constellation::BeiDou));
}
