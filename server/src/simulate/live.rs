//! A live world: computed by a thread of its own, a little ahead, and handed out station by station.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::anyhow;
use bytes::Bytes;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_simulator::link::{Delivery, Link};
use tianshu_simulator::network::Network;
use tianshu_simulator::random::Key;
use tianshu_simulator::truth::ReceiverTruth;
use tianshu_simulator::world::{World, WorldEpoch};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::simulate::pace::Pace;
use crate::simulate::stream::Streams;

/// An epoch is computed so long before it is due: a busy machine then delays nobody's bytes.
const AHEAD: Duration = Duration::from_millis(1_500);
/// A world that is so far behind leaves epochs out rather than sending old ones: rovers want the newest.
const BEHIND_MAX: Duration = Duration::from_secs(3);
/// Deliveries that wait for a station's port: a minute of what a station sends. A port discards what nobody reads,
/// so only a machine that stands still fills it, and then the world waits.
const DELIVERIES_WAITING_MAX: usize = 64;
/// The longest sleep between two looks at the wish to stop.
const NAP: Duration = Duration::from_millis(100);
/// How often a rover finds new ephemerides in its own satellites' messages: GPS repeats them every 30 s
/// (IS-GPS-200, section 20.3.4.1).
const EPHEMERIDES_EVERY_S: i64 = 30;
/// Receivers need some time from the epoch to the first byte of its messages.
pub(crate) const RECEIVER_DELAY: Interval = Interval::from_millis(30);

/// What a live world hands out.
pub(crate) struct Live {
    /// The stations' links, in the network's order.
    pub stations: Vec<LiveStation>,
    /// The rovers.
    pub rovers: Vec<LiveRover>,
    /// The thread that computes it.
    pub engine: Engine,
}

/// The far end of a station's link.
pub(crate) struct LiveStation {
    /// The station.
    pub name: StationName,
    /// What comes out of its link, each with its moment.
    pub deliveries: mpsc::Receiver<Delivery>,
}

/// A rover's receiver.
pub(crate) struct LiveRover {
    /// The rover.
    pub name: StationName,
    /// What it measures, each epoch with its truth.
    pub epochs: mpsc::Receiver<RoverEpoch>,
}

/// One epoch of a rover.
pub(crate) struct RoverEpoch {
    /// What it measured.
    pub observed: ObsEpoch,
    /// What is true.
    pub truth: ReceiverTruth,
    /// What its satellites broadcast, now and then.
    pub ephemerides: Option<Arc<Vec<Arc<Ephemeris>>>>,
}

/// How a live world is played.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Play {
    /// The seed of the links; the world has its own.
    pub seed: u64,
    /// When its moments are due.
    pub pace: Pace,
    /// Between epochs.
    pub interval: Interval,
    /// After so many it ends; without it, when it is stopped.
    pub epochs: Option<u64>,
}

/// The thread that computes a live world.
pub(crate) struct Engine {
    thread: JoinHandle<Played>,
    stop: Arc<AtomicBool>,
}

/// How a live world went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Played {
    /// Epochs that were computed.
    pub epochs: u64,
    /// Epochs that were left out because the machine was too slow.
    pub left_out: u64,
}

impl Engine {
    /// Ends the world and tells how it went.
    pub(crate) fn stop(self) -> anyhow::Result<Played> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the simulation ended badly"))
    }
}

/// Begins to compute a world from the start of its scenario.
pub(crate) fn begin(world: World, network: &Network, play: Play) -> anyhow::Result<Live> {
    let key = Key::root(play.seed);
    let settings = world.scenario().link;
    let mut stations = Vec::new();
    let mut senders = Vec::new();
    for station in &network.stations {
        let (deliveries, waiting) = mpsc::channel(DELIVERIES_WAITING_MAX);
        let name = station.name.clone();
        let link = Link::new(settings, key.of("station").of(name.as_str()));
        senders.push(Sender { link, deliveries });
        stations.push(LiveStation { name, deliveries: waiting });
    }
    let mut rovers = Vec::new();
    let mut receivers = Vec::new();
    for name in world.rovers() {
        let (epochs, waiting) = mpsc::channel(DELIVERIES_WAITING_MAX);
        rovers.push(LiveRover { name: name.clone(), epochs: waiting });
        receivers.push(epochs);
    }
    let streams = Streams::new(&world, network);
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let thread = std::thread::Builder::new()
        .name("world".to_owned())
        .spawn(move || run(world, streams, senders, &receivers, play, &told))?;
    Ok(Live { stations, rovers, engine: Engine { thread, stop } })
}

/// A station's end of its link.
struct Sender {
    link: Link,
    deliveries: mpsc::Sender<Delivery>,
}

fn run(
    mut world: World,
    mut streams: Streams,
    mut senders: Vec<Sender>,
    rovers: &[mpsc::Sender<RoverEpoch>],
    play: Play,
    stop: &AtomicBool,
) -> Played {
    let start = world.scenario().start;
    let mut played = Played::default();
    let mut number: u64 = 0;
    while play.epochs.is_none_or(|epochs| number < epochs) {
        let t = moment(start, play.interval, number);
        number += 1;
        if play.pace.overdue(t) > BEHIND_MAX {
            played.left_out += 1;
            if played.left_out.is_power_of_two() {
                tracing::warn!(
                    left_out = played.left_out,
                    "this machine is too slow for so large a world: epochs are left out"
                );
            }
            continue;
        }
        if !sleep_until(play.pace.due(t).checked_sub(AHEAD), stop) {
            break;
        }
        let epoch = world.epoch(t);
        let sent = streams.epoch(&world, &epoch);
        for ((sender, site), bytes) in senders.iter_mut().zip(&epoch.stations).zip(&sent) {
            if site.linked && !bytes.is_empty() {
                sender.send(t, bytes);
            }
        }
        tell_rovers(&world, rovers, epoch);
        played.epochs += 1;
    }
    played
}

/// The moment of an epoch; a world ends long before its numbers do.
fn moment(start: GpsTime, interval: Interval, number: u64) -> GpsTime {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    start + Interval::from_nanos(interval.nanos().saturating_mul(number))
}

/// Sleeps; `false` if it is to stop.
fn sleep_until(moment: Option<Instant>, stop: &AtomicBool) -> bool {
    while let Some(left) = moment.and_then(|m| m.checked_duration_since(Instant::now()))
        && !left.is_zero()
    {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        std::thread::sleep(left.min(NAP));
    }
    !stop.load(Ordering::Relaxed)
}

impl Sender {
    fn send(&mut self, t: GpsTime, bytes: &Bytes) {
        for delivery in self.link.carry(t + RECEIVER_DELAY, bytes) {
            // A port that is gone hears nothing any more; the others do.
            let _ = self.deliveries.blocking_send(delivery);
        }
    }
}

fn tell_rovers(world: &World, rovers: &[mpsc::Sender<RoverEpoch>], epoch: WorldEpoch) {
    let since_start_s = (epoch.time - world.scenario().start).nanos() / 1_000_000_000;
    let fresh = (!rovers.is_empty() && since_start_s % EPHEMERIDES_EVERY_S == 0)
        .then(|| Arc::new(world.ephemerides(epoch.time).into_iter().map(Arc::new).collect()));
    for (rover, site) in rovers.iter().zip(epoch.rovers) {
        if let (Some(observed), Some(truth)) = (site.observed, site.truth) {
            // A rover that is gone measures nothing any more.
            let _ = rover.blocking_send(RoverEpoch { observed, truth, ephemerides: fresh.clone() });
        }
    }
}
