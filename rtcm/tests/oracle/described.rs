//! What we describe and what pyrtcm reads, data field by data field, whatever the message.
//!
//! Both sides are lists of values by the number of their data field; a repeated field has as many values as
//! it is repeated, in the order of the message.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tianshu_rtcm::describe::{Description, Field, Value};

use crate::pyrtcm_dump::FieldKind;
use crate::tally::Tally;

/// Data fields that we use and do not print: the message number, which the description has by itself;
/// reserved bits; the counts of characters, which are told by the texts; the masks of MSM, which are told by
/// the satellites and signals (and compared bit by bit elsewhere).
const NOT_PRINTED: [u16; 16] =
    [1, 2, 29, 32, 139, 143, 145, 227, 229, 231, 394, 395, 396, 562, 565, 569];

/// DF140: its characters are the bytes of UTF-8; those of every other text are ISO 8859-1.
const UTF8_TEXT: u16 = 140;

/// DF422: four bits that pyrtcm gives one by one, and we as one mask.
const GLONASS_SIGNAL_MASK: u16 = 422;

/// Our unit, in pyrtcm's: `None` where a field has no such entry and the units are the same.
fn factor(df: u16) -> Option<f64> {
    Some(match df {
        // The modulus of a pseudorange: pyrtcm counts, we give metres (RTCM 10403.3, DF014 and DF044: units
        // of 299 792.458 m and 599 584.916 m).
        14 => 299_792.458,
        44 => 599_584.916,
        // pyrtcm 1.2.1 scales degrees by 25 times ten to the sixth power; the standard says minus sixth.
        62 | 63 => 1e-12,
        // Heights, phase corrections and SSR orbits and clocks: pyrtcm gives millimetres, we metres.
        64 | 69 | 70 | 237 | 238 | 365..=370 | 376..=378 | 390 => 1e-3,
        // pyrtcm counts units of 15 min, we give minutes.
        110 => 15.0,
        // pyrtcm 1.2.1 leaves these GLONASS fields unscaled (RTCM 10403.3, DF121 to DF135; GLONASS ICD).
        121 => 2.0_f64.powi(-40),
        124 | 125 | 135 => 2.0_f64.powi(-30),
        133 => 2.0_f64.powi(-31),
        // pyrtcm 1.2.1 has 0.00002 ppm; the standard's range of +-167.772 15 ppm in 25 bits is 0.00001 ppm.
        162 => 0.5,
        // The group delays of BeiDou: pyrtcm gives nanoseconds, we seconds.
        513 | 514 => 1e-9,
        _ => return None,
    })
}

/// The values of one message by data field.
type Values<T> = BTreeMap<u16, Vec<T>>;

/// A value of pyrtcm's, and how it was read.
type Theirs = (Json, FieldKind);

/// Compares every data field of a message; gives how many values were equal.
pub(crate) fn compare(
    tally: &mut Tally,
    place: &str,
    ours: &Description,
    theirs: &[(String, Json)],
    kinds: &BTreeMap<String, FieldKind>,
) -> u64 {
    let number = ours.number.unwrap_or_default();
    if let Some(fault) = &ours.fault {
        tally.differs(format!("{number} fault"), || format!("{place}: {fault}"));
    }
    let mut our_values = Values::new();
    collect_ours(&ours.fields, &mut our_values);
    let their_values = collect_theirs(theirs, kinds);
    let mut equal = 0;
    for (df, theirs) in &their_values {
        let kind = format!("{number} DF{df:03}");
        match our_values.remove(df) {
            Some(ours) if is_text(&ours) => {
                let (ours, theirs) = (our_text(&ours), their_text(*df, theirs));
                if ours == theirs {
                    equal += 1;
                } else {
                    tally.differs(kind, || format!("{place}: {ours:?}, pyrtcm has {theirs:?}"));
                }
            }
            Some(ours) => equal += compare_values(tally, place, &kind, *df, &ours, theirs),
            None if NOT_PRINTED.contains(df) => {}
            None => tally.differs(kind + " missing", || format!("{place}: {theirs:?}")),
        }
    }
    for (df, ours) in our_values {
        // An empty text is a count of zero to pyrtcm, and no attribute.
        if !(is_text(&ours) && our_text(&ours).is_empty()) {
            tally
                .differs(format!("{number} DF{df:03} ours alone"), || format!("{place}: {ours:?}"));
        }
    }
    equal
}

fn compare_values(
    tally: &mut Tally,
    place: &str,
    kind: &str,
    df: u16,
    ours: &[&Value],
    theirs: &[Theirs],
) -> u64 {
    if df == GLONASS_SIGNAL_MASK {
        let bits = theirs.iter().filter_map(|(bit, _)| bit.as_u64());
        let mask = bits.fold(0, |mask, bit| mask << 1 | bit);
        if ours != [&Value::Unsigned(mask)] {
            tally.differs(kind, || format!("{place}: {ours:?}, pyrtcm has {mask}"));
        }
        return 1;
    }
    if ours.len() != theirs.len() {
        tally.differs(format!("{kind} count"), || {
            format!("{place}: {} and {}", ours.len(), theirs.len())
        });
    }
    let mut equal = 0;
    for (ours, (theirs, field)) in ours.iter().zip(theirs) {
        if is_equal(df, ours, theirs, *field) {
            equal += 1;
        } else {
            tally.differs(kind, || format!("{place}: {ours:?}, pyrtcm has {theirs} {field:?}"));
        }
    }
    equal
}

fn collect_ours<'a>(fields: &'a [Field], values: &mut Values<&'a Value>) {
    for field in fields {
        if let Value::List(entries) = &field.value {
            for entry in entries {
                collect_ours(entry, values);
            }
        } else if let Some(df) = field.data_field {
            values.entry(df).or_default().push(&field.value);
        }
    }
}

/// pyrtcm's attributes by data field: `DF011_03` is the third value of DF011.
fn collect_theirs(
    fields: &[(String, Json)],
    kinds: &BTreeMap<String, FieldKind>,
) -> Values<Theirs> {
    let mut values = Values::new();
    for (name, value) in fields {
        let number = name.strip_prefix("DF").and_then(|rest| rest.get(..3)?.parse().ok());
        let Some(df) = number else { continue };
        let kind = kinds.get(name).or_else(|| kinds.get(&name[..5])).expect("a field pyrtcm knows");
        values.entry(df).or_insert_with(Vec::new).push((value.clone(), *kind));
    }
    values
}

fn is_text(ours: &[&Value]) -> bool {
    matches!(ours.first(), Some(Value::Text(_)))
}

/// All texts of a field behind each other, without the zeros with which some senders fill them up: so
/// pyrtcm gives them.
fn our_text(ours: &[&Value]) -> String {
    let texts = ours.iter().filter_map(|ours| match ours {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<String>().replace('\0', "")
}

/// pyrtcm's characters, which may stand one by one or be joined, as one text.
fn their_text(df: u16, theirs: &[Theirs]) -> String {
    let text: String = theirs.iter().filter_map(|(text, _)| text.as_str()).collect();
    if df == UTF8_TEXT {
        let bytes: Vec<u8> = text.chars().filter_map(|code| u8::try_from(code).ok()).collect();
        return String::from_utf8_lossy(&bytes).replace('\0', "");
    }
    text.replace('\0', "")
}

#[expect(clippy::cast_precision_loss, reason = "pyrtcm's numbers are compared as f64 too")]
fn is_equal(df: u16, ours: &Value, theirs: &Json, field: FieldKind) -> bool {
    match ours {
        Value::Flag(ours) => theirs.as_u64() == Some(u64::from(*ours)),
        Value::Unsigned(ours) => is_near(df, *ours as f64, theirs, field),
        Value::Signed(ours) => is_near(df, *ours as f64, theirs, field),
        Value::Number(ours) => is_near(df, *ours, theirs, field),
        Value::Absent => is_absent(theirs, field),
        Value::Text(_) | Value::List(_) => false,
    }
}

/// Whether two values are within half of the field's resolution.
fn is_near(df: u16, ours: f64, theirs: &Json, field: FieldKind) -> bool {
    let factor = factor(df).unwrap_or(1.0);
    let tolerance = field.step * factor / 2.0;
    theirs.as_f64().is_some_and(|theirs| (ours - theirs * factor).abs() < tolerance)
}

/// Whether a value is one of the patterns by which the standard says that there is none: the lowest number
/// in two's complement, all bits set, the highest bit alone, or zero.
fn is_absent(theirs: &Json, field: FieldKind) -> bool {
    let steps = theirs.as_f64().map(|value| value / field.step);
    let half = 2.0_f64.powi(i32::try_from(field.bits).expect("a field is short") - 1);
    let patterns = [-half, 2.0 * half - 1.0, half, 0.0];
    steps.is_some_and(|steps| patterns.iter().any(|pattern| (steps - pattern).abs() < 0.5))
}
