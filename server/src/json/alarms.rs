//! Alarms as JSON: in the form of Alertmanager's webhooks, and as chat robots take texts.

use serde_json::{Map, Value as Json, json};
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_station_monitor::alarm::group::{Message, Says};
use tianshu_station_monitor::alarm::machine::Alarm;
use tianshu_station_monitor::alarm::text::{Language, detail, words};

use crate::monitor::channel::Undelivered;

/// How Alertmanager writes a time that is not known.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// A message as Alertmanager's webhook, version 4.
pub(crate) fn webhook(message: &Message, receiver: &str, language: Language) -> Json {
    let name = message.kind.name();
    let words = words(message, language);
    let status = if message.says == Says::Resolved { "resolved" } else { "firing" };
    json!({
        "version": "4",
        "groupKey": format!("{{}}:{{alertname=\"{name}\"}}"),
        "truncatedAlerts": 0,
        "status": status,
        "receiver": receiver,
        "groupLabels": { "alertname": name },
        "commonLabels": { "alertname": name, "severity": message.kind.severity().name() },
        "commonAnnotations": { "summary": words.title, "description": words.body },
        "externalURL": "",
        "alerts": message.alarms.iter().map(|alarm| alert(alarm, language)).collect::<Vec<_>>(),
    })
}

fn alert(alarm: &Alarm, language: Language) -> Json {
    let mut labels = Map::new();
    labels.insert("alertname".to_owned(), alarm.key.kind.name().into());
    labels.insert("severity".to_owned(), alarm.key.kind.severity().name().into());
    if let Some(station) = &alarm.key.station {
        labels.insert("station".to_owned(), station.as_str().into());
    }
    let until = alarm.until.map(time);
    json!({
        "status": if until.is_some() { "resolved" } else { "firing" },
        "labels": labels,
        "annotations": { "id": alarm.id.to_string(), "detail": detail(alarm, language) },
        "startsAt": time(alarm.since),
        "endsAt": until.unwrap_or_else(|| NEVER.to_owned()),
        "generatorURL": "",
        "fingerprint": format!("{:016x}", fingerprint(alarm)),
    })
}

/// The same for all messages of one kind and station: FNV-1a of both names (Fowler, Noll and Vo; offset and prime of 64 bits).
fn fingerprint(alarm: &Alarm) -> u64 {
    let station = alarm.key.station.as_ref().map_or("", |station| station.as_str());
    let bytes = alarm.key.kind.name().bytes().chain([0]).chain(station.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A time as RFC 3339 writes it.
pub(crate) fn time(at: GpsTime) -> String {
    let c = Utc::from(at).civil();
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    )
}

/// A text for a robot of WeCom or DingTalk.
pub(crate) fn robot_text(text: &str) -> Json {
    json!({ "msgtype": "text", "text": { "content": text } })
}

/// What a robot answered: `errcode` 0 is good, `passing` ones are worth another try.
pub(crate) fn robot_answer(answer: &str, passing: &[i64]) -> Result<(), Undelivered> {
    let read: Json = serde_json::from_str(answer).unwrap_or_default();
    let said = || read["errmsg"].as_str().unwrap_or("no reason").to_owned();
    match read["errcode"].as_i64() {
        Some(0) => Ok(()),
        Some(code) if passing.contains(&code) => {
            Err(Undelivered::Later(format!("the robot says {code}: {}", said())))
        }
        Some(code) => Err(Undelivered::Never(format!("the robot says {code}: {}", said()))),
        None => Err(Undelivered::Later("the robot's answer cannot be read".to_owned())),
    }
}
