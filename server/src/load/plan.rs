//! What a load run will do: the command line's wishes, checked once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::time::gps::Interval;
use tianshu_ntrip::client::request::VersionChoice;
use tianshu_ntrip::credentials::Credentials;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_rtcm::frame::FRAME_BYTES_MAX;

use crate::address::Host;
use crate::cli::load::LoadOptions;
use crate::load::place::{AREA_DEFAULT, Area};
use crate::load::process::Whose;

/// The most rovers of one run: more than the largest networks serve, and 100 MB of this process.
const ROVERS_MAX: u32 = 60_000;
/// The most rovers from one source address: Linux gives out 28 232 ports to one (`ip_local_port_range`, 32768 to 60999).
const ROVERS_PER_SOURCE_MAX: u32 = 28_000;
/// The most source addresses: the last part of 127.0.0.x.
const SOURCES_MAX: u8 = 250;
/// The fastest storm, connections per second: above, one thread cannot begin them in time.
const RATE_MAX: f64 = 50_000.0;
/// The slowest: a connection every quarter of an hour.
const RATE_MIN: f64 = 0.001;
/// The longest run: a day.
const SECONDS_MAX: f64 = 86_400.0;
/// The shortest pause between positions: receivers send at most 20 a second.
const GGA_INTERVAL_MIN_S: f64 = 0.05;
/// The shortest frame of the feed: head, epoch and checksum.
const FEED_BYTES_MIN: usize = 64;

/// A run, as the program understands it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How many rovers.
    pub rovers: u32,
    /// Of them, how many stop reading after the caster's yes.
    pub slow: u32,
    /// Of them, how many connect and never ask for anything.
    pub silent: u32,
    /// First connections per second.
    pub rate_per_s: f64,
    /// How long the run takes, connecting included.
    pub lasts: Duration,
    /// The caster, on this machine.
    pub caster: SocketAddr,
    /// From how many loopback addresses the rovers come.
    pub sources: u8,
    /// NTRIP version.
    pub version: VersionChoice,
    /// What they ask for, in turn; none yet where the caster's sourcetable is to tell it.
    pub mounts: Vec<Mountpoint>,
    /// Who they are.
    pub account: Account,
    /// The pause between positions; absent when none are sent.
    pub gga_interval: Option<Duration>,
    /// How long a rover stays before it comes again, on average; absent when they stay.
    pub stay: Option<Duration>,
    /// Where they stand.
    pub area: Area,
    /// What makes their places and phases.
    pub seed: u64,
    /// Added to a stamp, it tells when the epoch was sent.
    pub latency_offset: Interval,
    /// Whose cost is measured beside our own.
    pub watched: Option<Whose>,
    /// The station that this process plays.
    pub feed: Option<FeedPlan>,
}

/// Who the rovers are.
#[derive(Clone, Debug)]
pub(crate) enum Account {
    /// Nobody.
    None,
    /// All the same user.
    One(Credentials),
    /// Users by number, from 1, with one password.
    Numbered {
        /// What stands before the number.
        prefix: String,
        /// The password.
        password: String,
    },
}

/// The station that this process plays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedPlan {
    /// Where it listens.
    pub address: SocketAddr,
    /// Bytes of each frame.
    pub frame_bytes: usize,
    /// The pause between frames.
    pub interval: Duration,
}

/// What a rover does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Reads what comes, and sends its position.
    Good,
    /// Stops reading after the caster's yes.
    Slow,
    /// Connects and asks for nothing.
    Silent,
}

impl Plan {
    /// Checks the options. Looks up the caster's name, and opens nothing.
    pub(crate) fn new(options: &LoadOptions) -> anyhow::Result<Self> {
        let LoadOptions { rovers, slow, silent, rate, seconds, sources, .. } = *options;
        ensure!(
            (1..=ROVERS_MAX).contains(&rovers),
            "--rovers {rovers} is not from 1 to {ROVERS_MAX}"
        );
        ensure!(
            slow.checked_add(silent).is_some_and(|odd| odd <= rovers),
            "--slow {slow} and --silent {silent} together are more than --rovers {rovers}, which they are part of"
        );
        ensure!(
            (RATE_MIN..=RATE_MAX).contains(&rate),
            "--rate {rate} is not from {RATE_MIN} to {RATE_MAX} connections per second"
        );
        ensure!(
            (1..=SOURCES_MAX).contains(&sources),
            "--sources {sources} is not from 1 to {SOURCES_MAX}"
        );
        ensure!(
            rovers <= ROVERS_PER_SOURCE_MAX.saturating_mul(sources.into()),
            "one address has ports for {ROVERS_PER_SOURCE_MAX} rovers only: add --sources {}",
            rovers.div_ceil(ROVERS_PER_SOURCE_MAX)
        );
        let caster = loopback(&options.caster)?;
        ensure!(
            sources == 1 || caster.is_ipv4(),
            "--sources needs the caster's IPv4 address: IPv6 has a single loopback address"
        );
        Ok(Self {
            rovers,
            slow,
            silent,
            rate_per_s: rate,
            lasts: seconds_within("--seconds", seconds, 0.1, SECONDS_MAX)?,
            caster,
            sources,
            version: if options.ntrip == 2 { VersionChoice::V2 } else { VersionChoice::V1 },
            mounts: mounts(&options.mount)?,
            account: account(options)?,
            gga_interval: gga_interval(options.gga_interval)?,
            stay: stay(rovers, options.reconnect)?,
            area: area(options)?,
            seed: options.seed,
            latency_offset: latency_offset(options.latency_offset)?,
            watched: watched(options.pid)?,
            feed: feed(options)?,
        })
    }

    /// What that rover does: the silent ones come first, then the slow ones, so that both are there before the good ones.
    pub(crate) fn manner(&self, rover: u32) -> Manner {
        if rover < self.silent {
            Manner::Silent
        } else if rover < self.silent + self.slow {
            Manner::Slow
        } else {
            Manner::Good
        }
    }

    /// When that rover connects first, after the start.
    pub(crate) fn begins(&self, rover: u32) -> Duration {
        Duration::from_secs_f64(f64::from(rover) / self.rate_per_s)
    }

    /// Which mountpoint that rover asks for.
    pub(crate) fn mount(&self, rover: u32) -> usize {
        rover as usize % self.mounts.len()
    }

    /// From which address that rover comes; `None` leaves it to the system.
    pub(crate) fn source(&self, rover: u32) -> Option<IpAddr> {
        let last =
            u8::try_from(rover % u32::from(self.sources)).expect("less than 250 sources") + 1;
        (self.sources > 1).then_some(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)))
    }
}

impl Account {
    /// Who that rover is.
    pub(crate) fn of(&self, rover: u32) -> Option<Credentials> {
        match self {
            Self::None => None,
            Self::One(credentials) => Some(credentials.clone()),
            Self::Numbered { prefix, password } => {
                Credentials::new(&format!("{prefix}{}", rover + 1), password)
            }
        }
    }
}

/// The address of a host on this machine, and of no other.
fn loopback(text: &str) -> anyhow::Result<SocketAddr> {
    let host: Host = text.parse()?;
    let found = (host.name.as_str(), host.port).to_socket_addrs();
    let found: Vec<SocketAddr> =
        found.with_context(|| format!("{text}: no such host is known"))?.collect();
    if let Some(elsewhere) = found.iter().find(|address| !address.ip().is_loopback()) {
        bail!(
            "{text} is {}, which is not this machine. A load run against somebody's caster is an attack on it, \
             so `tianshu load` connects to 127.0.0.1, ::1 and localhost only; run it beside the caster",
            elsewhere.ip()
        );
    }
    let v4 = found.iter().find(|address| address.is_ipv4());
    v4.or(found.first()).copied().with_context(|| format!("{text}: no address is known"))
}

fn seconds_within(what: &str, seconds: f64, least: f64, most: f64) -> anyhow::Result<Duration> {
    ensure!(
        (least..=most).contains(&seconds),
        "{what} {seconds} is not from {least} to {most} seconds"
    );
    Ok(Duration::from_secs_f64(seconds))
}

fn mounts(names: &[String]) -> anyhow::Result<Vec<Mountpoint>> {
    let mounts: Option<Vec<_>> = names.iter().map(|name| Mountpoint::new(name)).collect();
    mounts.with_context(|| {
        format!(
            "--mount {}: a mountpoint is 1 to 100 visible characters without ; / ?",
            names.join(",")
        )
    })
}

fn account(options: &LoadOptions) -> anyhow::Result<Account> {
    let password = options.password.clone().unwrap_or_default();
    let name = options.user.as_deref().or(options.user_prefix.as_deref()).unwrap_or_default();
    let one = Credentials::new(name, &password).with_context(|| {
        format!("{name}: Basic authentication carries no user whose name has a colon")
    })?;
    Ok(match (&options.user, &options.user_prefix) {
        (Some(_), _) => Account::One(one),
        (None, Some(prefix)) => Account::Numbered { prefix: prefix.clone(), password },
        (None, None) => Account::None,
    })
}

fn gga_interval(seconds: f64) -> anyhow::Result<Option<Duration>> {
    if seconds == 0.0 {
        return Ok(None);
    }
    seconds_within("--gga-interval", seconds, GGA_INTERVAL_MIN_S, SECONDS_MAX).map(Some)
}

/// So many reconnections per second over all rovers, as a mean stay of each.
fn stay(rovers: u32, reconnects_per_s: f64) -> anyhow::Result<Option<Duration>> {
    ensure!(
        (0.0..=RATE_MAX).contains(&reconnects_per_s),
        "--reconnect {reconnects_per_s} is not from 0 to {RATE_MAX} per second"
    );
    let seconds = f64::from(rovers) / reconnects_per_s;
    Ok((reconnects_per_s > 0.0).then(|| Duration::from_secs_f64(seconds.min(SECONDS_MAX))))
}

fn area(options: &LoadOptions) -> anyhow::Result<Area> {
    if let Some(text) = &options.area {
        let [south_deg, west_deg, north_deg, east_deg] = numbers(text)
            .with_context(|| format!("--area {text} is not SOUTH,WEST,NORTH,EAST in degrees"))?;
        ensure!(
            -90.0 <= south_deg && south_deg < north_deg && north_deg <= 90.0,
            "--area {text}: the northern edge is not north of the southern one"
        );
        ensure!(
            -180.0 <= west_deg && west_deg < east_deg && east_deg <= 180.0,
            "--area {text}: the eastern edge is not east of the western one, within -180 to 180"
        );
        return Ok(Area::Box { south_deg, west_deg, north_deg, east_deg });
    }
    let Some(text) = &options.place else { return Ok(AREA_DEFAULT) };
    let [latitude, longitude, height_m] = numbers(text)
        .with_context(|| format!("--place {text} is not LAT,LON,HEIGHT in degrees and metres"))?;
    ensure!(
        latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && (-500.0..=9000.0).contains(&height_m),
        "--place {text} is no place on the ground"
    );
    ensure!(
        (0.0..=1000.0).contains(&options.radius_km),
        "--radius-km {} is not from 0 to 1000",
        options.radius_km
    );
    let centre = Geodetic::from_degrees(latitude, longitude, height_m);
    Ok(Area::Around { centre, radius_m: options.radius_km * 1000.0 })
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse()).collect();
    numbers.ok()?.try_into().ok()
}

fn latency_offset(seconds: f64) -> anyhow::Result<Interval> {
    // Half a week: what a stamp of the time of week can be resolved over.
    ensure!(seconds.abs() <= 302_400.0, "--latency-offset {seconds} is more than half a week");
    Ok(Interval::from_seconds_f64(seconds))
}

fn watched(pid: Option<u32>) -> anyhow::Result<Option<Whose>> {
    let Some(pid) = pid else { return Ok(None) };
    let whose = Whose::Pid(pid);
    whose
        .cost()
        .with_context(|| format!("--pid {pid}: no such process can be read under /proc"))?;
    Ok(Some(whose))
}

fn feed(options: &LoadOptions) -> anyhow::Result<Option<FeedPlan>> {
    let Some(text) = &options.feed else { return Ok(None) };
    let frame_bytes = options.feed_bytes;
    ensure!(
        (FEED_BYTES_MIN..=FRAME_BYTES_MAX).contains(&frame_bytes),
        "--feed-bytes {frame_bytes} is not from {FEED_BYTES_MIN} to {FRAME_BYTES_MAX}, the longest frame"
    );
    let interval = seconds_within("--feed-interval", options.feed_interval, 0.02, 60.0)?;
    Ok(Some(FeedPlan { address: loopback(text)?, frame_bytes, interval }))
}

#[cfg(test)]
mod tests;
