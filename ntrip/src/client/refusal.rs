//! From a caster's no to the reaction it asks for.

use crate::client::answer::{RefusedBy, words};
use crate::client::request::{Errand, VersionChoice};

/// An answer that may only mean that NTRIP 2 is not known there.
pub(crate) fn not_understood(version: VersionChoice, said: String) -> RefusedBy {
    match version {
        VersionChoice::Auto => RefusedBy::TryVersion1 { said },
        VersionChoice::V1 | VersionChoice::V2 => RefusedBy::Misunderstood { said },
    }
}

/// The sourcetable in place of a stream. A caster that does not understand NTRIP 2 does that too (xsens issue 17).
pub(crate) fn by_table(errand: &Errand, version: VersionChoice, said: String) -> RefusedBy {
    match (errand, version) {
        (_, VersionChoice::Auto) => RefusedBy::TryVersion1 { said },
        (Errand::Pull { mountpoint, .. } | Errand::Push { mountpoint, .. }, _) => {
            RefusedBy::NoSuchMountpoint { mountpoint: mountpoint.clone(), said }
        }
        (Errand::Table { .. }, _) => RefusedBy::NotNtrip { said },
    }
}

/// `ERROR - …`: the words of NTRIP 1 casters (docs/ntrip-in-the-field.md, note 20).
pub(crate) fn by_error(text: &str, version: VersionChoice) -> RefusedBy {
    let (said, lower) = (words(text), text.to_ascii_lowercase());
    if lower.contains("password") || lower.contains("not authorized") {
        RefusedBy::Unauthorized { said }
    } else if lower.contains("taken") || lower.contains("mount") {
        RefusedBy::TakenByOther { said }
    } else if version == VersionChoice::Auto {
        RefusedBy::TryVersion1 { said }
    } else {
        RefusedBy::Unavailable { said }
    }
}

/// An HTTP status other than success.
pub(crate) fn by_status(
    errand: &Errand,
    version: VersionChoice,
    status: u16,
    said: String,
    location: Option<&str>,
) -> RefusedBy {
    match (status, errand) {
        (401 | 407, _) => RefusedBy::Unauthorized { said },
        (403, _) => RefusedBy::Forbidden { said },
        (404, Errand::Pull { mountpoint, .. } | Errand::Push { mountpoint, .. }) => {
            RefusedBy::NoSuchMountpoint { mountpoint: mountpoint.clone(), said }
        }
        (409, _) => RefusedBy::TakenByOther { said },
        (300..400, _) => RefusedBy::Redirected { to: words(location.unwrap_or("nowhere")) },
        // A bad request, an unknown method or version: the words of a caster that expects NTRIP 1.
        (400 | 405 | 501 | 505, _) => not_understood(version, said),
        (408 | 429 | 500.., _) => RefusedBy::Unavailable { said },
        _ => RefusedBy::NotNtrip { said },
    }
}

/// No answer at all: what some casters of NTRIP 1 give to a request they do not know.
pub(crate) fn unanswered(version: VersionChoice) -> RefusedBy {
    match version {
        VersionChoice::Auto => RefusedBy::TryVersion1 { said: "no answer".to_owned() },
        VersionChoice::V1 | VersionChoice::V2 => RefusedBy::ClosedWithoutAnswer,
    }
}
