//! Delays of a satellite's signals: what its group delay parameters tell, and the biases that nobody tells.

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;

use crate::random::{Key, Stream};

/// What one satellite transmits, and how much later than its clock says.
#[derive(Clone, Debug)]
pub struct SignalDelays {
    /// The signals, in RINEX order of band and attribute.
    pub signals: Vec<SignalDelay>,
    /// The group delays as the navigation message tells them.
    pub told: ToldDelays,
}

/// The delay of one signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignalDelay {
    /// Which.
    pub signal: Signal,
    /// Code delay against the clock that the navigation message tells, m.
    pub code_m: f64,
    /// Phase bias, in cycles, within half a cycle of zero.
    pub phase_cycles: f64,
}

/// Group delays as told, s. Each system uses the fields of its own message.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ToldDelays {
    /// GPS and QZSS: TGD; BeiDou: TGD1; Galileo: BGD E1-E5a; GLONASS: delay of G2 against G1.
    pub first_s: f64,
    /// BeiDou: TGD2; Galileo: BGD E1-E5b.
    pub second_s: f64,
}

/// Standard deviation of a code bias that no message tells, m: of the size of differential code biases.
const UNTOLD_CODE_BIAS_M: f64 = 0.25;

impl SignalDelays {
    /// The delays of a satellite's signals, by the seed.
    pub fn new(satellite: Satellite, key: Key) -> Self {
        let mut random = key.of("delays").stream();
        let told = told(satellite.constellation(), &mut random);
        let signals = transmitted(satellite)
            .map(|signal| {
                let own = &mut key.of("signal").of(&signal.to_string()).stream();
                SignalDelay {
                    signal,
                    code_m: told_delay_s(signal, told) * SPEED_OF_LIGHT + untold_m(signal, own),
                    phase_cycles: own.between(-0.5, 0.5),
                }
            })
            .collect();
        Self { signals, told }
    }
}

/// The signals that a satellite transmits.
///
/// GPS: not every block has L2C and L5. BDS-3 geostationary satellites have no B1C and B2a (BDS OS PS 3.0, table 2).
fn transmitted(satellite: Satellite) -> impl Iterator<Item = Signal> {
    let system = satellite.constellation();
    let n = satellite.number();
    let codes: &[&str] = match system {
        Constellation::Gps if n.is_multiple_of(5) => &["1C", "2W"],
        Constellation::Gps if n % 5 == 1 => &["1C", "2L", "2W"],
        Constellation::Gps => &["1C", "2L", "2W", "5Q"],
        Constellation::Glonass => &["1C", "2C"],
        Constellation::Galileo => &["1C", "5Q", "6C", "7Q"],
        Constellation::Qzss => &["1C", "2L", "5Q"],
        Constellation::BeiDou if satellite.is_beidou2() => &["2I", "6I", "7I"],
        Constellation::BeiDou if satellite.is_beidou_geo() => &["2I", "6I", "7D"],
        Constellation::BeiDou => &["1P", "2I", "5P", "6I", "7D"],
        Constellation::Sbas | Constellation::Navic => &[],
    };
    codes.iter().map(move |code| {
        Signal::from_code(system, code).expect("codes of this file's table are RINEX codes")
    })
}

fn told(system: Constellation, random: &mut Stream) -> ToldDelays {
    // Steps of the messages: IS-GPS-200 table 20-I, Galileo OS SIS ICD table 65, BDS-SIS-ICD-B1I-3.0
    // section 5.2.4.8, GLONASS ICD edition 5.1 table 4.5.
    let (size_s, steps_per_s) = match system {
        Constellation::Galileo => (8e-9, 2f64.powi(32)),
        Constellation::BeiDou => (9e-9, 1e10),
        Constellation::Glonass => (6e-9, 2f64.powi(30)),
        _ => (1.1e-8, 2f64.powi(31)),
    };
    // Divided, not multiplied by the step: so that a tenth of a nanosecond is the same number as a reader's.
    let mut draw = || (random.between(-size_s, size_s) * steps_per_s).round() / steps_per_s;
    ToldDelays { first_s: draw(), second_s: draw() }
}

/// The delay that users compute from the message, s: by the documents named at each arm.
fn told_delay_s(signal: Signal, told: ToldDelays) -> f64 {
    let squared = |reference_mhz: f64| {
        let carrier = signal.carrier(Some(0)).expect("every signal here has a carrier");
        (reference_mhz * 1e6 / carrier.0).powi(2)
    };
    match (signal.constellation(), signal.band()) {
        // IS-GPS-200, section 20.3.3.3.3.2: the clock belongs to the L1/L2 combination.
        (Constellation::Gps | Constellation::Qzss, _) => told.first_s * squared(1575.42),
        // Galileo OS SIS ICD, section 5.1.5: I/NAV's clock belongs to E1/E5b, F/NAV's to E1/E5a.
        (Constellation::Galileo, '5') => told.second_s + (squared(1575.42) - 1.0) * told.first_s,
        (Constellation::Galileo, _) => told.second_s * squared(1575.42),
        // BDS-SIS-ICD-B1I-3.0, section 5.2.4.8: the clock belongs to B3I.
        // GLONASS ICD edition 5.1, section 4.4: delay of G2 against G1.
        (Constellation::BeiDou | Constellation::Glonass, '2') => told.first_s,
        (Constellation::BeiDou, '7') if signal.attribute() == 'I' => told.second_s,
        _ => 0.0,
    }
}

/// The bias that no message tells. The signals that define a system's clock have none.
fn untold_m(signal: Signal, random: &mut Stream) -> f64 {
    let bias = random.normal() * UNTOLD_CODE_BIAS_M;
    let defines_clock = match signal.constellation() {
        Constellation::Gps => matches!((signal.band(), signal.attribute()), ('2', 'W')),
        Constellation::Galileo => signal.band() != '6',
        Constellation::BeiDou => matches!(signal.attribute(), 'I'),
        Constellation::Qzss | Constellation::Glonass => true,
        Constellation::Sbas | Constellation::Navic => false,
    };
    if defines_clock { 0.0 } else { bias }
}
