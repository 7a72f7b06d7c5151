//! Figures of the caster, of virtual stations and monitor rovers, of the archive, and of the page itself.

use std::collections::BTreeMap;

use tianshu_caster::access::Role;
use tianshu_gnss::coords::Enu;

use crate::web::answers::overview::Fix;
use crate::web::facts::{Facts, read};
use crate::web::metrics::Figures;
use crate::web::rover_board::Engine;

/// Figures of the caster and of those whom it serves.
pub(super) fn add(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let stats = facts.of.stats.stats();
    figures.gauge("ntrip_connections", "Connections at this moment", stats.connections as f64)?;
    clients(figures, facts)?;
    let sessions = [
        (vec!["rover"], stats.rover_logins),
        (vec!["station"], stats.station_logins),
        (vec!["refused"], stats.requests_refused + stats.logins_failed),
    ];
    let help = "Sessions that were let in, and requests that were refused";
    figures.counters("ntrip_sessions_total", help, &["result"], &sessions)?;
    let failures = [
        (vec!["credentials"], stats.logins_failed),
        (vec!["locked_out"], stats.logins_locked_out),
        (vec!["busy"], stats.logins_too_busy),
    ];
    let help = "Logins that failed";
    figures.counters("ntrip_auth_failures_total", help, &["reason"], &failures)?;
    let plain = [
        ("ntrip_bytes_sent_total", "Bytes of frames sent to rovers", stats.bytes_sent),
        ("ntrip_frames_sent_total", "Frames sent to rovers", stats.frames_sent),
        (
            "ntrip_frames_dropped_total",
            "Whole frames dropped because their rover did not keep up",
            stats.frames_dropped,
        ),
        (
            "ntrip_slow_client_drops_total",
            "Rovers let go because they took no bytes",
            stats.slow_rovers_let_go,
        ),
        ("ntrip_events_dropped_total", "Session events that nobody took", stats.events_dropped),
    ];
    for (name, help, value) in plain {
        figures.counter(name, help, value)?;
    }
    let (epochs, took) = facts.of.cost.total();
    figures.counter("vrs_epochs_total", "Epochs of virtual stations that were made", epochs)?;
    let help = "Processor time that virtual stations took";
    figures.seconds("vrs_seconds_total", help, took.as_secs_f64())?;
    frames(figures, facts)?;
    monitor_rovers(figures, facts)
}

fn clients(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let mut counts: BTreeMap<(String, &str), f64> = BTreeMap::new();
    {
        let ledger = read(&facts.of.ledger);
        for record in ledger.open().filter(|record| record.role == Role::Rover) {
            let quality = Fix::of(record.quality()).name();
            *counts.entry((record.mountpoint.to_string(), quality)).or_insert(0.0) += 1.0;
        }
    }
    let values: Vec<_> =
        counts.iter().map(|((at, quality), n)| (vec![at.as_str(), *quality], *n)).collect();
    let help = "Rovers that are served, by what they say of their fix";
    figures.gauges("ntrip_clients", help, &["mountpoint", "quality"], &values)
}

fn frames(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let links = facts.links();
    let sum = |of: &dyn Fn(&tianshu_ingest::snapshot::LinkSnapshot) -> u64| -> u64 {
        links.iter().map(of).sum()
    };
    let values = [
        (vec!["ok"], sum(&|link| link.found.frames)),
        (vec!["crc"], sum(&|link| link.found.bad_crc)),
        (vec!["unusable"], sum(&|link| link.unusable.values().sum())),
    ];
    let help = "RTCM frames of all stations: whole ones, those with a wrong checksum, and whole ones that say nothing usable";
    figures.counters("rtcm_frames_total", help, &["result"], &values)
}

fn monitor_rovers(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let told = facts.rovers.each(|name, _, engines| {
        let of = |(engine, own): (&Engine, &crate::web::rover_board::EngineBoard)| {
            (name.to_owned(), engine.name(), own.last.error, own.last.quality)
        };
        engines.iter().map(of).collect::<Vec<_>>()
    });
    let told: Vec<(String, &str, Enu, u8)> = told.into_iter().flatten().collect();
    let errors: Vec<_> = told
        .iter()
        .flat_map(|(rover, engine, error, _)| {
            [("east", error.east_m), ("north", error.north_m), ("up", error.up_m)]
                .map(|(component, value)| (vec![rover.as_str(), *engine, component], value))
        })
        .collect();
    let labels = ["rover", "engine", "component"];
    let help = "Computed less true position of an independent rover";
    figures.gauges("monitor_rover_error_meters", help, &labels, &errors)?;
    let fixes: Vec<_> = told
        .iter()
        .map(|(rover, engine, _, quality)| {
            (vec![rover.as_str(), *engine], f64::from(u8::from(*quality == 4)))
        })
        .collect();
    let help = "Whether an independent rover is fixed";
    figures.gauges("monitor_rover_fix", help, &["rover", "engine"], &fixes)
}

/// Figures of the archive.
pub(super) fn add_archive(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let Some((status, _)) = &facts.of.archive else { return Ok(()) };
    let status = status.snapshot();
    let plain = [
        ("archive_epochs_total", "Epochs that are on disk", status.epochs),
        ("archive_frames_total", "Raw frames that are on disk", status.frames),
        ("archive_lost_total", "Records that were given up", status.refused + status.missed),
        ("archive_stored_total", "Rows in the store", status.stored),
    ];
    for (name, help, value) in plain {
        figures.counter(name, help, value)?;
    }
    figures.gauge("spool_bytes", "Bytes that wait for the store", status.spool_bytes as f64)?;
    let oldest = status.store.as_ref().map(|trouble| (facts.now() - trouble.since).seconds());
    let help = "Since when the store takes nothing; 0 while it does";
    figures.gauge("spool_oldest_age_seconds", help, oldest.unwrap_or(0.0))?;
    let is_up = f64::from(u8::from(status.store.is_none() && status.disk.is_none()));
    figures.gauge("archive_store_up", "Whether disk and store take what comes", is_up)
}

/// Figures of the page itself.
pub(super) fn add_web(figures: &Figures, facts: &Facts) -> Result<(), prometheus::Error> {
    let counts: Vec<(String, u64)> =
        facts.requests.all().into_iter().map(|(code, n)| (code.to_string(), n)).collect();
    let values: Vec<_> = counts.iter().map(|(code, n)| (vec![code.as_str()], *n)).collect();
    let help = "Requests to the page and its API, by the status of the answer";
    figures.counters("web_requests_total", help, &["code"], &values)?;
    let sessions = facts.sessions.count(facts.of.caster_clock.now());
    figures.gauge("web_sessions", "People who are logged in", sessions as f64)?;
    let help = "Logins at the page that failed";
    figures.counter("web_login_failures_total", help, facts.login_failures())?;
    if let Some(view) = facts.view() {
        let help = "Processor time that the monitor took in the last second";
        figures.gauge("monitor_busy_ratio", help, view.took.as_secs_f64())?;
    }
    Ok(())
}
