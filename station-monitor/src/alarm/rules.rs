//! From what is true of the stations to what is wrong: thresholds, most of them relative to a station's own last days.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;

use crate::alarm::history::{History, Usual};
use crate::alarm::kind::{Condition, Detail, Key, Kind};
use crate::quality::site_log::Mismatch;
use crate::quality::status::{Light, Link, StationStatus};
use crate::quality::summary::{SignalSummary, Summary};

/// Nothing heard of any station for so long, and it is the monitor that is cut off. Shorter than the hold of silent stations.
const BLIND_AFTER: Duration = Duration::from_secs(8);
/// With fewer stations it cannot be told whether the station or the monitor is cut off.
const BLIND_STATIONS_MIN: usize = 2;
/// The solver tells an epoch a second; so long without one is no delay any more.
const NETWORK_AFTER: Duration = Duration::from_secs(30);
/// Stations that have to be heard before the solver is expected to tell anything.
const NETWORK_STATIONS_MIN: usize = 3;

/// Epochs that 95 of 100 exceed in age, s: rovers begin to suffer beyond three seconds (EPN: below 3 s is good).
const LATE_S: f64 = 3.0;
/// How far above the usual latency is late at least, s.
const LATE_FLOOR_S: f64 = 1.0;
/// A minute with a smaller share of its epochs is incomplete.
const COMPLETE_MIN: f64 = 0.9;
/// The share of the satellites above the mask that a station has to see while nothing is known of it, and how far below the usual share.
const SATELLITES: (f64, f64) = (0.5, 0.15);
/// Minutes over which slips are counted.
const SLIP_MINUTES: usize = 15;
/// Slips in them that are worth a word at all: some satellites set and rise behind trees at any time.
const SLIPS_MIN: u64 = 20;
/// Slips per thousand satellite epochs: beyond this while nothing is known of the station, and how far above the usual.
const SLIPS_PER_THOUSAND: (f64, f64) = (20.0, 5.0);
/// Multipath: beyond this while nothing is known, m; how far above the usual, m; and how many times the usual. A signal of which a station
/// sees one satellite (QZSS) has a half hour of twice its usual now and then.
const MULTIPATH_M: (f64, f64, f64) = (2.0, 0.40, 2.0);
/// How far below its usual strength a station's signals are in the mean before it is jammed, iced or badly plugged, dB.
const WEAK_DB: f64 = 4.0;
/// The steps of elevation whose C/N0 is compared: above 30°, where it changes little from hour to hour.
const STRONG_STEPS: std::ops::Range<usize> = 3..9;
/// Sigmas of a station's own hours beyond which something is unusual.
const SIGMAS: f64 = 6.0;
/// An hour's mean position off the coordinates, horizontally and vertically, m. EPN alarms at 10 and 15 mm of a rapid solution of a day; an
/// hour's has multipath in it that a day averages out, so twice that.
const DRIFT_M: [f64; 2] = [0.020, 0.030];
/// Epochs of the network that an hour's position has to be of: half of an hour at 1 Hz in steps of a second.
const DRIFT_EPOCHS_MIN: u32 = 360;

/// What is true of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// Since the last event of any station, or since the start.
    pub nothing_for: Duration,
    /// Since the network's last epoch, or since the start; none if no network is solved.
    pub network_silent_for: Option<Duration>,
    /// Events that were lost within the last minute because the monitor did not keep up.
    pub lost: u64,
}

/// The rules, with what they remember of each station.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    stations: BTreeMap<StationName, Memory>,
}

/// What is remembered of a station.
#[derive(Clone, Debug, Default)]
struct Memory {
    hour: Option<Arc<Summary>>,
    minutes: VecDeque<Arc<Summary>>,
    late_s: History,
    satellites: History,
    slips: History,
    multipath_m: BTreeMap<Signal, History>,
    strength_dbhz: BTreeMap<Signal, History>,
}

impl Rules {
    /// Everything that is wrong now.
    pub fn judge(&mut self, stations: &[StationStatus], whole: Whole) -> Vec<Condition> {
        self.stations.retain(|name, _| stations.iter().any(|s| s.station == *name));
        let mut wrong = Vec::new();
        let is_blind = stations.len() >= BLIND_STATIONS_MIN && whole.nothing_for > BLIND_AFTER;
        let mut of_all = |kind, detail| {
            wrong.push(Condition { key: Key { kind, station: None }, detail, since: None });
        };
        if is_blind {
            let for_s = Some(whole.nothing_for.as_secs());
            of_all(Kind::Blind, Detail::Silence { for_s, link: None });
        }
        if whole.lost > 0 {
            of_all(Kind::EventsLost, Detail::Count(whole.lost));
        }
        let heard = stations.iter().filter(|s| matches!(s.light, Light::Green | Light::Yellow));
        let stopped = whole.network_silent_for.filter(|silent| *silent > NETWORK_AFTER);
        if let Some(silent) = stopped.filter(|_| heard.count() >= NETWORK_STATIONS_MIN) {
            let for_s = Some(silent.as_secs());
            of_all(Kind::NetworkStopped, Detail::Silence { for_s, link: None });
        }
        for status in stations {
            let memory = self.stations.entry(status.station.clone()).or_default();
            memory.learn(status);
            // While the monitor is cut off, it knows nothing of single stations.
            if !is_blind {
                memory.judge(status, &mut |kind, detail, since| {
                    let key = Key { kind, station: Some(status.station.clone()) };
                    wrong.push(Condition { key, detail, since });
                });
            }
        }
        wrong
    }
}

/// Where a condition goes.
type Tell<'a> = &'a mut dyn FnMut(Kind, Detail, Option<tianshu_gnss::time::gps::GpsTime>);

impl Memory {
    fn learn(&mut self, status: &StationStatus) {
        if let Some(minute) = &status.minute
            && self.minutes.back().is_none_or(|last| last.until < minute.until)
        {
            if self.minutes.len() == SLIP_MINUTES {
                self.minutes.pop_front();
            }
            self.minutes.push_back(Arc::clone(minute));
        }
        let Some(hour) = &status.hour else { return };
        if self.hour.as_ref().is_some_and(|last| last.until == hour.until) {
            return;
        }
        self.hour = Some(Arc::clone(hour));
        // Half an hour of epochs says little of what is usual.
        if hour.completeness().is_none_or(|share| share < COMPLETE_MIN) {
            return;
        }
        for (history, value) in [
            (&mut self.late_s, hour.latency.map(|l| l.p95_s)),
            (&mut self.satellites, hour.satellites_share),
            (&mut self.slips, hour.slips_per_thousand),
        ] {
            if let Some(value) = value {
                history.add(value);
            }
        }
        for signal in &hour.signals {
            if let Some(multipath_m) = signal.multipath_m {
                self.multipath_m.entry(signal.signal).or_default().add(multipath_m);
            }
            if let Some(dbhz) = strength_dbhz(signal) {
                self.strength_dbhz.entry(signal.signal).or_default().add(dbhz);
            }
        }
    }

    fn judge(&self, status: &StationStatus, tell: Tell<'_>) {
        if let Some(doubt) = status.network.as_ref().and_then(|n| n.doubt.clone()) {
            tell(Kind::Moved, Detail::Words(doubt), None);
        }
        for mismatch in &status.mismatches {
            let is_place =
                matches!(mismatch, Mismatch::Place { .. } | Mismatch::AntennaHeight { .. });
            let kind = if is_place { Kind::PlaceDiffers } else { Kind::EquipmentDiffers };
            tell(kind, Detail::Differs(mismatch.clone()), None);
        }
        if status.time_is_wrong {
            tell(Kind::TimeWrong, Detail::Plain, None);
        }
        self.judge_position(tell);
        if status.light == Light::Red {
            let link = match &status.link {
                Link::Down(reason) => Some(reason.to_string()),
                Link::Unknown | Link::Up => None,
            };
            let for_s = status.silent_for.map(|silent| silent.as_secs());
            // What is missing of a silent station is no news of its own.
            return tell(Kind::Silent, Detail::Silence { for_s, link }, status.last_arrival);
        }
        if let Some(minute) = &status.minute {
            self.judge_minute(minute, tell);
        }
        self.judge_slips(tell);
        self.judge_multipath(status, tell);
    }

    fn judge_position(&self, tell: Tell<'_>) {
        let Some(hour) = self.hour.as_ref().filter(|h| h.offset_epochs >= DRIFT_EPOCHS_MIN) else {
            return;
        };
        let Some([east, north, up]) = hour.offset_m else { return };
        let [beside, above] = DRIFT_M;
        if east.hypot(north) > beside || up.abs() > above {
            tell(Kind::Drifted, Detail::Offset([east, north, up]), None);
        }
    }

    fn judge_minute(&self, minute: &Summary, tell: Tell<'_>) {
        let late = minute.latency.map(|l| l.p95_s);
        let limit =
            self.late_s.usual().map_or(LATE_S, |u| u.above(SIGMAS, LATE_FLOOR_S).max(LATE_S));
        above(Kind::Late, late, limit, "s", None, tell);
        below(Kind::Incomplete, minute.completeness(), COMPLETE_MIN, "", tell);
        let (least, floor) = SATELLITES;
        let limit = self.satellites.usual().map_or(least, |u| u.below(SIGMAS, floor));
        below(Kind::FewSatellites, minute.satellites_share, limit, "", tell);
        if let Some(weaker_db) = self.weaker_db(minute).filter(|db| *db > WEAK_DB) {
            let detail =
                Detail::Beyond { value: -weaker_db, limit: -WEAK_DB, unit: "dB", signal: None };
            tell(Kind::Weak, detail, None);
        }
    }

    fn judge_slips(&self, tell: Tell<'_>) {
        let slips: u64 = self.minutes.iter().map(|m| m.slips).sum();
        let chances: u64 = self.minutes.iter().map(|m| m.slip_chances).sum();
        if slips < SLIPS_MIN || self.minutes.len() < SLIP_MINUTES {
            return;
        }
        let per_thousand = 1e3 * slips as f64 / chances.max(1) as f64;
        let (most, floor) = SLIPS_PER_THOUSAND;
        let limit = self.slips.usual().map_or(most, |u| u.above(SIGMAS, floor));
        above(Kind::Slips, Some(per_thousand), limit, "‰", None, tell);
    }

    /// The signal that is the farthest beyond its limit.
    fn judge_multipath(&self, status: &StationStatus, tell: Tell<'_>) {
        let (most, floor, times) = MULTIPATH_M;
        let limit = |usual: Usual| usual.above(SIGMAS, floor).max(times * usual.median);
        let beyond = status.multipath_m.iter().map(|(signal, multipath_m)| {
            let usual = self.multipath_m.get(signal).and_then(History::usual);
            (*signal, *multipath_m, usual.map_or(most, limit))
        });
        let worst = beyond.max_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)));
        if let Some((signal, multipath_m, limit_m)) = worst {
            above(Kind::Multipath, Some(multipath_m), limit_m, "m", Some(signal), tell);
        }
    }

    /// How much weaker a minute's signals are than usual, dB in the mean over the signals; none without enough to compare.
    fn weaker_db(&self, minute: &Summary) -> Option<f64> {
        let differences: Vec<f64> = minute
            .signals
            .iter()
            .filter_map(|signal| {
                let usual = self.strength_dbhz.get(&signal.signal)?.usual()?;
                Some(usual.median - strength_dbhz(signal)?)
            })
            .collect();
        let count = differences.len();
        (count > 0).then(|| differences.iter().sum::<f64>() / count as f64)
    }
}

/// C/N0 of a signal where it is strong: the mean over the steps of elevation above 30°.
fn strength_dbhz(signal: &SignalSummary) -> Option<f64> {
    let steps: Vec<f64> =
        signal.cn0_by_elevation_dbhz[STRONG_STEPS].iter().flatten().copied().collect();
    (!steps.is_empty()).then(|| steps.iter().sum::<f64>() / steps.len() as f64)
}

fn above(
    kind: Kind,
    value: Option<f64>,
    limit: f64,
    unit: &'static str,
    signal: Option<Signal>,
    tell: Tell<'_>,
) {
    if let Some(value) = value.filter(|value| *value > limit) {
        tell(kind, Detail::Beyond { value, limit, unit, signal }, None);
    }
}

fn below(kind: Kind, value: Option<f64>, limit: f64, unit: &'static str, tell: Tell<'_>) {
    if let Some(value) = value.filter(|value| *value < limit) {
        tell(kind, Detail::Beyond { value, limit, unit, signal: None }, None);
    }
}
