//! `tianshu demo`: a simulated network, the real service, and rovers, all in one process and without configuration.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use tianshu_caster::caster::StartError;
use tianshu_caster::config::{
    CasterConfig, CasterIdentity, Limits, ListenerConfig, MountConfig, MountKind, NearestPolicy,
    Offering, StationSettings, VirtualMount,
};
use tianshu_caster::profile::Profile;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::gps::Interval;
use tianshu_ingest::backoff::{LONGEST_DEFAULT, SHORTEST_DEFAULT};
use tianshu_ingest::clock::SystemClock;
use tianshu_ingest::session::{EPOCH_WAIT_DEFAULT, SILENCE_DEFAULT};
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_positioning::network::engine::StationConfig;
use tianshu_rtcm::msm::header::MsmLevel;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::scenario::Scenario;
use tianshu_simulator::world::World;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::address::Host;
use crate::cli::DemoOptions;
use crate::commands::simulate::next_second;
use crate::config::accounts::AccountsConfig;
use crate::config::read::Config;
use crate::config::solver::NetworkConfig;
use crate::config::station::{LinkConfig, LinkKind};
use crate::config::{network, scenario};
use crate::demo::page;
use crate::demo::rover::{self, Around};
use crate::demo::show::{self, NEAREST, Scene, VRS, middle_deg};
use crate::serve::run::LINKS_EVERY;
use crate::serve::service::Service;
use crate::serve::signals::Signals;
use crate::simulate::live::{Live, Play, begin};
use crate::simulate::pace::Pace;
use crate::simulate::ports::Ports;
use crate::web::service::Web;

/// A rover of the demonstration computes as much as a receiver does: more of them are a load test, not a show.
const ROVERS_MAX: u32 = 50;

/// A scenario may keep a station silent: after so long the others begin without it.
const ON_AIR_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often it is looked who is on the air.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Runs the demonstration.
pub(crate) fn run(options: &DemoOptions) -> anyhow::Result<()> {
    // What the stations and rovers do is shown; of the log, what went wrong is enough.
    crate::logging::start_from("warn");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(demo(options))
}

async fn demo(options: &DemoOptions) -> anyhow::Result<()> {
    let mut signals = Signals::take().context("cannot listen for signals")?;
    let (network, scenario) = chosen(options)?;
    let name = scenario.name.clone();
    let ports = Ports::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), network.stations.len())?;
    let own = tempfile::tempdir().context("no folder can be made for the demonstration")?;
    let config = config(&network, &ports.addresses()?, options, own.path())?;
    let service =
        Service::start(config, None).await.map_err(|error| kindly(error, options.port))?;
    let page = service.web().map(Web::address);
    let caster = *service.addresses().first().context("the caster listens nowhere")?;

    let clock = Arc::new(SystemClock::start());
    let start = next_second(clock.as_ref());
    let pace = Pace::live(clock.as_ref(), start, 1.0);
    let world = World::new(scenario.starting_at(start), &network, options.seed)?;
    let play = Play { seed: options.seed, pace, interval: Interval::from_seconds(1), epochs: None };
    let Live { stations, rovers, engine } = begin(world, &network, play)?;
    let _serving = ports.serve(stations, pace);
    // Each station, the nearest one, and the virtual ones.
    all_on_air(&service, network.stations.len() + 2).await;
    show::scene(&Scene { scenario: &name, network: &network, rovers: rovers.len(), caster, page })?;

    let stop = CancellationToken::new();
    let mountpoint = Mountpoint::new(VRS).context("VRS names a mountpoint")?;
    let board = service.web().map(Web::rovers);
    let around = Around { caster, mountpoint, network, pace, clock, board, stop: stop.clone() };
    let around = Arc::new(around);
    let mut running = JoinSet::new();
    for rover in rovers {
        running.spawn(rover::run(rover, Arc::clone(&around)));
    }
    let mut looking = tokio::time::interval(LINKS_EVERY);
    let time_up = time_up(options.seconds);
    tokio::pin!(time_up);
    loop {
        tokio::select! {
            _ = signals.next() => break,
            () = &mut time_up => break,
            _ = looking.tick() => service.tell_links(),
        }
    }
    show::line("stopping")?;
    stop.cancel();
    while let Some(ended) = running.join_next().await {
        ended.map_err(|error| anyhow!("a rover ended badly: {error}"))??;
    }
    let frames = service.stats().frames_sent;
    service.stop().await?;
    let epochs = engine.stop()?.epochs;
    let stations = around.network.stations.len();
    show::line(&format!("{epochs} epochs of {stations} stations, {frames} frames sent to rovers"))?;
    Ok(())
}

/// The network and the scenario that the options ask for.
fn chosen(options: &DemoOptions) -> anyhow::Result<(Network, Scenario)> {
    let whole = network::built_in();
    let (wanted, most) = (options.stations, whole.stations.len());
    ensure!((1..=most).contains(&wanted), "--stations {wanted} is not between 1 and {most}");
    let rovers = options.rovers;
    ensure!(rovers <= ROVERS_MAX, "--rovers {rovers} is more than {ROVERS_MAX}");
    let network = whole.central(wanted);
    let mut scenario = scenario::find(&options.scenario, &network)?;
    scenario.rovers = rovers;
    Ok((network, scenario))
}

/// Waits until so many mountpoints are on the air, so that whoever is told of them finds them there.
async fn all_on_air(service: &Service, mountpoints: usize) {
    let begun = Instant::now();
    while service.on_air() < mountpoints && begun.elapsed() < ON_AIR_WAIT_MAX {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn time_up(seconds: Option<u64>) {
    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        None => std::future::pending().await,
    }
}

/// The service's configuration: every station pulled from its port, a mountpoint for each, the nearest one, and virtual ones from the
/// network. The stations' places are those of the network's file, as an operator would write them.
fn config(
    network: &Network,
    ports: &[SocketAddr],
    options: &DemoOptions,
    own: &Path,
) -> anyhow::Result<Config> {
    let port = options.port;
    let mut offering = Offering::default();
    let mut links = Vec::new();
    for (station, address) in network.stations.iter().zip(ports) {
        let name = &station.name;
        links.push(LinkConfig {
            station: name.clone(),
            kind: LinkKind::Tcp(Host { name: address.ip().to_string(), port: address.port() }),
            silence_max: SILENCE_DEFAULT,
            epoch_wait: EPOCH_WAIT_DEFAULT,
            retry: (SHORTEST_DEFAULT, LONGEST_DEFAULT),
        });
        offering.stations.push(StationSettings {
            station: name.clone(),
            reference_point: Some(station.ecef()),
            dead_after: None,
            description: format!("{name} (simulated)"),
        });
        let mountpoint = Mountpoint::new(name.as_str())
            .with_context(|| format!("{name} cannot name a mountpoint"))?;
        offering.mountpoints.push(open(mountpoint, MountKind::Station { station: name.clone() }));
    }
    for (name, kind) in [(NEAREST, nearest()), (VRS, virtual_stations())] {
        let mountpoint =
            Mountpoint::new(name).with_context(|| format!("{name} is no mountpoint"))?;
        offering.mountpoints.push(open(mountpoint, kind));
    }
    let listener = ListenerConfig {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        tls: None,
        proxies: None,
    };
    let identity = CasterIdentity {
        host: Ipv4Addr::LOCALHOST.to_string(),
        port,
        operator: "Tianshu".to_owned(),
        network: network.name.clone(),
        country: "CHN".to_owned(),
        place_deg: middle_deg(network),
        web: None,
    };
    let limits = Limits::default();
    let caster = CasterConfig { listeners: vec![listener], identity, limits, offering };
    let config =
        |s: &NetworkStation| StationConfig { name: s.name.clone(), place: s.ecef(), antenna: None };
    let stations = network.stations.iter().map(config).collect();
    let monitor = Arc::new(page::monitor(network));
    let interval = Interval::from_seconds(1);
    let network = NetworkConfig { stations, interval, glonass: false, checkpoint: None };
    let accounts = AccountsConfig { place: Some(page::accounts(own)?), password_threads: 1 };
    let network = Some(Arc::new(network));
    let archive = options.archive.as_deref().map(page::archive);
    let (files, records) = (None, Vec::new());
    let web = Some(page::web(options.page));
    Ok(Config {
        caster,
        accounts,
        archive,
        files,
        links,
        network,
        frame: None,
        records,
        monitor,
        web,
        monitor_rovers: Vec::new(),
    })
}

/// The nearest of all stations.
fn nearest() -> MountKind {
    MountKind::Nearest { among: BTreeSet::new(), policy: NearestPolicy::default() }
}

/// Virtual stations of all that the network solves.
fn virtual_stations() -> MountKind {
    use Constellation::{BeiDou, Galileo, Gps, Qzss};
    let systems: BTreeSet<_> = [Gps, Galileo, Qzss, BeiDou].into();
    MountKind::Virtual(VirtualMount {
        profile: Arc::new(Profile::msm(MsmLevel::Msm4, systems)),
        among: BTreeSet::new(),
        policy: NearestPolicy::default(),
        grid: false,
    })
}

/// A mountpoint that anybody may read.
fn open(mountpoint: Mountpoint, kind: MountKind) -> MountConfig {
    MountConfig { mountpoint, kind, needs_account: false, description: String::new() }
}

/// What to do if the port is taken, which is what goes wrong on a machine that runs a caster already.
fn kindly(error: anyhow::Error, port: u16) -> anyhow::Error {
    match error.downcast_ref::<StartError>() {
        Some(StartError::Bind { source, .. }) if source.kind() == ErrorKind::AddrInUse => anyhow!(
            "port {port} is taken by another program on this machine: choose another one with \
             --port {}, or any free one with --port 0",
            port.saturating_add(1)
        ),
        Some(StartError::Bind { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
            anyhow!("this user may not open port {port}: choose one above 1023, as in --port 2101")
        }
        _ => error,
    }
}
