//! Niell's mapping functions: how much longer a slant path through the neutral air is than the zenith's.

/// Coefficients of one row of a table: latitude in degrees, then a, b, c.
type Row = (f64, [f64; 3]);

/// Hydrostatic, mean over the year (Niell 1996, J. Geophys. Res. 101(B2), table 3).
const HYDROSTATIC: [Row; 5] = [
    (15.0, [1.2769934e-3, 2.9153695e-3, 62.610505e-3]),
    (30.0, [1.2683230e-3, 2.9152299e-3, 62.837393e-3]),
    (45.0, [1.2465397e-3, 2.9288445e-3, 63.721774e-3]),
    (60.0, [1.2196049e-3, 2.9022565e-3, 63.824265e-3]),
    (75.0, [1.2045996e-3, 2.9024912e-3, 64.258455e-3]),
];

/// Wet (Niell 1996, table 4).
const WET: [Row; 5] = [
    (15.0, [5.8021897e-4, 1.4275268e-3, 4.3472961e-2]),
    (30.0, [5.6794847e-4, 1.5138625e-3, 4.6729510e-2]),
    (45.0, [5.8118019e-4, 1.4572752e-3, 4.3908931e-2]),
    (60.0, [5.9727542e-4, 1.5007428e-3, 4.4626982e-2]),
    (75.0, [6.1641693e-4, 1.7599082e-3, 5.4736038e-2]),
];

/// Height correction of the hydrostatic function (Niell 1996, table 3, last column).
const HEIGHT: [f64; 3] = [2.53e-5, 5.49e-3, 1.14e-3];

/// The mapping functions of one place. The seasonal terms are left out: at 23° N they are below 0.1 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mapping {
    hydrostatic: [f64; 3],
    wet: [f64; 3],
    height_km: f64,
}

/// Factors by which zenith delays grow along a slant path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// For the hydrostatic delay.
    pub hydrostatic: f64,
    /// For the wet delay.
    pub wet: f64,
}

impl Mapping {
    /// The functions at that latitude (rad) and height (m).
    pub fn at(latitude_rad: f64, height_m: f64) -> Self {
        let latitude_deg = latitude_rad.to_degrees().abs();
        Self {
            hydrostatic: interpolate(&HYDROSTATIC, latitude_deg),
            wet: interpolate(&WET, latitude_deg),
            height_km: height_m / 1e3,
        }
    }

    /// The factors towards an elevation given by its sine.
    pub fn towards(&self, sin_elevation: f64) -> Factors {
        let height = (1.0 / sin_elevation - marini(HEIGHT, sin_elevation)) * self.height_km;
        Factors {
            hydrostatic: marini(self.hydrostatic, sin_elevation) + height,
            wet: marini(self.wet, sin_elevation),
        }
    }
}

/// Marini's continued fraction, normalised to 1 at the zenith (Niell 1996, equation 4).
fn marini([a, b, c]: [f64; 3], sin: f64) -> f64 {
    (1.0 + a / (1.0 + b / (1.0 + c))) / (sin + a / (sin + b / (sin + c)))
}

fn interpolate(table: &[Row; 5], latitude_deg: f64) -> [f64; 3] {
    let (first, last) = (table[0], table[4]);
    if latitude_deg <= first.0 {
        return first.1;
    }
    for pair in table.windows(2) {
        if let [(low, a), (high, b)] = pair
            && latitude_deg < *high
        {
            let share = (latitude_deg - low) / (high - low);
            return std::array::from_fn(|i| a[i] + (b[i] - a[i]) * share);
        }
    }
    last.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factors_are_one_at_the_zenith_and_about_ten_at_five_degrees() {
        let here = Mapping::at(23f64.to_radians(), 100.0);
        let up = here.towards(1.0);
        assert!((up.hydrostatic - 1.0).abs() < 1e-12 && (up.wet - 1.0).abs() < 1e-12);
        let low = here.towards(5f64.to_radians().sin());
        // Niell 1996, figure 3 and the later comparisons of mapping functions: 10.15 and 10.75 at 5°.
        assert!(
            (low.hydrostatic - 10.15).abs() < 0.05 && (low.wet - 10.75).abs() < 0.05,
            "{low:?}"
        );
    }
}
