//! One receiver of a world: where it truly is, what it says of itself, and how it comes to be silent.

use tianshu_gnss::coords::{Ecef, Enu, GRS80, Geodetic};
use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::station::{Antenna, Receiver as ReceiverName, ReferencePoint, StationName};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;

use crate::fault::Fault;
use crate::motion::Motion;
use crate::receiver::make::Make;
use crate::receiver::observe::Receiver;
use crate::receiver::place::Place;

/// The antenna that simulated stations truly have: its phase centre is its reference point.
pub const ANTENNA: &str = "ADVNULLANTENNA  NONE";

/// What a station says of itself, true or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Stated {
    /// Its reference point.
    pub point: ReferencePoint,
    /// Its antenna.
    pub antenna: Antenna,
    /// Its receiver.
    pub receiver: ReceiverName,
    /// The code-phase bias of GLONASS G1 C/A that it tells, m.
    pub glonass_code_phase_bias_m: f64,
}

impl Stated {
    /// What it tells in 1230: the same of G1 C/A and G2 C/A.
    pub fn glonass_biases(&self) -> GlonassBiases {
        let bias = Some(Metres(self.glonass_code_phase_bias_m));
        GlonassBiases::to_add([bias, None, bias, None])
    }
}

/// A station or a rover.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) name: StationName,
    pub(crate) middle: Geodetic,
    pub(crate) motion: Motion,
    pub(crate) make: Make,
    pub(crate) receiver: Receiver,
    pub(crate) faults: Vec<Fault>,
    pub(crate) silences: Vec<Silence>,
    /// The place of a still antenna, with the displacement it was prepared for.
    still: Option<(Enu, Place)>,
}

/// A span in which nothing is heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silence {
    pub(crate) from_s: f64,
    pub(crate) until_s: f64,
    pub(crate) power: bool,
}

impl Site {
    pub(crate) fn new(
        name: StationName,
        middle: Geodetic,
        motion: Motion,
        make: Make,
        receiver: Receiver,
    ) -> Self {
        Self {
            name,
            middle,
            motion,
            make,
            receiver,
            faults: Vec::new(),
            silences: Vec::new(),
            still: None,
        }
    }

    /// Where the antenna truly is, `time_s` after the start.
    pub(crate) fn place(&mut self, time_s: f64) -> Place {
        if self.motion != Motion::Still {
            return self.motion.at(self.middle, time_s);
        }
        let by = self.displacement(time_s);
        if let Some((prepared, place)) = &self.still
            && *prepared == by
        {
            return place.clone();
        }
        let ecef = self.middle.to_ecef(GRS80) + by.to_ecef(self.middle);
        let place = Place::new(ecef, [0.0; 3]);
        self.still = Some((by, place.clone()));
        place
    }

    /// The silence that reigns at that time.
    pub(crate) fn silence(&self, time_s: f64) -> Option<Silence> {
        self.silences.iter().copied().find(|s| (s.from_s..s.until_s).contains(&time_s))
    }

    /// The time tag that the station puts on an epoch of `t`.
    pub(crate) fn time_tag(&self, start: GpsTime, t: GpsTime) -> GpsTime {
        let time_s = (t - start).seconds();
        let frozen = self.faults.iter().find_map(|fault| match fault {
            Fault::FrozenClock { from_s, until_s } if (*from_s..*until_s).contains(&time_s) => {
                Some(*from_s)
            }
            _ => None,
        });
        frozen.map_or(t, |from_s| start + Interval::from_seconds_f64(from_s))
    }

    /// The moment whose ephemerides the station sends at `t`.
    pub(crate) fn ephemeris_time(&self, start: GpsTime, t: GpsTime) -> GpsTime {
        let stale = self.faults.iter().find_map(|fault| match fault {
            Fault::StaleEphemeris { from_s } => Some(start + Interval::from_seconds_f64(*from_s)),
            _ => None,
        });
        stale.map_or(t, |from| from.min(t))
    }

    /// What the station says of itself.
    pub(crate) fn stated(&self) -> Stated {
        let wrong = self.faults.iter().find_map(|fault| match fault {
            Fault::WrongCoordinate { by } => Some(by.to_ecef(self.middle)),
            _ => None,
        });
        let truly: Ecef = self.middle.to_ecef(GRS80);
        let descriptor = self.faults.iter().find_map(|fault| match fault {
            Fault::WrongAntennaName { descriptor } => Some(descriptor.clone()),
            _ => None,
        });
        Stated {
            point: ReferencePoint {
                place: wrong.map_or(truly, |by| truly + by),
                antenna_height_m: Some(0.0),
                itrf_year: 0,
            },
            antenna: Antenna {
                descriptor: descriptor.unwrap_or_else(|| ANTENNA.to_owned()),
                setup_id: 0,
                serial: None,
            },
            receiver: self.make.receiver(format!("SIM-{}", self.name)),
            glonass_code_phase_bias_m: self.make.glonass_code_phase_bias_m(),
        }
    }

    /// By how much the antenna has been moved until that time.
    fn displacement(&self, time_s: f64) -> Enu {
        let mut sum = Enu { east_m: 0.0, north_m: 0.0, up_m: 0.0 };
        for fault in &self.faults {
            if let Fault::AntennaMoved { at_s, by } = fault
                && *at_s <= time_s
            {
                sum.east_m += by.east_m;
                sum.north_m += by.north_m;
                sum.up_m += by.up_m;
            }
        }
        sum
    }
}
