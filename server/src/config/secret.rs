//! Passwords: in the file itself, or in a file of their own.

use std::path::Path;

use tianshu_ntrip::credentials::Secret;

use crate::config::section::Section;

/// Reads `password` or `password_file`; both at once is a fault. The file's first line is the password.
pub(crate) fn read(section: &mut Section<'_>, folder: &Path) -> Option<Secret> {
    let inline = section.text("password");
    let in_file = section.text("password_file");
    match (inline, in_file) {
        (Some(inline), None) => Some(Secret::new(inline.value)),
        (None, Some(named)) => {
            let path = folder.join(named.value);
            match std::fs::read_to_string(&path) {
                Ok(text) => Some(Secret::new(text.lines().next().unwrap_or_default())),
                Err(error) => {
                    let text = format!("password_file: cannot read {}: {error}", path.display());
                    section.complain(&named.at, text);
                    None
                }
            }
        }
        (Some(_), Some(both)) => {
            section.complain(&both.at, "give either password or password_file, not both");
            None
        }
        (None, None) => None,
    }
}

/// Reads a password that must be there. Where it is not, that is a fault, and an empty one takes its place.
pub(crate) fn required(section: &mut Section<'_>, folder: &Path) -> Secret {
    let before = section.faults();
    let secret = read(section, folder);
    if secret.is_none() && section.faults() == before {
        let at = section.place();
        section.complain(&at, "a password is missing: add `password` or `password_file`");
    }
    secret.unwrap_or_else(|| Secret::new(""))
}
