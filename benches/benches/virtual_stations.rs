//! What a virtual station costs: a master's epoch made ready once, then one rover's epoch computed, and computed and encoded.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::Interval;
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::preprocess::StationSetup;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::vrs::masters::Masters;
use tianshu_positioning::vrs::station::VirtualStation;
use tianshu_rtcm::compose::{Composer, MsmStyle};
use tianshu_rtcm::msm::header::MsmLevel;
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::world::World;

/// Stations in each direction, 50 km apart.
const SIDE: u16 = 4;
/// Epochs until the network has settled, 5 s apart.
const EPOCHS: i64 = 240;
/// Satellites that are told, and signals of each: what the wanted figure is for.
const SATELLITES: usize = 40;
/// Signals of each.
const SIGNALS: usize = 3;
/// The numbers of GPS satellites that the simulated sky has; a twin's number is so much higher.
const GPS_NUMBERS: u8 = 31;
/// The same of Galileo.
const GALILEO_NUMBERS: u8 = 26;
/// The last number of Galileo that MSM has a place for (RTCM 10403.3, table 3.5-98).
const GALILEO_LAST: u8 = 50;
/// The first of BeiDou's third generation; its twins stand where no satellite of the simulated sky is.
const BEIDOU_FIRST: u8 = 19;
/// A twin's number of BeiDou is so much higher.
const BEIDOU_NUMBERS: u8 = 28;
/// The last number of BeiDou before its geostationary satellites of the third generation.
const BEIDOU_LAST: u8 = 58;

/// A settled network with one more epoch of a station.
struct Settled {
    snapshot: Arc<NetworkSnapshot>,
    station: StationIndex,
    epochs: [Arc<ObsEpoch>; 2],
    setup: StationSetup,
    rover: Ecef,
}

fn settled() -> Settled {
    let place = |i: u16| {
        let (row, column) = (f64::from(i / SIDE), f64::from(i % SIDE));
        let shaken = 0.08 * f64::from(i * 7 % 5);
        Geodetic::from_degrees(23.0 + 0.45 * row + shaken, 108.0 + 0.49 * column - shaken, 150.0)
    };
    let station = |i: u16| NetworkStation {
        name: format!("B{i:03}").parse().expect("a name"),
        place: place(i),
        region: "bench".to_owned(),
    };
    let stations: Vec<NetworkStation> = (0..SIDE * SIDE).map(station).collect();
    let config = |s: &NetworkStation| StationConfig {
        name: s.name.clone(),
        place: s.place.to_ecef(GRS80),
        antenna: None,
    };
    let mut engine = Engine::new(stations.iter().map(config).collect()).expect("a network");
    let network = Network { name: "bench".to_owned(), stations };
    let scenario = named("quiet").expect("a named scenario");
    let mut time = scenario.start;
    let mut world = World::new(scenario, &network, 1).expect("a sound scenario");
    let mut last = None;
    let mut next = |every_s: i64, engine: &mut Engine| {
        time += Interval::from_seconds(every_s);
        for ephemeris in world.ephemerides(time) {
            let twin = ephemeris_of_twin(&ephemeris);
            for ephemeris in std::iter::once(ephemeris).chain(twin) {
                engine.ephemeris(Arc::new(ephemeris));
            }
        }
        let measured: BTreeMap<StationIndex, Arc<ObsEpoch>> = StationIndex::all()
            .zip(world.epoch(time).stations)
            .filter_map(|(i, site)| Some((i, Arc::new(with_twins(site.observed?)))))
            .collect();
        (time, measured)
    };
    for _ in 0..EPOCHS {
        let (time, measured) = next(5, &mut engine);
        last = Some(engine.step(time, &measured));
    }
    let snapshot = Arc::new(last.expect("epochs"));
    // The station in the middle, one and two seconds later than what the network knows.
    let station = StationIndex(SIDE * (SIDE / 2) + SIDE / 2 - 1);
    let epochs = [(); 2].map(|()| next(1, &mut engine).1.remove(&station).expect("it measures"));
    let setup = engine.stations()[station.position()].setup();
    let [x, y, z] = setup.place.xyz();
    let rover = Ecef::new(x + 9e3, y + 7e3, z - 8e3);
    let mut settled = Settled { snapshot, station, epochs, setup, rover };
    let told = settled.told();
    settled.epochs = settled.epochs.map(|epoch| Arc::new(few(&epoch, &told)));
    settled
}

impl Settled {
    /// The satellites that are told of both epochs with enough signals.
    fn told(&self) -> BTreeSet<Satellite> {
        let of_epoch = |epoch: &Arc<ObsEpoch>| -> BTreeSet<Satellite> {
            let mut masters = Masters::new();
            let ready = masters.prepare(&self.snapshot, self.station, epoch, &self.setup);
            let ready = ready.expect("the network is settled");
            let made = VirtualStation::new(self.rover).observe(&ready).expect("it is told");
            let enough = |(_, seen): &(Satellite, &[Observation])| seen.len() >= SIGNALS;
            made.epoch.by_satellite().filter(enough).map(|(satellite, _)| satellite).collect()
        };
        let [first, second] = self.epochs.each_ref().map(of_epoch);
        first.intersection(&second).copied().collect()
    }
}

/// As many satellites and signals of each as are wanted, of those that are told.
fn few(epoch: &ObsEpoch, told: &BTreeSet<Satellite>) -> ObsEpoch {
    let mut observations = Vec::new();
    let chosen = epoch.by_satellite().filter(|(satellite, _)| told.contains(satellite));
    for (_, seen) in chosen.take(SATELLITES) {
        observations.extend(seen.iter().take(SIGNALS).copied());
    }
    ObsEpoch { observations, time: epoch.time }
}

/// The satellite that stands beside another one in this bench's sky, in the same place and with the same signals: no real sky has
/// as many satellites at once above the mask as the wanted figure counts.
fn twin(of: Satellite) -> Option<Satellite> {
    let (numbers, last) = match of.constellation() {
        Constellation::Gps => (GPS_NUMBERS, 2 * GPS_NUMBERS),
        Constellation::Galileo => (GALILEO_NUMBERS, GALILEO_LAST),
        Constellation::BeiDou if of.number() >= BEIDOU_FIRST => (BEIDOU_NUMBERS, BEIDOU_LAST),
        _ => return None,
    };
    let number = of.number() + numbers;
    Satellite::new(of.constellation(), number).filter(|_| number <= last)
}

/// The epoch as a receiver under that sky measures it.
fn with_twins(epoch: ObsEpoch) -> ObsEpoch {
    let ObsEpoch { time, mut observations } = epoch;
    let of_twin = |seen: &Observation| {
        twin(seen.satellite).map(|satellite| Observation { satellite, ..*seen })
    };
    let twins: Vec<Observation> = observations.iter().filter_map(of_twin).collect();
    observations.extend(twins);
    ObsEpoch::new(time, observations)
}

/// What the twin of a satellite broadcasts.
fn ephemeris_of_twin(of: &Ephemeris) -> Option<Ephemeris> {
    let satellite = twin(of.satellite())?;
    let mut twin = of.clone();
    match &mut twin {
        Ephemeris::Gps(told) => told.satellite = satellite,
        Ephemeris::Galileo(told) => told.satellite = satellite,
        Ephemeris::BeiDou(told) => told.satellite = satellite,
        _ => return None,
    }
    Some(twin)
}

#[expect(clippy::print_stdout, reason = "how many satellites a figure is for belongs beside it")]
fn cost(criterion: &mut Criterion) {
    let settled = settled();
    let mut group = criterion.benchmark_group("virtual_station");
    group.throughput(Throughput::Elements(1));
    let Settled { snapshot, station, epochs, setup, rover } = &settled;
    group.bench_function("master", |bencher| {
        let mut masters = Masters::new();
        let mut turn = 0;
        bencher.iter(|| {
            turn += 1;
            masters.prepare(snapshot, *station, black_box(&epochs[turn % 2]), setup)
        });
    });
    let mut masters = Masters::new();
    let ready = epochs.each_ref().map(|epoch| {
        masters.prepare(snapshot, *station, epoch, setup).expect("the network is settled")
    });
    let told = VirtualStation::new(*rover).observe(&ready[0]).expect("it is told").epoch;
    println!(
        "{} satellites with {} signals are measured, {} with {} told",
        epochs[0].by_satellite().count(),
        epochs[0].observations.len(),
        told.by_satellite().count(),
        told.observations.len(),
    );
    assert_eq!(told.by_satellite().count(), SATELLITES, "satellites told");
    assert_eq!(told.observations.len(), SATELLITES * SIGNALS, "signals told");
    group.bench_function("rover", |bencher| {
        let mut virtual_station = VirtualStation::new(*rover);
        let mut turn = 0;
        bencher.iter(|| {
            turn += 1;
            virtual_station.observe(black_box(&ready[turn % 2]))
        });
    });
    for (name, level) in [("rover_msm4", MsmLevel::Msm4), ("rover_msm7", MsmLevel::Msm7)] {
        group.bench_function(name, |bencher| {
            let mut virtual_station = VirtualStation::new(*rover);
            let mut composer = Composer::new();
            let style = MsmStyle { station_id: 3_072, level, more_follow: false };
            let mut turn = 0;
            bencher.iter(|| {
                turn += 1;
                let made = virtual_station.observe(black_box(&ready[turn % 2])).expect("told");
                composer.compose(style, &made.epoch)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, cost);
criterion_main!(benches);
