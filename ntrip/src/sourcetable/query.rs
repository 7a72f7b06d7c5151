//! The queries of NTRIP 2 on a sourcetable: `?match=`, `?filter=`, `?STR;…`, `?auth`, `?strict`.
//!
//! The standard's text is not public; this is what casters and clients do (docs/ntrip-in-the-field.md, note 18), made definite:
//!
//! * A pattern is a record with conditions in place of values: `STR;LD000;;;;;;DEU`. An empty condition asks nothing;
//!   the first names the kind of record and may be empty too.
//! * `match=`: a condition is a value; texts are compared exactly, numbers as numbers (`50.8` is `50.80`).
//! * `filter=` and a bare pattern: alternatives parted by `|`, each of conditions joined by `&`; a condition is a text
//!   with `*` for anything, or `>`, `>=`, `<`, `<=`, `=` and a number; `!` before it negates.
//! * `auth`: only streams that the asker may read. `strict`: a condition that cannot be read refuses the query;
//!   without it the condition is left out and counted.
//! * Parts are parted by `&`; all of them must hold.

use crate::findings::{Finding, Findings};
use crate::sourcetable::record::{Record, number};

/// The longest query. Real ones have below 100 characters; each condition is tried on every record.
pub const QUERY_BYTES_MAX: usize = 256;

/// Which records of a table are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableQuery {
    authorized_only: bool,
    strict: bool,
    patterns: Vec<Vec<Condition>>,
}

/// Why a strict query was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryFault {
    /// Longer than [`QUERY_BYTES_MAX`].
    #[error("the sourcetable query is longer than {QUERY_BYTES_MAX} characters")]
    TooLong,
    /// A condition that cannot be read.
    #[error("the condition {0:?} of the sourcetable query cannot be read")]
    Unreadable(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Any,
    Equal(String),
    /// Alternatives of joined terms.
    Expression(Vec<Vec<Term>>),
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Less(f64),
    LessOrEqual(f64),
    More(f64),
    MoreOrEqual(f64),
    /// Literal pieces with anything between them.
    Like(Vec<String>),
    /// A number, or else a text, exactly.
    Equal(String),
}

impl TableQuery {
    /// Reads the part of a request's target behind `?`, percent codes already resolved.
    pub fn parse(text: &str, findings: &mut Findings) -> Result<Self, QueryFault> {
        let parts = parts(text);
        let mut query = Self {
            strict: parts.contains(&"strict"),
            authorized_only: parts.contains(&"auth"),
            patterns: Vec::new(),
        };
        if text.len() > QUERY_BYTES_MAX {
            return query.tolerate(QueryFault::TooLong, findings).map(|()| query);
        }
        for part in parts.into_iter().filter(|part| !matches!(*part, "" | "strict" | "auth")) {
            let (exact, pattern) = match part.split_once('=') {
                Some(("match", pattern)) => (true, pattern),
                Some(("filter", pattern)) => (false, pattern),
                _ => (false, part),
            };
            let mut conditions = Vec::new();
            for field in pattern.split(';') {
                let condition = read_condition(field, exact);
                if condition.is_none() {
                    query.tolerate(QueryFault::Unreadable(field.to_owned()), findings)?;
                }
                conditions.push(condition.unwrap_or(Condition::Any));
            }
            query.patterns.push(conditions);
        }
        Ok(query)
    }

    /// Whether only streams that the asker may read are wanted (`?auth`).
    pub fn authorized_only(&self) -> bool {
        self.authorized_only
    }

    /// Whether the whole table is asked for.
    pub fn is_everything(&self) -> bool {
        !self.authorized_only && self.patterns.is_empty()
    }

    /// Whether a record satisfies every pattern.
    pub fn matches(&self, record: &Record) -> bool {
        if self.patterns.is_empty() {
            return true;
        }
        let fields = record.fields();
        let holds = |pattern: &Vec<Condition>| {
            let mut fields = fields.iter();
            pattern.iter().all(|condition| condition.holds(fields.next().map(String::as_str)))
        };
        self.patterns.iter().all(holds)
    }

    /// An unreadable condition refuses a strict query and is left out of another.
    fn tolerate(&self, fault: QueryFault, findings: &mut Findings) -> Result<(), QueryFault> {
        if self.strict {
            return Err(fault);
        }
        findings.note(Finding::QueryConditionIgnored);
        Ok(())
    }
}

impl Condition {
    fn holds(&self, field: Option<&str>) -> bool {
        match (self, field) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Equal(wanted), Some(field)) => equal(field, wanted),
            (Self::Expression(alternatives), Some(field)) => {
                alternatives.iter().any(|terms| terms.iter().all(|term| term.holds(field)))
            }
        }
    }
}

impl Term {
    fn holds(&self, field: &str) -> bool {
        let compared = |holds: fn(f64, f64) -> bool, bound: f64| {
            number(field).is_some_and(|value| holds(value, bound))
        };
        let holds = match &self.test {
            Test::Less(bound) => compared(|a, b| a < b, *bound),
            Test::LessOrEqual(bound) => compared(|a, b| a <= b, *bound),
            Test::More(bound) => compared(|a, b| a > b, *bound),
            Test::MoreOrEqual(bound) => compared(|a, b| a >= b, *bound),
            Test::Like(pieces) => is_like(field, pieces),
            Test::Equal(wanted) => equal(field, wanted),
        };
        holds != self.negated
    }
}

/// The query's parts. An `&` parts them only before one of the four words: inside a filter it joins conditions.
fn parts(text: &str) -> Vec<&str> {
    let begins_part = |rest: &str| {
        let word = rest.split('&').next().unwrap_or_default();
        matches!(word, "auth" | "strict")
            || word.starts_with("match=")
            || word.starts_with("filter=")
    };
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices('&') {
        let (before, behind) = (text.get(start..at), text.get(at + 1..));
        let flag_before = before.is_some_and(|before| matches!(before, "auth" | "strict"));
        if flag_before || behind.is_some_and(begins_part) {
            parts.extend(before);
            start = at + 1;
        }
    }
    parts.extend(text.get(start..));
    parts
}

fn read_condition(field: &str, exact: bool) -> Option<Condition> {
    let field = field.trim();
    match (field.is_empty(), exact) {
        (true, _) => Some(Condition::Any),
        (false, true) => Some(Condition::Equal(field.to_owned())),
        (false, false) => {
            let read = |alternative: &str| alternative.split('&').map(read_term).collect();
            let alternatives: Option<Vec<Vec<Term>>> = field.split('|').map(read).collect();
            alternatives.map(Condition::Expression)
        }
    }
}

fn read_term(text: &str) -> Option<Term> {
    let text = text.trim();
    let (negated, text) = match text.strip_prefix('!') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let bound = |rest: &str| number(rest.trim());
    let test = if let Some(rest) = text.strip_prefix(">=") {
        Test::MoreOrEqual(bound(rest)?)
    } else if let Some(rest) = text.strip_prefix("<=") {
        Test::LessOrEqual(bound(rest)?)
    } else if let Some(rest) = text.strip_prefix('>') {
        Test::More(bound(rest)?)
    } else if let Some(rest) = text.strip_prefix('<') {
        Test::Less(bound(rest)?)
    } else if let Some(rest) = text.strip_prefix('=') {
        Test::Equal(rest.trim().to_owned())
    } else if text.is_empty() || text.starts_with('~') {
        // `~` asks for the nearest value in some casters; ours offers a nearest mountpoint instead.
        return None;
    } else if text.contains('*') {
        Test::Like(text.split('*').map(str::to_owned).collect())
    } else {
        Test::Equal(text.to_owned())
    };
    Some(Term { negated, test })
}

/// Equal as numbers when both are numbers, else as texts.
fn equal(field: &str, wanted: &str) -> bool {
    field == wanted
        || number(field).zip(number(wanted)).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
}

/// Whether the pieces occur in their order, the first at the beginning and the last at the end.
fn is_like(field: &str, pieces: &[String]) -> bool {
    let [first, middle @ .., last] = pieces else { return false };
    let Some(mut rest) = field.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        match rest.split_once(piece.as_str()) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}
