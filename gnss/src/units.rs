//! Quantities that could be confused and still compile, as types of their own.

use crate::constants::SPEED_OF_LIGHT;

/// A length in metres.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Metres(pub f64);

/// A carrier phase in cycles of its own carrier. Growing range grows it (RINEX sign convention).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Cycles(pub f64);

/// A frequency in hertz. A Doppler shift is positive for an approaching satellite (RINEX 3.05, section 5.7).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Hertz(pub f64);

/// A carrier-to-noise density ratio in dB-Hz.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct DbHz(pub f64);

impl Hertz {
    /// The length of one cycle of this carrier.
    pub fn wavelength(self) -> Metres {
        Metres(SPEED_OF_LIGHT / self.0)
    }
}

impl Cycles {
    /// The one place where a phase becomes a length.
    pub fn on(self, carrier: Hertz) -> Metres {
        Metres(self.0 * SPEED_OF_LIGHT / carrier.0)
    }
}

impl Metres {
    /// The one place where a length becomes a phase.
    pub fn in_cycles_of(self, carrier: Hertz) -> Cycles {
        Cycles(self.0 * carrier.0 / SPEED_OF_LIGHT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cycle_of_l1_is_nineteen_centimetres() {
        // IS-GPS-200, section 3.3.1.1: L1 = 1575.42 MHz, hence 0.190293672798365 m.
        let length = Cycles(1.0).on(Hertz(1_575.42e6));
        assert!((length.0 - 0.190_293_672_798_365).abs() < 1e-15, "{length:?}");
        let back = length.in_cycles_of(Hertz(1_575.42e6));
        assert!((back.0 - 1.0).abs() < 1e-15, "{back:?}");
    }
}
