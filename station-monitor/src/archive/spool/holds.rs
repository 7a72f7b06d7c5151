//! A note beside each sealed segment of what it holds, so that nobody has to read a segment to learn that it has nothing for him.
//!
//! A line for each kind and hour, and `end`. A note that is missing or cut is no harm: the segment itself is read instead.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::archive::record::Kind;
use crate::archive::span::Hour;

/// The last line of a whole note.
const END: &str = "end";

/// Where the note of a segment is.
pub(super) fn note_path(segment: &Path) -> PathBuf {
    segment.with_extension("holds")
}

/// Notes what a segment holds. A note that cannot be written is left out.
pub(super) fn note(segment: &Path, holds: &BTreeSet<(Kind, Hour)>) {
    let mut text = String::new();
    for (kind, hour) in holds {
        writeln!(text, "{} {}", kind.number(), hour.number()).ok();
    }
    text.push_str(END);
    fs::write(note_path(segment), text).ok();
}

/// What a segment holds, if there is a whole note of it.
pub(super) fn noted(segment: &Path) -> Option<BTreeSet<(Kind, Hour)>> {
    let text = fs::read_to_string(note_path(segment)).ok()?;
    let lines = text.strip_suffix(END)?.lines();
    let holds = lines.map(|line| {
        let (kind, hour) = line.split_once(' ')?;
        Some((Kind::from_number(kind.parse().ok()?)?, Hour::from_number(hour.parse().ok()?)))
    });
    holds.collect()
}

/// Whether a segment may have records of a kind within hours; `true` where that is not known.
pub(in crate::archive) fn may_hold(
    segment: &Path,
    kind: Kind,
    hours: RangeInclusive<Hour>,
) -> bool {
    let Some(holds) = noted(segment) else { return true };
    holds.range((kind, *hours.start())..=(kind, *hours.end())).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_believed_only_if_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let segment = folder.path().join("1.segment");
        let (early, late) = (Hour::from_number(5), Hour::from_number(7));
        assert!(may_hold(&segment, Kind::Epoch, early..=late), "nothing is noted");
        let holds = BTreeSet::from([(Kind::Epoch, early), (Kind::Frame, late)]);
        note(&segment, &holds);
        assert_eq!(noted(&segment), Some(holds));
        assert!(may_hold(&segment, Kind::Epoch, early..=late));
        assert!(!may_hold(&segment, Kind::Epoch, late..=late));
        assert!(!may_hold(&segment, Kind::Quality, early..=late));
        let text = fs::read_to_string(note_path(&segment)).unwrap();
        fs::write(note_path(&segment), &text[..text.len() - 1]).unwrap();
        assert_eq!(noted(&segment), None);
    }
}
