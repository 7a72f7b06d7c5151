//! Complaints about a configuration: every fault at once, each with its line.

use std::fmt;
use std::ops::Range;

/// One fault of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Complaint {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there and what to do about it.
    pub text: String,
}

/// Collects the faults of one file while it is read.
#[derive(Debug)]
pub(crate) struct Complaints {
    line_starts: Vec<usize>,
    found: Vec<Complaint>,
}

/// A configuration that cannot be used, with everything that is wrong with it.
#[derive(Debug, thiserror::Error)]
pub(crate) struct Unusable {
    /// The file's name as the user gave it.
    pub file: String,
    /// The faults, in the order of the file.
    pub complaints: Vec<Complaint>,
}

impl Complaints {
    /// A collector for a file of that text.
    pub(crate) fn about(text: &str) -> Self {
        let after_newline = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { line_starts: std::iter::once(0).chain(after_newline).collect(), found: Vec::new() }
    }

    /// Notes a fault of the text at that range of bytes.
    pub(crate) fn add(&mut self, at: &Range<usize>, text: impl Into<String>) {
        let line = self.line_starts.partition_point(|start| *start <= at.start);
        let complaint = Complaint { line: line.max(1), text: text.into() };
        if !self.found.contains(&complaint) {
            self.found.push(complaint);
        }
    }

    /// How many faults were found so far.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// Whether nothing was found so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The faults, in the order of the file.
    pub(crate) fn into_sorted(mut self) -> Vec<Complaint> {
        self.found.sort();
        self.found
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.complaints.len();
        let faults = if count == 1 { "fault" } else { "faults" };
        write!(f, "{}: {count} {faults}", self.file)?;
        for complaint in &self.complaints {
            write!(f, "\n{}:{}: {}", self.file, complaint.line, complaint.text)?;
        }
        Ok(())
    }
}
