//! `tianshu record`: keeps a station's stream in a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use tianshu_gnss::event::{DownReason, StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_ingest::backoff::{LONGEST_DEFAULT, SHORTEST_DEFAULT};
use tianshu_ingest::clock::SystemClock;
use tianshu_ingest::link;
use tianshu_ingest::recording::writer::{RecordAs, Recorder};
use tianshu_ingest::session::{EPOCH_WAIT_DEFAULT, SILENCE_DEFAULT};
use tianshu_ingest::sink::{EVENTS_QUEUED_MAX, EventSource, event_queue};

use crate::address::StreamUrl;
use crate::cli::RecordOptions;
use crate::config::station::{LinkConfig, LinkKind, NtripPull};
use crate::serve::links::link_config;

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// Records until the time is over, Ctrl-C, or a refusal that only a person can mend.
pub(crate) fn run(options: &RecordOptions) -> anyhow::Result<()> {
    let config = source(options)?;
    let file = File::create_new(&options.out)
        .with_context(|| format!("cannot make {} (it must be new)", options.out.display()))?;
    let form = if is_plain(&options.out) {
        RecordAs::PlainRtcm
    } else {
        RecordAs::Recording { epoch_wait: EPOCH_WAIT_DEFAULT }
    };
    let recorder = Recorder::begin(BufWriter::new(file), form)?;
    crate::logging::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let limit = options.seconds.map(Duration::from_secs);
    let (frames, done) = runtime.block_on(record(config, recorder, limit))?;
    if done.is_err() && frames == 0 {
        // A refusal leaves no file behind, which the next attempt would trip over.
        std::fs::remove_file(&options.out)
            .with_context(|| format!("cannot remove {}", options.out.display()))?;
    }
    done
}

/// Where the stream comes from, as a link. The station is called after its mountpoint, where that is a name.
fn source(options: &RecordOptions) -> anyhow::Result<LinkConfig> {
    let url: StreamUrl = options.from.parse()?;
    let version = match options.ntrip.as_str() {
        "auto" => None,
        "1" => Some(1),
        "2" => Some(2),
        other => bail!("--ntrip {other} is not known: use 1, 2 or auto"),
    };
    let unnamed = "STATION".parse::<StationName>()?;
    let (station, kind) = match url {
        StreamUrl::Tcp(host) => (unnamed, LinkKind::Tcp(host)),
        StreamUrl::Ntrip { ref mountpoint, version: in_url, .. } => {
            let station = mountpoint.as_str().parse().unwrap_or(unnamed);
            let credentials = url.credentials();
            let version = version.or(in_url);
            let pull = NtripPull { url, credentials, version, ca_file: None, position: None };
            (station, LinkKind::Ntrip(pull))
        }
    };
    Ok(LinkConfig {
        station,
        kind,
        silence_max: SILENCE_DEFAULT,
        epoch_wait: EPOCH_WAIT_DEFAULT,
        retry: (SHORTEST_DEFAULT, LONGEST_DEFAULT),
    })
}

fn is_plain(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rtcm3" || extension == "rtcm")
}

/// Gives how many frames came, and what ended it.
async fn record<W: Write>(
    config: LinkConfig,
    mut recorder: Recorder<W>,
    limit: Option<Duration>,
) -> anyhow::Result<(u64, anyhow::Result<()>)> {
    let mut frames = 0;
    let (sink, mut source) = event_queue(EVENTS_QUEUED_MAX);
    let handle = link::spawn(link_config(&config)?, sink, Arc::new(SystemClock::start()));
    let until = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let done = tokio::select! {
        () = until => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed.context("cannot listen for Ctrl-C"),
        refused = write_all(&mut source, &mut recorder, &mut frames) => refused,
    };
    handle.stopped().await;
    while let Some(event) = source.try_next() {
        recorder.write(&event)?;
    }
    let records = recorder.records();
    recorder.finish()?;
    tracing::info!(records, "recorded");
    Ok((frames, done))
}

/// Writes events until the other side refuses us, which a recording cannot wait out.
async fn write_all<W: Write>(
    source: &mut EventSource,
    recorder: &mut Recorder<W>,
    frames: &mut u64,
) -> anyhow::Result<()> {
    let mut progress = tokio::time::interval(PROGRESS_EVERY);
    loop {
        tokio::select! {
            event = source.next() => {
                let Some(event) = event else { return Ok(()) };
                recorder.write(&event)?;
                *frames += u64::from(matches!(event.news, StationNews::Frame(_)));
                tell(&event)?;
            }
            _ = progress.tick() => {
                recorder.flush()?;
                tracing::info!(records = recorder.records(), "recording");
            }
        }
    }
}

fn tell(event: &StationEvent) -> anyhow::Result<()> {
    match &event.news {
        StationNews::Up => tracing::info!(station = %event.station, "up"),
        StationNews::Down(DownReason::Refused(why)) => bail!("the caster refused: {why}"),
        StationNews::Down(reason) => tracing::warn!(station = %event.station, "down: {reason}"),
        _ => {}
    }
    Ok(())
}
