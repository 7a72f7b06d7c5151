//! Which file a request means. Nothing outside of the root, and nothing hidden, has a path.

use std::path::PathBuf;

/// The longest path that is looked at, bytes: the longest of ours has 80.
const PATH_BYTES_MAX: usize = 512;

/// The place below the root that a request's path means; none for a path that no file of ours has.
pub fn below_root(path: &str) -> Option<PathBuf> {
    let decoded = decoded(path)?;
    let mut below = PathBuf::new();
    for part in decoded.split('/').filter(|part| !part.is_empty()) {
        // A dot first is up, here, or hidden: unfinished files are.
        let is_ours = !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if !is_ours {
            return None;
        }
        below.push(part);
    }
    Some(below)
}

/// Undoes the percent signs.
fn decoded(path: &str) -> Option<String> {
    if path.len() > PATH_BYTES_MAX || !path.starts_with('/') {
        return None;
    }
    let mut bytes = path.bytes();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            u8::try_from(digit()? * 16 + digit()?).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        let read = |path: &str| below_root(path).map(|p| p.to_string_lossy().into_owned());
        assert_eq!(read("/daily/30s/2026/079/").as_deref(), Some("daily/30s/2026/079"));
        assert_eq!(read("/").as_deref(), Some(""));
        assert_eq!(read("//a%2Fb").as_deref(), Some("a/b"));
        for wrong in [
            "/../etc/passwd",
            "/a/../../b",
            "/%2e%2e/x",
            "/%2E%2e%2Fx",
            "/.part-x",
            "/a/.hidden",
            "/a%00b",
            "/a\\..\\b",
            "a",
            "/a%2",
            "/a%zz",
            "/\u{ff0e}\u{ff0e}/x",
            "/%c0%ae%c0%ae/",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_path_leads_out(path in any::<String>(), dots in "[/.%2eEfF5cC\\\\a]{0,40}") {
            for path in [format!("/{path}"), format!("/{dots}")] {
                if let Some(below) = below_root(&path) {
                    let normal = |c: std::path::Component<'_>| matches!(c, std::path::Component::Normal(_));
                    prop_assert!(below.components().all(normal), "{:?}", below);
                }
            }
        }
    }
}
