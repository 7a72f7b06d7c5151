//! The way from satellite to receiver: time of transmission, geometric range, direction.

use tianshu_gnss::constants::{GPS_EARTH_RATE, SPEED_OF_LIGHT};
use tianshu_gnss::coords::{Ecef, EcefDelta, Geodetic, WGS84};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::state::{SatelliteState, Unusable};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;

/// Rounds of the satellite clock's iteration: the clock moves by below 1e-9 of a second per second, so the second round is exact.
const CLOCK_ROUNDS: usize = 2;
/// Rounds of the light-time iteration: each gains a factor v/c, some 1e-5; from 75 ms three reach 1e-16 s.
const LIGHT_TIME_ROUNDS: usize = 4;
/// A travel time to begin with, s: from a medium orbit to the ground.
const TYPICAL_TRAVEL_S: f64 = 0.075;

/// A satellite as a receiver sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// Geometric range, with the Earth's rotation during the signal's travel, m.
    pub range_m: f64,
    /// Unit vector from the receiver to the satellite, Earth-fixed axes of the time of transmission.
    pub direction: [f64; 3],
    /// Elevation above the ellipsoid's horizon, rad.
    pub elevation_rad: f64,
    /// Azimuth from north over east, rad.
    pub azimuth_rad: f64,
}

/// The satellite at the time of transmission, found from a code measurement.
///
/// Receiver time minus code over c is the satellite's own reading at transmission, whatever the receiver's clock error is
/// (IS-GPS-200, section 20.3.3.3.3.1); taking off the satellite clock's error gives system time.
pub fn transmitted_by_code(
    ephemeris: &Ephemeris,
    received: GpsTime,
    code: Metres,
) -> Result<SatelliteState, Unusable> {
    let by_own_clock = received - Interval::from_seconds_f64(code.0 / SPEED_OF_LIGHT);
    let mut state = ephemeris.state(by_own_clock)?;
    for _ in 0..CLOCK_ROUNDS {
        state = ephemeris.state(by_own_clock - Interval::from_seconds_f64(state.clock_s))?;
    }
    Ok(state)
}

/// The satellite at the time of transmission of what arrives at `receiver` at the true moment `received`.
pub fn transmitted_by_light_time(
    ephemeris: &Ephemeris,
    received: GpsTime,
    receiver: Ecef,
) -> Result<SatelliteState, Unusable> {
    let mut travel_s = TYPICAL_TRAVEL_S;
    let mut state = ephemeris.state(received - Interval::from_seconds_f64(travel_s))?;
    for _ in 0..LIGHT_TIME_ROUNDS {
        travel_s = range_m(receiver, state.position) / SPEED_OF_LIGHT;
        state = ephemeris.state(received - Interval::from_seconds_f64(travel_s))?;
    }
    Ok(state)
}

/// Geometric range between a satellite at transmission and a receiver at reception, each in the Earth-fixed frame of its own
/// moment, m.
pub fn range_m(receiver: Ecef, satellite: Ecef) -> f64 {
    (satellite - receiver).norm_m() + rotation_m(receiver, satellite)
}

/// What the Earth's rotation during the signal's travel adds to the distance between the two, m.
///
/// ω (x_s y_r - y_s x_r) / c, up to 40 m (Ashby 2003, Living Reviews in Relativity 6, eq. 12, first order; what is left is below
/// 1 mm and the same for near receivers).
pub fn rotation_m(receiver: Ecef, satellite: Ecef) -> f64 {
    let [xs, ys, _] = satellite.xyz();
    let [xr, yr, _] = receiver.xyz();
    GPS_EARTH_RATE * (xs * yr - ys * xr) / SPEED_OF_LIGHT
}

/// How `receiver` sees a satellite that is at `satellite` at transmission.
pub fn sight(receiver: Ecef, satellite: Ecef) -> Sight {
    sight_from(receiver, receiver.to_geodetic(WGS84), satellite)
}

/// The same for a receiver whose latitude and longitude are known already; they need not be exact.
pub fn sight_from(receiver: Ecef, horizon: Geodetic, satellite: Ecef) -> Sight {
    let away = satellite - receiver;
    let local = away.to_enu(horizon);
    let distance = away.norm_m();
    Sight {
        range_m: range_m(receiver, satellite),
        direction: EcefDelta::xyz(away).map(|component| component / distance),
        elevation_rad: local.elevation_rad(),
        azimuth_rad: local.azimuth_rad(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earths_rotation_is_that_of_a_turned_frame() {
        let receiver = Ecef::new(-1_200_000.0, 5_600_000.0, 2_800_000.0);
        let satellite = Ecef::new(15_000_000.0, 18_000_000.0, 12_000_000.0);
        // Truth: turn the satellite's place into the frame of reception, by the angle of the travel time.
        let mut exact = (satellite - receiver).norm_m();
        for _ in 0..10 {
            let (sin, cos) = (GPS_EARTH_RATE * exact / SPEED_OF_LIGHT).sin_cos();
            let [x, y, z] = satellite.xyz();
            let turned = Ecef::new(x * cos + y * sin, y * cos - x * sin, z);
            exact = (turned - receiver).norm_m();
        }
        let got = range_m(receiver, satellite);
        assert!((got - exact).abs() < 1e-3, "{got} against {exact} m");
    }

    #[test]
    fn a_satellite_overhead_is_seen_overhead() {
        let receiver = Ecef::new(6_378_137.0, 0.0, 0.0);
        let seen = sight(receiver, Ecef::new(26_378_137.0, 0.0, 0.0));
        assert!((seen.elevation_rad.to_degrees() - 90.0).abs() < 1e-6, "{seen:?}");
        assert!((seen.range_m - 2.0e7).abs() < 1e-6, "{seen:?}");
    }
}
