//! Decoded messages as JSON: one object a message, for `tianshu decode --json`.

pub(crate) mod accounts;
pub(crate) mod alarms;
pub(crate) mod load;
pub(crate) mod monitor;
pub(crate) mod network;
pub(crate) mod truth;
pub(crate) mod virtual_rinex;

use serde_json::{Map, Value as Json};
use tianshu_rtcm::describe::{Description, Field, Value};

/// One message as an object: `message` (the number), `name`, `station_id` (null where it has none), `bytes` (of
/// the whole frame), the decoded fields in the standard's order, and `fault` where the message is damaged.
pub(crate) fn message(description: &Description) -> Json {
    let mut object = Map::new();
    object.insert("message".to_owned(), description.number.map_or(Json::Null, Json::from));
    object.insert("name".to_owned(), Json::from(description.name));
    let station_id = description.station_id.map_or(Json::Null, Json::from);
    object.insert("station_id".to_owned(), station_id);
    object.insert("bytes".to_owned(), Json::from(description.bytes));
    add_fields(&mut object, &description.fields);
    if let Some(fault) = &description.fault {
        object.insert("fault".to_owned(), Json::from(fault.as_str()));
    }
    Json::Object(object)
}

/// Adds fields; what the object already tells (the station's number) is not told twice.
fn add_fields(object: &mut Map<String, Json>, fields: &[Field]) {
    for field in fields {
        if !object.contains_key(field.name) {
            object.insert(field.name.to_owned(), value(&field.value));
        }
    }
}

fn value(value: &Value) -> Json {
    match value {
        Value::Unsigned(count) => Json::from(*count),
        Value::Signed(count) => Json::from(*count),
        // JSON has no number for what is not finite; no field of a message can be, so `null` is not seen.
        Value::Number(number) => Json::from(*number),
        Value::Flag(flag) => Json::from(*flag),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Absent => Json::Null,
        Value::List(entries) => entries.iter().map(|fields| entry(fields)).collect(),
    }
}

fn entry(fields: &[Field]) -> Json {
    let mut object = Map::new();
    add_fields(&mut object, fields);
    Json::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &'static str, value: Value) -> Field {
        Field { name, data_field: None, value }
    }

    #[test]
    fn a_message_is_one_object_in_the_order_of_the_standard() {
        let cell =
            vec![field("signal", Value::Text("1C".to_owned())), field("code_m", Value::Absent)];
        let description = Description {
            number: Some(1077),
            name: "GPS MSM7",
            station_id: Some(5),
            bytes: 40,
            fields: vec![
                field("station_id", Value::Unsigned(5)),
                field("cells", Value::List(vec![cell])),
            ],
            fault: None,
        };
        let expected = r#"{"message":1077,"name":"GPS MSM7","station_id":5,"bytes":40,"cells":[{"signal":"1C","code_m":null}]}"#;
        assert_eq!(message(&description).to_string(), expected);
    }
}
