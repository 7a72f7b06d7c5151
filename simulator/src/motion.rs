//! How a rover moves, as a function of time.

use tianshu_gnss::coords::{Ecef, Enu, GRS80, Geodetic};

use crate::receiver::place::Place;

/// How a rover moves about the place that the lot gave it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Motion {
    /// Not at all.
    Still,
    /// Round and round at a constant speed, up and down a gentle hill.
    Circle {
        /// Speed, m/s.
        speed_m_s: f64,
        /// Radius, m.
        radius_m: f64,
        /// Height of the hill above and below the middle, m.
        hill_m: f64,
    },
}

impl Motion {
    /// Where the rover is `time_s` after the start, if it moves about `middle`.
    pub fn at(self, middle: Geodetic, time_s: f64) -> Place {
        let origin = middle.to_ecef(GRS80);
        let Self::Circle { speed_m_s, radius_m, hill_m } = self else {
            return Place::new(origin, [0.0; 3]);
        };
        let rate = speed_m_s / radius_m;
        let (sin, cos) = (rate * time_s).sin_cos();
        let (sin_hill, cos_hill) = (3.0 * rate * time_s).sin_cos();
        let away = Enu {
            east_m: radius_m * sin,
            north_m: radius_m * (cos - 1.0),
            up_m: hill_m * sin_hill,
        };
        let velocity = Enu {
            east_m: speed_m_s * cos,
            north_m: -speed_m_s * sin,
            up_m: 3.0 * rate * hill_m * cos_hill,
        };
        let here: Ecef = origin + away.to_ecef(middle);
        Place::new(here, velocity.to_ecef(middle).xyz())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_velocity_is_the_change_of_the_place() {
        let middle = Geodetic::from_degrees(22.8, 108.3, 80.0);
        let drive = Motion::Circle { speed_m_s: 20.0, radius_m: 800.0, hill_m: 10.0 };
        for time_s in [0.0, 33.0, 400.0] {
            let (before, here, after) = (
                drive.at(middle, time_s - 0.05),
                drive.at(middle, time_s),
                drive.at(middle, time_s + 0.05),
            );
            let moved = (after.ecef - before.ecef).xyz().map(|d| d / 0.1);
            for (told, seen) in here.velocity_m_s.iter().zip(moved) {
                // Third derivative over a tenth of a second: v³/r²·0.05²/6 = 5e-6 m/s, and rounding.
                assert!((told - seen).abs() < 1e-4, "{told} {seen}");
            }
        }
    }
}
