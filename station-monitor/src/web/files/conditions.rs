//! What of a file a request asks for: all, a part, or nothing because it is there already (RFC 9110, sections 13 and 14).

use crate::web::files::date;

/// A file as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its size, bytes.
    pub size: u64,
    /// When it was written, POSIX seconds.
    pub modified_s: i64,
    /// Its entity tag, with its quotes. Files are replaced whole, so it is a strong one.
    pub tag: String,
}

/// What the head of a request says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// `If-None-Match`.
    pub if_none_match: Option<&'a str>,
    /// `If-Modified-Since`.
    pub if_modified_since: Option<&'a str>,
    /// `Range`.
    pub range: Option<&'a str>,
    /// `If-Range`.
    pub if_range: Option<&'a str>,
}

/// What is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// 304: what the client has is what there is.
    NotModified,
    /// 200.
    Whole,
    /// 206: from the first byte to the last, both included.
    Part(u64, u64),
    /// 416: there is no such part.
    NoSuchPart,
}

/// Judges a request for a file. What cannot be understood is as if it had not been said.
pub fn judge(asked: &Asked<'_>, stored: &Stored) -> Judged {
    let is_known = match (asked.if_none_match, asked.if_modified_since) {
        // If-None-Match has the last word where both are told.
        (Some(tags), _) => tags.trim() == "*" || tags.split(',').any(|tag| is_same(tag, stored)),
        (None, Some(since)) => date::read(since).is_some_and(|since| stored.modified_s <= since),
        (None, None) => false,
    };
    if is_known {
        return Judged::NotModified;
    }
    let goes_on = match asked.if_range.map(str::trim) {
        None => true,
        Some(tag) if tag.starts_with('"') => tag == stored.tag,
        Some(since) => date::read(since) == Some(stored.modified_s),
    };
    match asked.range.filter(|_| goes_on) {
        Some(range) => part(range, stored.size),
        None => Judged::Whole,
    }
}

/// Whether a tag is that of the file; a weak one compares as a strong one here (RFC 9110, section 13.1.2).
fn is_same(tag: &str, stored: &Stored) -> bool {
    let tag = tag.trim();
    tag.strip_prefix("W/").unwrap_or(tag) == stored.tag
}

/// One range. Several at once, and what is no range of bytes, are answered by the whole.
fn part(range: &str, size: u64) -> Judged {
    let spec = range.trim().strip_prefix("bytes=").filter(|spec| !spec.contains(','));
    let Some((first, last)) = spec.and_then(|spec| spec.trim().split_once('-')) else {
        return Judged::Whole;
    };
    let bounds = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last),
        (Ok(first), Err(_)) if last.is_empty() => (first, u64::MAX),
        // The last so many bytes.
        (Err(_), Ok(0)) if first.is_empty() => return Judged::NoSuchPart,
        (Err(_), Ok(count)) if first.is_empty() => (size.saturating_sub(count), u64::MAX),
        _ => return Judged::Whole,
    };
    if bounds.0 >= size {
        return Judged::NoSuchPart;
    }
    Judged::Part(bounds.0, bounds.1.min(size - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        Stored { size: 1_000, modified_s: 784_111_777, tag: "\"a-1\"".to_owned() }
    }

    #[track_caller]
    fn check(range: &str, expected: Judged) {
        assert_eq!(judge(&Asked { range: Some(range), ..Asked::default() }, &stored()), expected);
    }

    #[test]
    fn parts_are_those_of_the_standard() {
        check("bytes=0-499", Judged::Part(0, 499));
        check("bytes=500-", Judged::Part(500, 999));
        check("bytes=-500", Judged::Part(500, 999));
        check("bytes=-5000", Judged::Part(0, 999));
        check("bytes=900-2000", Judged::Part(900, 999));
        check("bytes=1000-", Judged::NoSuchPart);
        check("bytes=-0", Judged::NoSuchPart);
        for whole in [
            "bytes=5-1",
            "bytes=0-1,5-6",
            "lines=1-2",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=-1-2",
        ] {
            check(whole, Judged::Whole);
        }
        let empty = Stored { size: 0, ..stored() };
        let asked = Asked { range: Some("bytes=0-"), ..Asked::default() };
        assert_eq!(judge(&asked, &empty), Judged::NoSuchPart);
    }

    #[test]
    fn what_a_client_has_is_not_sent_again() {
        let (now, later) = (date::written(784_111_777), date::written(784_111_778));
        let asked = |if_none_match, if_modified_since| Asked {
            if_none_match,
            if_modified_since,
            ..Asked::default()
        };
        let known = |asked: Asked<'_>| judge(&asked, &stored()) == Judged::NotModified;
        assert!(known(asked(None, Some(&now))) && known(asked(None, Some(&later))));
        assert!(!known(asked(None, Some("yesterday"))));
        assert!(known(asked(Some("\"b\", W/\"a-1\""), None)) && known(asked(Some("*"), None)));
        assert!(!known(asked(Some("\"b\""), Some(&later))), "the tag has the last word");
    }

    #[test]
    fn a_download_goes_on_only_in_the_same_file() {
        let asked = |if_range| Asked {
            range: Some("bytes=10-"),
            if_range: Some(if_range),
            ..Asked::default()
        };
        let same = date::written(784_111_777);
        let other = date::written(784_111_776);
        for (if_range, expected) in [
            ("\"a-1\"", Judged::Part(10, 999)),
            ("\"a-2\"", Judged::Whole),
            (same.as_str(), Judged::Part(10, 999)),
            (other.as_str(), Judged::Whole),
        ] {
            assert_eq!(judge(&asked(if_range), &stored()), expected, "{if_range}");
        }
    }
}
