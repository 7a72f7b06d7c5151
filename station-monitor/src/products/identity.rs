//! The nine characters by which the IGS knows a station.

use std::fmt;
use std::str::FromStr;

/// A station's nine-character identifier, `XXXXMRCCC`: marker, monument and receiver numbers, country by ISO 3166
/// (RINEX 3.05, table A1). Kept in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NineId([u8; 9]);

/// What is wrong with an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no nine-character identifier: four letters or digits, two digits and a country of three letters were expected, as in NANN00CHN"
)]
pub struct BadNineId(String);

impl NineId {
    /// The first four characters.
    pub fn marker(&self) -> &str {
        self.part(0..4)
    }

    /// The country.
    pub fn country(&self) -> &str {
        self.part(6..9)
    }

    fn part(&self, range: std::ops::Range<usize>) -> &str {
        self.0.get(range).and_then(|part| std::str::from_utf8(part).ok()).unwrap_or("")
    }
}

impl FromStr for NineId {
    type Err = BadNineId;

    fn from_str(text: &str) -> Result<Self, BadNineId> {
        let capitals = text.to_ascii_uppercase();
        let id =
            <[u8; 9]>::try_from(capitals.as_bytes()).map_err(|_| BadNineId(text.to_owned()))?;
        let [marker @ .., m, r, c1, c2, c3] = id;
        let is_legal = marker.iter().all(u8::is_ascii_alphanumeric)
            && [m, r].iter().all(u8::is_ascii_digit)
            && [c1, c2, c3].iter().all(u8::is_ascii_uppercase);
        if is_legal { Ok(Self(id)) } else { Err(BadNineId(text.to_owned())) }
    }
}

impl fmt::Display for NineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.part(0..9))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_in_any_case_and_told_in_capitals() {
        let id: NineId = "nann00chn".parse().expect("an identifier");
        assert_eq!(
            (id.to_string().as_str(), id.marker(), id.country()),
            ("NANN00CHN", "NANN", "CHN")
        );
        for wrong in [
            "",
            "NANN",
            "NANNING00",
            "NANN0ACHN",
            "NAN-00CHN",
            "NANN00C1N",
            "NANN00CHNX",
            "南00CHN",
        ] {
            assert!(wrong.parse::<NineId>().is_err(), "{wrong}");
        }
    }
}
