//! Where an antenna is at one moment, prepared for the many questions that an epoch asks.

use tianshu_gnss::constants::{GPS_EARTH_RATE, SPEED_OF_LIGHT};
use tianshu_gnss::coords::{Ecef, Enu, GRS80, Geodetic};

use crate::air::niell::Mapping;
use crate::sky::SatelliteAt;

/// An antenna's place, and what follows from it.
#[derive(Clone, Debug)]
pub struct Place {
    /// Earth-fixed.
    pub ecef: Ecef,
    /// Earth-fixed velocity, m/s; zero for a station.
    pub velocity_m_s: [f64; 3],
    /// The same place on GRS80.
    pub geodetic: Geodetic,
    /// How zenith delays map here.
    pub mapping: Mapping,
    /// East, north and up as Earth-fixed unit vectors.
    axes: [[f64; 3]; 3],
}

/// A line of sight at the moment of reception.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sight {
    /// Geometric distance in the Earth-fixed frame of reception, m: the Earth's turn during the flight included.
    pub range_m: f64,
    /// Its rate, m/s.
    pub range_rate_m_s: f64,
    /// Unit vector from antenna to satellite, Earth-fixed.
    pub direction: [f64; 3],
    /// Sine of the elevation.
    pub sin_elevation: f64,
    /// Satellite clock at transmission, s.
    pub satellite_clock_s: f64,
    /// Its rate.
    pub satellite_clock_rate: f64,
}

/// Rounds of the light-time iteration; each gains a factor of 1e5, so the third is exact.
const LIGHT_TIME_ROUNDS: u32 = 3;

impl Place {
    /// The place of an antenna that moves with that velocity.
    pub fn new(ecef: Ecef, velocity_m_s: [f64; 3]) -> Self {
        let geodetic = ecef.to_geodetic(GRS80);
        let axis = |east_m, north_m, up_m| Enu { east_m, north_m, up_m }.to_ecef(geodetic).xyz();
        Self {
            ecef,
            velocity_m_s,
            geodetic,
            mapping: Mapping::at(geodetic.latitude_rad, geodetic.height_m),
            axes: [axis(1.0, 0.0, 0.0), axis(0.0, 1.0, 0.0), axis(0.0, 0.0, 1.0)],
        }
    }

    /// The line of sight to a satellite for a signal received `received_after_s` after the moment about which
    /// the satellite is told.
    pub fn sight(&self, satellite: &SatelliteAt, received_after_s: f64) -> Sight {
        let here = self.ecef.xyz();
        let mut flight_s = 0.075;
        let mut turned = [0.0; 3];
        let mut range_m = 0.0;
        for _ in 0..LIGHT_TIME_ROUNDS {
            let sent = satellite.position_after(received_after_s - flight_s);
            turned = turn(sent, GPS_EARTH_RATE * flight_s);
            range_m = distance(turned, here);
            flight_s = range_m / SPEED_OF_LIGHT;
        }
        let direction: [f64; 3] = std::array::from_fn(|i| (turned[i] - here[i]) / range_m);
        let sent_after_s = received_after_s - flight_s;
        let velocity: [f64; 3] = std::array::from_fn(|i| {
            satellite.velocity_m_s[i] + sent_after_s * satellite.acceleration_m_s2[i]
        });
        let velocity = turn(velocity, GPS_EARTH_RATE * flight_s);
        Sight {
            range_m,
            range_rate_m_s: self.range_rate(direction, turned, velocity),
            direction,
            sin_elevation: dot(self.axes[2], direction),
            satellite_clock_s: satellite.clock_s + satellite.clock_rate * sent_after_s,
            satellite_clock_rate: satellite.clock_rate,
        }
    }

    /// Azimuth of a direction, rad from north over east, in `[0, 2π)`.
    pub fn azimuth_rad(&self, direction: [f64; 3]) -> f64 {
        let [east, north, _] = self.axes.map(|axis| dot(axis, direction));
        east.atan2(north).rem_euclid(std::f64::consts::TAU)
    }

    /// d(range)/d(time of reception): the flight time changes too, and with it the turn of the Earth.
    fn range_rate(&self, direction: [f64; 3], turned: [f64; 3], velocity: [f64; 3]) -> f64 {
        let own = dot(direction, self.velocity_m_s);
        let approach = dot(direction, velocity);
        let longer = (approach - own) / SPEED_OF_LIGHT;
        let swing = GPS_EARTH_RATE * (direction[0] * turned[1] - direction[1] * turned[0]);
        approach * (1.0 - longer) + swing * longer - own
    }
}

impl Sight {
    /// Elevation, rad.
    pub fn elevation_rad(&self) -> f64 {
        self.sin_elevation.clamp(-1.0, 1.0).asin()
    }
}

/// A vector as seen from a frame that has turned eastward by a small angle; exact to the angle's third power.
fn turn([x, y, z]: [f64; 3], angle: f64) -> [f64; 3] {
    let cos = 1.0 - 0.5 * angle * angle;
    [x * cos + y * angle, y * cos - x * angle, z]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let d: [f64; 3] = std::array::from_fn(|i| a[i] - b[i]);
    dot(d, d).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::constellation::Constellation;
    use tianshu_gnss::time::gps::{GpsTime, Interval};

    use crate::random::Key;
    use crate::sky::{Sky, SkySettings};

    #[test]
    fn the_rate_is_the_change_of_the_range() {
        let start = GpsTime::from_week(2410, Interval::from_seconds(40_000));
        let settings = SkySettings {
            systems: vec![Constellation::BeiDou],
            orbit_error_m: 1.0,
            clock_error_m: 0.5,
        };
        let sky = Sky::new(start, &settings, Key::root(3));
        let place = Place::new(Geodetic::from_degrees(22.8, 108.3, 80.0).to_ecef(GRS80), [0.0; 3]);
        for satellite in sky.around(start) {
            let at = |dt: f64| place.sight(&satellite, dt);
            let measured = (at(0.05).range_m - at(-0.05).range_m) / 0.1;
            // Ranges of 4e7 m are rounded to 7e-9 m: 1e-7 m/s over a tenth of a second.
            assert!((measured - at(0.0).range_rate_m_s).abs() < 2e-6, "{measured} {:?}", at(0.0));
        }
    }
}
