//! The world: a scenario on a network from a seed, advanced epoch by epoch, its truth at hand.

use tianshu_gnss::coords::{Ecef, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;

use crate::air::Air;
use crate::fault::Which;
use crate::network::Network;
use crate::random::Key;
use crate::receiver::make::Make;
use crate::receiver::observe::{FLIGHT, Receiver, link_truth};
use crate::receiver::place::Place;
use crate::rovers::{self, RoverPlaces};
use crate::scenario::{BadScenario, Scenario};
use crate::site::{Silence, Site, Stated};
use crate::sky::Sky;
use crate::truth::{LinkTruth, ReceiverTruth};

/// A world in progress.
#[derive(Clone, Debug)]
pub struct World {
    scenario: Scenario,
    sky: Sky,
    air: Air,
    stations: Vec<Site>,
    rovers: Vec<Site>,
}

/// GLONASS ephemerides are told for up to a quarter of an hour later; their orbits are kept ready so far ahead.
const AHEAD: Interval = Interval::from_seconds(1_200);

/// All that happened at one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldEpoch {
    /// The nominal time of the epoch.
    pub time: GpsTime,
    /// The stations, in the network's order.
    pub stations: Vec<SiteEpoch>,
    /// The rovers, in their order, and after them their companions.
    pub rovers: Vec<SiteEpoch>,
}

/// What one receiver did at one epoch, and what is true of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteEpoch {
    /// Who.
    pub name: StationName,
    /// What it observed; none while its power is off.
    pub observed: Option<ObsEpoch>,
    /// Whether its link is up, so that what it observed can be heard.
    pub linked: bool,
    /// The truth; kept while its power is off as it was at the last epoch before.
    pub truth: Option<ReceiverTruth>,
}

impl SiteEpoch {
    /// Multiplies the errors of its codes and phases, in what it observed and in its truth: a station among trees.
    pub fn make_noisy(&mut self, by: f64) {
        let Some((observed, truth)) = self.observed.as_mut().zip(self.truth.as_mut()) else {
            return;
        };
        for channel in &mut truth.channels {
            let mut all = observed.observations.iter_mut();
            let seen = all.find(|o| o.satellite == channel.satellite && o.signal == channel.signal);
            let Some((seen, carrier)) = seen.and_then(|o| o.carrier().map(|carrier| (o, carrier)))
            else {
                continue;
            };
            if let Some(code) = &mut seen.code {
                code.0 += (by - 1.0) * channel.code_error_m;
            }
            if let Some(phase) = &mut seen.phase {
                phase.0 += Metres((by - 1.0) * channel.phase_error_m).in_cycles_of(carrier).0;
            }
            channel.code_error_m *= by;
            channel.phase_error_m *= by;
        }
    }
}

impl World {
    /// The world of a scenario on a network.
    ///
    /// Stations are told apart by their names: leaving one out, or adding one, does not change the others.
    pub fn new(scenario: Scenario, network: &Network, seed: u64) -> Result<Self, BadScenario> {
        scenario.check(network)?;
        let key = Key::root(seed);
        let sky = Sky::new(scenario.start, &scenario.sky, key);
        let air = Air::new(
            scenario.start,
            scenario.ionosphere.clone(),
            scenario.troposphere.clone(),
            key.of("air"),
        );
        let mut stations: Vec<Site> = network
            .stations
            .iter()
            .map(|s| station(s.name.clone(), s.place, &scenario, &sky, key))
            .collect();
        let number = |which: &Which| which.find(network).expect("the check found every station");
        for fault in &scenario.faults {
            stations[number(&fault.station)].faults.push(fault.fault.clone());
        }
        for o in &scenario.outages {
            let silence = Silence { from_s: o.from_s, until_s: o.until_s, power: o.power };
            stations[number(&o.station)].silences.push(silence);
        }
        let rovers = rovers(network, &scenario, &sky, key);
        Ok(Self { scenario, sky, air, stations, rovers })
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The satellites.
    pub fn sky(&self) -> &Sky {
        &self.sky
    }

    /// The air.
    pub fn air(&self) -> &Air {
        &self.air
    }

    /// What every receiver observes at `t`. Epochs are asked for in the order of time, at any interval.
    pub fn epoch(&mut self, t: GpsTime) -> WorldEpoch {
        self.sky.prepare(t + AHEAD);
        let around = self.sky.around(t - FLIGHT);
        let start = self.scenario.start;
        let (sky, air) = (&self.sky, &self.air);
        let mut observe = |site: &mut Site| {
            let time_s = (t - start).seconds();
            let silence = site.silence(time_s);
            if silence.is_some_and(|s| s.power) {
                site.receiver.interrupt();
                return SiteEpoch {
                    name: site.name.clone(),
                    observed: None,
                    linked: false,
                    truth: None,
                };
            }
            let place = site.place(time_s - site.receiver.clock().offset_s);
            let (mut observed, truth) = site.receiver.observe(t, &place, sky, &around, air);
            observed.time = site.time_tag(start, t);
            SiteEpoch {
                name: site.name.clone(),
                observed: Some(observed),
                linked: silence.is_none(),
                truth: Some(truth),
            }
        };
        let stations = self.stations.iter_mut().map(&mut observe).collect();
        let rovers = self.rovers.iter_mut().map(&mut observe).collect();
        WorldEpoch { time: t, stations, rovers }
    }

    /// The true lines of sight of an antenna at `place` to all satellites above `mask_rad`, at `t`: for a rover,
    /// a virtual station, or any other place.
    pub fn links_at(&self, place: Ecef, mask_rad: f64, t: GpsTime) -> Vec<LinkTruth> {
        let place = Place::new(place, [0.0; 3]);
        let around = self.sky.around(t - FLIGHT);
        let lowest = mask_rad.sin();
        self.sky
            .satellites()
            .iter()
            .zip(&around)
            .map(|(satellite, at)| (satellite, place.sight(at, FLIGHT.seconds())))
            .filter(|(_, sight)| sight.sin_elevation >= lowest)
            .map(|(satellite, sight)| link_truth(satellite, &place, &sight, &self.air, t))
            .collect()
    }

    /// What all satellites broadcast at `t`.
    pub fn ephemerides(&self, t: GpsTime) -> Vec<Ephemeris> {
        self.sky.ephemerides(t)
    }

    /// What a station sends as ephemerides at `t`: those in force, unless it is stuck on stale ones.
    pub fn ephemerides_of(&self, station: usize, t: GpsTime) -> Vec<Ephemeris> {
        let at = self.stations.get(station).map_or(t, |s| s.ephemeris_time(self.scenario.start, t));
        self.sky.ephemerides(at)
    }

    /// What a station says of itself; none for a number that the network does not have.
    pub fn stated(&self, station: usize) -> Option<Stated> {
        self.stations.get(station).map(Site::stated)
    }

    /// The names of the rovers and their companions, as their numbers count them.
    pub fn rovers(&self) -> impl Iterator<Item = &StationName> {
        self.rovers.iter().map(|rover| &rover.name)
    }

    /// What a rover would write in the header of its file; none for a number that there is not.
    pub fn stated_by_rover(&self, rover: usize) -> Option<Stated> {
        self.rovers.get(rover).map(Site::stated)
    }
}

fn station(name: StationName, place: Geodetic, scenario: &Scenario, sky: &Sky, key: Key) -> Site {
    let unit = key.of("station").of(name.as_str());
    let make = drawn_make(unit);
    let receiver = Receiver::new(sky, make, scenario.station_receiver.clone(), key, unit);
    Site::new(name, place, crate::motion::Motion::Still, make, receiver)
}

/// All rovers, and after them their companions in the same order.
fn rovers(network: &Network, scenario: &Scenario, sky: &Sky, key: Key) -> Vec<Site> {
    let middles = match scenario.rover_places {
        RoverPlaces::Lot => Vec::new(),
        RoverPlaces::Middles => rovers::middles(network),
    };
    let unit = |number: u32| key.of("rover").at(u64::from(number));
    let place = |number: u32| {
        let nth = (number as usize - 1).checked_rem(middles.len());
        nth.map_or_else(|| rovers::by_lot(network, unit(number)), |nth| middles[nth])
    };
    let count = scenario.rovers;
    let companions = if scenario.rover_companions { count } else { 0 };
    let alone = (1..=count).map(|number| (number, place(number)));
    let beside = (1..=companions).map(|of| (count + of, rovers::beside(place(of))));
    let site = |(number, place): (u32, Geodetic)| {
        let make = drawn_make(unit(number));
        let settings = scenario.rover_receiver.clone();
        let receiver = Receiver::new(sky, make, settings, key, unit(number));
        let name = format!("ROV{number}").parse().expect("letters and digits name a rover");
        Site::new(name, place, scenario.rover_motion, make, receiver)
    };
    alone.chain(beside).map(site).collect()
}

/// Four of five receivers are of one make, as in a network bought at once.
fn drawn_make(unit: Key) -> Make {
    let lot = unit.of("make").stream().uniform();
    if lot < 0.8 {
        Make::Alder
    } else if lot < 0.9 {
        Make::Birch
    } else {
        Make::Cedar
    }
}
