//! Accounts as JSON: an array of objects, described in docs/accounts.md.

use anyhow::{Context, bail};
use serde_json::{Map, Value as Json};

use crate::users::file::{FIELDS, Record};

/// Writes records: `enabled` as a truth, `sessions` as a number, `mountpoints` as a list, what sets no limit as null.
pub(crate) fn write(records: &[Record]) -> String {
    let objects: Vec<Json> = records.iter().map(object).collect();
    // Values made here have no way to fail; keys are texts.
    serde_json::to_string_pretty(&objects).unwrap_or_default() + "\n"
}

fn object(record: &Record) -> Json {
    let mut object = Map::new();
    for (name, field) in FIELDS.iter().zip(record) {
        let value = match (*name, field) {
            (_, None) => Json::Null,
            ("enabled", Some(text)) => Json::from(text == "true"),
            ("sessions", Some(text)) => text.parse::<i64>().map_or(Json::Null, Json::from),
            ("mountpoints", Some(text)) => text.split_whitespace().collect(),
            (_, Some(text)) => Json::from(text.as_str()),
        };
        object.insert((*name).to_owned(), value);
    }
    Json::Object(object)
}

/// Reads records.
pub(crate) fn read(text: &str) -> anyhow::Result<Vec<Record>> {
    let wanted = "accounts as JSON are an array of objects";
    let Json::Array(entries) = serde_json::from_str(text).context(wanted)? else { bail!(wanted) };
    let numbered = (1..).zip(&entries);
    numbered
        .map(|(number, entry)| {
            let object = entry.as_object().context(wanted)?;
            record(object).with_context(|| format!("record {number}"))
        })
        .collect()
}

fn record(object: &Map<String, Json>) -> anyhow::Result<Record> {
    let mut record = Record::default();
    for (key, value) in object {
        let at = FIELDS.iter().position(|field| field == key);
        let at =
            at.with_context(|| format!("there is no field {key:?}: use {}", FIELDS.join(", ")))?;
        let field = match (key.as_str(), value) {
            (_, Json::Null) => None,
            ("enabled", Json::Bool(truth)) => Some(truth.to_string()),
            ("sessions", Json::Number(number)) => Some(number.to_string()),
            ("mountpoints", Json::Array(names)) => {
                let names: Option<Vec<_>> = names.iter().map(Json::as_str).collect();
                Some(names.context("mountpoints is a list of texts")?.join(" "))
            }
            ("enabled" | "sessions" | "mountpoints", _) => {
                bail!("{key} is not of its kind: true or false, a number, a list of texts")
            }
            (_, Json::String(text)) => Some(text.clone()),
            _ => bail!("{key} is a text"),
        };
        if let Some(slot) = record.get_mut(at) {
            *slot = field;
        }
    }
    Ok(record)
}
