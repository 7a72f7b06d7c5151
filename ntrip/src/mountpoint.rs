//! The name under which a stream is offered, checked once at the edge.

use std::fmt;

/// The longest mountpoint name that the sourcetable of NTRIP 1.0 allows (table "STR", field 2: 100 characters).
pub const MOUNTPOINT_CHARS_MAX: usize = 100;

/// A mountpoint name: 1 to 100 visible ASCII characters, none of them `;`, `/` or `?`.
///
/// A `;` would break the sourcetable, `/` and `?` the request line. Case matters: every caster but one
/// distinguishes it (docs/ntrip-in-the-field.md, note 7).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mountpoint(String);

impl Mountpoint {
    /// The name, or `None` if it is not a legal one.
    pub fn new(text: &str) -> Option<Self> {
        let legal = |b: u8| b.is_ascii_graphic() && !matches!(b, b';' | b'/' | b'?');
        let fits = (1..=MOUNTPOINT_CHARS_MAX).contains(&text.len());
        (fits && text.bytes().all(legal)).then(|| Self(text.to_owned()))
    }

    /// The name as it stands in the sourcetable: without a slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mountpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, legal: bool) {
        assert_eq!(Mountpoint::new(text).is_some(), legal, "{text:?}");
    }

    #[test]
    fn a_name_is_visible_ascii_without_separators() {
        check("LD000", true);
        check("WTZR00DEU0", true);
        check("a+b-c_d.e", true);
        check(&"x".repeat(100), true);
        check(&"x".repeat(101), false);
        check("", false);
        check("A;B", false);
        check("A/B", false);
        check("A?B", false);
        check("A B", false);
        check("Ä", false);
        check("A\r\n", false);
    }
}
