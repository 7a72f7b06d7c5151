//! `tianshu simulate`: a world with known truth, written to files, or played live on TCP ports or into a caster.

use std::io::Write;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_ingest::clock::{Clock, SystemClock};
use tianshu_rinex::write::WrittenVersion;
use tianshu_simulator::network::Network;
use tianshu_simulator::scenario::Scenario;
use tianshu_simulator::world::World;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cli::SimulateOptions;
use crate::config::scenario::ROVER_PLACES;
use crate::config::{network, scenario};
use crate::serve::signals::Signals;
use crate::simulate::files::{Files, Wanted};
use crate::simulate::live::{Live, LiveStation, Play, begin};
use crate::simulate::pace::Pace;
use crate::simulate::ports::Ports;
use crate::simulate::rovers;
use crate::simulate::uploads::Uploads;

/// Seconds that are simulated into files where nothing else is said: five minutes.
const SECONDS_DEFAULT: u64 = 300;
/// The longest world: 30 days. What is broadcast was fitted for the days around the start.
const SECONDS_MAX: u64 = 30 * 86_400;
/// Between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Simulates what the options ask for.
pub(crate) fn run(options: &SimulateOptions) -> anyhow::Result<()> {
    crate::logging::start();
    let (network, scenario) = chosen(options)?;
    let interval = Interval::from_seconds_f64(options.interval);
    ensure!(
        (0.05..=3_600.0).contains(&options.interval),
        "--interval {} is not between 0.05 and 3600 seconds",
        options.interval
    );
    if let Some(seconds) = options.seconds {
        ensure!(seconds <= SECONDS_MAX, "--seconds {seconds} is more than {SECONDS_MAX} (30 days)");
    }
    let door = match (&options.tcp_base, &options.upload) {
        (Some(address), _) => Door::Ports(first_address(address)?),
        (None, Some(url)) => Door::Upload(url),
        (None, None) => return files(options, scenario, &network, interval),
    };
    live(options, &door, scenario, &network, interval)
}

/// The network and the scenario, with what the options override.
fn chosen(options: &SimulateOptions) -> anyhow::Result<(Network, Scenario)> {
    let whole = network::from_file(options.network.as_deref())?;
    let most = whole.stations.len();
    let wanted = options.stations.unwrap_or(most);
    ensure!(
        (1..=most).contains(&wanted),
        "--stations {wanted} is not possible: the network {} has {most}",
        whole.name
    );
    let network = whole.central(wanted);
    let mut scenario = scenario::find(&options.scenario, &network)?;
    scenario.rovers = options.rovers.unwrap_or(scenario.rovers);
    let named = |wanted: &String| ROVER_PLACES.iter().find(|(name, _)| name == wanted);
    if let Some((_, places)) = options.rovers_at.as_ref().and_then(named) {
        scenario.rover_places = *places;
    }
    scenario.rover_companions |= options.companions;
    Ok((network, scenario))
}

fn files(
    options: &SimulateOptions,
    scenario: Scenario,
    network: &Network,
    interval: Interval,
) -> anyhow::Result<()> {
    let wanted = Wanted {
        rinex: options.rinex.clone().map(|folder| (folder, rinex_version(options))),
        rtcm: options.rtcm.clone(),
        truth: options.truth.clone(),
    };
    if wanted.rinex.is_none() && wanted.rtcm.is_none() && wanted.truth.is_none() {
        bail!(
            "nothing would be written: add --rinex DIR, --rtcm DIR, --truth FILE, --tcp-base HOST:PORT or --upload URL"
        );
    }
    let start = scenario.start;
    let mut world = World::new(scenario, network, options.seed)?;
    let mut files = Files::begin(&wanted, &world, network, options.seed, interval)?;
    let seconds = options.seconds.unwrap_or(SECONDS_DEFAULT);
    let span = Interval::from_seconds(i64::try_from(seconds)?);
    let mut progress = Progress::new(seconds);
    let mut t = start;
    while t - start < span {
        let epoch = world.epoch(t);
        files.epoch(&world, &epoch)?;
        progress.tell((t - start).seconds());
        t += interval;
    }
    files.finish(&world, span)?;
    progress.end(network.stations.len(), world.rovers().count());
    Ok(())
}

/// The command line lets only these two through.
fn rinex_version(options: &SimulateOptions) -> WrittenVersion {
    if options.rinex_version == WrittenVersion::V305.number() {
        WrittenVersion::V305
    } else {
        WrittenVersion::V304
    }
}

/// Lines on standard error that say how far it is.
struct Progress {
    seconds: u64,
    begun: Instant,
    told: Instant,
}

impl Progress {
    fn new(seconds: u64) -> Self {
        let now = Instant::now();
        Self { seconds, begun: now, told: now }
    }

    fn tell(&mut self, done_s: f64) {
        if self.told.elapsed() >= PROGRESS_EVERY {
            self.told = Instant::now();
            say(&format!("simulated {done_s:.0} of {} s", self.seconds));
        }
    }

    fn end(&self, stations: usize, rovers: usize) {
        let took_s = self.begun.elapsed().as_secs_f64();
        let seconds = self.seconds;
        say(&format!(
            "simulated {seconds} s of {stations} stations and {rovers} rovers in {took_s:.1} s"
        ));
    }
}

/// Progress is a courtesy: that nobody reads it is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn first_address(text: &str) -> anyhow::Result<SocketAddr> {
    let mut found = text
        .to_socket_addrs()
        .with_context(|| format!("--tcp-base {text} is not HOST:PORT, as in 127.0.0.1:5100"))?;
    found.next().with_context(|| format!("--tcp-base {text} has no address"))
}

/// Where live stations are heard.
enum Door<'a> {
    /// At a port each, from this one on.
    Ports(SocketAddr),
    /// At a caster, under an address made of this one.
    Upload(&'a str),
}

/// Those doors, open.
enum Open {
    Ports(Ports),
    Uploads(Uploads),
}

impl Open {
    /// Opens the doors, and says on standard output where each station is heard.
    async fn at(door: &Door<'_>, network: &Network, rovers: usize) -> anyhow::Result<Self> {
        match door {
            Door::Ports(first) => {
                let ports = Ports::open(*first, network.stations.len() + rovers)?;
                announce(&ports, network)?;
                Ok(Self::Ports(ports))
            }
            Door::Upload(url) => {
                let uploads = Uploads::open(url, network).await?;
                say(&format!("uploading {} stations", network.stations.len()));
                Ok(Self::Uploads(uploads))
            }
        }
    }

    fn serve(self, stations: Vec<LiveStation>, pace: Pace) -> JoinSet<()> {
        match self {
            Self::Ports(ports) => ports.serve(stations, pace),
            Self::Uploads(uploads) => uploads.serve(stations, pace),
        }
    }
}

fn live(
    options: &SimulateOptions,
    door: &Door<'_>,
    scenario: Scenario,
    network: &Network,
    interval: Interval,
) -> anyhow::Result<()> {
    let speed = options.speed;
    ensure!((0.01..=1_000.0).contains(&speed), "--speed {speed} is not between 0.01 and 1000");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::take().context("cannot listen for signals")?;
        let rovers = rovers_at_ports(options, door, &scenario);
        let open = Open::at(door, network, rovers).await?;
        let clock = SystemClock::start();
        let start = next_second(&clock);
        let pace = Pace::live(&clock, start, speed);
        let world = World::new(scenario.starting_at(start), network, options.seed)?;
        let epochs = options.seconds.map(|seconds| epochs_in(seconds, interval));
        let stated: Vec<_> = (0..rovers).filter_map(|n| world.stated_by_rover(n)).collect();
        let live = begin(world, network, Play { seed: options.seed, pace, interval, epochs })?;
        let Live { mut stations, rovers, engine } = live;
        stations
            .extend(rovers::as_stations(rovers.into_iter().zip(stated), first_rover_id(network)?));
        let mut serving = open.serve(stations, pace);
        let stopped = async {
            // A reload has nothing to read here: whatever is asked for ends the world.
            signals.next().await;
        };
        // Whoever serves a station ends when the world has, and its last bytes have come out of the link.
        let ended = async { while serving.join_next().await.is_some() {} };
        tokio::select! { () = stopped => {}, () = ended => {} }
        let played = engine.stop()?;
        say(&format!("played {} epochs, left out {}", played.epochs, played.left_out));
        Ok(())
    })
}

/// How many rovers have ports: those that were asked for by number, with their companions.
fn rovers_at_ports(options: &SimulateOptions, door: &Door<'_>, scenario: &Scenario) -> usize {
    let asked = options.rovers.is_some() && matches!(door, Door::Ports(_));
    let each = if scenario.rover_companions { 2 } else { 1 };
    if asked { scenario.rovers as usize * each } else { 0 }
}

/// Stations count from 1, and rovers go on from there.
fn first_rover_id(network: &Network) -> anyhow::Result<u16> {
    Ok(u16::try_from(network.stations.len() + 1)?)
}

/// A whole second that begins soon by this machine's clock, so that epochs look live.
pub(crate) fn next_second(clock: &dyn Clock) -> GpsTime {
    let second = Interval::from_seconds(1);
    (clock.gps() + second).rounded_to(second)
}

/// How many epochs begin within so many seconds.
pub(crate) fn epochs_in(seconds: u64, interval: Interval) -> u64 {
    let span = seconds.saturating_mul(1_000_000_000);
    let interval = u64::try_from(interval.nanos()).unwrap_or(1).max(1);
    span.div_ceil(interval)
}

/// Says on standard output where each station is heard, and each rover.
fn announce(ports: &Ports, network: &Network) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let addresses = ports.addresses()?;
    let (stations, rovers) = addresses.split_at(network.stations.len());
    for (address, station) in stations.iter().zip(&network.stations) {
        writeln!(out, "station {} at {address}", station.name)?;
    }
    for (address, number) in rovers.iter().zip(1..) {
        writeln!(out, "rover ROV{number} at {address}")?;
    }
    Ok(out.flush()?)
}
