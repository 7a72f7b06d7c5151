//! Quality as JSON: the state of all stations, and the summary of a span. Described in docs/monitor.md.

use serde_json::{Map, Value as Json, json};
use tianshu_gnss::station::StationName;
use tianshu_station_monitor::alarm::machine::Alarm;
use tianshu_station_monitor::alarm::text::{Language, detail};
use tianshu_station_monitor::quality::status::{Light, Link, StationStatus};
use tianshu_station_monitor::quality::summary::{SignalSummary, Summary};

use crate::json::alarms::time;
use crate::monitor::view::MonitorView;

/// The name of this form; changed when a key changes its meaning or goes.
const SCHEMA: &str = "tianshu-monitor-1";

/// The state of all stations.
pub(crate) fn view(view: &MonitorView) -> Json {
    let channels = view.channels.iter().map(|channel| {
        json!({
            "name": channel.name,
            "delivered": channel.delivered,
            "given_up": channel.given_up,
        })
    });
    json!({
        "schema": SCHEMA,
        "at": time(view.at),
        "stations": view.stations.iter().map(station).collect::<Vec<_>>(),
        "alarms": view.raised.iter().map(alarm).collect::<Vec<_>>(),
        "alarms_over": view.over.iter().map(alarm).collect::<Vec<_>>(),
        "channels": channels.collect::<Vec<_>>(),
        "events_lost": view.lost,
        "took_ms": rounded(1e3 * view.took.as_secs_f64()),
    })
}

fn station(status: &StationStatus) -> Json {
    let network = status.network.as_ref().map(|network| {
        let displacement_m = network.displacement.map(|d| d.offset_m.map(rounded));
        json!({
            "doubt": network.doubt,
            "levelled": network.levelled,
            "displacement_m": displacement_m,
        })
    });
    let satellites = status.newest.as_ref().map(|epoch| epoch.by_satellite().count());
    json!({
        "station": status.station.as_str(),
        "light": light(status.light),
        "link": link(&status.link),
        "silent_s": status.silent_for.map(|s| rounded(s.as_secs_f64())),
        "interval_s": status.interval.map(|i| rounded(i.seconds())),
        "satellites": satellites,
        "satellites_up": status.visible.above_mask().count(),
        "time_is_wrong": status.time_is_wrong,
        "mismatches": status.mismatches.len(),
        "network": network,
        "multipath_m": status.multipath_m.iter().map(|(signal, multipath_m)| {
            (signal.with_system(), rounded(*multipath_m))
        }).collect::<Map<_, _>>(),
        "minute": status.minute.as_deref().map(summary),
        "hour": status.hour.as_deref().map(summary),
        "day": status.day.as_deref().map(summary),
    })
}

/// A link in words.
pub(crate) fn link(link: &Link) -> String {
    match link {
        Link::Unknown => "unknown".to_owned(),
        Link::Up => "up".to_owned(),
        Link::Down(reason) => format!("down: {reason}"),
    }
}

/// A light as a word.
pub(crate) fn light(light: Light) -> &'static str {
    match light {
        Light::Grey => "grey",
        Light::Green => "green",
        Light::Yellow => "yellow",
        Light::Red => "red",
    }
}

fn alarm(alarm: &Alarm) -> Json {
    json!({
        "id": alarm.id,
        "kind": alarm.key.kind.name(),
        "severity": alarm.key.kind.severity().name(),
        "station": alarm.key.station.as_ref().map(StationName::as_str),
        "since": time(alarm.since),
        "until": alarm.until.map(time),
        "detail": detail(alarm, Language::English),
        "acknowledged_by": alarm.acknowledged.as_ref().map(|a| a.by.as_str()),
        "flapping": alarm.flapping,
    })
}

/// The summary of a span. What is not known is `null`.
pub(crate) fn summary(summary: &Summary) -> Json {
    json!({
        "station": summary.station.as_str(),
        "span": summary.span.name(),
        "from": time(summary.from),
        "until": time(summary.until),
        "interval_s": summary.interval.map(|i| rounded(i.seconds())),
        "epochs": summary.epochs,
        "epochs_expected": summary.epochs_expected,
        "unusable": summary.unusable,
        "gaps": summary.gaps,
        "longest_gap_epochs": summary.longest_gap,
        "latency_s": summary.latency.map(|l| json!({
            "median": rounded(l.median_s),
            "p95": rounded(l.p95_s),
            "p99": rounded(l.p99_s),
            "max": rounded(l.max_s),
        })),
        "satellites": summary.satellites.map(rounded),
        "satellites_share": summary.satellites_share.map(rounded),
        "slips": summary.slips,
        "slip_chances": summary.slip_chances,
        "roti_tecu_min": summary.roti_tecu_min.map(rounded),
        "offset_m": summary.offset_m.map(|offset| offset.map(rounded)),
        "offset_epochs": summary.offset_epochs,
        "signals": summary.signals.iter().map(signal).collect::<Vec<_>>(),
    })
}

fn signal(of: &SignalSummary) -> Json {
    json!({
        "signal": of.signal.with_system(),
        "observed": of.observed,
        "expected": of.expected,
        "interruptions": of.interruptions,
        "cn0_dbhz": of.cn0_dbhz.map(rounded),
        "cn0_by_elevation_dbhz": of.cn0_by_elevation_dbhz.map(|cn0| cn0.map(rounded)),
        "multipath_m": of.multipath_m.map(rounded),
    })
}

/// To a tenth of a millimetre, a millisecond, a tenth of a decibel's hundredth: more digits would be noise.
fn rounded(value: f64) -> Json {
    Json::from((1e4 * value).round() / 1e4)
}
