//! Observation codes: which quantity of which signal a column holds.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::signal::Signal;

use crate::label::Version;

/// What a column measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Pseudorange, m.
    Code,
    /// Carrier phase, cycles.
    Phase,
    /// Doppler shift, Hz.
    Doppler,
    /// Signal strength, dB-Hz (RINEX 3) or the receiver's own unit (RINEX 2).
    Strength,
}

/// A column of observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// The signal.
    pub signal: Signal,
    /// What is measured of it.
    pub quantity: Quantity,
    /// What the file's values are to be divided by (SYS / SCALE FACTOR); 1 where nothing is said.
    pub factor: f64,
}

/// A column of RINEX 3 and 4, such as `C1C` (RINEX 3.05, tables 4 to 10).
///
/// RINEX 3.02 alone calls BeiDou's B1I band 1 (RINEX 3.03, section 8.2.5 and the note of table 9).
pub(crate) fn column3(system: Constellation, code: &str, version: Version) -> Option<Column> {
    let mut letters = code.chars();
    let quantity = quantity(letters.next()?)?;
    let (band, attribute) = (letters.next()?, letters.next()?);
    if letters.next().is_some() {
        return None;
    }
    let is_old_b1i = system == Constellation::BeiDou
        && version == Version(302)
        && band == '1'
        && matches!(attribute, 'I' | 'Q' | 'X');
    let band = if is_old_b1i { '2' } else { band };
    Some(Column { signal: Signal::new(system, band, attribute)?, quantity, factor: 1.0 })
}

/// A column of RINEX 2, such as `P2`, for one system (RINEX 2.11, section 10.1.1; 2.12 for BeiDou and QZSS).
///
/// `P` is the precise code (on GPS, tracked without its key: `W`), `C` the open one. A phase, Doppler or strength belongs to the
/// code that the file has on that band, on L1 the open one and on L2 the precise one where it has both.
pub(crate) fn column2(system: Constellation, code: &str, all: &[String]) -> Option<Column> {
    let mut letters = code.chars();
    let (kind, band) = (letters.next()?, letters.next()?);
    if letters.next().is_some() {
        return None;
    }
    let has = |kind: char| all.iter().any(|c| c.chars().eq([kind, band]));
    let precise = match kind {
        'P' => true,
        'C' => false,
        _ if band == '2' => has('P') || !has('C'),
        _ => has('P') && !has('C'),
    };
    let quantity = if kind == 'P' { Quantity::Code } else { quantity(kind)? };
    let attribute = attribute2(system, band, precise)?;
    Some(Column { signal: Signal::new(system, band, attribute)?, quantity, factor: 1.0 })
}

/// The attribute of RINEX 3 that a code of RINEX 2 most likely was; `X` where the channel is not told.
fn attribute2(system: Constellation, band: char, precise: bool) -> Option<char> {
    match (system, band, precise) {
        (Constellation::Gps, '1' | '2', true) => Some('W'),
        (Constellation::Glonass, '1' | '2', true) => Some('P'),
        (Constellation::Gps | Constellation::Qzss, '2' | '5', false)
        | (Constellation::Glonass, '3', false)
        | (Constellation::Sbas, '5', false)
        | (Constellation::Galileo | Constellation::Navic, _, false) => Some('X'),
        (Constellation::BeiDou, _, false) => Some('I'),
        (_, '1' | '2', false) => Some('C'),
        _ => None,
    }
}

fn quantity(letter: char) -> Option<Quantity> {
    match letter {
        'C' => Some(Quantity::Code),
        'L' => Some(Quantity::Phase),
        'D' => Some(Quantity::Doppler),
        'S' => Some(Quantity::Strength),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(column: Option<Column>, expected: Option<(&str, Quantity)>) {
        let got = column.map(|c| (c.signal.to_string(), c.quantity));
        assert_eq!(got, expected.map(|(code, quantity)| (code.to_owned(), quantity)));
    }

    #[test]
    fn b1i_changed_its_band_in_version_3_03() {
        let beidou = |code, version| column3(Constellation::BeiDou, code, Version(version));
        check(beidou("L1I", 302), Some(("2I", Quantity::Phase)));
        check(beidou("C2I", 303), Some(("2I", Quantity::Code)));
        check(beidou("C1P", 304), Some(("1P", Quantity::Code)));
        check(beidou("C1I", 304), None);
        check(beidou("C2", 304), None);
    }

    #[test]
    fn rinex_2_phases_belong_to_the_code_of_their_band() {
        let all = |codes: &[&str]| codes.iter().map(|&c| c.to_owned()).collect::<Vec<_>>();
        let classic = all(&["C1", "L1", "P2", "L2", "S2", "C2"]);
        let gps = |code| column2(Constellation::Gps, code, &classic);
        check(gps("L1"), Some(("1C", Quantity::Phase)));
        check(gps("L2"), Some(("2W", Quantity::Phase)));
        check(gps("C2"), Some(("2X", Quantity::Code)));
        check(gps("S2"), Some(("2W", Quantity::Strength)));
        check(gps("T1"), None);
        let open = all(&["C1", "L1", "C2", "L2"]);
        check(column2(Constellation::Glonass, "L2", &open), Some(("2C", Quantity::Phase)));
        check(column2(Constellation::Glonass, "L2", &classic), Some(("2P", Quantity::Phase)));
        let old = all(&["P1", "L1", "P2", "L2"]);
        check(column2(Constellation::Gps, "L1", &old), Some(("1W", Quantity::Phase)));
    }
}
