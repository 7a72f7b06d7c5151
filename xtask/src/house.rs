//! The house rules that no compiler knows, checked over the whole checkout.

mod manifests;
mod sources;
mod words;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::house::manifests::Crate;

/// A file of the checkout, as the rules see it.
struct File {
    /// From the root, with forward slashes.
    path: String,
    text: String,
}

/// Checks every rule over every file that git knows or would take up; gives how much was checked.
pub(crate) fn check(root: &Path) -> Result<String> {
    let files = files(root)?;
    let crates: Vec<Crate> = files.iter().filter_map(manifests::read).collect();
    let mut faults = manifests::faults(&crates);
    for file in &files {
        faults.extend(words::faults(file));
        if Path::new(&file.path).extension().is_some_and(|extension| extension == "rs") {
            faults.extend(sources::faults(file));
        }
    }
    if faults.is_empty() {
        return Ok(format!("{} files, {} crates", files.len(), crates.len()));
    }
    for fault in &faults {
        println!("{fault}");
    }
    bail!("{} house rules are broken, see above", faults.len())
}

/// Every text file that is tracked, or new and not ignored.
fn files(root: &Path) -> Result<Vec<File>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("git could not be run: the house rules need its list of files")?;
    if !listed.status.success() {
        bail!("git gave no list of files: {}", String::from_utf8_lossy(&listed.stderr));
    }
    let mut files = Vec::new();
    for path in listed.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
        let path = String::from_utf8_lossy(path).into_owned();
        // A file that is deleted but still listed, or is not text, has nothing to check.
        if let Ok(text) = std::fs::read_to_string(root.join(&path)) {
            files.push(File { path, text });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_keeps_its_rules() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        check(root).unwrap();
    }
}
