//! How well the network did, gathered epoch by epoch.

use std::collections::BTreeMap;

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::network::observed::Group;
use tianshu_positioning::network::snapshot::{Disturbance, NetworkSnapshot};

use crate::network::excluded::{Agreement, Rms};
use crate::network::reasons::Reasons;

/// What is reported of a run.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The interval of the grid.
    pub interval: Interval,
    /// The letters of the systems that were used.
    pub systems: String,
    /// The first epoch.
    pub first: Option<GpsTime>,
    /// The last epoch.
    pub last: Option<GpsTime>,
    /// How many there were.
    pub epochs: u64,
    /// The stations, by index.
    pub stations: Vec<StationReport>,
    /// How much was resolved, each minute.
    pub minutes: Vec<Minute>,
    /// When a share of the ambiguities (per cent) was levelled first, after the first epoch; of a group, or of all.
    pub reached: BTreeMap<(Option<Group>, usize), Interval>,
    /// Groups that were seen.
    pub groups: Vec<Group>,
    /// Triangles and channels that did not close.
    pub closures: Closures,
    /// Leave-one-out residuals of the ionosphere, zenith on L1, m.
    pub leave_one_out: Rms,
    /// Ionosphere-free residuals, m.
    pub geometry: Rms,
    /// By what the sigmas of interpolations had to be multiplied.
    pub sigma_factor: SigmaFactor,
    /// Satellites told and withheld everywhere.
    pub reasons: Reasons,
    /// What each epoch cost, ms.
    pub cost_ms: Vec<f64>,
    /// The virtual stations.
    pub virtual_stations: Vec<VirtualReport>,
    /// The stations that were left out.
    pub excluded: Vec<ExcludedReport>,
}

/// What is reported of a station.
#[derive(Clone, Debug)]
pub(crate) struct StationReport {
    /// Its name.
    pub name: String,
    /// Its files, in the order of time.
    pub files: Vec<String>,
    /// Its antenna reference point.
    pub place: Ecef,
    /// The name of the calibration that was used.
    pub calibration: Option<String>,
    /// Its epochs in the network.
    pub epochs: u64,
    /// Its epochs that had no place on the grid, or one that was taken.
    pub passed_over: u64,
    /// What the others predicted for it less what it measured, zenith on L1, m.
    pub leave_one_out: Rms,
    /// Its ionosphere-free residuals, m.
    pub geometry: Rms,
    /// By what the sigmas of its phases and of its codes were multiplied in the end: how noisy it is beside the others.
    pub noise: [f64; 2],
    /// When and why it was not believed.
    pub doubts: Vec<Doubt>,
    /// Epochs at which it was not believed.
    pub doubted_epochs: u64,
}

/// A span in which a station was not believed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Doubt {
    /// Why.
    pub reason: String,
    /// Since when.
    pub from: GpsTime,
    /// The last epoch of it.
    pub until: GpsTime,
}

/// What was resolved at one epoch.
#[derive(Clone, Debug)]
pub(crate) struct Minute {
    /// The epoch.
    pub time: GpsTime,
    /// Ambiguities and how many of them are levelled, by group.
    pub by_group: BTreeMap<Group, (usize, usize)>,
    /// Ambiguities of edges, and how many of them are whole.
    pub edges: (usize, usize),
    /// Triangles and channels that closed, and that did not.
    pub closures: (usize, usize),
    /// The travelling disturbance that was told, if there was one.
    pub disturbance: Option<Disturbance>,
    /// Stations that are not believed.
    pub doubted: usize,
}

/// What did not close.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closures {
    /// The most that closed at one epoch.
    pub closed_max: usize,
    /// The most that did not at one epoch.
    pub failed_max: usize,
    /// Epochs at which something did not.
    pub failed_epochs: u64,
}

/// Mean and greatest of a factor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct SigmaFactor {
    /// Their sum.
    sum: f64,
    /// How many there were.
    count: u64,
    /// The greatest.
    pub max: f64,
}

/// What is reported of a virtual station.
#[derive(Clone, Debug)]
pub(crate) struct VirtualReport {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: Ecef,
    /// Its epochs.
    pub epochs: u64,
    /// How many of them each station measured.
    pub masters: BTreeMap<String, u64>,
    /// Satellites told and withheld there.
    pub reasons: Reasons,
}

/// What is reported of a station that was left out.
#[derive(Clone, Debug)]
pub(crate) struct ExcludedReport {
    /// Its name.
    pub name: String,
    /// Its antenna reference point.
    pub place: Ecef,
    /// How well it was predicted.
    pub agreement: Agreement,
}

/// The shares whose first time is reported, per cent.
pub(crate) const SHARES: [usize; 4] = [50, 90, 95, 99];
/// Between two entries of what is resolved.
const MINUTE: Interval = Interval::from_seconds(60);
/// Spans of doubt that are kept of a station; one that flaps more often is told by its count of epochs.
const DOUBTS_MAX: usize = 100;

impl SigmaFactor {
    fn add(&mut self, factor: f64) {
        self.sum += factor;
        self.count += 1;
        self.max = self.max.max(factor);
    }

    /// Their mean; none without one.
    pub(crate) fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl Report {
    /// Of a run of those stations of which nothing is known yet.
    pub(crate) fn begin(interval: Interval, systems: String, stations: Vec<StationReport>) -> Self {
        Self {
            interval,
            systems,
            first: None,
            last: None,
            epochs: 0,
            stations,
            minutes: Vec::new(),
            reached: BTreeMap::new(),
            groups: Vec::new(),
            closures: Closures::default(),
            leave_one_out: Rms::default(),
            geometry: Rms::default(),
            sigma_factor: SigmaFactor::default(),
            reasons: Reasons::default(),
            cost_ms: Vec::new(),
            virtual_stations: Vec::new(),
            excluded: Vec::new(),
        }
    }

    /// Takes an epoch in, which cost so much.
    pub(crate) fn add(&mut self, snapshot: &NetworkSnapshot, cost_ms: f64) {
        let first = *self.first.get_or_insert(snapshot.time);
        self.last = Some(snapshot.time);
        self.epochs += 1;
        self.cost_ms.push(cost_ms);
        self.reasons.add_everywhere(snapshot);
        for field in snapshot.satellites.values() {
            self.sigma_factor.add(field.sigma_factor);
        }
        let (closed, failed) = snapshot.resolved.closures;
        self.closures.closed_max = self.closures.closed_max.max(closed);
        self.closures.failed_max = self.closures.failed_max.max(failed);
        self.closures.failed_epochs += u64::from(failed > 0);
        self.add_stations(snapshot);
        self.add_shares(snapshot, snapshot.time - first);
        let due = self.minutes.last().is_none_or(|last| snapshot.time - last.time >= MINUTE);
        if due {
            self.minutes.push(Minute::of(snapshot));
        }
    }

    fn add_stations(&mut self, snapshot: &NetworkSnapshot) {
        for (report, view) in self.stations.iter_mut().zip(&snapshot.stations) {
            if let Some(residual_m) = view.ionosphere_residual_m {
                report.leave_one_out.add(residual_m);
                self.leave_one_out.add(residual_m);
            }
            if let Some(residual_m) = view.geometry_residual_m {
                report.geometry.add(residual_m);
                self.geometry.add(residual_m);
            }
            report.noise = [view.noise.phases(), view.noise.codes()];
            let Some(reason) = &view.doubt else { continue };
            report.doubted_epochs += 1;
            let gap_max = Interval::from_nanos(2 * self.interval.nanos());
            let last = report.doubts.last_mut();
            let open = last.filter(|d| d.reason == *reason && snapshot.time - d.until <= gap_max);
            if let Some(doubt) = open {
                doubt.until = snapshot.time;
            } else if report.doubts.len() < DOUBTS_MAX {
                let (from, until) = (snapshot.time, snapshot.time);
                report.doubts.push(Doubt { reason: reason.clone(), from, until });
            }
        }
    }

    fn add_shares(&mut self, snapshot: &NetworkSnapshot, after: Interval) {
        let mut sums = (0, 0);
        let mut all: Vec<(Option<Group>, (usize, usize))> = Vec::new();
        for (group, (ambiguities, levelled)) in &snapshot.resolved.by_group {
            if !self.groups.contains(group) {
                self.groups.push(*group);
                self.groups.sort();
            }
            sums = (sums.0 + ambiguities, sums.1 + levelled);
            all.push((Some(*group), (*ambiguities, *levelled)));
        }
        all.push((None, sums));
        for (of, (ambiguities, levelled)) in all {
            for share in SHARES {
                if ambiguities > 0 && 100 * levelled >= share * ambiguities {
                    self.reached.entry((of, share)).or_insert(after);
                }
            }
        }
    }

    /// A quantile of what the epochs cost, ms.
    pub(crate) fn cost_quantile_ms(&self, share: f64) -> Option<f64> {
        let mut all = self.cost_ms.clone();
        all.sort_by(f64::total_cmp);
        let target = share * all.len().saturating_sub(1) as f64;
        let place = (0..all.len()).find(|i| *i as f64 >= target)?;
        all.get(place).copied()
    }
}

impl Minute {
    fn of(snapshot: &NetworkSnapshot) -> Self {
        Self {
            time: snapshot.time,
            by_group: snapshot.resolved.by_group.clone(),
            edges: snapshot.resolved.edges,
            closures: snapshot.resolved.closures,
            disturbance: snapshot.disturbance,
            doubted: snapshot.stations.iter().filter(|view| view.doubt.is_some()).count(),
        }
    }
}

/// A group's name in reports.
pub(crate) fn group_name(group: Group) -> &'static str {
    match group {
        Group::Gps => "gps",
        Group::Galileo => "galileo",
        Group::BeiDou3 => "beidou3",
        Group::BeiDou2 => "beidou2",
        Group::Qzss => "qzss",
        Group::Glonass => "glonass",
    }
}
