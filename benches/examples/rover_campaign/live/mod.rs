//! A network that lives: its stations on TCP ports, the service that solves it, and RTKLIB's `rtkrcv` as its rovers, all at once.

mod bridge;
mod programs;
mod tap;
mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::figures::Figures;
use crate::folder::{self, Folder};
use crate::live::bridge::Bridge;
use crate::live::programs::{Program, Receiver};
use crate::live::tap::Tap;
use crate::live::world::LiveWorld;
use crate::options::{ArOptions, Asked};
use crate::rtklib::{Base, Settings};
use crate::simulated::{Judged, Kind};
use crate::solutions;

/// The rover programs begin so long before they are judged: by then they have the orbits, as a rover in the field has. World seconds.
const BEFORE_S: f64 = 60.0;
/// What was measured last still has to come out of `rtkrcv`, s.
const AFTER: Duration = Duration::from_secs(5);
/// Between two lines of progress.
const PROGRESS_EVERY: Duration = Duration::from_mins(1);

/// What came out.
#[derive(Default)]
pub(crate) struct Campaign {
    pub(crate) judged: Vec<Judged>,
    /// From the moment of an epoch to its bytes at the rover, s, of all epochs of all virtual stations; in the world's time.
    pub(crate) delays_s: Vec<f64>,
    /// What `tianshu load` says of the others.
    pub(crate) crowd: String,
    /// How often a virtual stream changed its station.
    pub(crate) stations_changed: usize,
}

/// A rover program at work.
struct Judge {
    systems: String,
    options: ArOptions,
    rover: usize,
    kind: Kind,
    base: String,
    km: f64,
    receiver: Receiver,
    bridge: Option<Bridge>,
}

/// A port that nobody uses now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let found = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(found.local_addr()?.port())
}

/// An address of this machine.
pub(crate) fn here(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Runs the world from its start to `--seconds`, its rovers from `--from` on, `speed` times as fast as real time.
pub(crate) fn run(asked: &Asked, speed: f64) -> anyhow::Result<Campaign> {
    let folder = Folder::new(asked.folder.as_deref())?;
    let tianshu = folder::tianshu()?;
    let world = LiveWorld::start(&tianshu, asked, speed)?;
    let caster = here(free_port()?);
    let config = folder.write("serve.toml", &world.configuration(caster)?)?;
    let words = ["serve".into(), "--config".into(), config.display().to_string()];
    let service = Program::start(&tianshu, &words, &folder.path("serve.log"))?;
    let mut taps = Vec::new();
    for rover in &world.rovers {
        taps.push(Tap::begin(rover.address)?);
    }
    world.wait_until(f64::from(asked.from_s) - BEFORE_S, PROGRESS_EVERY);
    let mut judges = Vec::new();
    for systems in &asked.systems {
        for options in &asked.options {
            for rover in 0..asked.rovers {
                for kind in Kind::ALL {
                    let judge =
                        Judge::begin(&folder, &world, &taps, (systems, *options, rover, kind))?;
                    judges.push(judge);
                }
            }
        }
    }
    world.wait_until(asked.from_s.into(), PROGRESS_EVERY);
    let from = taps[0].newest().context("the world says nothing")?;
    for judge in &judges {
        if let Some(bridge) = &judge.bridge {
            bridge.connect(caster, "VRS", &taps[judge.rover], speed)?;
        }
    }
    let seconds = asked.seconds - asked.from_s;
    let crowd = (asked.crowd > 0).then(|| {
        let words = world.crowd(caster, asked.crowd, f64::from(seconds) / speed, service.id());
        Program::start(&tianshu, &words, &folder.path("crowd.txt"))
    });
    let crowd = crowd.transpose()?;
    world.wait_until(asked.seconds.into(), PROGRESS_EVERY);
    let until = taps[0].newest().context("the world says nothing")?;
    sleep(AFTER);
    let mut campaign = finish(judges, &taps, from, until)?;
    if let Some(crowd) = crowd {
        crowd.wait()?;
        campaign.crowd = std::fs::read_to_string(folder.path("crowd.txt"))?;
    }
    Ok(campaign)
}

fn finish(
    judges: Vec<Judge>,
    taps: &[Tap],
    from: GpsTime,
    until: GpsTime,
) -> anyhow::Result<Campaign> {
    let mut campaign = Campaign::default();
    for judge in judges {
        let track = taps[judge.rover].track();
        let times: Vec<GpsTime> = track.range(from..=until).map(|(time, _)| *time).collect();
        let text = judge.receiver.solutions();
        let mut solved = solutions::read_moving(&text, |time| {
            // `rtkrcv` corrects the moment by the receiver's clock, which is right to a millisecond.
            let step = time.rounded_to(Interval::from_millis(100));
            track.get(&step).copied()
        })?;
        solved.retain(|solution| solution.time >= from);
        if let Some(bridge) = judge.bridge {
            let heard = bridge.heard();
            campaign.delays_s.extend(heard.delays_s);
            campaign.stations_changed += heard.stations_changed;
        }
        campaign.judged.push(Judged {
            systems: judge.systems,
            options: judge.options,
            rover: format!("ROV{}", judge.rover + 1),
            kind: judge.kind,
            base: judge.base,
            km: judge.km,
            figures: Figures::of(&solved, &times, &times),
        });
    }
    Ok(campaign)
}

impl Judge {
    fn begin(
        folder: &Folder,
        world: &LiveWorld,
        taps: &[Tap],
        (systems, options, rover, kind): (&str, ArOptions, usize, Kind),
    ) -> anyhow::Result<Self> {
        let settings = Settings { systems, options, antex: None, base: Base::Told };
        let place = taps[rover].place().context("a rover says nothing of its place")?;
        let (base, km, address, bridge) = match kind {
            Kind::Virtual => {
                let bridge = Bridge::open()?;
                ("virtual station".to_owned(), 0.0, bridge.address(), Some(bridge))
            }
            Kind::Nearest => {
                let (station, km) = world.nearest(place).context("the world has no station")?;
                (station.name.clone(), km, station.address, None)
            }
            Kind::Companion => {
                let beside = &world.rovers[taps.len() / 2 + rover];
                ("receiver 10 m away".to_owned(), 0.0, beside.address, None)
            }
        };
        let name =
            format!("{systems}-{}-{rover}-{}", options.name(), kind.name().replace(' ', "-"));
        let receiver = Receiver::start(
            folder,
            &name,
            &settings.text()?,
            [world.rovers[rover].address, address],
        )?;
        let systems = systems.to_owned();
        Ok(Self { systems, options, rover, kind, base, km, receiver, bridge })
    }
}
