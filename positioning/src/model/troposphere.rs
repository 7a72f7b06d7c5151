//! The troposphere: zenith delays of a standard atmosphere, and Niell's mapping to any elevation.

use std::f64::consts::TAU;

use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;

/// Zenith delays, m.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZenithDelay {
    /// Of the hydrostatic part.
    pub hydrostatic_m: f64,
    /// Of the water vapour.
    pub wet_m: f64,
}

/// How much longer the slant way is than the zenith's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mapping {
    /// For the hydrostatic delay.
    pub hydrostatic: f64,
    /// For the wet delay.
    pub wet: f64,
}

impl ZenithDelay {
    /// The delay on a slant way, m.
    pub fn slant_m(self, mapping: Mapping) -> f64 {
        self.hydrostatic_m * mapping.hydrostatic + self.wet_m * mapping.wet
    }
}

/// Relative humidity of the standard atmosphere, where nothing better is known.
pub const RELATIVE_HUMIDITY: f64 = 0.5;
/// Heights (m) that the standard atmosphere is asked for: from the Dead Sea to the top of the troposphere.
const HEIGHT_RANGE_M: std::ops::RangeInclusive<f64> = -500.0..=11_000.0;
/// Elevation (rad) below which no mapping function holds: 2°.
const ELEVATION_MIN_RAD: f64 = 0.035;

/// Saastamoinen's zenith delays in the standard atmosphere (Saastamoinen 1972; standard atmosphere with 1013.25 hPa and
/// 15 °C at sea level, 6.5 K/km: ICAO Doc 7488).
pub fn zenith_delay(place: Geodetic, relative_humidity: f64) -> ZenithDelay {
    let height_m = place.height_m.clamp(*HEIGHT_RANGE_M.start(), *HEIGHT_RANGE_M.end());
    let pressure_hpa = 1013.25 * (1.0 - 2.2557e-5 * height_m).powf(5.2568);
    let temperature_k = 288.15 - 6.5e-3 * height_m;
    let saturated_hpa = 6.108 * ((17.15 * temperature_k - 4684.0) / (temperature_k - 38.45)).exp();
    let vapour_hpa = relative_humidity * saturated_hpa;
    let gravity = 1.0 - 0.00266 * (2.0 * place.latitude_rad).cos() - 0.00028 * height_m / 1e3;
    ZenithDelay {
        hydrostatic_m: 0.0022768 * pressure_hpa / gravity,
        wet_m: 0.002277 * (1255.0 / temperature_k + 0.05) * vapour_hpa,
    }
}

/// The coefficients a, b, c of a mapping function at 15°, 30°, 45°, 60° and 75° of latitude.
type Coefficients = [[f64; 5]; 3];

/// Niell (1996), table 3, hydrostatic, average.
const HYDROSTATIC_AVERAGE: Coefficients = [
    [1.2769934e-3, 1.2683230e-3, 1.2465397e-3, 1.2196049e-3, 1.2045996e-3],
    [2.9153695e-3, 2.9152299e-3, 2.9288445e-3, 2.9022565e-3, 2.9024912e-3],
    [62.610505e-3, 62.837393e-3, 63.721774e-3, 63.824265e-3, 64.258455e-3],
];
/// Niell (1996), table 3, hydrostatic, amplitude of the year.
const HYDROSTATIC_AMPLITUDE: Coefficients = [
    [0.0, 1.2709626e-5, 2.6523662e-5, 3.4000452e-5, 4.1202191e-5],
    [0.0, 2.1414979e-5, 3.0160779e-5, 7.2562722e-5, 11.723375e-5],
    [0.0, 9.0128400e-5, 4.3497037e-5, 84.795348e-5, 170.37206e-5],
];
/// Niell (1996), table 3, height correction.
const HYDROSTATIC_HEIGHT: [f64; 3] = [2.53e-5, 5.49e-3, 1.14e-3];
/// Niell (1996), table 4, wet.
const WET: Coefficients = [
    [5.8021897e-4, 5.6794847e-4, 5.8118019e-4, 5.9727542e-4, 6.1641693e-4],
    [1.4275268e-3, 1.5138625e-3, 1.4572752e-3, 1.5007428e-3, 1.7599082e-3],
    [4.3472961e-2, 4.6729510e-2, 4.3908931e-2, 4.4626982e-2, 5.4736038e-2],
];

/// Niell's mapping functions (Niell 1996, J. Geophys. Res. 101 B2, eqs. 4 to 6).
pub fn mapping(place: Geodetic, elevation_rad: f64, at: GpsTime) -> Mapping {
    MappingFunction::of(place, at).at(elevation_rad)
}

/// Niell's mapping functions of one place and day, for any elevation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MappingFunction {
    hydrostatic: [f64; 3],
    wet: [f64; 3],
    height_m: f64,
}

impl MappingFunction {
    /// Those of a place on the day of `at`.
    pub fn of(place: Geodetic, at: GpsTime) -> Self {
        let south = if place.latitude_rad < 0.0 { 0.5 } else { 0.0 };
        let day = f64::from(Utc::from(at).day_of_year());
        // The coldest day is 28 January of the northern hemisphere.
        let season = (TAU * ((day - 28.0) / 365.25 + south)).cos();
        let latitude_deg = place.latitude_deg().abs();
        let hydrostatic = std::array::from_fn(|i| {
            let average = at_latitude(&HYDROSTATIC_AVERAGE[i], latitude_deg);
            average - season * at_latitude(&HYDROSTATIC_AMPLITUDE[i], latitude_deg)
        });
        let wet = std::array::from_fn(|i| at_latitude(&WET[i], latitude_deg));
        Self { hydrostatic, wet, height_m: place.height_m }
    }

    /// The factors at that elevation, rad.
    pub fn at(&self, elevation_rad: f64) -> Mapping {
        self.at_sine(elevation_rad.max(ELEVATION_MIN_RAD).sin())
    }

    /// The factors where the sine of the elevation is known.
    pub fn at_sine(&self, sin_elevation: f64) -> Mapping {
        let sin = sin_elevation.max(ELEVATION_MIN_RAD);
        let higher = (1.0 / sin - fraction(HYDROSTATIC_HEIGHT, sin)) * self.height_m / 1e3;
        Mapping {
            hydrostatic: fraction(self.hydrostatic, sin) + higher,
            wet: fraction(self.wet, sin),
        }
    }
}

/// The continued fraction, one at the zenith (Niell 1996, eq. 4).
fn fraction([a, b, c]: [f64; 3], sin: f64) -> f64 {
    (1.0 + a / (1.0 + b / (1.0 + c))) / (sin + a / (sin + b / (sin + c)))
}

/// Linear between the five latitudes, constant beyond.
fn at_latitude(row: &[f64; 5], latitude_deg: f64) -> f64 {
    let place = ((latitude_deg - 15.0) / 15.0).clamp(0.0, 4.0);
    let below = if place < 1.0 {
        0
    } else if place < 2.0 {
        1
    } else if place < 3.0 {
        2
    } else {
        3
    };
    let part = place - f64::from(u8::try_from(below).unwrap_or(0));
    row[below] * (1.0 - part) + row[below + 1] * part
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::time::gps::Interval;

    #[test]
    fn the_zenith_delay_is_two_metres_and_a_third_at_sea_level() {
        // Saastamoinen (1972): 2.2768 mm/hPa × 1013.25 hPa = 2.307 m at 45° and sea level.
        let sea = zenith_delay(Geodetic::from_degrees(45.0, 0.0, 0.0), RELATIVE_HUMIDITY);
        assert!((sea.hydrostatic_m - 2.3070).abs() < 1e-4, "{sea:?}");
        assert!((0.05..0.15).contains(&sea.wet_m), "{sea:?}");
        let high = zenith_delay(Geodetic::from_degrees(45.0, 0.0, 5_000.0), RELATIVE_HUMIDITY);
        // 540 hPa at 5000 m (ICAO Doc 7488).
        assert!((high.hydrostatic_m - 0.0022768 * 540.2 / 0.9986).abs() < 2e-3, "{high:?}");
    }

    #[test]
    fn mapping_is_one_at_the_zenith_and_ten_at_five_degrees() {
        let t = GpsTime::from_week(2111, Interval::from_seconds(345_600));
        let place = Geodetic::from_degrees(45.0, 11.0, 300.0);
        let zenith = mapping(place, std::f64::consts::FRAC_PI_2, t);
        assert!((zenith.hydrostatic - 1.0).abs() < 1e-9 && (zenith.wet - 1.0).abs() < 1e-9);
        let low = mapping(place, 5f64.to_radians(), t);
        // Niell (1996), figure 2: 10.15 hydrostatic and 10.75 wet at 5°, to a percent.
        assert!((low.hydrostatic - 10.15).abs() < 0.1 && (low.wet - 10.75).abs() < 0.1, "{low:?}");
    }
}
