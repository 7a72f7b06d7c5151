//! Systems as a command line names them.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use tianshu_gnss::constellation::Constellation;

/// The systems of those RINEX letters, in capitals or not.
pub(crate) fn of_letters(letters: &str) -> anyhow::Result<BTreeSet<Constellation>> {
    let mut systems = BTreeSet::new();
    for letter in letters.chars() {
        let system = Constellation::from_letter(letter.to_ascii_uppercase());
        systems.insert(system.with_context(|| {
            format!(
                "--systems {letters}: no system has the letter {letter}: choose among G, R, E, C, J"
            )
        })?);
    }
    ensure!(!systems.is_empty(), "--systems names no system: choose among G, R, E, C, J");
    Ok(systems)
}
