//! RINEX 3.04, 3.05 and 4.02 files, written epoch by epoch: headers and lines are appended to a text that the caller keeps.
//!
//! Everything is a function of its arguments: the same observations give the same bytes, and the time of writing
//! that a header states is told by the caller.

pub mod compact;
pub mod header;
pub mod navigation;
pub mod observation;
pub mod repack;
pub mod rows;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::signal::Signal;

/// The version that a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenVersion {
    /// RINEX 3.04 (2018-11-23): read by everything that reads RINEX 3.
    V304,
    /// RINEX 3.05 (2020-12-01): tells more of GLONASS in navigation files.
    V305,
    /// RINEX 4.02 (2024): navigation records say which message they are from.
    V402,
}

impl WrittenVersion {
    /// As the first line of a file states it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V304 => "3.04",
            Self::V305 => "3.05",
            Self::V402 => "4.02",
        }
    }

    /// Whether this version has a code for that signal: NavIC's L1 came with RINEX 4.01 (table 14).
    pub(crate) fn tells(self, signal: Signal) -> bool {
        let is_navic_l1 = signal.constellation() == Constellation::Navic && signal.band() == '1';
        self == Self::V402 || !is_navic_l1
    }
}
