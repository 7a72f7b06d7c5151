//! RINEX 3.04 and 3.05 files, written epoch by epoch: headers and lines are appended to a text that the caller keeps.
//!
//! Everything is a function of its arguments: the same observations give the same bytes, and the time of writing
//! that a header states is told by the caller.

pub mod header;
pub mod navigation;
pub mod observation;

/// The version that a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenVersion {
    /// RINEX 3.04 (2018-11-23): read by everything that reads RINEX 3.
    V304,
    /// RINEX 3.05 (2020-12-01): tells more of GLONASS in navigation files.
    V305,
}

impl WrittenVersion {
    /// As the first line of a file states it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V304 => "3.04",
            Self::V305 => "3.05",
        }
    }
}
