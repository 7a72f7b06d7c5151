//! Seeded randomness: a stream of its own for every purpose, so that adding a station changes no other.

use rand_core::Rng;
use rand_pcg::Pcg64;

/// Names a stream of random numbers: a seed, narrowed down word by word to one purpose.
///
/// Two keys that differ in any word have unrelated streams, however many numbers are drawn from either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u64);

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream(Pcg64);

/// A smooth random function of time: a sum of sinusoids, so that it can be asked at any moment in any order.
#[derive(Clone, Debug)]
pub struct Smooth {
    waves: Vec<Wave>,
}

#[derive(Clone, Copy, Debug)]
struct Wave {
    amplitude: f64,
    rate_rad_s: f64,
    phase_rad: f64,
}

/// Sinusoids per [`Smooth`]: enough that the sum does not look periodic, few enough to be cheap.
const WAVES: u32 = 5;

impl Key {
    /// The key of a whole world.
    pub fn root(seed: u64) -> Self {
        Self(scramble(seed))
    }

    /// The key of one named purpose within this one.
    #[must_use]
    pub fn of(self, purpose: &str) -> Self {
        // FNV-1a (Fowler, Noll, Vo; RFC 9923): the bytes of the name, then the whole through the mixer.
        let hash = purpose.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        });
        Self(scramble(self.0 ^ scramble(hash)))
    }

    /// The key of one numbered thing within this one.
    #[must_use]
    pub fn at(self, number: u64) -> Self {
        Self(scramble(self.0 ^ scramble(number.wrapping_add(0x9e37_79b9))))
    }

    /// The stream of this key, from its beginning.
    pub fn stream(self) -> Stream {
        let state = u128::from(self.0) << 64 | u128::from(scramble(self.0 ^ 1));
        let which = u128::from(scramble(self.0 ^ 2)) << 64 | u128::from(scramble(self.0 ^ 3));
        Stream(Pcg64::new(state, which))
    }
}

impl Stream {
    /// Uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        // The upper 53 bits are as many as the mantissa holds.
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform among `0..count`; `count` is at least 1.
    pub fn below(&mut self, count: u32) -> u32 {
        let upper = self.0.next_u64() >> 32;
        u32::try_from((upper * u64::from(count)) >> 32).expect("a 32-bit product's upper half")
    }

    /// Gaussian with mean 0 and standard deviation 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        self.normals().0
    }

    /// Two independent Gaussians for the price of one.
    pub fn normals(&mut self) -> (f64, f64) {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.uniform()).sin_cos();
        (radius * cos, radius * sin)
    }

    /// Whether an event that comes `rate_per_s` times a second comes within `span_s`.
    pub fn happens(&mut self, rate_per_s: f64, span_s: f64) -> bool {
        // The draw is made even for a rate of zero, so that a rate does not shift what follows it.
        self.uniform() < -(-rate_per_s * span_s).exp_m1()
    }

    /// Exponentially distributed with that mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }
}

impl Smooth {
    /// A function with that root mean square, made of periods between `fastest_s` and `slowest_s`.
    pub fn new(key: Key, rms: f64, fastest_s: f64, slowest_s: f64) -> Self {
        let mut random = key.stream();
        let amplitude = rms * (2.0 / f64::from(WAVES)).sqrt();
        let waves = (0..WAVES)
            .map(|_| Wave {
                amplitude,
                rate_rad_s: std::f64::consts::TAU / random.between(fastest_s, slowest_s),
                phase_rad: random.between(0.0, std::f64::consts::TAU),
            })
            .collect();
        Self { waves }
    }

    /// Its value at that time, s since any fixed origin. Never beyond [`Smooth::bound`].
    pub fn at(&self, time_s: f64) -> f64 {
        self.waves.iter().map(|w| w.amplitude * (w.rate_rad_s * time_s + w.phase_rad).sin()).sum()
    }

    /// The value it never exceeds.
    pub fn bound(&self) -> f64 {
        self.waves.iter().map(|w| w.amplitude.abs()).sum()
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", fig. 15).
fn scramble(word: u64) -> u64 {
    let z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_numbers_and_another_key_others() {
        let draw = |key: Key| -> Vec<u64> {
            let mut s = key.stream();
            (0..8).map(|_| s.0.next_u64()).collect()
        };
        let world = Key::root(7);
        assert_eq!(draw(world.of("clock").at(3)), draw(world.of("clock").at(3)));
        for other in
            [world.of("clock").at(4), world.of("slip").at(3), Key::root(8).of("clock").at(3)]
        {
            assert_ne!(draw(world.of("clock").at(3)), draw(other));
        }
    }

    #[test]
    fn normals_have_mean_zero_and_deviation_one() {
        let mut s = Key::root(1).stream();
        let n = 20_000;
        let drawn: Vec<f64> = (0..n).map(|_| s.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(n);
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        // Four standard errors of 20 000 draws: 4/√n = 0.028 and 4·√(2/n) = 0.04.
        assert!(mean.abs() < 0.028 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }

    #[test]
    fn a_smooth_function_stays_within_its_bound() {
        let f = Smooth::new(Key::root(5), 0.5, 600.0, 7_200.0);
        for step in 0..2_000 {
            assert!(f.at(f64::from(step) * 61.7).abs() <= f.bound());
        }
    }

    #[test]
    fn events_come_as_often_as_their_rate() {
        let mut s = Key::root(9).stream();
        let seen = (0..100_000).filter(|_| s.happens(0.01, 1.0)).count();
        // Poisson: 995 expected, four standard deviations are 126.
        assert!((869..1_121).contains(&seen), "{seen}");
    }
}
