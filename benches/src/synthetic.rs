//! Frames and streams that look like a busy station's, made from a seed.

use tianshu_gnss::constellation::Constellation;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::msm::header::{MsmHeader, MsmLevel};
use tianshu_rtcm::msm::message::{Msm, MsmCell, MsmSatellite};

/// Signal IDs of GPS that every decoder knows: 1C, 2W, 2L, 5Q (RTCM 10403.3, table 3.5-91).
const SIGNAL_IDS: [u8; 4] = [2, 10, 16, 23];

/// Satellites and signals of the measured messages: 30 cells are a small station's GPS, 63 and 64 are the
/// most that one message can hold.
pub const SHAPES: [(u8, usize); 3] = [(10, 3), (16, 4), (21, 3)];

/// A generator of numbers that look random: the multiplier and increment of Knuth's MMIX.
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The sequence of a seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number of so many bits, at most 32.
    pub fn bits(&mut self, bits: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The low bits of such a sequence are poor; its highest are taken.
        u32::try_from(self.0 >> (64 - bits)).expect("at most 32 bits are left")
    }

    /// The next signed number below half of 2 to the power of so many bits in size.
    fn signed(&mut self, bits: u32) -> i32 {
        let half = 1_i32 << (bits - 1);
        // One above the lowest, which would say "no value".
        (self.bits(bits).cast_signed() - half).max(1 - half)
    }
}

/// An MSM7 of GPS in which every satellite has every signal, and every field a value.
///
/// # Panics
///
/// Where there are more than 32 satellites or four signals.
pub fn msm7(satellites: u8, signals: usize) -> Msm {
    let mut numbers = Numbers::seeded(u64::from(satellites) * 31 + signals as u64);
    let signal_ids = &SIGNAL_IDS[..signals];
    let cells =
        (0..satellites).flat_map(|satellite| signal_ids.iter().map(move |id| (satellite, *id)));
    let cells = cells.map(|(satellite, signal_id)| MsmCell {
        satellite,
        signal_id,
        fine_range: Some(numbers.signed(20)),
        fine_phase: Some(numbers.signed(24)),
        lock_time: Some(500),
        half_cycle: false,
        cn0: Some(704),
        fine_rate: i16::try_from(numbers.signed(15)).ok(),
    });
    let cells = cells.collect();
    let satellites = (1..=satellites).map(|id| MsmSatellite {
        id,
        range_ms: Some(70 + id),
        extended: Some(0),
        range_mod: 37 * u16::from(id),
        range_rate: Some(-400 + 25 * i16::from(id)),
    });
    Msm {
        header: MsmHeader::new(Constellation::Gps, MsmLevel::Msm7, 1, 345_600_000),
        satellites: satellites.collect(),
        signal_mask: signal_ids.iter().fold(0, |mask, id| mask | 1 << (32 - id)),
        cells,
    }
}

/// The same as a frame.
///
/// # Panics
///
/// As [`msm7`].
pub fn msm7_frame(satellites: u8, signals: usize) -> Frame {
    msm7(satellites, signals).encode().expect("every value is within its field")
}

/// About so many bytes of a stream in which frames alternate with as many bytes of noise.
pub fn half_noise(bytes: usize) -> Vec<u8> {
    let frame = msm7_frame(10, 3);
    let mut numbers = Numbers::seeded(1);
    let mut stream = Vec::with_capacity(bytes + 2 * frame.as_bytes().len());
    while stream.len() < bytes {
        stream.extend(noise(&mut numbers, frame.as_bytes().len()));
        stream.extend_from_slice(frame.as_bytes());
    }
    stream
}

/// So many random bytes; one in 256 is a preamble.
pub fn noise(numbers: &mut Numbers, bytes: usize) -> Vec<u8> {
    let words = std::iter::repeat_with(|| numbers.bits(32).to_be_bytes());
    words.flatten().take(bytes).collect()
}
