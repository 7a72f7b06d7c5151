//! Any frame as names and values: what `tianshu decode` prints.
//!
//! Every message whose layout is known is walked field by field, also those that nothing else in this house
//! understands (transformations, network corrections, SSR). Each field has the number of its data field,
//! so that it can be looked up in the standard.
//!
//! Names are the standard's, in snake case, and end in their unit: `m`, `m_s`, `m_s2` metres (per second,
//! per second squared), `mm`, `km`, `s`, `ms`, `min`, `rad`, `sc` semicircles, `sc_s` semicircles per second,
//! `sqrt_m` square root of a metre, `deg`, `asec` arc seconds, `ppm`, `dbhz`, `mjd` modified Julian day, `yr`
//! years. A name without a unit is a count, an index or an identifier. What is derived from other fields
//! (a satellite's RINEX name, a whole pseudorange) has no data field number.

mod layout;
mod msm;
mod tables;

use crate::frame::Frame;
use crate::message::name::name;
use crate::msm::header::msm_kind;

/// A frame as names and values.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The message number (DF002); none where the payload is too short for one.
    pub number: Option<u16>,
    /// The message's short title.
    pub name: &'static str,
    /// The reference station ID (DF003), where the message has one.
    pub station_id: Option<u16>,
    /// How long the frame is, header and checksum included.
    pub bytes: usize,
    /// What it says, in the order of the standard.
    pub fields: Vec<Field>,
    /// Why the fields end early, where the message is shorter than it should be, or is otherwise wrong.
    pub fault: Option<String>,
}

/// A named value.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name, its unit last.
    pub name: &'static str,
    /// The number of the data field in the standard; none where the value is derived.
    pub data_field: Option<u16>,
    /// The value.
    pub value: Value,
}

/// A value of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A count, an index or an identifier.
    Unsigned(u64),
    /// A signed integer.
    Signed(i64),
    /// A physical value in the unit that the name ends in.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// A text.
    Text(String),
    /// The message says that it has no value.
    Absent,
    /// Entries of the same make, such as satellites.
    List(Vec<Vec<Field>>),
}

impl Field {
    fn derived(name: &'static str, value: Value) -> Self {
        Self { name, data_field: None, value }
    }
}

/// Describes any frame. A message whose layout is not known is given as its payload in hexadecimal digits.
pub fn describe(frame: &Frame) -> Description {
    let number = frame.message_number();
    let payload = frame.payload();
    let (fields, fault) = match number {
        Some(number) if msm_kind(number).is_some() => msm::describe(payload),
        Some(number) => match tables::layout(number) {
            Some(items) => layout::walk(&items, payload),
            None => (vec![hex(payload)], None),
        },
        None => {
            (vec![hex(payload)], Some("the payload is too short for a message number".to_owned()))
        }
    };
    Description {
        number,
        name: number.map_or("unknown", name),
        station_id: frame.station_id(),
        bytes: frame.as_bytes().len(),
        fields,
        fault,
    }
}

fn hex(payload: &[u8]) -> Field {
    let digits = payload.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
    Field::derived("payload_hex", Value::Text(digits))
}

#[cfg(test)]
mod tests;
