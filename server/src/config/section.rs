//! Reading one table of a TOML file key by key, so that every fault is told, not only the first.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::complaint::Complaints;

/// A table being read. Each key is asked for once; what nobody asked for is a fault when it is closed.
pub(crate) struct Section<'a> {
    name: &'a str,
    at: Range<usize>,
    table: &'a DeTable<'a>,
    asked: Vec<&'static str>,
    complaints: &'a mut Complaints,
}

/// A value and where it stands in the file.
pub(crate) struct Found<T> {
    /// The value.
    pub value: T,
    /// Its range of bytes.
    pub at: Range<usize>,
}

/// A text, or a count.
pub(crate) enum TextOrCount<'a> {
    /// A text.
    Text(Found<&'a str>),
    /// A whole number from 0.
    Count(usize),
}

impl<'a> Section<'a> {
    /// Begins to read a table that stands at `at` and is called `name` in messages.
    pub(crate) fn open(
        name: &'a str,
        at: Range<usize>,
        table: &'a DeTable<'a>,
        complaints: &'a mut Complaints,
    ) -> Self {
        Self { name, at, table, asked: Vec::new(), complaints }
    }

    /// Where the table stands.
    pub(crate) fn place(&self) -> Range<usize> {
        self.at.clone()
    }

    /// Notes a fault.
    pub(crate) fn complain(&mut self, at: &Range<usize>, text: impl Into<String>) {
        self.complaints.add(at, text);
    }

    /// How many faults were noted so far in the whole file.
    pub(crate) fn faults(&self) -> usize {
        self.complaints.count()
    }

    /// The text under a key.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Found<&'a str>> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some(Found { value: text, at: value.span() }),
            None => self.wrong_kind(key, value, "a text in quotes"),
        }
    }

    /// The text under a key, or what holds where it is absent.
    pub(crate) fn text_or(&mut self, key: &'static str, default: &str) -> String {
        self.text(key).map_or_else(|| default.to_owned(), |found| found.value.to_owned())
    }

    /// The text under a key, read as a value of its own kind.
    pub(crate) fn parsed<T>(&mut self, key: &'static str) -> Option<Found<T>>
    where
        T: FromStr,
        T::Err: Display,
    {
        let found = self.text(key)?;
        match found.value.parse() {
            Ok(value) => Some(Found { value, at: found.at }),
            Err(why) => {
                self.complain(&found.at, format!("{key}: {why}"));
                None
            }
        }
    }

    /// A key that must be there: its absence is a fault of the whole table.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            let at = self.place();
            let text = format!("{} has no `{key}`: add a line `{key} = ...`", self.name);
            self.complain(&at, text);
        }
        read(self)
    }

    /// One of a few words.
    pub(crate) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let found = self.text(key)?;
        let known = words.iter().find(|(word, _)| *word == found.value);
        if known.is_none() {
            let all: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
            let text =
                format!("{key} = \"{}\" is not known here: use {}", found.value, all.join(", "));
            self.complain(&found.at, text);
        }
        known.map(|(_, value)| *value)
    }

    /// A whole number within a range, or what holds where it is absent.
    pub(crate) fn integer_or(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> u64 {
        let Some(value) = self.value(key) else { return default };
        let read = value
            .get_ref()
            .as_integer()
            .and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok())
            .filter(|i| range.contains(i));
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        read.or_else(|| self.wrong_kind(key, value, &wanted)).unwrap_or(default)
    }

    /// A number within a range. Whole numbers are numbers too.
    pub(crate) fn number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.value(key)?;
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        number_of(value.get_ref())
            .filter(|x| range.contains(x))
            .or_else(|| self.wrong_kind(key, value, &wanted))
    }

    /// A number within a range, or what holds where it is absent.
    pub(crate) fn number_or(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
        default: f64,
    ) -> f64 {
        self.number(key, range).unwrap_or(default)
    }

    /// A span of time in seconds within a range, or what holds where it is absent.
    pub(crate) fn seconds_or(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
        default: Duration,
    ) -> Duration {
        self.number(key, range).map_or(default, Duration::from_secs_f64)
    }

    /// `true` or `false`, or what holds where it is absent.
    pub(crate) fn flag_or(&mut self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.value(key) else { return default };
        let read = value.get_ref().as_bool();
        read.or_else(|| self.wrong_kind(key, value, "true or false")).unwrap_or(default)
    }

    /// A list of texts, each read as a value of its own kind. Absent is `None`; bad entries are faults.
    pub(crate) fn list<T>(&mut self, key: &'static str) -> Option<Vec<Found<T>>>
    where
        T: FromStr,
        T::Err: Display,
    {
        let value = self.value(key)?;
        let Some(entries) = value.get_ref().as_array() else {
            return self.wrong_kind(key, value, "a list of texts, as in [\"a\", \"b\"]");
        };
        let mut read = Vec::new();
        for entry in entries {
            match entry.get_ref().as_str().map(str::parse) {
                Some(Ok(value)) => read.push(Found { value, at: entry.span() }),
                Some(Err(why)) => self.complain(&entry.span(), format!("{key}: {why}")),
                None => self.complain(&entry.span(), format!("{key} is a list of texts in quotes")),
            }
        }
        Some(read)
    }

    /// A list of exactly `N` numbers.
    pub(crate) fn numbers<const N: usize>(
        &mut self,
        key: &'static str,
        meaning: &str,
    ) -> Option<Found<[f64; N]>> {
        let value = self.value(key)?;
        let entries = value.get_ref().as_array();
        let read: Option<Vec<f64>> =
            entries.and_then(|list| list.iter().map(|x| number_of(x.get_ref())).collect());
        match read.and_then(|list| <[f64; N]>::try_from(list).ok()) {
            Some(numbers) => Some(Found { value: numbers, at: value.span() }),
            None => self.wrong_kind(key, value, &format!("a list of {N} numbers, {meaning}")),
        }
    }

    /// A number of any size. Whoever knows what is possible says so later; what is no finite number is a fault.
    pub(crate) fn any_number(&mut self, key: &'static str) -> Option<Found<f64>> {
        let value = self.value(key)?;
        match number_of(value.get_ref()) {
            Some(number) => Some(Found { value: number, at: value.span() }),
            None => self.wrong_kind(key, value, "a number"),
        }
    }

    /// A text or a whole number from 0.
    pub(crate) fn text_or_count(&mut self, key: &'static str) -> Option<TextOrCount<'a>> {
        let value = self.value(key)?;
        if let Some(text) = value.get_ref().as_str() {
            return Some(TextOrCount::Text(Found { value: text, at: value.span() }));
        }
        let count = value.get_ref().as_integer().and_then(|i| i.as_str().parse().ok());
        match count {
            Some(count) => Some(TextOrCount::Count(count)),
            None => self.wrong_kind(key, value, "a text in quotes or a whole number from 0"),
        }
    }

    /// A number that takes the place of another; where it is absent or none, that one stays.
    pub(crate) fn number_into(&mut self, key: &'static str, field: &mut f64) {
        if let Some(found) = self.any_number(key) {
            *field = found.value;
        }
    }

    /// A number that must be there.
    pub(crate) fn required_number(&mut self, key: &'static str) -> Option<f64> {
        self.required(key, |section| section.any_number(key)).map(|found| found.value)
    }

    /// A number that must be there and takes the place of another; where there is none, that one stays.
    pub(crate) fn required_number_into(&mut self, key: &'static str, field: &mut f64) {
        *field = self.required_number(key).unwrap_or(*field);
    }

    /// Reads a table within this one, which messages call `title`; nothing if it is absent.
    pub(crate) fn table(&mut self, key: &'static str, title: &str, read: impl FnOnce(Section<'_>)) {
        let Some(value) = self.value(key) else { return };
        match as_table(value) {
            Some((at, table)) => read(Section::open(title, at, table, self.complaints)),
            None => self.complain(&value.span(), format!("{key} is a table: write {title}")),
        }
    }

    /// Reads a list of tables within this one, which messages call `title`. It takes the place of `list`; where it is
    /// absent, `list` stays. What cannot be read of an entry is a fault, and something possible takes its place, so
    /// that the rest of the entry can still be judged.
    pub(crate) fn tables_into<T>(
        &mut self,
        key: &'static str,
        title: &str,
        list: &mut Vec<T>,
        mut read: impl FnMut(Section<'_>) -> T,
    ) {
        let Some(value) = self.value(key) else { return };
        let tables: Option<Vec<_>> =
            value.get_ref().as_array().and_then(|entries| entries.iter().map(as_table).collect());
        let Some(tables) = tables else {
            let text = format!("{key} is a list of tables: write {title}");
            return self.complain(&value.span(), text);
        };
        *list = tables
            .into_iter()
            .map(|(at, table)| read(Section::open(title, at, table, self.complaints)))
            .collect();
    }

    /// Ends the reading: what nobody asked for is a fault, with the nearest known key named.
    pub(crate) fn close(mut self) {
        let unknown: Vec<_> = self
            .table
            .keys()
            .filter(|key| !self.asked.contains(&key.get_ref().as_ref()))
            .map(|key| (key.get_ref().to_string(), key.span()))
            .collect();
        for (key, at) in unknown {
            let text = format!("{} has no key `{key}`{}", self.name, self.nearest(&key));
            self.complain(&at, text);
        }
    }

    fn nearest(&self, wrong: &str) -> String {
        let close = self.asked.iter().map(|known| (edits(wrong, known), known)).min();
        match close {
            Some((distance, known)) if distance <= 3 => format!(": is `{known}` meant?"),
            _ => format!(": it knows {}", self.asked.join(", ")),
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.table.get(key)
    }

    fn wrong_kind<T>(
        &mut self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        wanted: &str,
    ) -> Option<T> {
        let text = format!("{key} must be {wanted}, not {}", shown(value.get_ref()));
        self.complain(&value.span(), text);
        None
    }
}

/// A table of a list of tables, and where it stands.
pub(crate) fn as_table<'a>(
    entry: &'a Spanned<DeValue<'a>>,
) -> Option<(Range<usize>, &'a DeTable<'a>)> {
    entry.get_ref().as_table().map(|table| (entry.span(), table))
}

/// A value as a message shows it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(i) => i.as_str().to_owned(),
        DeValue::Float(x) => x.as_str().to_owned(),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::String(_) => "a text".to_owned(),
        DeValue::Array(_) => "this list".to_owned(),
        other => format!("a {}", other.type_str()),
    }
}

fn number_of(value: &DeValue<'_>) -> Option<f64> {
    let digits = match value {
        DeValue::Integer(i) if i.radix() == 10 => i.as_str(),
        DeValue::Float(x) => x.as_str(),
        _ => return None,
    };
    digits.parse().ok().filter(|x: &f64| x.is_finite())
}

/// How many letters must be changed, added or removed to make one word of the other (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let up = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let cell = (diagonal + usize::from(a != b)).min(left + 1).min(up + 1);
            diagonal = up;
            if let Some(slot) = row.get_mut(j) {
                *slot = left;
            }
            left = cell;
        }
        if let Some(last) = row.last_mut() {
            *last = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_the_one_with_fewest_edits() {
        assert_eq!(edits("listen", "listen"), 0);
        assert_eq!(edits("listn", "listen"), 1);
        assert_eq!(edits("", "tls"), 3);
        assert_eq!(edits("kitten", "sitting"), 3);
    }

    #[test]
    fn every_fault_of_a_table_is_told_with_its_line() {
        let text = "name = 5\nlisten = \"x\"\nspeed = 99.0\nsped = 1\nlist = [\"1\", \"y\", 3]\n";
        let (table, _) = DeTable::parse_recoverable(text);
        let mut complaints = Complaints::about(text);
        let mut section =
            Section::open("[[station]]", table.span(), table.get_ref(), &mut complaints);
        assert!(section.text("name").is_none());
        assert!(section.parsed::<std::net::SocketAddr>("listen").is_none());
        assert!((section.number_or("speed", 0.0..=10.0, 1.0) - 1.0).abs() < f64::EPSILON);
        assert!(section.required("mountpoint", |s| s.text("mountpoint")).is_none());
        assert_eq!(section.list::<u8>("list").map(|l| l.len()), Some(1));
        section.close();
        let lines: Vec<usize> = complaints.into_sorted().iter().map(|c| c.line).collect();
        assert_eq!(lines, [1, 1, 2, 3, 4, 5, 5]);
    }
}
