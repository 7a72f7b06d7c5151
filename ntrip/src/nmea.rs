//! NMEA 0183 sentences in a rover's bytes: found in any pieces, checked, everything but GGA counted and skipped.

pub mod gga;

use crate::findings::{Finding, Findings};
use crate::head::text_of;
use gga::Gga;

/// The longest sentence. The standard allows 82 characters; receivers with many decimals reach about 110.
pub const LINE_BYTES_MAX: usize = 256;

/// Finds the GGA sentences in a byte stream.
///
/// A sentence is complete at its `*hh`: some clients never send a line end (docs/ntrip-in-the-field.md, note 27).
#[derive(Clone, Debug, Default)]
pub struct GgaScanner {
    /// The sentence from its `$` on; empty outside of one.
    line: Vec<u8>,
}

impl GgaScanner {
    /// A scanner before its first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// The GGA sentences that end in these bytes. Whatever else is in them is counted and forgotten.
    pub fn push(&mut self, bytes: &[u8], findings: &mut Findings) -> Vec<Gga> {
        let mut found = Vec::new();
        for &byte in bytes {
            match byte {
                b'$' => {
                    if !self.line.is_empty() {
                        findings.note(Finding::NmeaCut);
                    }
                    self.line.clear();
                    self.line.push(byte);
                }
                b'\r' | b'\n' if self.line.is_empty() => {}
                _ if self.line.is_empty() => findings.note(Finding::NoiseBytes),
                b'\r' | b'\n' => {
                    let is_gga = self.line.get(3..6) == Some(b"GGA".as_slice());
                    findings.note(if is_gga {
                        Finding::GgaWithoutChecksum
                    } else {
                        Finding::OtherNmea
                    });
                    self.line.clear();
                }
                b' '..0x7F => found.extend(self.take(byte, findings)),
                _ => {
                    findings.note(Finding::NmeaCut);
                    self.line.clear();
                }
            }
        }
        found
    }

    /// Takes one visible byte of a sentence.
    fn take(&mut self, byte: u8, findings: &mut Findings) -> Option<Gga> {
        self.line.push(byte);
        if self.line.len() > LINE_BYTES_MAX {
            findings.note(Finding::OverlongLine);
            self.line.clear();
        }
        let (body, [b'*', _, _]) = self.line.split_last_chunk::<3>()? else { return None };
        let is_gga = body.get(3..6) == Some(b"GGA".as_slice());
        let sentence = text_of(&self.line);
        self.line.clear();
        if !is_gga {
            findings.note(Finding::OtherNmea);
            return None;
        }
        match Gga::parse(&sentence) {
            Ok(gga) => Some(gga),
            Err(fault) => {
                findings.note(fault.finding());
                None
            }
        }
    }
}

/// The checksum of NMEA 0183: the exclusive or of all characters between `$` and `*`.
pub(crate) fn checksum(body: &str) -> u8 {
    body.bytes().fold(0, |sum, byte| sum ^ byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GGA: &str = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47";

    fn scan(bytes: &[u8], size: usize) -> (Vec<Gga>, Findings) {
        let (mut scanner, mut findings) = (GgaScanner::new(), Findings::default());
        let found =
            bytes.chunks(size).flat_map(|piece| scanner.push(piece, &mut findings)).collect();
        (found, findings)
    }

    #[track_caller]
    fn check(text: &str, sentences: usize, expected: &[(Finding, u64)]) {
        for size in [1, 2, 7, 1000] {
            let (found, findings) = scan(text.as_bytes(), size);
            assert_eq!(found.len(), sentences, "{text:?}");
            assert_eq!(findings.iter().collect::<Vec<_>>(), expected, "{text:?}");
        }
    }

    #[test]
    fn sentences_end_in_every_way_of_the_field() {
        check(&format!("{GGA}\r\n"), 1, &[]); // note 27
        check(&format!("{GGA}\n"), 1, &[]);
        check(GGA, 1, &[]);
        check(&format!("{GGA}{GGA}\r\n\r\n{GGA}"), 3, &[]);
    }

    #[test]
    fn what_is_no_good_gga_is_counted() {
        check(&GGA.replace("*47", "*48"), 0, &[(Finding::GgaBadChecksum, 1)]); // note 28
        check(&GGA.replace("*47", "*4x"), 0, &[(Finding::GgaUnreadable, 1)]);
        check(&GGA.replace("*47", "\r\n"), 0, &[(Finding::GgaWithoutChecksum, 1)]);
        check("$GPRMC,,V,,,,,,,,,,N*53\r\n", 0, &[(Finding::OtherNmea, 1)]); // note 29
        check(&format!("$GPGG{GGA}"), 1, &[(Finding::NmeaCut, 1)]);
        check(&format!("$GP\x00junk{GGA}"), 1, &[(Finding::NmeaCut, 1), (Finding::NoiseBytes, 4)]);
    }

    #[test]
    fn ten_megabytes_without_a_line_end_cost_nothing() {
        let (mut scanner, mut findings) = (GgaScanner::new(), Findings::default());
        scanner.push(b"$", &mut findings);
        let megabyte = b"x".repeat(1_000_000);
        for _ in 0..10 {
            assert!(scanner.push(&megabyte, &mut findings).is_empty());
        }
        assert!(scanner.line.capacity() <= 2 * LINE_BYTES_MAX);
        assert_eq!(findings.count(Finding::OverlongLine), 1);
        assert_eq!(findings.count(Finding::NoiseBytes), 10_000_000 - 256);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            parts in prop::collection::vec(
                prop_oneof![Just(GGA.as_bytes().to_vec()), any::<Vec<u8>>(), "[$*,A-F0-9\r\n]{0,9}".prop_map(String::into_bytes)],
                0..6,
            ),
            size in 1..64_usize,
        ) {
            let bytes = parts.concat();
            prop_assert_eq!(scan(&bytes, bytes.len().max(1)), scan(&bytes, size));
        }
    }
}
