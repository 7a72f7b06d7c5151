//! `tianshu replay`: plays a recording as if its station were live.

use anyhow::{Context, anyhow};
use tianshu_gnss::event::StationNews;
use tianshu_gnss::station::StationName;
use tianshu_ingest::clock::{Clock, SystemClock};
use tianshu_ingest::replay::pace::Speed;
use tianshu_ingest::replay::{ReplayConfig, replay};
use tianshu_ingest::session::EPOCH_WAIT_DEFAULT;
use tianshu_ingest::sink::{EventSource, event_queue};
use tokio_util::sync::CancellationToken;

use crate::cli::ReplayOptions;
use crate::outlet::Outlet;

/// Events between the reader of the file and the outlet. A few are enough, and keep the pace close to the reader.
const EVENTS_WAITING_MAX: usize = 64;
/// The name under which a recording that names no station is played.
const UNNAMED: &str = "STATION";

/// Plays until the end of the recording, or until Ctrl-C.
pub(crate) fn run(options: &ReplayOptions) -> anyhow::Result<()> {
    let config = config(options)?;
    crate::logging::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut outlet = outlet(options).await?;
        let played = play(&config, &mut outlet).await;
        outlet.close().await.and(played)
    })
}

fn config(options: &ReplayOptions) -> anyhow::Result<ReplayConfig> {
    let speed = Speed::times(options.speed)
        .with_context(|| format!("--speed {} is not 0 or a positive number", options.speed))?;
    let name = options.station.as_deref().unwrap_or(UNNAMED);
    let station: StationName = name.parse()?;
    // The file's own times set the pace; the clock only tells the week, within which they are read.
    let starts_near = Some(SystemClock::start().gps());
    let path = options.file.clone();
    let station = Some(station).filter(|_| options.station.is_some() || !is_own_format(options));
    let repeat = options.repeat;
    Ok(ReplayConfig { path, station, starts_near, speed, repeat, epoch_wait: EPOCH_WAIT_DEFAULT })
}

/// Our own recordings name their stations; a name that we gave would hide them.
fn is_own_format(options: &ReplayOptions) -> bool {
    use std::io::Read;
    let magic = tianshu_ingest::recording::format::MAGIC;
    let mut start = vec![0; magic.len()];
    std::fs::File::open(&options.file)
        .and_then(|mut file| file.read_exact(&mut start))
        .is_ok_and(|()| start == magic)
}

async fn outlet(options: &ReplayOptions) -> anyhow::Result<Outlet> {
    match (&options.listen, &options.upload) {
        (Some(address), _) => Outlet::port(address).await,
        (None, Some(url)) => Outlet::upload(url).await,
        (None, None) => Ok(Outlet::Standard),
    }
}

async fn play(config: &ReplayConfig, outlet: &mut Outlet) -> anyhow::Result<()> {
    let (sink, mut source) = event_queue(EVENTS_WAITING_MAX);
    let stop = CancellationToken::new();
    let reading = {
        let (config, stop) = (config.clone(), stop.clone());
        tokio::spawn(async move { replay(&config, &sink, &stop).await })
    };
    let sent = tokio::select! {
        sent = send_all(&mut source, outlet) => sent,
        pressed = tokio::signal::ctrl_c() => pressed.context("cannot listen for Ctrl-C"),
    };
    stop.cancel();
    drop(source);
    let summary = reading.await.map_err(|error| anyhow!("the replay ended badly: {error}"))??;
    tracing::info!(frames = summary.frames, epochs = summary.epochs, "replay ended");
    sent
}

async fn send_all(source: &mut EventSource, outlet: &mut Outlet) -> anyhow::Result<()> {
    while let Some(event) = source.next().await {
        if let StationNews::Frame(frame) = event.news {
            outlet.send(&frame).await?;
        }
    }
    Ok(())
}
