//! A TOML document: parsed with every broken line told, its tables handed out to be read.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::hash::Hash;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::complaint::Complaints;
use crate::config::section::{Found, Section, as_table};

/// The document of a text; none if lines of it are no TOML, which are then complained about.
pub(crate) fn parse<'a>(
    text: &'a str,
    complaints: &mut Complaints,
) -> Option<Spanned<DeTable<'a>>> {
    let (document, syntax_errors) = DeTable::parse_recoverable(text);
    for error in &syntax_errors {
        let at = error.span().unwrap_or(0..0);
        complaints.add(&at, format!("this is not TOML: {}", error.message()));
    }
    syntax_errors.is_empty().then_some(document)
}

/// Complains about tables that nobody would read.
pub(crate) fn only_these(root: &DeTable<'_>, tables: &[&str], complaints: &mut Complaints) {
    for key in root.keys() {
        if !tables.contains(&key.get_ref().as_ref()) {
            let text = format!("there is no table `{}`: use {}", key.get_ref(), tables.join(", "));
            complaints.add(&key.span(), text);
        }
    }
}

/// Reads a table that stands at most once; an absent one is an empty one.
pub(crate) fn one<T>(
    root: &DeTable<'_>,
    name: &str,
    complaints: &mut Complaints,
    read: impl FnOnce(Section<'_>) -> T,
) -> T {
    let title = format!("[{name}]");
    let empty = DeTable::new();
    match root.get(name).map(|value| (value.span(), value.get_ref())) {
        Some((at, DeValue::Table(table))) => read(Section::open(&title, at, table, complaints)),
        other => {
            if let Some((at, _)) = other {
                complaints.add(&at, format!("{name} is a table: write {title}"));
            }
            read(Section::open(&title, 0..0, &empty, complaints))
        }
    }
}

/// Reads all tables of a list of tables.
///
/// What cannot be read of one is a fault, and something possible takes its place: nobody uses a faulty file, but
/// what refers to the table, and what the rest of it says, can still be judged.
pub(crate) fn each<T>(
    root: &DeTable<'_>,
    name: &str,
    complaints: &mut Complaints,
    mut read: impl FnMut(Section<'_>) -> T,
) -> Vec<Found<T>> {
    let Some(value) = root.get(name) else { return Vec::new() };
    let title = format!("[[{name}]]");
    let tables: Option<Vec<_>> =
        value.get_ref().as_array().and_then(|entries| entries.iter().map(as_table).collect());
    let Some(tables) = tables else {
        complaints.add(&value.span(), format!("{name} is a list of tables: write {title}"));
        return Vec::new();
    };
    let mut all = Vec::with_capacity(tables.len());
    for (at, table) in tables {
        let section = Section::open(&title, at.clone(), table, complaints);
        all.push(Found { value: read(section), at });
    }
    all
}

/// Takes the place of a name that cannot be read: no other table of the file has it.
pub(crate) fn unnamed(table_at: &Range<usize>) -> String {
    format!("unnamed-at-{}", table_at.start)
}

/// Complains about every name that stands there a second time.
pub(crate) fn unique<'a, T: Ord + Hash + Display>(
    what: &str,
    names: impl Iterator<Item = (T, &'a Range<usize>)>,
    complaints: &mut Complaints,
) {
    let mut seen = BTreeSet::new();
    for (name, at) in names {
        if seen.contains(&name) {
            complaints.add(at, format!("there is already a {what} called {name} above"));
        }
        seen.insert(name);
    }
}
