//! False alarms of a simulated month: `alarm_campaign [STATIONS HOURS STEP_S SEED [solved]]`.
//!
//! Stations of the scenario `quiet` are watched through their links (mobile ones, that are cut now and then), with time compressed: an
//! epoch every STEP_S seconds. Every message is printed, with whether the scenario had a cause for it: a link that was cut.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_gnss::event::{DownReason, StationEvent, StationNews};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::topology::StationIndex;
use tianshu_simulator::link::{Delivered, Link};
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::random::Key;
use tianshu_simulator::world::World;
use tianshu_station_monitor::alarm::desk::Desk;
use tianshu_station_monitor::alarm::group::Says;
use tianshu_station_monitor::alarm::rules::Whole;
use tianshu_station_monitor::alarm::text::{Language, words};
use tianshu_station_monitor::quality::monitor::QualityMonitor;
use tianshu_station_monitor::quality::site_log::SiteLog;

/// An alarm this soon after a cut of its station's link has that cut for its cause: the hold, the minute and its judgement.
const CAUSE: Duration = Duration::from_mins(10);

/// How a campaign went.
#[derive(Debug, Default)]
struct Counts {
    epochs: u64,
    cuts: u64,
    /// What the monitor took for the stations' events.
    took: Duration,
    /// What it took for its looks at everything.
    looked: Duration,
    looks: u32,
    with_cause: u64,
    without_cause: u64,
}

/// What a campaign is like.
#[derive(Clone, Copy, Debug)]
struct Plan {
    stations: u16,
    hours: u32,
    step_s: u32,
    seed: u64,
    solved: bool,
}

#[expect(clippy::print_stdout, reason = "an example prints what it finds")]
fn main() -> anyhow::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let or = |place: usize, default: u64| numbers.get(place).copied().unwrap_or(default);
    let plan = Plan {
        stations: u16::try_from(or(0, 20))?,
        hours: u32::try_from(or(1, 36))?,
        step_s: u32::try_from(or(2, 5))?.max(1),
        seed: or(3, 1),
        solved: std::env::args().any(|a| a == "solved"),
    };
    let begun = Instant::now();
    let counts = run(plan)?;
    let months = f64::from(plan.stations) * f64::from(plan.hours) / 720.0;
    println!(
        "{plan:?}: {months:.2} station-months, {} epochs, {} cuts, {} alarms with a cause, {} without; {:.0?}",
        counts.epochs,
        counts.cuts,
        counts.with_cause,
        counts.without_cause,
        begun.elapsed()
    );
    println!(
        "the monitor took {:.1} us for a station's epoch, {:.0} us for a look at all stations",
        1e6 * counts.took.as_secs_f64() / counts.epochs.max(1) as f64,
        1e6 * counts.looked.as_secs_f64() / f64::from(counts.looks.max(1)),
    );
    Ok(())
}

/// Stations some 45 km apart.
fn network(count: u16) -> Network {
    let place = |i: u16| {
        let (row, column) = (f64::from(i / 5), f64::from(i % 5));
        let shaken = 0.07 * f64::from(i * 7 % 5);
        Geodetic::from_degrees(22.5 + 0.42 * row + shaken, 107.5 + 0.45 * column - shaken, 120.0)
    };
    let station = |i: u16| NetworkStation {
        name: format!("S{i:02}").parse().expect("letters and digits"),
        place: place(i),
        region: "campaign".to_owned(),
    };
    Network { name: "campaign".to_owned(), stations: (0..count).map(station).collect() }
}

/// A station's far end.
struct Station {
    link: Link,
    cut: Option<Uptime>,
}

/// A campaign in progress.
struct Campaign {
    plan: Plan,
    start: GpsTime,
    network: Network,
    world: World,
    stations: Vec<Station>,
    monitor: QualityMonitor,
    engine: Option<Engine>,
    desk: Desk,
    counts: Counts,
    last_heard: Uptime,
}

fn run(plan: Plan) -> anyhow::Result<Counts> {
    let mut campaign = Campaign::begin(plan)?;
    for second in (plan.step_s..=plan.hours * 3_600).step_by(plan.step_s as usize) {
        let measured = campaign.hear_all(second)?;
        campaign.solve(second, &measured);
        campaign.look(second);
    }
    Ok(campaign.counts)
}

fn now(second: u32) -> Uptime {
    Uptime::from_start(Duration::from_secs(second.into()))
}

impl Campaign {
    fn begin(plan: Plan) -> anyhow::Result<Self> {
        let network = network(plan.stations);
        let scenario = named("quiet").context("a named scenario")?;
        let (start, settings) = (scenario.start, scenario.link);
        let log = |s: &NetworkStation| SiteLog {
            place: Some(s.place.to_ecef(GRS80)),
            interval: Some(Interval::from_seconds(plan.step_s.into())),
            // Compressed time: what would be four epochs at 1 Hz is two of these.
            dead_after: Some(Duration::from_secs(u64::from(plan.step_s) * 2 + 1)),
            ..SiteLog::of(s.name.clone())
        };
        let config = |s: &NetworkStation| StationConfig {
            name: s.name.clone(),
            place: s.place.to_ecef(GRS80),
            antenna: None,
        };
        let configs = network.stations.iter().map(config).collect();
        let key = |s: &NetworkStation| Key::root(plan.seed).of("campaign").of(s.name.as_str());
        let link = |s: &NetworkStation| Station { link: Link::new(settings, key(s)), cut: None };
        let logs = network.stations.iter().map(log).collect();
        Ok(Self {
            world: World::new(scenario, &network, plan.seed)?,
            stations: network.stations.iter().map(link).collect(),
            monitor: QualityMonitor::new(logs, Uptime::START),
            engine: plan.solved.then(|| Engine::new(configs)).transpose()?,
            desk: Desk::default(),
            counts: Counts::default(),
            last_heard: Uptime::START,
            plan,
            start,
            network,
        })
    }

    fn time(&self, second: u32) -> GpsTime {
        self.start + Interval::from_seconds(second.into())
    }

    /// Whether ephemerides are told now: once a minute.
    fn tells(&self, second: u32) -> bool {
        second % 60 < self.plan.step_s
    }

    fn hear(&mut self, second: u32, i: usize, arrived: GpsTime, news: StationNews) {
        let station = self.network.stations[i].name.clone();
        let event = StationEvent { station, arrived, news };
        let begun = Instant::now();
        self.monitor.take(now(second), &event);
        self.counts.took += begun.elapsed();
    }

    /// One epoch of all stations through their links; gives what came.
    fn hear_all(&mut self, second: u32) -> anyhow::Result<BTreeMap<StationIndex, Arc<ObsEpoch>>> {
        let time = self.time(second);
        let mut measured = BTreeMap::new();
        for (i, site) in self.world.epoch(time).stations.into_iter().enumerate() {
            let observed = Arc::new(site.observed.context("no station is without power")?);
            for delivery in self.stations[i].link.carry(time, &Bytes::from_static(b"epoch")) {
                let news = match delivery.what {
                    Delivered::Bytes(_) => {
                        self.counts.epochs += 1;
                        self.last_heard = now(second);
                        measured.insert(StationIndex(u16::try_from(i)?), Arc::clone(&observed));
                        StationNews::Epoch(Arc::clone(&observed))
                    }
                    Delivered::Cut => {
                        self.counts.cuts += 1;
                        self.stations[i].cut = Some(now(second));
                        StationNews::Down(DownReason::Closed("cut".to_owned()))
                    }
                    Delivered::Restored => StationNews::Up,
                };
                self.hear(second, i, delivery.at, news);
            }
            if self.tells(second) && i < 2 {
                for ephemeris in self.world.ephemerides_of(i, time) {
                    self.hear(second, i, time, StationNews::Ephemeris(Arc::new(ephemeris)));
                }
            }
        }
        Ok(measured)
    }

    fn solve(&mut self, second: u32, measured: &BTreeMap<StationIndex, Arc<ObsEpoch>>) {
        let (time, tells) = (self.time(second), self.tells(second));
        let Some(engine) = &mut self.engine else { return };
        if tells {
            for ephemeris in self.world.ephemerides(time) {
                engine.ephemeris(Arc::new(ephemeris));
            }
        }
        let snapshot = engine.step(time, measured);
        self.monitor.network(&snapshot);
    }

    #[expect(clippy::print_stdout, reason = "an example prints what it finds")]
    fn look(&mut self, second: u32) {
        let (now, time) = (now(second), self.time(second));
        let begun = Instant::now();
        self.monitor.tick(now);
        drop(self.monitor.take_closed());
        let nothing_for = now - self.last_heard;
        let whole = Whole { nothing_for, network_silent_for: None, lost: 0 };
        let messages = self.desk.step(now, time, &self.monitor.statuses(now), whole);
        self.counts.looked += begun.elapsed();
        self.counts.looks += 1;
        for message in messages {
            for alarm in message.alarms.iter().filter(|_| message.says == Says::Raised) {
                let station = alarm.key.station.as_ref();
                let index = self.network.stations.iter().position(|s| Some(&s.name) == station);
                let cut = index.and_then(|i| self.stations[i].cut);
                if cut.is_some_and(|cut| now - cut <= CAUSE) {
                    self.counts.with_cause += 1;
                } else {
                    self.counts.without_cause += 1;
                }
            }
            let text = words(&message, Language::English);
            println!("{second} s: {}; {}", text.title, text.body.lines().next().unwrap_or(""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_quiet_hours_of_four_stations_raise_no_false_alarm() {
        let plan = Plan { stations: 4, hours: 2, step_s: 30, seed: 3, solved: false };
        let counts = run(plan).expect("a campaign");
        assert!(counts.epochs > 900, "{counts:?}");
        assert_eq!(counts.without_cause, 0, "{counts:?}");
    }
}
