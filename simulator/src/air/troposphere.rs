//! The neutral air: a standard atmosphere, and moist weather that moves over it.

use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::time::gps::GpsTime;

use crate::air::field::{Field, Plane};
use crate::random::Key;

/// What the weather of a scenario is like.
#[derive(Clone, Debug, PartialEq)]
pub struct TroposphereSettings {
    /// Mean zenith wet delay at sea level, m.
    pub zenith_wet_m: f64,
    /// Height over which the wet delay falls to 1/e, m.
    pub wet_scale_height_m: f64,
    /// Root mean square of the weather's own part of the zenith wet delay at sea level, m.
    pub weather_m: f64,
    /// Speed at which the weather moves, m/s.
    pub wind_m_s: f64,
    /// Where it moves to, degrees from north over east.
    pub wind_azimuth_deg: f64,
}

/// The neutral air of a world.
#[derive(Clone, Debug)]
pub struct Troposphere {
    start: GpsTime,
    settings: TroposphereSettings,
    weather: Field,
}

/// Zenith delays at one place and time, m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zenith {
    /// Of the dry air.
    pub hydrostatic_m: f64,
    /// Of the water vapour.
    pub wet_m: f64,
}

/// Structures of the weather, m: from a shower to a front.
const WEATHER_SCALES_M: (f64, f64) = (60e3, 350e3);

impl Troposphere {
    /// The neutral air of a world that starts at `start`.
    pub fn new(start: GpsTime, settings: TroposphereSettings, key: Key) -> Self {
        let azimuth = settings.wind_azimuth_deg.to_radians();
        let weather = Field::random(
            key.of("weather"),
            settings.weather_m,
            WEATHER_SCALES_M,
            settings.wind_m_s,
            azimuth,
        );
        Self { start, settings, weather }
    }

    /// The zenith delays at a place at `t`.
    pub fn zenith(&self, place: Geodetic, t: GpsTime) -> Zenith {
        let plane = Plane::of(place.latitude_rad, place.longitude_rad);
        let weather = self.weather.at(plane, (t - self.start).seconds());
        let thinning = (-place.height_m / self.settings.wet_scale_height_m).exp();
        Zenith {
            hydrostatic_m: hydrostatic_m(place.latitude_rad, place.height_m),
            wet_m: (self.settings.zenith_wet_m + weather).max(0.0) * thinning,
        }
    }
}

/// Zenith hydrostatic delay of the standard atmosphere, m.
///
/// Pressure by ICAO Doc 7488 (1013.25 hPa at sea level); delay by Saastamoinen 1972 with the gravity of
/// Davis et al. 1985, Radio Science 20(6), equation A11.
fn hydrostatic_m(latitude_rad: f64, height_m: f64) -> f64 {
    let pressure_hpa = 1_013.25 * (1.0 - 2.2557e-5 * height_m).powf(5.2568);
    let gravity = 1.0 - 0.002_66 * (2.0 * latitude_rad).cos() - 0.000_28 * height_m / 1e3;
    0.002_276_8 * pressure_hpa / gravity
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::time::gps::Interval;

    #[test]
    fn the_air_is_thinner_higher_up_and_the_weather_moves() {
        let settings = TroposphereSettings {
            zenith_wet_m: 0.25,
            wet_scale_height_m: 2_000.0,
            weather_m: 0.02,
            wind_m_s: 12.0,
            wind_azimuth_deg: 60.0,
        };
        let start = GpsTime::from_week(2410, Interval::ZERO);
        let air = Troposphere::new(start, settings, Key::root(4));
        let low = air.zenith(Geodetic::from_degrees(23.0, 108.0, 0.0), start);
        let high = air.zenith(Geodetic::from_degrees(23.0, 108.0, 1_000.0), start);
        // 2.31 m at sea level and 11.3 % less at 1000 m, as the pressure of the standard atmosphere.
        assert!((low.hydrostatic_m - 2.311).abs() < 0.005, "{low:?}");
        assert!((high.hydrostatic_m / low.hydrostatic_m - 0.887).abs() < 0.002, "{high:?}");
        assert!((high.wet_m / low.wet_m - (-0.5_f64).exp()).abs() < 1e-9);
        let later = air.zenith(
            Geodetic::from_degrees(23.0, 108.0, 0.0),
            start + Interval::from_seconds(3_600),
        );
        assert!((later.wet_m - low.wet_m).abs() > 1e-4, "an hour later the weather is another");
    }
}
