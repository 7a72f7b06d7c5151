//! The two versions of the protocol, and what a `Ntrip-Version` header means.

use std::fmt;

/// A version of the NTRIP protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NtripVersion {
    /// NTRIP 1.0: HTTP-like requests, answers `ICY 200 OK` and `SOURCETABLE 200 OK`.
    V1,
    /// NTRIP 2.0: HTTP/1.1, chunked, announced by `Ntrip-Version: Ntrip/2.0`.
    V2,
}

impl NtripVersion {
    /// What the value of a `Ntrip-Version` header announces; `None` if it is neither version.
    ///
    /// The case is not to be relied on: clients send `Ntrip/2.0` and `NTRIP/2.0` (docs/ntrip-in-the-field.md, notes 2 and 5).
    pub fn from_header(value: &str) -> Option<Self> {
        let number = value.trim().to_ascii_lowercase();
        match number.strip_prefix("ntrip/")?.split('.').next()? {
            "2" => Some(Self::V2),
            "1" => Some(Self::V1),
            _ => None,
        }
    }
}

impl fmt::Display for NtripVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "NTRIP 1",
            Self::V2 => "NTRIP 2",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_its_version_in_any_case() {
        assert_eq!(NtripVersion::from_header("Ntrip/2.0"), Some(NtripVersion::V2));
        assert_eq!(NtripVersion::from_header(" NTRIP/2.0 "), Some(NtripVersion::V2));
        assert_eq!(NtripVersion::from_header("Ntrip/1.0"), Some(NtripVersion::V1));
        assert_eq!(NtripVersion::from_header("2.0"), None);
        assert_eq!(NtripVersion::from_header("Ntrip/20"), None);
    }
}
