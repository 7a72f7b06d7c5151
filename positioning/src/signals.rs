//! Which of a satellite's signals to use: one per carrier, the same at both ends where both have it.

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::Observation;

/// Attributes of a carrier, the first the one to be preferred: civil codes with a pilot before data, tracked codes before
/// codeless ones, on GPS L2 the codeless one, which every receiver of the last decades has on every satellite.
pub fn preference(system: Constellation, band: char) -> &'static str {
    match (system, band) {
        (Constellation::Gps, '1') => "CWPYLSXMN",
        (Constellation::Gps, '2') => "WPYLXSCMN",
        (Constellation::Glonass, '1' | '2') => "CP",
        (Constellation::Galileo, '1' | '6') => "CXBZA",
        (Constellation::BeiDou, '2' | '6') => "IXQ",
        (Constellation::BeiDou, '1' | '5') => "PXD",
        (Constellation::BeiDou, '7') => "IDXQPZ",
        (Constellation::Qzss, '1') => "CLXSZEB",
        (Constellation::Qzss, '2') => "LXS",
        (Constellation::Navic, _) => "ACXB",
        _ => "QXICPDLSZABE",
    }
}

/// A carrier of one satellite, as one receiver measured it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Attribute of the phase, or of the code if there is no phase.
    pub attribute: char,
    /// Code, m.
    pub code_m: Option<f64>,
    /// Phase, m.
    pub phase_m: Option<f64>,
    /// Wavelength, m.
    pub wavelength_m: f64,
    /// Whether the receiver says that the phase was interrupted since the last epoch.
    pub slipped: bool,
}

/// The measurement of one carrier with that attribute. A RINEX 2 file may tell code and phase under different attributes: a
/// missing code is then taken from the next of the same carrier.
fn with_attribute(
    own: &[Observation],
    band: char,
    attribute: char,
    channel: Option<i8>,
) -> Option<Measured> {
    let on_band = || own.iter().filter(move |o| o.signal.band() == band);
    let first = on_band().find(|o| o.signal.attribute() == attribute)?;
    let carrier = first.signal.carrier(first.glonass_channel.or(channel))?;
    let code = first.code.or_else(|| on_band().find_map(|o| o.code));
    let phase = first.phase.filter(|_| !first.half_cycle_ambiguous);
    Some(Measured {
        attribute,
        code_m: code.map(|c| c.0),
        phase_m: phase.map(|p| p.on(carrier).0),
        wavelength_m: SPEED_OF_LIGHT / carrier.0,
        slipped: first.lock_time.is_some_and(|t| t.is_zero()),
    })
}

/// The best measurement of a carrier by one receiver: one with phase before one without.
pub fn measured(own: &[Observation], band: char, channel: Option<i8>) -> Option<Measured> {
    let system = own.first()?.satellite.constellation();
    let all =
        || preference(system, band).chars().filter_map(|a| with_attribute(own, band, a, channel));
    all().find(|m| m.phase_m.is_some()).or_else(|| all().find(|m| m.code_m.is_some()))
}

/// The measurements of a carrier by two receivers, both with code and phase: of one attribute where both have it (their phases
/// and biases are then the same), else each one's best.
pub fn measured_by_both(
    rover: &[Observation],
    base: &[Observation],
    band: char,
    channel: Option<i8>,
) -> Option<(Measured, Measured)> {
    let system = rover.first()?.satellite.constellation();
    let whole = |m: &Measured| m.code_m.is_some() && m.phase_m.is_some();
    let common = preference(system, band).chars().find_map(|attribute| {
        let r = with_attribute(rover, band, attribute, channel).filter(whole)?;
        let b = with_attribute(base, band, attribute, channel).filter(whole)?;
        Some((r, b))
    });
    common.or_else(|| {
        let r = measured(rover, band, channel).filter(whole)?;
        let b = measured(base, band, channel).filter(whole)?;
        Some((r, b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::signal::Signal;
    use tianshu_gnss::units::{Cycles, Metres};

    fn seen(codes: &[&str]) -> Vec<Observation> {
        let satellite = "G07".parse().expect("a satellite");
        let of = |code: &&str| {
            let signal = Signal::from_code(Constellation::Gps, code).expect("a signal");
            let mut o = Observation::of(satellite, signal);
            (o.code, o.phase) = (Some(Metres(2e7)), Some(Cycles(1e8)));
            o
        };
        codes.iter().map(of).collect()
    }

    #[test]
    fn both_ends_use_the_same_signal_where_they_can() {
        let attributes = |rover: &[&str], base: &[&str], band| {
            measured_by_both(&seen(rover), &seen(base), band, None)
                .map(|(r, b)| (r.attribute, b.attribute))
        };
        assert_eq!(attributes(&["1C", "2W", "2L"], &["1C", "2L"], '2'), Some(('L', 'L')));
        assert_eq!(attributes(&["2X"], &["2W"], '2'), Some(('X', 'W')));
        assert_eq!(attributes(&["1C"], &["2W"], '2'), None);
    }

    #[test]
    fn a_phase_borrows_the_code_of_its_carrier() {
        let mut rinex2 = seen(&["2W", "2X"]);
        rinex2[0].code = None;
        rinex2[1].phase = None;
        let got = measured(&rinex2, '2', None).expect("measured");
        assert_eq!((got.attribute, got.code_m.is_some()), ('W', true));
    }
}
