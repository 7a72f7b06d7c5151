//! Means and scatters that can be added to each other.

/// A mean in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    sum: f64,
    count: u32,
}

/// Squares about a mean and what they are worth: scatters of many arcs, each about a mean of its own, add up to one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scatter {
    squares: f64,
    freedom: f64,
}

/// One series about its own mean, by B. P. Welford's recurrence (Technometrics 4, 1962, page 419), which loses no digits to large means.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Series {
    mean: f64,
    squares: f64,
    count: u32,
}

impl Mean {
    /// Takes a value in.
    pub fn add(&mut self, value: f64) {
        self.sum += value;
        self.count = self.count.saturating_add(1);
    }

    /// Takes another mean's values in.
    pub fn join(&mut self, other: &Self) {
        self.sum += other.sum;
        self.count = self.count.saturating_add(other.count);
    }

    /// How many values.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The mean; none of nothing.
    pub fn value(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}

impl Scatter {
    /// Takes another scatter in.
    pub fn join(&mut self, other: &Self) {
        self.squares += other.squares;
        self.freedom += other.freedom;
    }

    /// Degrees of freedom: values less means.
    pub fn freedom(&self) -> f64 {
        self.freedom
    }

    /// The standard deviation; none without degrees of freedom.
    pub fn deviation(&self) -> Option<f64> {
        (self.freedom > 0.0).then(|| (self.squares / self.freedom).sqrt())
    }
}

impl Series {
    /// Takes a value in.
    pub fn add(&mut self, value: f64) {
        self.count = self.count.saturating_add(1);
        let before = value - self.mean;
        self.mean += before / f64::from(self.count);
        self.squares += before * (value - self.mean);
    }

    /// How many values.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The mean; zero of nothing.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Its scatter about its mean.
    pub fn scatter(&self) -> Scatter {
        Scatter { squares: self.squares, freedom: f64::from(self.count.saturating_sub(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_far_from_zero_keeps_its_digits() {
        let mut series = Series::default();
        for value in [1.0, 2.0, 3.0, 4.0] {
            series.add(2.0e7 + value);
        }
        let deviation = series.scatter().deviation().unwrap();
        assert!((deviation - (5.0_f64 / 3.0).sqrt()).abs() < 1e-7, "{deviation}");
        assert!((series.mean() - 2.000_000_25e7).abs() < 1e-6);
    }

    #[test]
    fn scatters_of_two_arcs_know_nothing_of_the_step_between_them() {
        let of = |values: [f64; 3]| {
            let mut series = Series::default();
            for value in values {
                series.add(value);
            }
            series.scatter()
        };
        let mut both = of([-1.0, 0.0, 1.0]);
        both.join(&of([999.0, 1000.0, 1001.0]));
        assert_eq!((both.freedom(), both.deviation()), (4.0, Some(1.0)));
        assert_eq!(Scatter::default().deviation(), None);
    }
}
