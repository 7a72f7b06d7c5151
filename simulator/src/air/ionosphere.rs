//! The ionosphere as a thin shell: day and night, the equatorial anomaly, travelling disturbances, plasma bubbles.

use tianshu_gnss::time::gps::{GpsTime, NANOS_PER_DAY};
use tianshu_gnss::units::Hertz;

use crate::air::field::{Field, Plane, PlaneWave};
use crate::random::Key;

/// Radius of the shell, m: 350 km above a sphere of 6371 km.
pub const SHELL_RADIUS_M: f64 = 6_721_000.0;

/// Delay (code) or advance (phase) of one TEC unit times the carrier's square, m·Hz² (IS-GPS-200 and
/// IERS Conventions 2010, section 9.4: 40.3 m³/s² times 1e16 electrons/m²).
const METRES_HZ2_PER_TECU: f64 = 40.3e16;

/// What the ionosphere of a scenario is like. TEC units (1e16 electrons/m²), vertical.
#[derive(Clone, Debug, PartialEq)]
pub struct IonosphereSettings {
    /// Content in the small hours.
    pub night_tecu: f64,
    /// What the day adds at its height, away from the crest.
    pub day_tecu: f64,
    /// What the crest of the equatorial anomaly adds at its height.
    pub crest_tecu: f64,
    /// Latitude of the crest, degrees north.
    pub crest_latitude_deg: f64,
    /// Half width of the crest (where it has fallen to 1/e), degrees.
    pub crest_width_deg: f64,
    /// Hour of local solar time at the start at 108° E; none: as the calendar says.
    pub solar_hour_at_start: Option<f64>,
    /// Root mean square of small irregularities of 80 to 400 km.
    pub roughness_tecu: f64,
    /// Travelling disturbances.
    pub waves: Vec<TravellingWave>,
    /// Plasma bubbles.
    pub bubbles: Vec<Bubble>,
}

/// A travelling ionospheric disturbance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TravellingWave {
    /// Half the difference of crest and trough, TECU.
    pub amplitude_tecu: f64,
    /// Distance of crests, km.
    pub wavelength_km: f64,
    /// Speed, m/s.
    pub speed_m_s: f64,
    /// Where it travels to, degrees from north over east.
    pub azimuth_deg: f64,
}

/// A plasma bubble: a depleted band along the meridian that drifts eastward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bubble {
    /// What is missing inside, TECU.
    pub depth_tecu: f64,
    /// Longitude of its middle at the start, degrees east.
    pub longitude_deg: f64,
    /// Width between its walls, km.
    pub width_km: f64,
    /// Thickness of a wall, km.
    pub wall_km: f64,
    /// Eastward drift, m/s.
    pub drift_m_s: f64,
    /// Latitude where it ends poleward, degrees north.
    pub reach_latitude_deg: f64,
}

/// The ionosphere of a world.
#[derive(Clone, Debug)]
pub struct Ionosphere {
    start: GpsTime,
    settings: IonosphereSettings,
    /// Solar time at longitude 0 minus time of day, s.
    solar_offset_s: f64,
    waves: Field,
    roughness: Field,
}

/// Where a line of sight meets the shell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pierce {
    /// Latitude on the shell, rad.
    pub latitude_rad: f64,
    /// Longitude, rad.
    pub longitude_rad: f64,
    /// Slant content over vertical content.
    pub obliquity: f64,
}

/// What the shell holds over one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Content {
    /// Vertical content, TECU.
    pub vertical_tecu: f64,
    /// How deep in a bubble's wall or inside it, 0 to 1: there phases scintillate.
    pub disturbance: f64,
}

impl Ionosphere {
    /// The ionosphere of a world that starts at `start`.
    pub fn new(start: GpsTime, settings: IonosphereSettings, key: Key) -> Self {
        let mut random = key.of("waves").stream();
        let waves: Vec<PlaneWave> = settings
            .waves
            .iter()
            .map(|wave| PlaneWave {
                amplitude: wave.amplitude_tecu,
                wavelength_m: wave.wavelength_km * 1e3,
                speed_m_s: wave.speed_m_s,
                azimuth_rad: wave.azimuth_deg.to_radians(),
                phase_rad: random.between(0.0, std::f64::consts::TAU),
            })
            .collect();
        let rough = settings.roughness_tecu;
        let eastward = std::f64::consts::FRAC_PI_2;
        let by_calendar = settings.solar_hour_at_start.is_none();
        let told = settings.solar_hour_at_start.unwrap_or(0.0);
        let solar_offset_s =
            if by_calendar { 0.0 } else { (told - 108.0 / 15.0) * 3_600.0 - second_of_day(start) };
        Self {
            start,
            settings,
            solar_offset_s,
            waves: Field::of(&waves),
            roughness: Field::random(key.of("roughness"), rough, (80e3, 400e3), 90.0, eastward),
        }
    }

    /// What the shell holds over that place at `t`.
    pub fn content(&self, latitude_rad: f64, longitude_rad: f64, t: GpsTime) -> Content {
        let s = &self.settings;
        let since_start_s = (t - self.start).seconds();
        let hour =
            (second_of_day(t) + self.solar_offset_s) / 3_600.0 + longitude_rad.to_degrees() / 15.0;
        let off_crest = (latitude_rad.to_degrees() - s.crest_latitude_deg) / s.crest_width_deg;
        let plane = Plane::of(latitude_rad, longitude_rad);
        let smooth = s.night_tecu
            // Solar heating peaks two hours after noon; the anomaly is lifted later and lingers into the evening.
            + s.day_tecu * day_shape(hour - 14.0)
            + s.crest_tecu * day_shape(hour - 16.0) * (-off_crest * off_crest).exp()
            + self.roughness.at(plane, since_start_s)
            + self.waves.at(plane, since_start_s);
        let (missing, disturbance) = self.depletion(latitude_rad, longitude_rad, since_start_s);
        // A bubble cannot take more than nearly all there is.
        let vertical_tecu = (smooth - missing.min(0.9 * smooth)).max(0.2);
        Content { vertical_tecu, disturbance }
    }

    /// Missing content and disturbance by the bubbles.
    fn depletion(&self, latitude_rad: f64, longitude_rad: f64, since_start_s: f64) -> (f64, f64) {
        let mut missing = 0.0;
        let mut disturbance: f64 = 0.0;
        for bubble in &self.settings.bubbles {
            let middle = Plane::of(latitude_rad, bubble.longitude_deg.to_radians()).east_m
                + bubble.drift_m_s * since_start_s;
            let across_m = Plane::of(latitude_rad, longitude_rad).east_m - middle;
            let half_m = bubble.width_km * 500.0;
            let wall_m = bubble.wall_km * 500.0;
            // Ten wall thicknesses away the depletion is below 1e-8 of its depth.
            if across_m.abs() > half_m + 20.0 * wall_m {
                continue;
            }
            let poleward = (latitude_rad.to_degrees() - bubble.reach_latitude_deg) / 0.5;
            let inside = 0.25
                * (((across_m + half_m) / wall_m).tanh() - ((across_m - half_m) / wall_m).tanh())
                * (1.0 - poleward.tanh());
            missing += bubble.depth_tecu * inside;
            disturbance = disturbance.max(inside);
        }
        (missing, disturbance)
    }
}

impl Pierce {
    /// Where the line from `place_m` along the unit vector `direction` meets the shell; the place is below it.
    pub fn of(place_m: [f64; 3], direction: [f64; 3]) -> Self {
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let along = dot(place_m, direction);
        let inside = SHELL_RADIUS_M * SHELL_RADIUS_M - dot(place_m, place_m);
        let far = -along + (along * along + inside.max(0.0)).sqrt();
        let at: [f64; 3] = std::array::from_fn(|i| place_m[i] + far * direction[i]);
        Self {
            latitude_rad: (at[2] / SHELL_RADIUS_M).asin(),
            longitude_rad: at[1].atan2(at[0]),
            obliquity: SHELL_RADIUS_M / dot(at, direction),
        }
    }
}

/// The code delay (and phase advance) of that many TEC units on a carrier, m, to first order.
pub fn delay_m(tecu: f64, carrier: Hertz) -> f64 {
    METRES_HZ2_PER_TECU * tecu / (carrier.0 * carrier.0)
}

/// 1 at `hours_off` = 0, 0 twelve hours away, smooth between.
fn day_shape(hours_off: f64) -> f64 {
    let half = 0.5 + 0.5 * (hours_off * std::f64::consts::TAU / 24.0).cos();
    half * half.sqrt()
}

fn second_of_day(t: GpsTime) -> f64 {
    t.nanos().rem_euclid(NANOS_PER_DAY) as f64 * 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::time::gps::Interval;

    fn settings() -> IonosphereSettings {
        IonosphereSettings {
            night_tecu: 5.0,
            day_tecu: 20.0,
            crest_tecu: 30.0,
            crest_latitude_deg: 22.0,
            crest_width_deg: 5.0,
            solar_hour_at_start: Some(15.0),
            roughness_tecu: 0.0,
            waves: Vec::new(),
            bubbles: Vec::new(),
        }
    }

    fn start() -> GpsTime {
        GpsTime::from_week(2410, Interval::from_seconds(7_777))
    }

    #[track_caller]
    fn content(settings: IonosphereSettings, latitude_deg: f64, hours: i64) -> f64 {
        let shell = Ionosphere::new(start(), settings, Key::root(1));
        let t = start() + Interval::from_seconds(hours * 3_600);
        shell.content(latitude_deg.to_radians(), 108f64.to_radians(), t).vertical_tecu
    }

    #[test]
    fn the_crest_stands_over_its_latitude_in_the_afternoon_and_is_gone_at_night() {
        let afternoon = content(settings(), 22.0, 0);
        assert!((50.0..55.1).contains(&afternoon), "{afternoon}");
        assert!(content(settings(), 32.0, 0) < 30.0);
        assert!(content(settings(), 22.0, 12) < 7.0);
    }

    #[test]
    fn a_bubble_is_deep_inside_and_steep_at_its_walls() {
        let bubble = Bubble {
            depth_tecu: 20.0,
            longitude_deg: 108.0,
            width_km: 100.0,
            wall_km: 8.0,
            drift_m_s: 100.0,
            reach_latitude_deg: 27.0,
        };
        let with = IonosphereSettings { bubbles: vec![bubble], ..settings() };
        let missing = content(settings(), 22.0, 0) - content(with.clone(), 22.0, 0);
        assert!((missing - 20.0).abs() < 0.1, "{missing}");
        let later = content(settings(), 22.0, 1) - content(with, 22.0, 1);
        assert!(later.abs() < 0.01, "drifted 360 km away, {later} is still missing");
    }

    #[test]
    fn a_line_to_the_zenith_meets_the_shell_overhead_and_a_low_one_far_away() {
        let place = [6_371_000.0, 0.0, 0.0];
        let up = Pierce::of(place, [1.0, 0.0, 0.0]);
        assert!((up.obliquity - 1.0).abs() < 1e-12 && up.longitude_rad.abs() < 1e-12);
        let low = Pierce::of(place, [10f64.to_radians().sin(), 10f64.to_radians().cos(), 0.0]);
        // Thin shell at 350 km: 1/√(1-(6371·cos 10°/6721)²) = 2.79; the arc is 90° - 10° - 69.0°.
        assert!((low.obliquity - 2.79).abs() < 0.01, "{low:?}");
        assert!((low.longitude_rad.to_degrees() - 11.0).abs() < 0.1, "{low:?}");
    }

    #[test]
    fn one_tec_unit_delays_l1_by_sixteen_centimetres() {
        assert!((delay_m(1.0, Hertz(1575.42e6)) - 0.162_4).abs() < 1e-4);
    }
}
