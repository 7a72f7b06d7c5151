//! The ionosphere: Klobuchar's broadcast model.

use std::f64::consts::{PI, TAU};

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::ephemeris::ionosphere::Klobuchar;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::model::range::Sight;

/// The frequency for which the model tells its delay, Hz: L1 (IS-GPS-200, section 20.3.3.5.2.5).
pub const KLOBUCHAR_HZ: f64 = 1_575.42e6;

/// Coefficients for a receiver that has heard none: a mean of broadcast ones at medium solar activity. Half of the delay is
/// still removed.
pub const MEAN_KLOBUCHAR: Klobuchar =
    Klobuchar { alpha: [1.2e-8, 1.5e-8, -6.0e-8, -6.0e-8], beta: [9.6e4, 8.0e4, -6.5e4, -4.0e5] };

/// Klobuchar's slant delay on L1, m (IS-GPS-200, figure 20-4). On another carrier it is (f_L1 / f)² times as large.
pub fn klobuchar_delay_m(model: &Klobuchar, place: Geodetic, seen: &Sight, at: GpsTime) -> f64 {
    // In semicircles, as the document has it.
    let elevation = seen.elevation_rad.max(0.0) / PI;
    let central_angle = 0.0137 / (elevation + 0.11) - 0.022;
    let latitude = place.latitude_rad / PI + central_angle * seen.azimuth_rad.cos();
    let latitude = latitude.clamp(-0.416, 0.416);
    let longitude =
        place.longitude_rad / PI + central_angle * seen.azimuth_rad.sin() / (latitude * PI).cos();
    let magnetic = latitude + 0.064 * ((longitude - 1.617) * PI).cos();
    let local_s = 43_200.0 * longitude + Interval::seconds(at.time_of_week());
    let local_s = local_s.rem_euclid(86_400.0);
    let slant = 1.0 + 16.0 * (0.53 - elevation).powi(3);
    let polynomial = |c: &[f64; 4]| c.iter().rev().fold(0.0, |sum, c| sum * magnetic + c);
    let amplitude = polynomial(&model.alpha).max(0.0);
    let period = polynomial(&model.beta).max(72_000.0);
    let phase = TAU * (local_s - 50_400.0) / period;
    let cosine = if phase.abs() < 1.57 {
        amplitude * (1.0 - phase * phase / 2.0 + phase.powi(4) / 24.0)
    } else {
        0.0
    };
    SPEED_OF_LIGHT * slant * (5e-9 + cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_has_five_nanoseconds_at_the_zenith() {
        let seen = Sight {
            range_m: 2e7,
            direction: [1.0, 0.0, 0.0],
            elevation_rad: std::f64::consts::FRAC_PI_2,
            azimuth_rad: 0.0,
        };
        // Midnight in Greenwich, at the equator: 5 ns × (1 + 16 (0.53 - 0.5)³), figure 20-4.
        let midnight = GpsTime::from_week(2111, Interval::from_seconds(345_600));
        let place = Geodetic::from_degrees(0.0, 0.0, 0.0);
        let delay = klobuchar_delay_m(&MEAN_KLOBUCHAR, place, &seen, midnight);
        let expected = SPEED_OF_LIGHT * 5e-9 * (1.0 + 16.0 * 0.03f64.powi(3));
        assert!((delay - expected).abs() < 1e-9, "{delay} against {expected}");
        let afternoon = midnight + Interval::from_seconds(50_400);
        assert!(klobuchar_delay_m(&MEAN_KLOBUCHAR, place, &seen, afternoon) > 2.0 * expected);
    }
}
