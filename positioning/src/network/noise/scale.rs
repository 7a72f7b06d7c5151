//! How large deviations are in the mean, with a long memory, and no single one deciding.

/// A running mean square of which no deviation takes more than its share.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scale {
    sum: f64,
    count: f64,
}

/// A deviation counts as no more than so many times the root mean square so far: a wrong level, or a satellite that misbehaves, is no noise.
/// With two, one of eight satellites may be anything and makes the scale larger by less than half (Huber 1981, "Robust Statistics",
/// section 5.2, proposal 2); with three it would carry it away.
const CLIP: f64 = 2.0;
/// What is left of the mean square of Gaussian noise that is cut so: 1 - 2 (c φ(c) + (1 - c²) (1 - Φ(c))) at c = 2.
const CLIPPED_SHARE: f64 = 0.920_5;

impl Scale {
    /// As it was kept; none unless it is sound.
    pub fn restored(sum: f64, count: f64) -> Option<Self> {
        let is_sound = sum.is_finite() && count.is_finite() && sum >= 0.0 && count >= 0.0;
        is_sound.then_some(Self { sum, count })
    }

    /// The sum of the squares.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// How many deviations are remembered.
    pub fn count(&self) -> f64 {
        self.count
    }

    /// The mean square of at least so many deviations; none with fewer.
    pub(super) fn mean_square(&self, count_min: f64) -> Option<f64> {
        (self.count >= count_min).then(|| self.sum / self.count)
    }

    /// Forgets all but a share.
    pub(super) fn fade(&mut self, kept: f64) {
        self.sum *= kept;
        self.count *= kept;
    }

    /// Takes deviations in, in units of their nominal sigmas. As much as these allow is never cut.
    pub(super) fn add(&mut self, deviations: &[f64]) {
        let own = self.mean_square(1.0).unwrap_or(0.0);
        let limit = CLIP * CLIP * own.max(1.0);
        for deviation in deviations {
            self.sum += (deviation * deviation).min(limit) / CLIPPED_SHARE;
            self.count += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of variance one, about Gaussian: sums of twelve even ones.
    fn noise(count: usize) -> Vec<f64> {
        let mut lot = 5_u64;
        let mut even = || {
            lot =
                lot.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (lot >> 40) as f64 / f64::from(1 << 24) - 0.5
        };
        (0..count).map(|_| (0..12).map(|_| even()).sum()).collect()
    }

    #[test]
    fn noise_is_found_as_large_as_it_is() {
        for size in [0.5, 1.0, 3.0] {
            let mut scale = Scale::default();
            for of_look in noise(4_000).chunks(8) {
                let of_look: Vec<f64> = of_look.iter().map(|d| size * d).collect();
                scale.add(&of_look);
            }
            let found = scale.mean_square(40.0).expect("many").sqrt();
            // Where nothing is cut nothing was to be made up for.
            let expected = if size < 1.0 { size / CLIPPED_SHARE.sqrt() } else { size };
            assert!((found / expected - 1.0).abs() < 0.04, "{size}: {found}");
        }
    }

    #[test]
    fn a_satellite_that_misbehaves_is_cut() {
        let mut scale = Scale::default();
        for of_look in noise(4_000).chunks(8) {
            let mut of_look = of_look.to_vec();
            of_look[0] = 100.0;
            scale.add(&of_look);
        }
        let found = scale.mean_square(40.0).expect("many").sqrt();
        // An eighth of all outside, and still not half as much again as the rest.
        assert!((1.0..1.6).contains(&found), "{found}");
    }

    #[test]
    fn what_is_old_fades_and_few_tell_nothing() {
        let mut scale = Scale::default();
        scale.add(&[1.5; 50]);
        let square = |scale: &Scale| scale.mean_square(40.0).map(|s| s * CLIPPED_SHARE);
        assert!((square(&scale).expect("enough") - 2.25).abs() < 1e-12);
        scale.fade(0.5);
        assert_eq!(square(&scale), None);
        scale.add(&[1.0; 75]);
        assert!((square(&scale).expect("enough") - 1.3125).abs() < 1e-12);
        assert_eq!(Scale::restored(f64::NAN, 1.0), None);
        assert_eq!(Scale::restored(scale.sum(), scale.count()), Some(scale));
    }
}
