//! The file in which operators write the numbers of alarms that they take on, one a line: `17 wang: on the way`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

/// Longer files are not read to their end: an alarm's number is taken on within the first some thousand lines, or the file is to be emptied.
const BYTES_MAX: u64 = 256 * 1024;

/// What was read of the file.
pub(super) struct Acknowledgements {
    path: PathBuf,
    known: BTreeSet<String>,
}

impl Acknowledgements {
    /// A file that was not read yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, known: BTreeSet::new() }
    }

    /// What is new in it: numbers, and the words behind them. A file that is not there says nothing.
    pub(super) fn read(&mut self) -> Vec<(u64, String)> {
        let mut text = String::new();
        let Ok(file) = fs::File::open(&self.path) else {
            self.known.clear();
            return Vec::new();
        };
        if file.take(BYTES_MAX).read_to_string(&mut text).is_err() {
            return Vec::new();
        }
        let lines: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        let new = lines.difference(&self.known).filter_map(|line| {
            let (number, by) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
            Some((number.parse().ok()?, by.trim().to_owned()))
        });
        let new = new.collect();
        self.known = lines;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_told_once_and_nonsense_never() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acknowledged");
        let mut file = Acknowledgements::new(path.clone());
        assert_eq!(file.read(), []);
        fs::write(&path, "17 wang: on the way\nnonsense\n18").unwrap();
        assert_eq!(file.read(), [(17, "wang: on the way".to_owned()), (18, String::new())]);
        assert_eq!(file.read(), []);
        fs::write(&path, "17 wang: on the way\n19 li").unwrap();
        assert_eq!(file.read(), [(19, "li".to_owned())]);
    }
}
