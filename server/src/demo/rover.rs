//! A simulated rover: connects like any other over NTRIP, and shows how far from the truth it comes.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::station::StationName;
use tianshu_ingest::clock::SharedClock;
use tianshu_ingest::greeting::SaidQuality;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_positioning::rtk::solution::Status;
use tianshu_simulator::network::Network;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::demo::show::{self, EVERY};
use crate::rover::mind::{Measured, Mind, Outcome};
use crate::rover::monitor::result;
use crate::rover::stream::Stream;
use crate::simulate::live::{LiveRover, RoverEpoch};
use crate::simulate::pace::Pace;
use crate::web::rover_board::{Engine, RoverBoard, RoverResult};

/// A station that a fault has moved may state its place wrongly by so much; rovers do not stand so near to one, m.
const STATED_WITHIN_M: f64 = 200.0;

/// What all rovers of a demonstration share.
pub(crate) struct Around {
    /// The caster.
    pub caster: SocketAddr,
    /// The mountpoint they ask for.
    pub mountpoint: Mountpoint,
    /// The network, to name bases.
    pub network: Network,
    /// When moments of the world are due.
    pub pace: Pace,
    /// This machine's clock.
    pub clock: SharedClock,
    /// Where they tell how far off they are, for the operators' page.
    pub board: Option<RoverBoard>,
    /// Ends the rovers.
    pub stop: CancellationToken,
}

/// A rover's results since the last line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    epochs: u32,
    fixed: u32,
    last: Option<Outcome>,
}

/// Runs a rover until it is stopped.
pub(crate) async fn run(rover: LiveRover, around: Arc<Around>) -> anyhow::Result<()> {
    let LiveRover { name, mut epochs } = rover;
    let mut mind = Mind::default();
    // A rover that does not know where it is has nothing to ask for.
    let place = loop {
        let epoch = tokio::select! {
            epoch = epochs.recv() => epoch,
            () = around.stop.cancelled() => return Ok(()),
        };
        let Some(epoch) = epoch else { return Ok(()) };
        sleep_until(around.pace.due(epoch.truth.received)).await;
        mind.on_ephemerides(epoch.ephemerides.as_deref().map_or(&[], Vec::as_slice));
        if let Some(place) = mind.single_point(&epoch.observed) {
            break place;
        }
    };
    let quality = SaidQuality::default();
    let stream =
        Stream { caster: around.caster, mountpoint: &around.mountpoint, credentials: None };
    let (link, mut news) = stream.connect(&name, place, quality.clone(), around.clock.clone());
    let mut tally = Tally::default();
    let take = |tally: &mut Tally, outcome: Option<Outcome>| {
        if let Some(outcome) = &outcome {
            let result = result(outcome);
            quality.say(result.quality);
            around.report(&name, result);
        }
        tally.add(outcome);
    };
    let mut waiting: Option<RoverEpoch> = None;
    let mut tell_at = Instant::now() + EVERY;
    loop {
        let due = waiting.as_ref().map(|epoch| around.pace.due(epoch.truth.received));
        tokio::select! {
            () = around.stop.cancelled() => break,
            epoch = epochs.recv(), if waiting.is_none() => match epoch {
                Some(epoch) => waiting = Some(epoch),
                None => break,
            },
            () = sleep_until(due.unwrap_or(tell_at)), if due.is_some() => {
                if let Some(epoch) = waiting.take() {
                    take(&mut tally, measured(&mut mind, epoch));
                }
            }
            event = news.next() => match event {
                Some(event) => {
                    let outcome = tokio::task::block_in_place(|| mind.on_news(event.news));
                    take(&mut tally, outcome);
                }
                None => break,
            },
            () = sleep_until(tell_at) => {
                show::line(&tally.line(&name, &around.network)).context("nobody looks")?;
                tally = Tally::default();
                tell_at += EVERY;
            }
        }
    }
    link.stopped().await;
    Ok(())
}

fn measured(mind: &mut Mind, epoch: RoverEpoch) -> Option<Outcome> {
    mind.on_ephemerides(epoch.ephemerides.as_deref().map_or(&[], Vec::as_slice));
    let measured = Measured { observed: epoch.observed, truth: epoch.truth.place };
    tokio::task::block_in_place(|| mind.on_measured(measured))
}

impl Around {
    /// Tells the operators' page of a result.
    fn report(&self, rover: &StationName, result: RoverResult) {
        if let Some(board) = &self.board {
            let (rover, at) = (rover.as_str(), self.mountpoint.as_str());
            board.report(rover, at, Engine::Tianshu, result);
        }
    }
}

impl Tally {
    fn add(&mut self, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            self.epochs += 1;
            self.fixed += u32::from(outcome.status == Status::Fixed);
            self.last = Some(outcome);
        }
    }

    fn line(&self, name: &StationName, network: &Network) -> String {
        let Some(last) = &self.last else {
            return format!("{name:<6} has no position yet");
        };
        let Outcome { status, error, base, baseline_m, age, .. } = last;
        let base = kind(*base, network);
        format!(
            "{name:<6} {:<6} error east {:+7.3} north {:+7.3} up {:+7.3} m   {base}, {:.1} km, {:.1} s old   fixed {} of {}",
            Shown(*status).to_string(),
            error.east_m,
            error.north_m,
            error.up_m,
            baseline_m / 1e3,
            age.seconds(),
            self.fixed,
            self.epochs,
        )
    }
}

/// Which kind of correction comes from a base at that place: a real station, by its name, or a virtual one.
fn kind(base: Ecef, network: &Network) -> String {
    let nearest = network.by_distance(base).first().map(|&i| &network.stations[i]);
    match nearest.filter(|station| (station.ecef() - base).norm_m() <= STATED_WITHIN_M) {
        Some(station) => format!("base {}", station.name),
        None => "virtual".to_owned(),
    }
}

/// A status as a word.
struct Shown(Status);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Status::Single => "single",
            Status::Float => "float",
            Status::Fixed => "fixed",
        })
    }
}
