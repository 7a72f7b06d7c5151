//! What no file may say, whatever language it is in: where one machine keeps things.

use crate::house::File;

/// Paths of one machine, and names of notes that a reader of this repository does not have. Written in
/// two halves, so that this file keeps its own rule.
const PRIVATE: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/ho", "me/"),
    concat!("/tmp/", "target"),
    concat!("shared/", "design"),
    concat!("brief", ".md"),
];

/// Every private word in a file.
pub(super) fn faults(file: &File) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        for word in PRIVATE.iter().filter(|word| line.contains(**word)) {
            faults.push(format!("{}:{number}: `{word}` is known on one machine only", file.path));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_one_machine_are_found() {
        let text = format!("fine\nsee {}x\n../shared/data is fine", PRIVATE[1]);
        let file = File { path: "docs/a.md".into(), text };
        let expected = format!("docs/a.md:2: `{}` is known on one machine only", PRIVATE[1]);
        assert_eq!(faults(&file), [expected]);
    }
}
