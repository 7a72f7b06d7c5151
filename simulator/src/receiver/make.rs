//! Makes of receivers: biases that all units of one make share. The makes are invented.

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::Receiver;

use crate::random::Key;

/// An invented make. Units of one make have the same phase biases, so that integers are common to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Make {
    /// Without inter-frequency biases of GLONASS.
    Alder,
    /// With a large inter-frequency bias.
    Birch,
    /// With a small one of the other sign.
    Cedar,
}

/// Biases of one signal at one receiver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReceiverBias {
    /// Code, m.
    pub code_m: f64,
    /// Phase, cycles. GLONASS: with the inter-frequency bias of the channel.
    pub phase_cycles: f64,
}

impl Make {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Alder, Self::Birch, Self::Cedar];

    /// The make as message 1033 and RINEX name it.
    pub fn receiver(self, serial: String) -> Receiver {
        let descriptor = match self {
            Self::Alder => "SIMULATED ALDER",
            Self::Birch => "SIMULATED BIRCH",
            Self::Cedar => "SIMULATED CEDAR",
        };
        Receiver { descriptor: descriptor.to_owned(), firmware: "1.0".to_owned(), serial }
    }

    /// Growth of the GLONASS phase bias from one frequency channel to the next, m.
    ///
    /// Of the sizes that Wanninger 2012 (J. Geodesy 86, table 3) found among makes: 0 to ±5 cm.
    pub fn glonass_phase_slope_m(self) -> f64 {
        match self {
            Self::Alder => 0.0,
            Self::Birch => 0.024,
            Self::Cedar => -0.007,
        }
    }

    /// The code-phase bias that message 1230 tells for G1 C/A and G2 C/A, m: what has to be added to the phases (RTCM 10403.3, DF423).
    ///
    /// A phase that is longer than its code turns up as a bias that grows with the channel
    /// (Sleewaegen et al. 2012, "Demystifying GLONASS inter-frequency carrier phase biases"):
    /// by its length times channel spacing over carrier, 0.5625 / 1602 on G1 and the same on G2.
    pub fn glonass_code_phase_bias_m(self) -> f64 {
        // Taken from nothing: a zero with a sign would be written as -0.000.
        0.0 - self.glonass_phase_slope_m() * 1602.0 / 0.5625
    }

    /// The biases of a signal at the unit that `unit` names, in a world that `world` names.
    pub fn bias(
        self,
        world: Key,
        unit: Key,
        signal: Signal,
        glonass_channel: Option<i8>,
        code_bias_m: f64,
    ) -> ReceiverBias {
        let system = signal.constellation();
        let of_make = world.of("make").at(self as u64);
        let named = |key: Key| key.of(system.sourcetable_name()).of(&signal.to_string());
        let phase_cycles = named(of_make.of("phase")).stream().between(-0.5, 0.5);
        // Systems differ by nanoseconds within a receiver: the inter-system bias.
        let system_m = of_make.of("system").of(system.sourcetable_name()).stream().normal() * 3.0;
        let code_m = system_m + named(unit.of("code")).stream().normal() * code_bias_m;
        let channel = f64::from(glonass_channel.unwrap_or(0));
        if system != Constellation::Glonass {
            return ReceiverBias { code_m, phase_cycles };
        }
        let carrier = signal.carrier(glonass_channel).expect("a GLONASS signal with its channel");
        let slope_m = self.glonass_phase_slope_m();
        // Code biases of the channels are larger and irregular: metres from end to end.
        let irregular_m = of_make.of("channel").of(&signal.to_string());
        let irregular_m = irregular_m.at(channel.to_bits() >> 32).stream().normal() * 0.4;
        ReceiverBias {
            code_m: code_m + 0.08 * channel + irregular_m,
            phase_cycles: phase_cycles + slope_m * channel * carrier.0 / SPEED_OF_LIGHT,
        }
    }
}
