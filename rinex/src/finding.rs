//! Findings: what was wrong with a file, and where. They are counted and told, and reading goes on.

use std::fmt;

/// How many findings are kept in full. A file with more is broken as a whole, and the rest is only counted.
pub const FINDINGS_KEPT_MAX: usize = 1_000;

/// Something wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a line, and what it cost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A header line says something that cannot be; the fact is left out.
    #[error("the header's {0} cannot be read")]
    Header(&'static str),
    /// An observation code that no table knows; its column is skipped.
    #[error("no signal is called {0}")]
    UnknownCode(String),
    /// An epoch line cannot be read; the epoch is lost.
    #[error("no epoch can be read here")]
    Epoch,
    /// A satellite's name cannot be; its line is skipped.
    #[error("no satellite can be read here")]
    Satellite,
    /// A number cannot be read; the value is left out.
    #[error("no number can be read in columns {0} to {1}")]
    Number(usize, usize),
    /// The file ends in the middle of an epoch or a record.
    #[error("the file ends here, in the middle of {0}")]
    CutShort(&'static str),
    /// CRINEX goes on with a series that was never started; the value is left out.
    #[error("a compressed value has no beginning")]
    NoArc,
    /// A navigation record lacks a value that it needs; the record is lost.
    #[error("the ephemeris lacks its {0}")]
    Record(&'static str),
    /// A navigation message of a kind that is not read (CNAV, SBAS, system time offsets); the record is skipped.
    #[error("messages of kind {0} are not read")]
    UnreadMessage(String),
    /// An antenna or one of its frequencies lacks something that it needs, and is lost.
    #[error("the antenna's {0} cannot be read here")]
    Antenna(&'static str),
}

/// The findings of one file.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    count: usize,
}

impl Findings {
    /// Notes a fault of a line.
    pub fn note(&mut self, line: usize, fault: Fault) {
        self.count += 1;
        if self.kept.len() < FINDINGS_KEPT_MAX {
            self.kept.push(Finding { line, fault });
        }
    }

    /// The first of them, at most [`FINDINGS_KEPT_MAX`].
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}
