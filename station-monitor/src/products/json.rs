//! The JSON of manifests and quality summaries: written in a fixed order, and read again after a restart.

use std::fmt::Write;

/// A JSON value. Numbers are kept as they are written, so that none is rounded on its way.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// Names and values, in their order.
    Object(Vec<(String, Json)>),
}

/// Why a text is no JSON that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no JSON at byte {at}")]
pub struct BadJson {
    /// Where reading ended.
    pub at: usize,
}

/// Deeper than this nothing of ours is; reading deeper would only serve to exhaust the stack.
const DEPTH_MAX: usize = 16;

impl Json {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn count(number: u64) -> Self {
        Self::Number(number.to_string())
    }

    /// A number of so many decimals; `null` for what is no finite number.
    pub fn decimal(number: f64, decimals: usize) -> Self {
        if number.is_finite() { Self::Number(format!("{number:.decimals$}")) } else { Self::Null }
    }

    /// An object of those names and values.
    pub fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The value under a name of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(own, _)| own == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_count(&self) -> Option<u64> {
        match self {
            Self::Number(number) => number.parse().ok(),
            _ => None,
        }
    }

    /// The entries, if it is a list.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text of a file: two blanks per level, and a line end at the end.
    pub fn to_file(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out.push('\n');
        out
    }

    fn write(&self, out: &mut String, level: usize) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Self::Number(number) => out.push_str(number),
            Self::Text(text) => write_text(out, text),
            Self::List(entries) => {
                let entries = entries.iter().map(|entry| (None, entry));
                write_members(out, level, ('[', ']'), entries);
            }
            Self::Object(members) => {
                let members = members.iter().map(|(name, value)| (Some(name.as_str()), value));
                write_members(out, level, ('{', '}'), members);
            }
        }
    }

    /// Reads a whole text.
    pub fn read(text: &str) -> Result<Self, BadJson> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value(0)?;
        reader.blanks();
        if reader.at == text.len() { Ok(value) } else { Err(reader.bad()) }
    }
}

fn write_members<'a>(
    out: &mut String,
    level: usize,
    (open, close): (char, char),
    members: impl Iterator<Item = (Option<&'a str>, &'a Json)>,
) {
    out.push(open);
    let mut is_empty = true;
    for (name, value) in members {
        out.push_str(if is_empty { "\n" } else { ",\n" });
        is_empty = false;
        out.extend(std::iter::repeat_n("  ", level + 1));
        if let Some(name) = name {
            write_text(out, name);
            out.push_str(": ");
        }
        value.write(out, level + 1);
    }
    if !is_empty {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", level));
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Writing to a String cannot fail.
            c if u32::from(c) < 0x20 => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn bad(&self) -> BadJson {
        BadJson { at: self.at }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Takes a word that stands here.
    fn takes(&mut self, word: &str) -> bool {
        self.blanks();
        let is_here = self.rest().starts_with(word);
        self.at += if is_here { word.len() } else { 0 };
        is_here
    }

    fn must_take(&mut self, word: &str) -> Result<(), BadJson> {
        if self.takes(word) { Ok(()) } else { Err(self.bad()) }
    }

    fn value(&mut self, depth: usize) -> Result<Json, BadJson> {
        if depth > DEPTH_MAX {
            return Err(self.bad());
        }
        for (word, value) in
            [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))]
        {
            if self.takes(word) {
                return Ok(value);
            }
        }
        if self.takes("[") {
            let mut entries = Vec::new();
            while !self.takes("]") {
                if !entries.is_empty() {
                    self.must_take(",")?;
                }
                entries.push(self.value(depth + 1)?);
            }
            return Ok(Json::List(entries));
        }
        if self.takes("{") {
            let mut members = Vec::new();
            while !self.takes("}") {
                if !members.is_empty() {
                    self.must_take(",")?;
                }
                self.must_take("\"")?;
                let name = self.text()?;
                self.must_take(":")?;
                members.push((name, self.value(depth + 1)?));
            }
            return Ok(Json::Object(members));
        }
        if self.takes("\"") { self.text().map(Json::Text) } else { self.number() }
    }

    fn number(&mut self) -> Result<Json, BadJson> {
        let rest = self.rest();
        let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let number = rest.get(..rest.find(|c| !is_of_number(c)).unwrap_or(rest.len()));
        let number = number.filter(|n| n.parse::<f64>().is_ok()).ok_or(self.bad())?.to_owned();
        self.at += number.len();
        Ok(Json::Number(number))
    }

    /// The rest of a text whose first quote was taken.
    fn text(&mut self) -> Result<String, BadJson> {
        let mut read = String::new();
        loop {
            let mut letters = self.rest().chars();
            let c = letters.next().ok_or(self.bad())?;
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(read),
                '\\' => read.push(self.escape()?),
                c => read.push(c),
            }
        }
    }

    fn escape(&mut self) -> Result<char, BadJson> {
        let c = self.rest().chars().next().ok_or(self.bad())?;
        self.at += c.len_utf8();
        match c {
            '"' | '\\' | '/' => Ok(c),
            'n' => Ok('\n'),
            't' => Ok('\t'),
            'r' => Ok('\r'),
            'u' => {
                let code = self.rest().get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let letter = code.and_then(char::from_u32).ok_or(self.bad())?;
                self.at += 4;
                Ok(letter)
            }
            _ => Err(self.bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            any::<u64>().prop_map(Json::count),
            (-1e9..1e9).prop_map(|x| Json::decimal(x, 3)),
            any::<String>().prop_map(Json::Text),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::List),
                proptest::collection::vec((any::<String>(), inner), 0..4).prop_map(Json::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in json()) {
            prop_assert_eq!(Json::read(&value.to_file()), Ok(value));
        }

        #[test]
        fn no_text_leads_to_a_panic(text in any::<String>(), braces in "[\\[{\":,\\\\u0-9]{0,40}") {
            let _ = (Json::read(&text), Json::read(&braces));
        }
    }

    #[test]
    fn a_file_is_written_in_a_fixed_form() {
        let value = Json::object([
            ("name", Json::text("a\"b")),
            ("sizes", Json::List(vec![Json::count(1), Json::decimal(0.25, 2)])),
            ("none", Json::List(vec![])),
        ]);
        let text = "{\n  \"name\": \"a\\\"b\",\n  \"sizes\": [\n    1,\n    0.25\n  ],\n  \"none\": []\n}\n";
        assert_eq!(value.to_file(), text);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for wrong in ["", "{", "[1 2]", "{\"a\" 1}", "nul", "\"a", "1 2", "\"\\x\""] {
            assert!(Json::read(wrong).is_err(), "{wrong}");
        }
        assert!(Json::read(&"[".repeat(100_000)).is_err());
    }
}
