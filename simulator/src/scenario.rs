//! A scenario: everything that can be set about a world, and what is wrong with it if it is nonsense.

use std::fmt;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::gps::GpsTime;

use crate::air::ionosphere::IonosphereSettings;
use crate::air::troposphere::TroposphereSettings;
use crate::fault::{Fault, Outage, StationFault, Which};
use crate::link::LinkSettings;
use crate::motion::Motion;
use crate::network::Network;
use crate::receiver::ReceiverSettings;
use crate::rovers::{RoverPlaces, middles};
use crate::sky::SkySettings;

/// Everything that is set about a world, but for the network and the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// When it begins.
    pub start: GpsTime,
    /// The satellites.
    pub sky: SkySettings,
    /// The ionosphere.
    pub ionosphere: IonosphereSettings,
    /// The neutral air.
    pub troposphere: TroposphereSettings,
    /// The receivers of the stations.
    pub station_receiver: ReceiverSettings,
    /// The receivers of the rovers.
    pub rover_receiver: ReceiverSettings,
    /// How many rovers there are.
    pub rovers: u32,
    /// Where they stand.
    pub rover_places: RoverPlaces,
    /// Whether each has a companion: one more receiver of the same settings, 10 m to the east.
    pub rover_companions: bool,
    /// How the rovers move.
    pub rover_motion: Motion,
    /// The links of the stations.
    pub link: LinkSettings,
    /// What is wrong with stations.
    pub faults: Vec<StationFault>,
    /// When stations are silent.
    pub outages: Vec<Outage>,
}

/// One thing that is wrong with a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Where, by the names of the fields: `ionosphere.waves[1].wavelength_km`.
    pub field: String,
    /// What is wrong, and what would be right.
    pub problem: String,
}

/// A scenario that cannot be simulated, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scenario cannot be simulated:{}", lines(.0))]
pub struct BadScenario(pub Vec<Complaint>);

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

/// More rovers than this are a mistake: each costs as much as a station.
pub const ROVERS_MAX: u32 = 100_000;

impl Scenario {
    /// The same scenario beginning at another time, with the Sun where it was.
    #[must_use]
    pub fn starting_at(mut self, start: GpsTime) -> Self {
        if self.ionosphere.solar_hour_at_start.is_none() {
            let seconds = self.start.time_of_week().seconds();
            self.ionosphere.solar_hour_at_start = Some((seconds / 3_600.0 + 7.2).rem_euclid(24.0));
        }
        self.start = start;
        self
    }

    /// Everything that is wrong with this scenario on that network.
    pub fn check(&self, network: &Network) -> Result<(), BadScenario> {
        let mut checks = Checks::default();
        self.check_sky(&mut checks);
        self.check_air(&mut checks);
        checks.receiver("station_receiver", &self.station_receiver);
        checks.receiver("rover_receiver", &self.rover_receiver);
        checks.link(&self.link);
        self.check_rovers(network, &mut checks);
        self.check_stations(network, &mut checks);
        if checks.0.is_empty() { Ok(()) } else { Err(BadScenario(checks.0)) }
    }

    fn check_sky(&self, checks: &mut Checks) {
        let sky = &self.sky;
        checks.range("sky.orbit_error_m", sky.orbit_error_m, 0.0, 1_000.0);
        checks.range("sky.clock_error_m", sky.clock_error_m, 0.0, 1_000.0);
        checks.that(!sky.systems.is_empty(), "sky.systems", || {
            "at least one system has to fly".to_owned()
        });
        for (i, system) in sky.systems.iter().enumerate() {
            let field = format!("sky.systems[{i}]");
            let flies = !matches!(system, Constellation::Sbas | Constellation::Navic);
            checks.that(flies, &field, || format!("{system} is not simulated"));
            checks.that(!sky.systems[..i].contains(system), &field, || {
                format!("{system} is named twice")
            });
        }
    }

    fn check_air(&self, checks: &mut Checks) {
        let ion = &self.ionosphere;
        for (field, value, high) in [
            ("night_tecu", ion.night_tecu, 300.0),
            ("day_tecu", ion.day_tecu, 500.0),
            ("crest_tecu", ion.crest_tecu, 500.0),
            ("roughness_tecu", ion.roughness_tecu, 50.0),
        ] {
            checks.range(&format!("ionosphere.{field}"), value, 0.0, high);
        }
        checks.range("ionosphere.crest_latitude_deg", ion.crest_latitude_deg, -90.0, 90.0);
        checks.range("ionosphere.crest_width_deg", ion.crest_width_deg, 0.1, 90.0);
        if let Some(hour) = ion.solar_hour_at_start {
            checks.range("ionosphere.solar_hour_at_start", hour, 0.0, 24.0);
        }
        for (i, wave) in ion.waves.iter().enumerate() {
            let at = |field: &str| format!("ionosphere.waves[{i}].{field}");
            checks.range(&at("amplitude_tecu"), wave.amplitude_tecu, 0.0, 50.0);
            checks.range(&at("wavelength_km"), wave.wavelength_km, 10.0, 10_000.0);
            checks.range(&at("speed_m_s"), wave.speed_m_s, 0.0, 2_000.0);
            checks.range(&at("azimuth_deg"), wave.azimuth_deg, -360.0, 360.0);
        }
        for (i, bubble) in ion.bubbles.iter().enumerate() {
            let at = |field: &str| format!("ionosphere.bubbles[{i}].{field}");
            checks.range(&at("depth_tecu"), bubble.depth_tecu, 0.0, 300.0);
            checks.range(&at("longitude_deg"), bubble.longitude_deg, -360.0, 360.0);
            checks.range(&at("width_km"), bubble.width_km, 1.0, 2_000.0);
            checks.range(&at("wall_km"), bubble.wall_km, 0.1, 500.0);
            checks.range(&at("drift_m_s"), bubble.drift_m_s, -1_000.0, 1_000.0);
            checks.range(&at("reach_latitude_deg"), bubble.reach_latitude_deg, -90.0, 90.0);
        }
        let air = &self.troposphere;
        checks.range("troposphere.zenith_wet_m", air.zenith_wet_m, 0.0, 1.0);
        checks.range("troposphere.wet_scale_height_m", air.wet_scale_height_m, 100.0, 10_000.0);
        checks.range("troposphere.weather_m", air.weather_m, 0.0, 0.5);
        checks.range("troposphere.wind_m_s", air.wind_m_s, 0.0, 150.0);
        checks.range("troposphere.wind_azimuth_deg", air.wind_azimuth_deg, -360.0, 360.0);
    }

    fn check_rovers(&self, network: &Network, checks: &mut Checks) {
        checks.that(self.rovers <= ROVERS_MAX, "rovers", || {
            format!("at most {ROVERS_MAX} are possible")
        });
        let is_possible = self.rover_places != RoverPlaces::Middles || !middles(network).is_empty();
        checks.that(is_possible, "rover_places", || {
            "no three of the stations make a triangle with its middle inside".to_owned()
        });
        if let Motion::Circle { speed_m_s, radius_m, hill_m } = self.rover_motion {
            checks.range("rover_motion.speed_m_s", speed_m_s, 0.0, 1_000.0);
            checks.range("rover_motion.radius_m", radius_m, 1.0, 100_000.0);
            checks.range("rover_motion.hill_m", hill_m, 0.0, 5_000.0);
        }
    }

    fn check_stations(&self, network: &Network, checks: &mut Checks) {
        checks.that(!network.stations.is_empty(), "network", || "it has no station".to_owned());
        for (i, station) in network.stations.iter().enumerate() {
            let twice = network.stations[..i].iter().any(|other| other.name == station.name);
            checks.that(!twice, &format!("network.stations[{i}]"), || {
                format!("{} is named twice", station.name)
            });
        }
        for (i, fault) in self.faults.iter().enumerate() {
            let field = format!("faults[{i}]");
            checks.which(&field, &fault.station, network);
            checks.fault(&field, &fault.fault);
        }
        for (i, outage) in self.outages.iter().enumerate() {
            let field = format!("outages[{i}]");
            checks.which(&field, &outage.station, network);
            checks.span(&field, outage.from_s, outage.until_s);
        }
    }
}

impl Which {
    /// The number of the station that is meant.
    pub fn find(&self, network: &Network) -> Option<usize> {
        match self {
            Self::Number(number) => Some(*number).filter(|n| *n < network.stations.len()),
            Self::Named(name) => network.stations.iter().position(|s| s.name == *name),
        }
    }
}

fn lines(complaints: &[Complaint]) -> String {
    complaints.iter().fold(String::new(), |text, c| text + "\n  " + &c.to_string())
}

/// The complaints so far.
#[derive(Default)]
struct Checks(Vec<Complaint>);

impl Checks {
    fn that(&mut self, right: bool, field: &str, problem: impl FnOnce() -> String) {
        if !right {
            self.0.push(Complaint { field: field.to_owned(), problem: problem() });
        }
    }

    fn range(&mut self, field: &str, value: f64, low: f64, high: f64) {
        // Written so that a value that is no number is refused too.
        let within = value >= low && value <= high;
        self.that(within, field, || format!("{value} is not between {low} and {high}"));
    }

    fn span(&mut self, field: &str, from_s: f64, until_s: f64) {
        let right = from_s >= 0.0 && until_s > from_s && until_s.is_finite();
        self.that(right, field, || {
            format!("from {from_s} s until {until_s} s is no span after the start")
        });
    }

    fn receiver(&mut self, field: &str, r: &ReceiverSettings) {
        for (name, value, low, high) in [
            ("mask_deg", r.mask_deg, 0.0, 60.0),
            ("code_noise_m", r.code_noise_m, 0.0, 100.0),
            ("phase_noise_m", r.phase_noise_m, 0.0, 1.0),
            ("code_multipath_m", r.code_multipath_m, 0.0, 100.0),
            ("phase_multipath_m", r.phase_multipath_m, 0.0, 1.0),
            ("multipath_time_s", r.multipath_time_s, 0.1, 86_400.0),
            ("reflector_height_m", r.reflector_height_m.unwrap_or(0.0), 0.0, 500.0),
            ("slips_per_hour", r.slips_per_hour, 0.0, 3_600.0),
            ("silent_slips_per_hour", r.silent_slips_per_hour, 0.0, 3_600.0),
            ("half_cycle_share", r.half_cycle_share, 0.0, 1.0),
            ("gaps_per_hour", r.gaps_per_hour, 0.0, 3_600.0),
            ("gap_mean_s", r.gap_mean_s, 0.0, 86_400.0),
            ("code_bias_m", r.code_bias_m, 0.0, 100.0),
        ] {
            self.range(&format!("{field}.{name}"), value, low, high);
        }
    }

    fn link(&mut self, l: &LinkSettings) {
        for (name, value, high) in [
            ("median_delay_ms", l.median_delay_ms, 600_000.0),
            ("delay_spread", l.delay_spread, 5.0),
            ("loss", l.loss, 1.0),
            ("duplication", l.duplication, 1.0),
            ("tearing", l.tearing, 1.0),
            ("cuts_per_hour", l.cuts_per_hour, 3_600.0),
            ("cut_mean_s", l.cut_mean_s, 86_400.0),
        ] {
            self.range(&format!("link.{name}"), value, 0.0, high);
        }
    }

    fn which(&mut self, field: &str, which: &Which, network: &Network) {
        self.that(which.find(network).is_some(), &format!("{field}.station"), || match which {
            Which::Named(name) => format!("the network has no station {name}"),
            Which::Number(n) => {
                format!("the network has no station number {n}, only {}", network.stations.len())
            }
        });
    }

    fn fault(&mut self, field: &str, fault: &Fault) {
        match fault {
            Fault::WrongCoordinate { by } | Fault::AntennaMoved { by, .. } => {
                for (name, value) in
                    [("east_m", by.east_m), ("north_m", by.north_m), ("up_m", by.up_m)]
                {
                    self.range(&format!("{field}.by.{name}"), value, -1e6, 1e6);
                }
            }
            Fault::WrongAntennaName { descriptor } => {
                let fits = descriptor.is_ascii() && (1..=20).contains(&descriptor.len());
                self.that(fits, &format!("{field}.descriptor"), || {
                    "1 to 20 ASCII characters are possible".to_owned()
                });
            }
            Fault::FrozenClock { from_s, until_s } => self.span(field, *from_s, *until_s),
            Fault::StaleEphemeris { from_s } => {
                self.range(&format!("{field}.from_s"), *from_s, 0.0, 1e9);
            }
        }
        if let Fault::AntennaMoved { at_s, .. } = fault {
            self.range(&format!("{field}.at_s"), *at_s, 0.0, 1e9);
        }
    }
}
