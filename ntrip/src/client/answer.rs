//! What a caster's answer means: each refusal named by the reaction it asks for.

use crate::head::Head;
use crate::mountpoint::Mountpoint;

/// The longest text of a caster that is repeated in a message or log.
const REASON_CHARS_MAX: usize = 160;

/// Why an errand at a caster failed. Each variant asks for a different reaction; see [`RefusedBy::reaction`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedBy {
    /// 401, `ERROR - Bad Password`.
    #[error("the caster refused our user name or password ({said})")]
    Unauthorized {
        /// Its words.
        said: String,
    },
    /// 403: known but not allowed.
    #[error("the caster does not allow this ({said})")]
    Forbidden {
        /// Its words.
        said: String,
    },
    /// 404, or the sourcetable instead of data.
    #[error("the caster has no mountpoint {mountpoint}, or it is offline ({said})")]
    NoSuchMountpoint {
        /// What was asked for.
        mountpoint: Mountpoint,
        /// Its words.
        said: String,
    },
    /// 409, `ERROR - Mount Point Taken or Invalid`.
    #[error("the mountpoint is taken by another station, or is not a valid one there ({said})")]
    TakenByOther {
        /// Its words.
        said: String,
    },
    /// 5xx, 429, another `ERROR - …`.
    #[error("the caster is busy or unavailable ({said})")]
    Unavailable {
        /// Its words.
        said: String,
    },
    /// The answer shows that NTRIP 2 is not known there.
    #[error("the caster does not speak NTRIP 2 ({said})")]
    TryVersion1 {
        /// Its words.
        said: String,
    },
    /// 400 and the like: it does not understand our request.
    #[error("the caster does not understand the request ({said}); try the other NTRIP version")]
    Misunderstood {
        /// Its words.
        said: String,
    },
    /// A redirection, which no caster means seriously: a portal or a proxy stands in between.
    #[error("the caster redirects to {to}; enter that address if it is right")]
    Redirected {
        /// Where to.
        to: String,
    },
    /// Something that is no caster answers.
    #[error("this is no NTRIP caster ({said})")]
    NotNtrip {
        /// What it sent.
        said: String,
    },
    /// The connection closed before an answer.
    #[error("the caster closed the connection without an answer")]
    ClosedWithoutAnswer,
}

/// What to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Retrying changes nothing until somebody changes the configuration or the account: tell the operator, try seldom.
    TellOperator,
    /// Try again with back-off.
    Retry,
    /// Connect again at once with NTRIP 1.
    RetryAsVersion1,
}

impl RefusedBy {
    /// What to do about it.
    pub fn reaction(&self) -> Reaction {
        match self {
            Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Misunderstood { .. }
            | Self::Redirected { .. }
            | Self::NotNtrip { .. } => Reaction::TellOperator,
            // An offline station is "no such mountpoint" to every caster (docs/ntrip-in-the-field.md, note 12); it may come back.
            Self::NoSuchMountpoint { .. }
            | Self::TakenByOther { .. }
            | Self::Unavailable { .. }
            | Self::ClosedWithoutAnswer => Reaction::Retry,
            Self::TryVersion1 { .. } => Reaction::RetryAsVersion1,
        }
    }
}

/// The first line of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FirstLine {
    /// `ICY 200 OK`, or `OK` in answer to SOURCE (docs/ntrip-in-the-field.md, note 9).
    Icy,
    /// `SOURCETABLE 200 OK`: a head and a table follow.
    Table,
    /// `HTTP/1.x nnn`, and other protocols with a status: a head follows.
    Http,
    /// `ERROR - …`, with its words.
    Error(String),
    /// `ICY nnn` other than 200.
    IcyStatus(u16),
    /// Anything else.
    Foreign,
}

impl FirstLine {
    pub(crate) fn read(line: &str) -> Self {
        let upper = line.trim().to_ascii_uppercase();
        let mut words = upper.split_ascii_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        let status = second.and_then(|word| word.parse::<u16>().ok());
        match (first, status) {
            ("ICY", Some(200)) => Self::Icy,
            ("OK", _) if second.is_none() => Self::Icy,
            ("ICY", Some(status)) => Self::IcyStatus(status),
            ("SOURCETABLE", _) => Self::Table,
            ("ERROR", _) => Self::Error(line.trim().to_owned()),
            (protocol, Some(_)) if protocol.starts_with("HTTP/") => Self::Http,
            _ => Self::Foreign,
        }
    }
}

/// The status of an HTTP line; 0 when there is none.
pub(crate) fn status_of(head: &Head) -> u16 {
    let word = head.start_line().split_ascii_whitespace().nth(1);
    word.and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// What kind of body a good HTTP answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// `gnss/data`, or nothing said, or something general.
    Data,
    /// `gnss/sourcetable`, `text/plain`.
    Table,
    /// `text/html` and the like: a portal.
    Page,
}

impl BodyKind {
    pub(crate) fn of(head: &Head) -> Self {
        let kind = head.header("Content-Type").unwrap_or_default().to_ascii_lowercase();
        match kind.split(';').next().unwrap_or_default().trim() {
            "gnss/sourcetable" | "text/plain" => Self::Table,
            "text/html" | "application/json" | "text/xml" => Self::Page,
            _ => Self::Data,
        }
    }
}

/// A caster's words, short enough and harmless enough for a log.
pub(crate) fn words(text: &str) -> String {
    let shown = text.trim().chars().map(|c| if c.is_control() { '.' } else { c });
    shown.take(REASON_CHARS_MAX).collect()
}
