//! Figures of stations and of their network.

use std::collections::BTreeMap;

use tianshu_gnss::signal::Signal;
use tianshu_station_monitor::quality::status::{Light, StationStatus};

use crate::json::monitor::light;
use crate::network::report::group_name;
use crate::web::answers::network::network_i95_mm;
use crate::web::facts::Facts;
use crate::web::history::StationHistory;
use crate::web::metrics::Figures;

const LIGHTS: [Light; 4] = [Light::Green, Light::Yellow, Light::Red, Light::Grey];

/// Figures of stations.
pub(super) fn add(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let Some(view) = facts.view() else { return Ok(()) };
    let all = &view.stations;
    let each = |of: &dyn Fn(&StationStatus) -> Option<f64>| -> Vec<(Vec<&str>, f64)> {
        all.iter().filter_map(|s| Some((vec![s.station.as_str()], of(s)?))).collect()
    };
    let one = |figures: &Figures, name, help, of: &dyn Fn(&StationStatus) -> Option<f64>| {
        figures.gauges(name, help, &["station"], &each(of))
    };
    let is_up = |s: &StationStatus| s.silent_for.is_some_and(|silent| silent <= s.dead_after);
    one(figures, "station_up", "Whether a station is heard", &|s| {
        Some(f64::from(u8::from(is_up(s))))
    })?;
    let states: Vec<_> = all
        .iter()
        .flat_map(|s| {
            LIGHTS.map(|state| {
                let is_it = f64::from(u8::from(s.light == state));
                (vec![s.station.as_str(), light(state)], is_it)
            })
        })
        .collect();
    let help = "Whether a station is in that state";
    figures.gauges("station_state", help, &["station", "state"], &states)?;
    let name = "station_last_epoch_age_seconds";
    one(figures, name, "Since a station's last usable epoch arrived", &|s| {
        s.silent_for.map(|silent| silent.as_secs_f64())
    })?;
    one(figures, "station_satellites", "Satellites of a station's last epoch", &|s| {
        s.newest.as_ref().map(|epoch| epoch.by_satellite().count() as f64)
    })?;
    let name = "station_satellites_visible";
    one(figures, name, "Satellites above 10 degrees that a station should see", &|s| {
        Some(s.visible.above_mask().count() as f64)
    })?;
    by_quantile(figures, all)?;
    by_signal(figures, all)?;
    offsets(figures, all)?;
    totals(figures, facts)?;
    let severities = ["critical", "warning", "notice"].map(|severity| {
        let on = view.raised.iter().filter(|a| a.key.kind.severity().name() == severity).count();
        (vec![severity], on as f64)
    });
    figures.gauges("alarms", "Alarms that are on", &["severity"], &severities)?;
    let notices: Vec<_> = view
        .channels
        .iter()
        .flat_map(|c| {
            let name = c.name.as_str();
            [(vec![name, "delivered"], c.delivered), (vec![name, "given_up"], c.given_up)]
        })
        .collect();
    let help = "Messages of alarms by channel";
    figures.counters("alarm_notices_total", help, &["channel", "result"], &notices)?;
    figures.counter("monitor_events_lost_total", "Events that the monitor has lost", view.lost)
}

fn by_quantile(figures: &Figures, all: &[StationStatus]) -> Result<(), prometheus::Error> {
    let latency: Vec<_> = all
        .iter()
        .filter_map(|s| Some((s.station.as_str(), s.minute.as_ref()?.latency?)))
        .flat_map(|(station, l)| {
            [("0.5", l.median_s), ("0.95", l.p95_s), ("0.99", l.p99_s)]
                .map(|(quantile, value)| (vec![station, quantile], value))
        })
        .collect();
    let help = "From a station's epoch to its arrival, of the last closed minute";
    figures.gauges("station_latency_seconds", help, &["station", "quantile"], &latency)
}

fn by_signal(figures: &Figures, all: &[StationStatus]) -> Result<(), prometheus::Error> {
    let named: Vec<(&str, String, f64)> = all
        .iter()
        .flat_map(|s| {
            let of = |(signal, m): &(Signal, f64)| (s.station.as_str(), signal.with_system(), *m);
            s.multipath_m.iter().map(of)
        })
        .collect();
    let values: Vec<_> =
        named.iter().map(|(s, signal, m)| (vec![*s, signal.as_str()], *m)).collect();
    let help =
        "Multipath of a station's code, root mean square of the last quarter to half of an hour";
    figures.gauges("station_multipath_meters", help, &["station", "signal"], &values)
}

fn offsets(figures: &Figures, all: &[StationStatus]) -> Result<(), prometheus::Error> {
    let values: Vec<_> = all
        .iter()
        .filter_map(|s| Some((s.station.as_str(), s.network.as_ref()?.displacement?.offset_m)))
        .flat_map(|(station, [east, north, up])| {
            [("east", east), ("north", north), ("up", up)]
                .map(|(component, value)| (vec![station, component], value))
        })
        .collect();
    let help = "Where the network's phases put a station, less its coordinates";
    let labels = ["station", "component"];
    figures.gauges("station_position_offset_meters", help, &labels, &values)
}

/// What grows minute by minute.
fn totals(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let all = facts
        .history
        .each(|name, history: &StationHistory| (name.to_string(), history.slips, history.epochs));
    let slips: Vec<_> = all.iter().map(|(name, slips, _)| (vec![name.as_str()], *slips)).collect();
    let help = "Phase slips of a station, satellite by satellite, as far as minutes are closed";
    figures.counters("station_cycle_slips_total", help, &["station"], &slips)?;
    let epochs: Vec<_> = all
        .iter()
        .flat_map(|(name, _, (came, wanted, unusable))| {
            let name = name.as_str();
            [
                (vec![name, "ok"], *came),
                (vec![name, "missing"], wanted.saturating_sub(*came)),
                (vec![name, "unusable"], *unusable),
            ]
        })
        .collect();
    let help = "Epochs of a station, as far as minutes are closed";
    figures.counters("station_epochs_total", help, &["station", "result"], &epochs)
}

/// Figures of the network.
pub(super) fn add_network(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let Some(epoch) = facts.network() else { return Ok(()) };
    let snapshot = &epoch.snapshot;
    let age_s = (facts.now() - snapshot.time).seconds();
    figures.gauge("network_epoch_age_seconds", "Age of the network's newest epoch", age_s)?;
    figures.counter("network_epochs_total", "Epochs that were solved", epoch.number)?;
    let groups = &snapshot.resolved.by_group;
    let of = |what: fn(&(usize, usize)) -> usize| -> Vec<(Vec<&str>, f64)> {
        groups.iter().map(|(g, counts)| (vec![group_name(*g)], what(counts) as f64)).collect()
    };
    let help = "Ambiguities of stations above the mask";
    figures.gauges("network_ambiguities", help, &["group"], &of(|c| c.0))?;
    let help = "Ambiguities that are levelled to whole cycles";
    figures.gauges("network_fixed_ambiguities", help, &["group"], &of(|c| c.1))?;
    let (all, fixed) = snapshot.resolved.total();
    if all > 0 {
        let ratio = fixed as f64 / all as f64;
        figures.gauge(
            "network_fixed_ratio",
            "Share of the ambiguities that are levelled",
            ratio,
        )?;
    }
    if let Some(i95_mm) = network_i95_mm(snapshot) {
        let help = "95 of 100 stations' ionosphere is predicted by the others within this";
        figures.gauge("network_iono_i95_meters", help, i95_mm / 1e3)?;
    }
    let doubted = snapshot.stations.iter().filter(|view| view.doubt.is_some()).count();
    let help = "Stations that the network does not believe";
    figures.gauge("network_stations_doubted", help, doubted as f64)?;
    let mut withheld: BTreeMap<String, f64> = BTreeMap::new();
    for why in snapshot.satellites.values().filter_map(|field| field.withheld) {
        *withheld.entry(why.to_string()).or_insert(0.0) += 1.0;
    }
    let values: Vec<_> = withheld.iter().map(|(why, n)| (vec![why.as_str()], *n)).collect();
    let help = "Satellites that are told to nobody";
    figures.gauges("network_satellites_withheld", help, &["reason"], &values)
}
