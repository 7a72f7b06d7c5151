//! Smooth random fields over the network's region that drift: irregularities of the ionosphere, and weather.

use crate::random::{Key, Stream};

/// Mean radius of the Earth, m (IUGG, Moritz 2000).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Latitude of the middle of the region in which fields are told, rad: Guangxi's. Farther away distances stretch, which harms nothing.
const CENTRE_LATITUDE_RAD: f64 = 0.411;
/// Longitude of that middle, rad.
const CENTRE_LONGITUDE_RAD: f64 = 1.893;

/// A place of the region on a plane, m east and north of its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    /// Eastward, m.
    pub east_m: f64,
    /// Northward, m.
    pub north_m: f64,
}

/// One plane wave that travels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaneWave {
    /// Half the difference of crest and trough, in the field's unit.
    pub amplitude: f64,
    /// Distance of crests, m.
    pub wavelength_m: f64,
    /// Speed of the crests, m/s.
    pub speed_m_s: f64,
    /// Where they travel to, rad from north over east.
    pub azimuth_rad: f64,
    /// Phase at the region's middle at the start, rad.
    pub phase_rad: f64,
}

/// A sum of plane waves.
#[derive(Clone, Debug, Default)]
pub struct Field {
    waves: Vec<Prepared>,
}

/// A wave as it is evaluated: phase = east·e + north·n - rate·t + phase.
#[derive(Clone, Copy, Debug)]
struct Prepared {
    amplitude: f64,
    east_rad_m: f64,
    north_rad_m: f64,
    rate_rad_s: f64,
    phase_rad: f64,
}

/// Waves of a random field: enough to look irregular over a few wavelengths.
const RANDOM_WAVES: u32 = 7;

impl Plane {
    /// The place of that latitude and longitude, rad.
    pub fn of(latitude_rad: f64, longitude_rad: f64) -> Self {
        // cos 0.411, the shrinking of degrees of longitude at the region's middle.
        const SHRINK: f64 = 0.916_7;
        Self {
            east_m: (longitude_rad - CENTRE_LONGITUDE_RAD) * EARTH_RADIUS_M * SHRINK,
            north_m: (latitude_rad - CENTRE_LATITUDE_RAD) * EARTH_RADIUS_M,
        }
    }
}

impl Field {
    /// The sum of those waves.
    pub fn of(waves: &[PlaneWave]) -> Self {
        Self { waves: waves.iter().map(prepare).collect() }
    }

    /// An irregular field of that root mean square, of structures between `shortest_m` and `longest_m`,
    /// that drifts at about `speed_m_s` towards `azimuth_rad` and changes shape on the way.
    pub fn random(
        key: Key,
        rms: f64,
        (shortest_m, longest_m): (f64, f64),
        speed_m_s: f64,
        azimuth_rad: f64,
    ) -> Self {
        let mut random = key.stream();
        let amplitude = rms * (2.0 / f64::from(RANDOM_WAVES)).sqrt();
        let waves: Vec<PlaneWave> = (0..RANDOM_WAVES)
            .map(|_| {
                random_wave(&mut random, amplitude, (shortest_m, longest_m), speed_m_s, azimuth_rad)
            })
            .collect();
        Self::of(&waves)
    }

    /// The field at a place, `time_s` after the start.
    pub fn at(&self, place: Plane, time_s: f64) -> f64 {
        self.waves
            .iter()
            .map(|w| {
                let phase = w.east_rad_m * place.east_m + w.north_rad_m * place.north_m
                    - w.rate_rad_s * time_s
                    + w.phase_rad;
                w.amplitude * phase.cos()
            })
            .sum()
    }
}

fn prepare(wave: &PlaneWave) -> Prepared {
    let number = std::f64::consts::TAU / wave.wavelength_m;
    let (sin, cos) = wave.azimuth_rad.sin_cos();
    Prepared {
        amplitude: wave.amplitude,
        east_rad_m: number * sin,
        north_rad_m: number * cos,
        rate_rad_s: number * wave.speed_m_s,
        phase_rad: wave.phase_rad,
    }
}

fn random_wave(
    random: &mut Stream,
    amplitude: f64,
    (shortest_m, longest_m): (f64, f64),
    speed_m_s: f64,
    azimuth_rad: f64,
) -> PlaneWave {
    let own_azimuth = random.between(0.0, std::f64::consts::TAU);
    PlaneWave {
        amplitude,
        wavelength_m: shortest_m * (longest_m / shortest_m).powf(random.uniform()),
        // Crests of a frozen pattern pass at the drift's component along their own direction.
        speed_m_s: speed_m_s * (own_azimuth - azimuth_rad).cos() * random.between(0.8, 1.2),
        azimuth_rad: own_azimuth,
        phase_rad: random.between(0.0, std::f64::consts::TAU),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_arrives_where_its_speed_says() {
        let wave = PlaneWave {
            amplitude: 1.0,
            wavelength_m: 200_000.0,
            speed_m_s: 100.0,
            azimuth_rad: std::f64::consts::FRAC_PI_2,
            phase_rad: 0.4,
        };
        let field = Field::of(&[wave]);
        let here = field.at(Plane { east_m: 0.0, north_m: 0.0 }, 0.0);
        let there = field.at(Plane { east_m: 30_000.0, north_m: 77_000.0 }, 300.0);
        assert!((here - there).abs() < 1e-9, "{here} {there}");
    }

    #[test]
    fn a_random_field_has_its_root_mean_square() {
        let field = Field::random(Key::root(2), 0.5, (50_000.0, 200_000.0), 80.0, 1.0);
        let values: Vec<f64> = (0..40_000)
            .map(|i| {
                let place = Plane {
                    east_m: f64::from(i % 200) * 9_000.0,
                    north_m: f64::from(i / 200) * 9_000.0,
                };
                field.at(place, 0.0)
            })
            .collect();
        let rms = (values.iter().map(|v| v * v).sum::<f64>() / 40_000.0).sqrt();
        assert!((0.45..0.55).contains(&rms), "{rms}");
    }
}
