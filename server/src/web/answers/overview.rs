//! The network at a glance, and what the public may know of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tianshu_caster::access::Role;
use tianshu_station_monitor::alarm::kind::Severity;
use tianshu_station_monitor::quality::status::{Light, StationStatus};
use utoipa::ToSchema;

use crate::serve::epoch::NetworkEpoch;
use crate::web::answers::list::{Usual, rounded};
use crate::web::error::ApiError;
use crate::web::facts::{Facts, read};
use crate::web::moment::Epoch;
use crate::web::who::Visitor;

/// The network at a glance.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    at: Epoch,
    /// When the service began.
    started: Epoch,
    version: &'static str,
    pub(crate) stations: StationCounts,
    pub(crate) rovers: RoverCounts,
    /// Stations that upload to this caster.
    uploads: u64,
    /// `null` while no network is solved.
    pub(crate) network: Option<NetworkGlance>,
    alarms: AlarmCounts,
    /// `null` without an archive.
    archive: Option<ArchiveGlance>,
    delivery: Delivery,
}

/// Stations by their state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StationCounts {
    pub(crate) total: usize,
    pub(crate) green: usize,
    pub(crate) yellow: usize,
    pub(crate) red: usize,
    /// Not heard yet, and may still come.
    pub(crate) grey: usize,
}

/// Rovers by what they say of their fix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RoverCounts {
    pub(crate) total: usize,
    fixed: usize,
    float: usize,
    dgps: usize,
    single: usize,
    none: usize,
    /// They have told no position yet.
    unknown: usize,
}

/// What a rover says of its fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fix {
    Fixed,
    Float,
    Dgps,
    Single,
    None,
    Unknown,
}

impl Fix {
    /// By the quality of its last GGA, if it has told any.
    pub(crate) fn of(quality: Option<u8>) -> Self {
        match quality {
            Some(4) => Self::Fixed,
            Some(5) => Self::Float,
            Some(2) => Self::Dgps,
            Some(1) => Self::Single,
            Some(_) => Self::None,
            None => Self::Unknown,
        }
    }

    /// Its word.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Float => "float",
            Self::Dgps => "dgps",
            Self::Single => "single",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// The solution at a glance.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NetworkGlance {
    /// Its newest epoch.
    at: Epoch,
    /// Epochs since the start.
    epoch: u64,
    ambiguities: usize,
    levelled: usize,
    pub(crate) fixed_ratio: Option<f64>,
    satellites: usize,
    /// Satellites that are told to nobody.
    withheld: usize,
    /// Satellites whose orbit or clock is not what they broadcast.
    drifting: usize,
    /// Stations with levelled phases.
    stations_used: usize,
}

#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
struct AlarmCounts {
    critical: usize,
    warning: usize,
    notice: usize,
    /// Of all of them, those that somebody has taken on.
    acknowledged: usize,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct ArchiveGlance {
    /// Epochs on disk since the start.
    epochs: u64,
    /// Records that were given up.
    lost: u64,
    spool_bytes: u64,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct Delivery {
    frames_sent: u64,
    bytes_sent: u64,
    frames_dropped: u64,
}

/// The network at a glance. For everybody with a session.
#[utoipa::path(get, path = "/api/v1/overview", tag = "overview",
    responses((status = 200, description = "Now", body = Overview), Usual))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    _visitor: Visitor,
) -> Result<Json<Overview>, ApiError> {
    Ok(Json(overview(&facts)))
}

/// The network at a glance.
pub(crate) fn overview(facts: &Facts) -> Overview {
    let view = facts.view();
    let mut alarms = AlarmCounts::default();
    for alarm in view.iter().flat_map(|view| &view.raised) {
        match alarm.key.kind.severity() {
            Severity::Critical => alarms.critical += 1,
            Severity::Warning => alarms.warning += 1,
            Severity::Notice => alarms.notice += 1,
        }
        alarms.acknowledged += usize::from(alarm.acknowledged.is_some());
    }
    let stats = facts.of.stats.stats();
    let archive = facts.of.archive.as_ref().map(|(status, _)| {
        let status = status.snapshot();
        let lost = status.refused + status.missed;
        ArchiveGlance { epochs: status.epochs, lost, spool_bytes: status.spool_bytes }
    });
    Overview {
        at: facts.now().into(),
        started: facts.started.into(),
        version: env!("CARGO_PKG_VERSION"),
        stations: view.map_or_else(StationCounts::default, |view| count(&view.stations)),
        rovers: rovers(facts),
        uploads: stats.uploads,
        network: facts.network().map(|epoch| glance(&epoch)),
        alarms,
        archive,
        delivery: Delivery {
            frames_sent: stats.frames_sent,
            bytes_sent: stats.bytes_sent,
            frames_dropped: stats.frames_dropped,
        },
    }
}

/// Stations by their state.
pub(crate) fn count(stations: &[StationStatus]) -> StationCounts {
    let mut counts = StationCounts { total: stations.len(), ..StationCounts::default() };
    for station in stations {
        match station.light {
            Light::Grey => counts.grey += 1,
            Light::Green => counts.green += 1,
            Light::Yellow => counts.yellow += 1,
            Light::Red => counts.red += 1,
        }
    }
    counts
}

fn rovers(facts: &Facts) -> RoverCounts {
    let mut counts = RoverCounts::default();
    let ledger = read(&facts.of.ledger);
    for record in ledger.open().filter(|record| record.role == Role::Rover) {
        counts.total += 1;
        *match Fix::of(record.quality()) {
            Fix::Fixed => &mut counts.fixed,
            Fix::Float => &mut counts.float,
            Fix::Dgps => &mut counts.dgps,
            Fix::Single => &mut counts.single,
            Fix::None => &mut counts.none,
            Fix::Unknown => &mut counts.unknown,
        } += 1;
    }
    counts
}

fn glance(epoch: &NetworkEpoch) -> NetworkGlance {
    let snapshot = &epoch.snapshot;
    let (ambiguities, levelled) = snapshot.resolved.total();
    NetworkGlance {
        at: snapshot.time.into(),
        epoch: epoch.number,
        ambiguities,
        levelled,
        fixed_ratio: ratio(levelled, ambiguities),
        satellites: snapshot.satellites.len(),
        withheld: snapshot.satellites.values().filter(|field| field.withheld.is_some()).count(),
        drifting: snapshot.drifting.len(),
        stations_used: snapshot.stations.iter().filter(|view| view.levelled > 0).count(),
    }
}

/// A share; none of nothing.
pub(crate) fn ratio(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| rounded(part as f64 / all as f64))
}
