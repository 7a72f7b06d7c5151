//! What many test programs said in their closing lines, as one sum.

use std::fmt;

/// How many tests ran, and which said that they skipped something.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    programs: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
    skipped: Vec<String>,
}

impl Tally {
    /// Reads one line of a test program's output.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        if let Some(result) = line.strip_prefix("test result: ") {
            self.programs += 1;
            self.passed += count_before(result, " passed");
            self.failed += count_before(result, " failed");
            self.ignored += count_before(result, " ignored");
        } else if line.starts_with("SKIPPED ") && !self.skipped.iter().any(|known| known == line) {
            self.skipped.push(line.to_owned());
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programs, passed, failed, ignored, skipped } = self;
        write!(
            f,
            "{passed} tests passed, {failed} failed, {ignored} ignored in {programs} programs"
        )?;
        skipped.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// The number before a word, as in `17 passed`.
fn count_before(text: &str, word: &str) -> u64 {
    let before = text.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up_and_skips_are_kept_once() {
        let mut tally = Tally::default();
        for line in [
            "test frame::tests::any ... ok",
            "test result: ok. 17 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.1s",
            "SKIPPED pyrtcm_oracle: no data",
            "SKIPPED pyrtcm_oracle: no data",
            "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            tally.read(line);
        }
        assert_eq!(
            tally.to_string(),
            "20 tests passed, 1 failed, 2 ignored in 2 programs\n  SKIPPED pyrtcm_oracle: no data"
        );
    }
}
