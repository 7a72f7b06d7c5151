//! `tianshu quality`: the quality of recorded observations, by the same state machine that watches live stations.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tianshu_gnss::ephemeris::store::{DAY_PER_SATELLITE, EphemerisStore};
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ingest::clock::{Clock, SystemClock};
use tianshu_ingest::replay::pace::Speed;
use tianshu_ingest::replay::{ReplayConfig, replay};
use tianshu_ingest::session::EPOCH_WAIT_DEFAULT;
use tianshu_ingest::sink::event_queue;
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::NotObservations;
use tianshu_rinex::unpack::unpacked;
use tianshu_station_monitor::quality::monitor::QualityMonitor;
use tianshu_station_monitor::quality::site_log::SiteLog;
use tianshu_station_monitor::quality::summary::{Span, Summary};
use tokio_util::sync::CancellationToken;

use crate::cli::quality::QualityOptions;
use crate::json::monitor::summary;
use crate::network::files::{intact, opened, reference_point};

/// Events between the reader of a recording and the monitor.
const EVENTS_WAITING_MAX: usize = 1_024;

/// Reads each file by itself, and prints what it was like.
pub(crate) fn run(options: &QualityOptions) -> anyhow::Result<()> {
    let mut ephemerides = EphemerisStore::new(DAY_PER_SATELLITE);
    for path in &options.nav {
        read_navigation(path, &mut ephemerides)?;
    }
    let mut out = std::io::stdout().lock();
    for path in &options.files {
        let days = match opened(path, &Rc::default()) {
            Ok(Ok(_)) => of_rinex(path, &ephemerides)?,
            Ok(Err(NotObservations::NotRinex)) | Err(_) => of_stream(path, options, &ephemerides)?,
            Ok(Err(other)) => return Err(other).with_context(|| path.display().to_string()),
        };
        if days.is_empty() {
            bail!("{} holds no epoch", path.display());
        }
        for day in &days {
            if options.json {
                writeln!(out, "{}", summary(day))?;
            } else {
                print(&mut out, day)?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

fn read_navigation(path: &Path, store: &mut EphemerisStore) -> anyhow::Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = unpacked(&bytes).with_context(|| path.display().to_string())?;
    let mut reader = NavReader::new(&text).with_context(|| path.display().to_string())?;
    for ephemeris in reader.by_ref() {
        store.insert(Arc::new(ephemeris));
    }
    Ok(())
}

/// A file is read on its own time: `now` is that of its epochs.
fn uptime(first: GpsTime, time: GpsTime) -> Uptime {
    let nanos = u64::try_from((time - first).nanos()).unwrap_or(0);
    Uptime::from_start(Duration::from_nanos(nanos))
}

fn of_rinex(path: &Path, ephemerides: &EphemerisStore) -> anyhow::Result<Vec<Arc<Summary>>> {
    let shown = || path.display().to_string();
    let mut reader = opened(path, &Rc::default())?.with_context(shown)?;
    let header = reader.header();
    let station = named(&header.marker_name, path)?;
    let place = header.approx_position.map(|marker| reference_point(header, marker));
    let log = SiteLog { place, interval: header.interval, ..SiteLog::of(station.clone()) };
    let mut monitor =
        QualityMonitor::with_ephemerides(vec![log], Uptime::START, ephemerides.clone());
    let mut first = None;
    for read in reader.by_ref() {
        let time = read.epoch.time;
        let now = uptime(*first.get_or_insert(time), time);
        let news = StationNews::Epoch(Arc::new(read.epoch));
        monitor.take(now, &StationEvent { station: station.clone(), arrived: time, news });
    }
    intact(path, &reader)?;
    Ok(days(monitor))
}

/// A station's name by its marker, or by its file.
fn named(marker: &str, path: &Path) -> anyhow::Result<StationName> {
    let first = marker.split_whitespace().next().unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let fallback: String = stem.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let name = first.parse().or_else(|_| fallback.parse());
    name.with_context(|| format!("{}: its station has no name that could be used", path.display()))
}

fn of_stream(
    path: &Path,
    options: &QualityOptions,
    ephemerides: &EphemerisStore,
) -> anyhow::Result<Vec<Arc<Summary>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let events = runtime.block_on(heard(path, options))?;
    let mut stations: Vec<StationName> = events.iter().map(|e| e.station.clone()).collect();
    stations.sort_unstable();
    stations.dedup();
    let logs = stations.into_iter().map(SiteLog::of).collect();
    let mut monitor = QualityMonitor::with_ephemerides(logs, Uptime::START, ephemerides.clone());
    let first = events.first().map(|event| event.arrived);
    // What a stream tells of itself and of the satellites comes now and then: what was heard at all is known from the beginning.
    let is_known_before = |event: &&StationEvent| {
        matches!(event.news, StationNews::Ephemeris(_) | StationNews::ReferencePoint(_))
    };
    for event in events.iter().filter(is_known_before) {
        monitor.take(Uptime::START, event);
    }
    for event in events.iter().filter(|event| !is_known_before(event)) {
        let now = uptime(first.unwrap_or(event.arrived), event.arrived);
        monitor.take(now, event);
        monitor.tick(now);
    }
    Ok(days(monitor))
}

/// What is heard of a recording but for its frames.
async fn heard(path: &Path, options: &QualityOptions) -> anyhow::Result<Vec<StationEvent>> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let station = name.parse().unwrap_or_else(|_| "STATION".parse().expect("letters"));
    let is_own = is_recording(path)?;
    let near = options.start.map_or_else(|| SystemClock::start().gps(), GpsTime::from);
    let config = ReplayConfig {
        path: path.to_owned(),
        station: (!is_own).then_some(station),
        starts_near: Some(near),
        speed: Speed::FULL,
        repeat: false,
        epoch_wait: EPOCH_WAIT_DEFAULT,
    };
    let (sink, mut source) = event_queue(EVENTS_WAITING_MAX);
    let reading =
        tokio::spawn(async move { replay(&config, &sink, &CancellationToken::new()).await });
    let mut events = Vec::new();
    while let Some(event) = source.next().await {
        if !matches!(event.news, StationNews::Frame(_)) {
            events.push(event);
        }
    }
    reading.await.map_err(|error| anyhow!("the replay ended badly: {error}"))??;
    Ok(events)
}

fn is_recording(path: &Path) -> anyhow::Result<bool> {
    let magic = tianshu_ingest::recording::format::MAGIC;
    let mut start = vec![0; magic.len()];
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(file.read_exact(&mut start).is_ok() && start == magic)
}

fn days(mut monitor: QualityMonitor) -> Vec<Arc<Summary>> {
    monitor.finish();
    let mut days = monitor.take_closed();
    days.retain(|summary| summary.span == Span::Day);
    days
}

fn print(out: &mut dyn Write, day: &Summary) -> anyhow::Result<()> {
    let percent =
        |share: Option<f64>| share.map_or("-".to_owned(), |s| format!("{:.2} %", 1e2 * s));
    let shown =
        |value: Option<f64>, digits| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
    let interval = shown(day.interval.map(Interval::seconds), 2);
    writeln!(out, "{}  {} to {}, every {interval} s", day.station, day.from, day.until)?;
    let complete = percent(day.completeness());
    writeln!(
        out,
        "  epochs      {} of {} ({complete}), {} gaps, the longest of {} epochs",
        day.epochs, day.epochs_expected, day.gaps, day.longest_gap
    )?;
    writeln!(
        out,
        "  satellites  {} per epoch, {} of those above 10 degrees",
        shown(day.satellites, 1),
        percent(day.satellites_share)
    )?;
    writeln!(
        out,
        "  slips       {} in {} satellite epochs ({} per thousand)",
        day.slips,
        day.slip_chances,
        shown(day.slips_per_thousand, 2)
    )?;
    writeln!(out, "  ionosphere  ROTI {} TECU/min", shown(day.roti_tecu_min, 3))?;
    if let Some(latency) = day.latency {
        writeln!(out, "  latency     {:.3} s, p99 {:.3} s", latency.median_s, latency.p99_s)?;
    }
    writeln!(out, "  signal  observed  expected   share   C/N0  multipath  interruptions")?;
    for s in &day.signals {
        let name = s.signal.with_system();
        writeln!(
            out,
            "  {name:<6} {:>9} {:>9} {:>9} {:>5} {:>8} m {:>13}",
            s.observed,
            s.expected,
            percent(s.completeness()),
            shown(s.cn0_dbhz, 1),
            shown(s.multipath_m, 3),
            s.interruptions
        )?;
    }
    Ok(())
}
