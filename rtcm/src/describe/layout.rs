//! Walking a message by its layout: fields, texts, and lists whose length stands in an earlier field.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;

use crate::bits::{BitReader, PastEnd};
use crate::describe::{Field, Value};
use crate::message::data_field::{Coding, DataField, Sign};

/// A part of a message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item {
    /// Data fields, one after the other.
    Fields(&'static [DataField]),
    /// Characters in ISO 8859-1 behind their count.
    Text { counter: DataField, df: u16, name: &'static str },
    /// Characters in UTF-8 behind the count of their bytes.
    Utf8 { counter: DataField, df: u16, name: &'static str },
    /// Entries of the same make.
    List { name: &'static str, count: Count, entry: &'static [Item] },
    /// Entries of nothing but data fields.
    Each { name: &'static str, count: Count, fields: &'static [DataField] },
    /// Fields of which each is there only if its bit of an earlier field is set, the highest bit first.
    Masked { mask: DataField, fields: &'static [DataField] },
}

/// How many entries a list has.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    /// As many as that data field said, the last one read.
    Told(u16),
    /// Always so many.
    Always(u64),
}

/// The fields as far as the payload reaches, and what is wrong where it does not reach to the end.
///
/// The work is bounded by the payload: each entry of a list takes bits.
pub(super) fn walk(items: &[Item], payload: &[u8]) -> (Vec<Field>, Option<String>) {
    let mut walker = Walker { reader: BitReader::new(payload), counts: Vec::new() };
    let mut fields = Vec::new();
    let walked = walker.reader.skip(12).and_then(|()| walker.items(items, &mut fields));
    (fields, walked.err().map(|fault| fault.to_string()))
}

struct Walker<'a> {
    reader: BitReader<'a>,
    /// The integers read so far that may be counts: data field and value.
    counts: Vec<(u16, u64)>,
}

impl Walker<'_> {
    fn items(&mut self, items: &[Item], fields: &mut Vec<Field>) -> Result<(), PastEnd> {
        for item in items {
            match *item {
                Item::Fields(table) => {
                    for field in table {
                        self.field(field, fields)?;
                    }
                }
                Item::Text { counter, df, name } => {
                    let text = self.bytes(&counter)?.into_iter().map(char::from).collect();
                    fields.push(Field { name, data_field: Some(df), value: Value::Text(text) });
                }
                Item::Utf8 { counter, df, name } => {
                    let bytes = self.bytes(&counter)?;
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    fields.push(Field { name, data_field: Some(df), value: Value::Text(text) });
                }
                Item::List { name, count, entry } => self.list(name, count, entry, fields)?,
                Item::Each { name, count, fields: table } => {
                    self.list(name, count, &[Item::Fields(table)], fields)?;
                }
                Item::Masked { mask, fields: optional } => {
                    let set = self.field(&mask, fields)?;
                    for (i, field) in optional.iter().enumerate() {
                        let bit = optional.len() - 1 - i;
                        if set >> bit & 1 == 1 {
                            self.field(field, fields)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn list(
        &mut self,
        name: &'static str,
        count: Count,
        entry: &[Item],
        fields: &mut Vec<Field>,
    ) -> Result<(), PastEnd> {
        let count = match count {
            Count::Always(count) => count,
            Count::Told(df) => {
                let mut told = self.counts.iter().rev();
                told.find(|(known, _)| *known == df).map_or(0, |&(_, count)| count)
            }
        };
        let mut entries = Vec::new();
        let mut walked = Ok(());
        for _ in 0..count {
            let mut one = Vec::new();
            walked = self.items(entry, &mut one);
            if !one.is_empty() {
                entries.push(one);
            }
            if walked.is_err() {
                break;
            }
        }
        fields.push(Field::derived(name, Value::List(entries)));
        walked
    }

    /// Reads one field and gives its bits.
    fn field(&mut self, field: &DataField, fields: &mut Vec<Field>) -> Result<u64, PastEnd> {
        let raw = self.reader.unsigned(field.bits.into())?;
        if field.coding == Coding::Unsigned {
            self.counts.push((field.df, raw));
        }
        fields.push(Field {
            name: field.name,
            data_field: Some(field.df),
            value: value(field, raw),
        });
        if let Coding::Satellite { .. } = field.coding {
            fields.push(Field::derived("satellite", satellite(field, raw)));
        }
        Ok(raw)
    }

    fn bytes(&mut self, counter: &DataField) -> Result<Vec<u8>, PastEnd> {
        let count = self.reader.unsigned(counter.bits.into())?;
        let bytes = (0..count).map(|_| self.reader.unsigned(8));
        bytes.map(|byte| byte.map(|byte| u8::try_from(byte).unwrap_or_default())).collect()
    }
}

/// The value of a field.
pub(super) fn value(field: &DataField, raw: u64) -> Value {
    if field.absent == Some(raw) {
        return Value::Absent;
    }
    match field.coding {
        Coding::Unsigned | Coding::Satellite { .. } => Value::Unsigned(raw),
        Coding::Signed => Value::Signed(field.integer(raw)),
        Coding::Flag => Value::Flag(raw != 0),
        // A negative zero is the sender's way to write a sign, not a value.
        Coding::Scaled { sign: Sign::Magnitude, .. } => Value::Number(field.number(raw) + 0.0),
        Coding::Scaled { .. } => Value::Number(field.number(raw)),
    }
}

/// The RINEX name; absent where no satellite has that number.
fn satellite(field: &DataField, raw: u64) -> Value {
    let Coding::Satellite { constellation, offset } = field.coding else { return Value::Absent };
    let number = u8::try_from(raw).ok().and_then(|raw| raw.checked_add(offset));
    let satellite = match (constellation, number) {
        // DF009 and DF068 tell GPS satellites by 1 to 32 and SBAS ones (PRN 120 to 138) by 40 to 58.
        (Constellation::Gps, Some(id @ 40..=58)) => Satellite::new(Constellation::Sbas, id - 20),
        (Constellation::Gps, Some(33..)) => None,
        (_, number) => number.and_then(|number| Satellite::new(constellation, number)),
    };
    satellite.map_or(Value::Absent, |satellite| Value::Text(satellite.to_string()))
}
