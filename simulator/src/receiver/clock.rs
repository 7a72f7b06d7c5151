//! Receiver clocks: steered ones, and drifting ones that are set back a millisecond at a time.

use crate::random::{Key, Stream};

/// How a receiver keeps its clock near GPS time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// Steered to within a microsecond all the time.
    Steered,
    /// Free, and set by a whole millisecond when it is half a millisecond off: code and phase jump together.
    JumpsTogether,
    /// The same, but only the code jumps; the phase runs on with the clock as it was.
    CodeJumps,
}

/// A receiver's clock.
#[derive(Clone, Debug)]
pub struct ReceiverClock {
    kind: ClockKind,
    random: Stream,
    offset_s: f64,
    drift: f64,
    /// By how much the phase's clock is ahead of the code's, s.
    phase_ahead_s: f64,
}

/// A clock at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockReading {
    /// Receiver clock minus GPS time, s, as the code and the time tag have it.
    pub offset_s: f64,
    /// The same as the phase has it.
    pub phase_offset_s: f64,
    /// Rate, s/s.
    pub drift: f64,
}

/// When a free clock is set, s.
const SET_AT_S: f64 = 0.5e-3;
/// By how much, s.
const SET_BY_S: f64 = 1e-3;
/// Time constant of steering, s.
const STEERING_S: f64 = 60.0;
/// Random walk of the frequency of a temperature-compensated oscillator, per √s.
const FREQUENCY_WALK: f64 = 2e-11;
/// White noise of the frequency, per √s: jitter of the clock itself.
const FREQUENCY_NOISE: f64 = 1e-10;

impl ReceiverClock {
    /// A clock of that kind; none: of the kind that the lot decides.
    pub fn new(kind: Option<ClockKind>, key: Key) -> Self {
        let mut random = key.of("clock").stream();
        let lot = random.uniform();
        let kind =
            kind.unwrap_or(if lot < 0.7 { ClockKind::Steered } else { ClockKind::JumpsTogether });
        let (offset_s, drift) = match kind {
            ClockKind::Steered => (random.between(-1e-7, 1e-7), 0.0),
            _ => (random.between(-SET_AT_S, SET_AT_S), random.between(-3e-7, 3e-7)),
        };
        Self { kind, random, offset_s, drift, phase_ahead_s: 0.0 }
    }

    /// The clock now.
    pub fn reading(&self) -> ClockReading {
        ClockReading {
            offset_s: self.offset_s,
            phase_offset_s: self.offset_s + self.phase_ahead_s,
            drift: self.drift,
        }
    }

    /// Lets `span_s` pass.
    pub fn advance(&mut self, span_s: f64) {
        let (walk, noise) = self.random.normals();
        let root = span_s.sqrt();
        self.drift += FREQUENCY_WALK * walk * root;
        if self.kind == ClockKind::Steered {
            // Pulled back in both phase and frequency, as a damped loop does.
            let pull = (span_s / STEERING_S).min(1.0);
            self.drift -= pull * (2.0 * self.drift + self.offset_s / STEERING_S);
        }
        self.offset_s += self.drift * span_s + FREQUENCY_NOISE * noise * root;
        if self.kind == ClockKind::Steered {
            return;
        }
        while self.offset_s.abs() > SET_AT_S {
            let by = SET_BY_S.copysign(self.offset_s);
            self.offset_s -= by;
            if self.kind == ClockKind::CodeJumps {
                self.phase_ahead_s += by;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steered_clock_stays_near_and_a_free_one_jumps_by_a_millisecond() {
        let mut steered = ReceiverClock::new(Some(ClockKind::Steered), Key::root(1));
        let mut free = ReceiverClock::new(Some(ClockKind::CodeJumps), Key::root(1));
        let mut jumps = 0;
        for _ in 0..20_000 {
            steered.advance(1.0);
            assert!(steered.reading().offset_s.abs() < 1e-6);
            let before = free.reading();
            free.advance(1.0);
            let after = free.reading();
            assert!(
                (after.phase_offset_s - before.phase_offset_s).abs() < 1e-6,
                "the phase runs on"
            );
            if (after.offset_s - before.offset_s).abs() > 0.9e-3 {
                jumps += 1;
            }
        }
        assert!(jumps > 0, "a drift of tenths of a microsecond a second is set back within hours");
    }
}
