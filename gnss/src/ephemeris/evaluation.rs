//! The one question asked of an ephemeris, handed to the mathematics of its system.

use crate::constants::{
    BEIDOU_EARTH_RATE, BEIDOU_MU, GALILEO_EARTH_RATE, GALILEO_MU, GPS_EARTH_RATE, GPS_MU,
};
use crate::ephemeris::Ephemeris;
use crate::ephemeris::glonass_orbit;
use crate::ephemeris::kepler_orbit::{self, Gravity, NodeFrame};
use crate::ephemeris::state::{SatelliteState, Unusable, Week};
use crate::ephemeris::validity::AgeLimits;
use crate::time::gps::GpsTime;

impl Ephemeris {
    /// The satellite at `at`, which is a moment of system time (not of the satellite's clock).
    ///
    /// Refuses moments farther from the reference time than [`Ephemeris::age_limits`].
    pub fn state(&self, at: GpsTime) -> Result<SatelliteState, Unusable> {
        self.state_within(at, self.age_limits())
    }

    /// The same with age limits of the caller's own. The error of a broadcast orbit grows with the square of its age.
    pub fn state_within(&self, at: GpsTime, limits: AgeLimits) -> Result<SatelliteState, Unusable> {
        let age = at - self.reference_time();
        if !limits.hold(age) {
            return Err(Unusable::TooFar { age, limits });
        }
        match self {
            Self::Gps(e) | Self::Qzss(e) => {
                kepler_orbit::state(&e.orbit, &e.clock, &GPS, NodeFrame::EarthFixed, at)
            }
            Self::Galileo(e) => {
                kepler_orbit::state(&e.orbit, &e.clock, &GALILEO, NodeFrame::EarthFixed, at)
            }
            Self::BeiDou(e) => {
                let frame = if e.satellite.is_beidou_geo() {
                    NodeFrame::TiltedInertial
                } else {
                    NodeFrame::EarthFixed
                };
                kepler_orbit::state(&e.orbit, &e.clock, &BEIDOU, frame, at)
            }
            Self::Glonass(e) => glonass_orbit::state(e, at),
            Self::Navic(e) => {
                kepler_orbit::state(&e.orbit, &e.clock, &GPS, NodeFrame::EarthFixed, at)
            }
        }
    }
}

/// GPS, QZSS and NavIC (IS-GPS-200, table 20-IV; IRNSS SIS ICD 1.1, table 13).
const GPS: Gravity = Gravity { mu: GPS_MU, earth_rate: GPS_EARTH_RATE, week: Week::Gps };
/// Galileo (Galileo OS SIS ICD, table 60). Its weeks start with those of GPS.
const GALILEO: Gravity =
    Gravity { mu: GALILEO_MU, earth_rate: GALILEO_EARTH_RATE, week: Week::Gps };
/// BeiDou (BDS-SIS-ICD-B1I-3.0, section 3.2 and table 5-11). Its weeks start 14 s after those of GPS.
const BEIDOU: Gravity =
    Gravity { mu: BEIDOU_MU, earth_rate: BEIDOU_EARTH_RATE, week: Week::BeiDou };
