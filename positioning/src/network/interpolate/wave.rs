//! A plane wave in the slant ionosphere of all satellites: found, and fitted satellite by satellite.
//!
//! Crests of a travelling disturbance are as far apart, and as long, for every satellite; how high they are and where they stand is each
//! satellite's own. Above a surface of the second degree a field is a cos k·x + b sin k·x, with one k for all.

use nalgebra::{SMatrix, SVector};

use crate::network::interpolate::kriging::Weights;
use crate::network::plane::PlanePoint;
use crate::network::topology::StationIndex;

/// The wave vector: how a wave's phase changes on the map, rad/m. Its opposite is the same wave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaveVector {
    /// Eastward.
    pub east_rad_m: f64,
    /// Northward.
    pub north_rad_m: f64,
}

/// A wave in one satellite's field, by the stations that have a value.
#[derive(Clone, Debug, PartialEq)]
pub struct WaveFit {
    /// What cosine and sine of the phase count, m.
    pub amplitudes_m: [f64; 2],
    /// Their standard deviation each, m: what the field has beside the wave, and what is not a plane wave about it.
    pub sigma_m: f64,
    /// By station, what the others alone say of the amplitudes, m; none for those without a value.
    pub left_out_m: Vec<Option<[f64; 2]>>,
}

/// The wave that most fields share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sought {
    /// Its vector.
    pub wave: WaveVector,
    /// The share of the fields' squares, above surfaces of the second degree, that it explains.
    pub coherence: f64,
}

/// Stations that a fit needs: half as many again as it has unknowns.
pub const STATIONS_MIN: usize = 12;
/// The least distance of crests that is looked for, m: medium-scale disturbances have 100 km and more (Hunsucker 1982, Rev. Geophys. 20).
pub const LENGTH_MIN_M: f64 = 100e3;
/// The largest, m: longer waves are smooth between stations, and kriging knows them.
pub const LENGTH_MAX_M: f64 = 400e3;
/// Crests must be so many times as far apart as stations: closer ones look like others (Nyquist), with a margin for stations that stand unevenly.
const SPACINGS_MIN: f64 = 2.2;
/// Steps of the search over a whole wave across the network: a quarter of what tells two waves apart.
const STEPS_PER_WAVE: f64 = 4.0;
/// The most steps from no wave to the shortest: the work is bounded.
const STEPS_MAX: f64 = 20.0;
/// Fields that the search looks at, and that what it found is judged by.
const FIELDS: [usize; 2] = [8, 16];
/// How often a step is halved around the best: to a thousandth of the shortest wave.
const HALVINGS: usize = 5;
/// What of a wave's two shapes must be left above a surface of the second degree to be told from it.
const APART_MIN: f64 = 0.1;
/// What a disturbance's amplitude differs by over a network, one sigma, as a share: waves come in packets of a few crests.
const UNEVEN: f64 = 0.15;
/// A field whose squares are so many times the usual field's counts as if it had as many: one wrong level must not decide.
const LOUD_MAX: f64 = 4.0;
/// Vectors nearer to each other than this, rad/m, are one wave that turns: a sixth of the vector of 200 km.
const SAME_RAD_M: f64 = 5e-6;
/// The unit of length in the equations, m.
const LENGTH_UNIT_M: f64 = 100e3;
/// Unknowns of a surface of the second degree.
const SURFACE: usize = 6;
/// With a wave's two amplitudes.
const UNKNOWNS: usize = SURFACE + 2;

impl WaveVector {
    /// The distance of crests, m.
    pub fn length_m(self) -> f64 {
        std::f64::consts::TAU / self.east_rad_m.hypot(self.north_rad_m)
    }

    /// Whether another wave is this one a little later.
    pub fn is_near(self, other: Self) -> bool {
        let apart =
            (self.east_rad_m - other.east_rad_m).hypot(self.north_rad_m - other.north_rad_m);
        apart < SAME_RAD_M
    }

    /// Cosine and sine of the wave's phase at a place.
    pub fn at(self, point: PlanePoint) -> [f64; 2] {
        let phase = self.east_rad_m * point.east_m + self.north_rad_m * point.north_m;
        let (sin, cos) = phase.sin_cos();
        [cos, sin]
    }

    /// What interpolation misses of the wave's cosine and sine at `target`: what they are less what weights make of them.
    pub fn missed(self, points: &[PlanePoint], weights: &Weights, target: PlanePoint) -> [f64; 2] {
        self.missed_by(points, weights.shares().iter().copied(), target)
    }

    /// The same of stations that count so much each.
    pub fn missed_by(
        self,
        points: &[PlanePoint],
        shares: impl Iterator<Item = (StationIndex, f64)>,
        target: PlanePoint,
    ) -> [f64; 2] {
        let mut missed = self.at(target);
        for (station, share) in shares {
            let Some(point) = points.get(station.position()) else { continue };
            let there = self.at(*point);
            missed[0] -= share * there[0];
            missed[1] -= share * there[1];
        }
        missed
    }

    /// The wave in one field; none with too few stations, or where they cannot tell it from a curved surface.
    pub fn fit(self, points: &[PlanePoint], values_m: &[Option<f64>]) -> Option<WaveFit> {
        let shape = |point: PlanePoint| {
            let ([cos, sin], surface) = (self.at(point), surface(point));
            let all = surface.into_iter().chain([cos, sin]);
            SVector::<f64, UNKNOWNS>::from_iterator(all)
        };
        let known = || points.iter().zip(values_m).filter_map(|(p, v)| Some((*p, (*v)?)));
        let count = known().count();
        if count < STATIONS_MIN {
            return None;
        }
        let mut normal = SMatrix::<f64, UNKNOWNS, UNKNOWNS>::zeros();
        let mut right = SVector::<f64, UNKNOWNS>::zeros();
        for (point, value_m) in known() {
            let shape = shape(point);
            normal += shape * shape.transpose();
            right += shape * value_m;
        }
        let inverse = normal.cholesky()?.inverse();
        let apart = [SURFACE, SURFACE + 1].map(|i| normal[(i, i)] * inverse[(i, i)]);
        if apart.iter().any(|&enlarged| enlarged.is_nan() || enlarged * APART_MIN > 1.0) {
            return None;
        }
        let found = inverse * right;
        let amplitudes_m = [found[SURFACE], found[SURFACE + 1]];
        let mut squares = 0.0;
        let left_out_m = points
            .iter()
            .zip(values_m)
            .map(|(point, value_m)| {
                let shape = shape(*point);
                let rest_m = (*value_m)? - shape.dot(&found);
                squares += rest_m * rest_m;
                // What is found without a measurement: Cook and Weisberg 1982, "Residuals and Influence in Regression", eq. 2.1.4.
                let gain = inverse * shape;
                let part = rest_m / (1.0 - shape.dot(&gain)).max(APART_MIN);
                Some([SURFACE, SURFACE + 1].map(|i| found[i] - gain[i] * part))
            })
            .collect();
        let rest_m2 = squares / (count - UNKNOWNS) as f64;
        let noise_m2 =
            rest_m2 * inverse[(SURFACE, SURFACE)].max(inverse[(SURFACE + 1, SURFACE + 1)]);
        let uneven_m = UNEVEN * amplitudes_m[0].hypot(amplitudes_m[1]);
        Some(WaveFit { amplitudes_m, sigma_m: (noise_m2 + uneven_m * uneven_m).sqrt(), left_out_m })
    }
}

/// A field above its surface of the second degree.
struct Detrended {
    /// The surface's shapes at the stations, made orthonormal; zero at stations without a value.
    shapes: Vec<Vec<f64>>,
    /// What is left of the values, m; zero at stations without one.
    rest_m: Vec<f64>,
    /// Which stations have a value: one or zero.
    present: Vec<f64>,
}

/// Fields of all satellites, ready for a search.
pub struct Search<'a> {
    points: &'a [PlanePoint],
    fields: Vec<Detrended>,
}

impl<'a> Search<'a> {
    /// In fields that have one value for each station, at the zenith; those that most stations tell first. Fields that too few stations tell
    /// take no part.
    pub fn new(points: &'a [PlanePoint], fields: &[Vec<Option<f64>>]) -> Self {
        let fields = fields.iter().take(FIELDS[1]).filter_map(|f| Detrended::of(points, f));
        let mut fields: Vec<Detrended> = fields.collect();
        let usual_m = crate::network::median::median(fields.iter().map(|f| norm(&f.rest_m)));
        let most_m = usual_m.unwrap_or(0.0) * LOUD_MAX.sqrt();
        for field in &mut fields {
            let own_m = norm(&field.rest_m);
            if own_m > most_m {
                for rest_m in &mut field.rest_m {
                    *rest_m *= most_m / own_m;
                }
            }
        }
        Self { points, fields }
    }

    /// The root mean square of the fields above their surfaces, m; none without a field.
    pub fn rms_m(&self) -> Option<f64> {
        let count: f64 = self.fields.iter().flat_map(|f| &f.present).sum();
        let squares: f64 = self.fields.iter().flat_map(|f| &f.rest_m).map(|r| r * r).sum();
        (count > 0.0).then(|| (squares / count).sqrt())
    }

    /// The wave that explains most, all directions and lengths looked through.
    pub fn anywhere(&self) -> Option<Sought> {
        let steps = self.steps()?;
        let step = self.shortest_rad_m()? / f64::from(steps);
        let mut best: Option<(f64, WaveVector)> = None;
        for east in -steps..=steps {
            for north in 0..=steps {
                let wave = WaveVector {
                    east_rad_m: f64::from(east) * step,
                    north_rad_m: f64::from(north) * step,
                };
                // Opposites are the same wave.
                if (north == 0 && east <= 0) || !self.admits(wave) {
                    continue;
                }
                let share = self.explained(wave, FIELDS[0]);
                if best.is_none_or(|(most, _)| share > most) {
                    best = Some((share, wave));
                }
            }
        }
        best.map(|(_, wave)| self.refined(wave, step))
    }

    /// The wave that explains most near one that was known.
    pub fn near(&self, wave: WaveVector) -> Option<Sought> {
        let step = self.shortest_rad_m()? / f64::from(self.steps()?);
        Some(self.refined(wave, step))
    }

    fn refined(&self, mut wave: WaveVector, mut step: f64) -> Sought {
        let mut most = self.explained(wave, FIELDS[1]);
        for _ in 0..HALVINGS {
            step /= 2.0;
            let middle = wave;
            for (east, north) in
                [-1.0, 0.0, 1.0].into_iter().flat_map(|e| [-1.0, 0.0, 1.0].map(|n| (e, n)))
            {
                let beside = WaveVector {
                    east_rad_m: middle.east_rad_m + east * step,
                    north_rad_m: middle.north_rad_m + north * step,
                };
                let share = self.explained(beside, FIELDS[1]);
                if share > most && self.admits(beside) {
                    (most, wave) = (share, beside);
                }
            }
        }
        Sought { wave, coherence: most }
    }

    /// The wave number of the shortest wave that the stations can tell, rad/m.
    fn shortest_rad_m(&self) -> Option<f64> {
        let distance_m = |a: &PlanePoint| {
            let others = self.points.iter().filter(|b| b.is_finite() && *b != a);
            others.map(|b| b.distance_m(*a)).min_by(f64::total_cmp)
        };
        let spacing_m = crate::network::median::median(
            self.points.iter().filter(|p| p.is_finite()).filter_map(distance_m),
        )?;
        let length_m = (SPACINGS_MIN * spacing_m).max(LENGTH_MIN_M);
        (length_m < LENGTH_MAX_M).then_some(std::f64::consts::TAU / length_m)
    }

    /// Steps of the search from no wave to the shortest.
    fn steps(&self) -> Option<i32> {
        let finite = || self.points.iter().filter(|p| p.is_finite());
        let extent = |of: fn(&PlanePoint) -> f64| {
            let (least, most) = finite()
                .map(of)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
            most - least
        };
        let across_m = extent(|p| p.east_m).max(extent(|p| p.north_m));
        let waves = across_m * self.shortest_rad_m()? / std::f64::consts::TAU;
        let steps = (STEPS_PER_WAVE * waves).ceil().clamp(1.0, STEPS_MAX);
        #[expect(clippy::cast_possible_truncation, reason = "it is clamped")]
        let steps = steps as i32;
        Some(steps)
    }

    fn admits(&self, wave: WaveVector) -> bool {
        let shortest_m = self.shortest_rad_m().map_or(f64::INFINITY, |k| std::f64::consts::TAU / k);
        // A shade below, so that the last step counts.
        (0.999 * shortest_m..=LENGTH_MAX_M).contains(&wave.length_m())
    }

    /// The share of the squares of the first fields that a wave explains, its amplitudes free in each of them.
    fn explained(&self, wave: WaveVector, fields: usize) -> f64 {
        let basis: Vec<[f64; 2]> = self.points.iter().map(|p| wave.at(*p)).collect();
        let (mut explained, mut all) = (0.0, 0.0);
        for field in self.fields.iter().take(fields) {
            explained += field.explained(&basis);
            all += field.rest_m.iter().map(|r| r * r).sum::<f64>();
        }
        if all > 0.0 { explained / all } else { 0.0 }
    }
}

impl Detrended {
    fn of(points: &[PlanePoint], values_m: &[Option<f64>]) -> Option<Self> {
        let is_known = |(point, value): (&PlanePoint, &Option<f64>)| {
            f64::from(u8::from(value.is_some() && point.is_finite()))
        };
        let present: Vec<f64> = points.iter().zip(values_m).map(is_known).collect();
        if present.iter().sum::<f64>() < STATIONS_MIN as f64 {
            return None;
        }
        let masked = |values: Vec<f64>| -> Vec<f64> {
            values.iter().zip(&present).map(|(v, p)| if *p > 0.0 { *v } else { 0.0 }).collect()
        };
        let mut shapes: Vec<Vec<f64>> = Vec::with_capacity(SURFACE);
        for i in 0..SURFACE {
            let mut shape = masked(points.iter().map(|p| surface(*p)[i]).collect());
            let before = norm(&shape);
            // Twice is enough (Giraud et al. 2005, Numer. Math. 101).
            for _ in 0..2 {
                take_off(&mut shape, &shapes);
            }
            let length = norm(&shape);
            // Stations in a line have fewer shapes.
            if length <= 1e-6 * before {
                continue;
            }
            for value in &mut shape {
                *value /= length;
            }
            shapes.push(shape);
        }
        let mut rest_m = masked(values_m.iter().map(|v| v.unwrap_or(0.0)).collect());
        take_off(&mut rest_m, &shapes);
        Some(Self { shapes, rest_m, present })
    }

    /// The squares that the two shapes of a wave explain, m².
    fn explained(&self, basis: &[[f64; 2]]) -> f64 {
        let [mut cc, mut ss, mut cs, mut rc, mut rs] = [0.0; 5];
        for (([cos, sin], present), rest) in basis.iter().zip(&self.present).zip(&self.rest_m) {
            let (cos, sin) = (cos * present, sin * present);
            cc += cos * cos;
            ss += sin * sin;
            cs += cos * sin;
            rc += rest * cos;
            rs += rest * sin;
        }
        let (all_c, all_s) = (cc, ss);
        for shape in &self.shapes {
            let (mut c, mut s) = (0.0, 0.0);
            for (x, [cos, sin]) in shape.iter().zip(basis) {
                c += x * cos;
                s += x * sin;
            }
            cc -= c * c;
            ss -= s * s;
            cs -= c * s;
        }
        let determinant = cc * ss - cs * cs;
        if determinant < APART_MIN * APART_MIN * all_c * all_s {
            return 0.0;
        }
        (rc * rc * ss - 2.0 * rc * rs * cs + rs * rs * cc) / determinant
    }
}

fn surface(point: PlanePoint) -> [f64; SURFACE] {
    let (east, north) = (point.east_m / LENGTH_UNIT_M, point.north_m / LENGTH_UNIT_M);
    [1.0, east, north, east * east, east * north, north * north]
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// Takes the parts along some orthonormal shapes off.
fn take_off(values: &mut [f64], shapes: &[Vec<f64>]) {
    for shape in shapes {
        let part: f64 = values.iter().zip(shape).map(|(v, s)| v * s).sum();
        for (value, along) in values.iter_mut().zip(shape) {
            *value -= part * along;
        }
    }
}

#[cfg(test)]
mod tests;
