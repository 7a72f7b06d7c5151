//! Measures the relay: N rovers on the loopback read one station that sends 1 kB once a second.
//!
//! `cargo run --release -p tianshu-caster --example fan_out -- serve 1000 20` starts the caster and, as a process of its own,
//! the rovers, and prints what the caster's process alone needed. Arguments: rovers, seconds, mountpoints.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use tianshu_caster::caster::{Caster, Parts};
use tianshu_caster::clock::Clock;
use tianshu_caster::config::{
    CasterConfig, CasterIdentity, Limits, ListenerConfig, MountConfig, MountKind, Offering,
    UserConfig,
};
use tianshu_caster::stations::Stations;
use tianshu_caster::upload::{UploadLink, UploadRefusal, UploadSink};
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_ntrip::credentials::Secret;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_rtcm::frame::Frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One kilobyte on the wire: the frame's head and checksum are six bytes.
const PAYLOAD_BYTES: usize = 1018;

/// Where in the payload the moment of sending stands, as nanoseconds since the start of 1970.
const SENT_AT: usize = 100;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| -> Result<u64> {
        arguments.get(at).map_or(Ok(default), |text| text.parse().context("a number was expected"))
    };
    let (rovers, seconds, mounts) = (number(1, 1000)?, number(2, 20)?, number(3, 1)?);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    match arguments.first().map(String::as_str) {
        Some("serve") => runtime.block_on(serve(rovers, seconds, mounts)),
        Some("rovers") => {
            let address = arguments.get(4).context("an address was expected")?.parse()?;
            runtime.block_on(read_all(rovers, seconds, mounts, address))
        }
        _ => bail!("first argument: serve or rovers"),
    }
}

async fn serve(rovers: u64, seconds: u64, mounts: u64) -> Result<()> {
    let (clock, stations) = (Clock::start(), Arc::new(Stations::new()));
    let names: Vec<StationName> =
        (0..mounts).map(|number| format!("S{number:03}").parse()).collect::<Result<_, _>>()?;
    let parts = Parts {
        stations: Arc::clone(&stations),
        clock,
        sink: Arc::new(NoUploads),
        sources: Vec::new(),
        access: None,
        accounts: None,
        password_threads: 1,
    };
    let (caster, mut events) = Caster::start(config(&names)?, parts)?;
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    send(&stations, clock, &names)?;
    let address = *caster.addresses().first().context("no listener")?;
    let readers = Command::new(std::env::current_exe()?)
        .args(["rovers", &rovers.to_string(), &seconds.to_string(), &mounts.to_string()])
        .arg(address.to_string())
        .stdout(Stdio::inherit())
        .spawn()?;
    let before = resident_kb()?;
    let (connect_cpu, begun) = (cpu()?, Instant::now());
    while caster.stats().rovers < rovers {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let connect_cpu = cpu()?.saturating_sub(connect_cpu);
    let connecting = begun.elapsed();
    let (cpu_before, sent_before) = (cpu()?, caster.stats().frames_sent);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    for _ in 0..seconds {
        ticks.tick().await;
        send(&stations, clock, &names)?;
    }
    ticks.tick().await;
    let used = cpu()?.saturating_sub(cpu_before);
    let resident = resident_kb()?;
    let stats = caster.stats();
    let deliveries = stats.frames_sent - sent_before;
    writeln!(
        std::io::stdout(),
        "{rovers} rovers, {mounts} mountpoints: connected in {connecting:.2?} ({:.0} us CPU each), \
         {deliveries} deliveries, CPU {:.1} us each, {:.1} % of a core, {:.1} kB per rover, \
         {} frames dropped",
        connect_cpu.as_secs_f64() * 1e6 / rovers as f64,
        used.as_secs_f64() * 1e6 / deliveries.max(1) as f64,
        used.as_secs_f64() * 100.0 / seconds as f64,
        resident.saturating_sub(before) as f64 / rovers as f64,
        stats.frames_dropped,
    )?;
    let mut readers = readers;
    readers.wait()?;
    caster.stop().await;
    Ok(())
}

fn send(stations: &Stations, clock: Clock, names: &[StationName]) -> Result<()> {
    for name in names {
        let mut payload = vec![0_u8; PAYLOAD_BYTES];
        let now = wall_nanos()?;
        for (place, byte) in payload.iter_mut().zip((1077_u16 << 4).to_be_bytes()) {
            *place = byte;
        }
        for (place, byte) in payload.iter_mut().skip(SENT_AT).zip(now.to_be_bytes()) {
            *place = byte;
        }
        let frame: Bytes = Frame::from_payload(&payload)?.into_bytes();
        let event = StationEvent {
            station: name.clone(),
            arrived: GpsTime::from_nanos(0),
            news: StationNews::Frame(frame),
        };
        stations.on_event(&event, clock.now());
    }
    Ok(())
}

async fn read_all(rovers: u64, seconds: u64, mounts: u64, address: SocketAddr) -> Result<()> {
    let mut reading = Vec::new();
    for number in 0..rovers {
        reading.push(tokio::spawn(read_one(number % mounts, seconds, address)));
    }
    let mut delays = Vec::new();
    for rover in reading {
        delays.extend(rover.await??);
    }
    delays.sort_unstable();
    let at = |percent: usize| {
        delays.get(delays.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
    };
    writeln!(
        std::io::stdout(),
        "rovers: {} frames, delay p50 {:.1?}, p99 {:.1?}",
        delays.len(),
        at(50),
        at(99)
    )?;
    Ok(())
}

async fn read_one(number: u64, seconds: u64, address: SocketAddr) -> Result<Vec<Duration>> {
    let mut socket = TcpStream::connect(address).await?;
    let request = format!(
        "GET /S{number:03} HTTP/1.0\r\nUser-Agent: NTRIP x\r\n\
         Authorization: Basic YW5uYTpzZWNyZXQ=\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await?;
    let mut head = [0_u8; 14];
    socket.read_exact(&mut head).await?;
    let mut delays = Vec::new();
    let mut frame = vec![0_u8; PAYLOAD_BYTES + 6];
    while (delays.len() as u64) < seconds {
        if socket.read_exact(&mut frame).await.is_err() {
            break;
        }
        let sent = frame.get(3 + SENT_AT..3 + SENT_AT + 8).context("a short frame")?;
        let sent = u64::from_be_bytes(sent.try_into()?);
        let now = wall_nanos()?;
        delays.push(Duration::from_nanos(now.saturating_sub(sent)));
    }
    Ok(delays)
}

/// The wall clock: the two processes have no other in common.
fn wall_nanos() -> Result<u64> {
    Ok(u64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed()?.as_nanos())?)
}

fn config(names: &[StationName]) -> Result<CasterConfig> {
    let mounts = names.iter().map(|station| {
        Some(MountConfig {
            mountpoint: Mountpoint::new(station.as_str())?,
            kind: MountKind::Station { station: station.clone() },
            needs_account: true,
            description: String::new(),
        })
    });
    let user =
        UserConfig { name: "anna".to_owned(), password: Secret::new("secret"), mountpoints: None };
    Ok(CasterConfig {
        listeners: vec![ListenerConfig {
            address: "127.0.0.1:0".parse()?,
            tls: None,
            proxies: None,
        }],
        identity: CasterIdentity {
            host: "caster.example".to_owned(),
            port: 2101,
            operator: "Operator".to_owned(),
            network: "NET".to_owned(),
            country: "CHN".to_owned(),
            place_deg: (22.8, 108.3),
            web: None,
        },
        limits: Limits { connections_per_address_max: 20_000, ..Limits::default() },
        offering: Offering {
            stations: Vec::new(),
            mountpoints: mounts.collect::<Option<_>>().context("a bad mountpoint name")?,
            users: vec![user],
        },
    })
}

struct NoUploads;

impl UploadSink for NoUploads {
    fn open(&self, _: &StationName) -> Result<Box<dyn UploadLink>, UploadRefusal> {
        Err(UploadRefusal("nothing is uploaded here".to_owned()))
    }
}

/// Processor time of this process so far, from the kernel's ticks of 10 ms.
fn cpu() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("an unreadable /proc/self/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64> { Ok(fields.get(at).context("a short stat")?.parse()?) };
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

fn resident_kb() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).context("no figure")?.parse()?)
}
