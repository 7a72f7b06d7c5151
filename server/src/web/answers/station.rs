//! One station: its sky, its signals, its gaps, and its stream against what is known of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use tianshu_gnss::coords::GRS80;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::station::StationName;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_station_monitor::quality::site_log::{Mismatch, Part};
use tianshu_station_monitor::quality::status::StationStatus;
use tianshu_station_monitor::quality::summary::SignalSummary;
use utoipa::ToSchema;

use crate::json::monitor::summary;
use crate::network::report::group_name;
use crate::web::answers::list::{Usual, rounded};
use crate::web::answers::stations::{StationRow, alarms_by_station, row};
use crate::web::error::ApiError;
use crate::web::extract::Named;
use crate::web::facts::{Facts, Offered};
use crate::web::moment::Epoch;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// A station.
#[derive(Serialize, ToSchema)]
pub(crate) struct StationView {
    at: Epoch,
    #[serde(flatten)]
    row: StationRow,
    /// Antenna reference point, above the ellipsoid.
    height_m: Option<f64>,
    place_ecef_m: Option<[f64; 3]>,
    equipment: Equipment,
    site: Option<Site>,
    /// Where the stream and what is configured differ.
    mismatches: Vec<Difference>,
    sky: Vec<InSky>,
    /// The last closed hour's signals, or before the first hour the last minute's.
    signals: Vec<SignalView>,
    /// Multipath of the last quarter to half of an hour.
    multipath_by_signal_m: BTreeMap<String, f64>,
    /// The last closed minute, as docs/monitor.md tells.
    #[schema(value_type = Option<Object>)]
    minute: Option<Value>,
    /// The last closed hour.
    #[schema(value_type = Option<Object>)]
    hour: Option<Value>,
    /// The last closed day.
    #[schema(value_type = Option<Object>)]
    day: Option<Value>,
    /// The last gaps, oldest first.
    gaps: Vec<GapView>,
    /// East, north, up of the coordinates by the network's phases, at the last epoch.
    displacement_m: Option<[f64; 3]>,
    displacement_sigma_m: Option<[f64; 3]>,
    /// Groups whose phases break at most epochs although the receiver tracks them.
    breaking: Vec<String>,
    /// Whether the network has a calibration of its antenna.
    is_calibrated: Option<bool>,
}

/// What is configured of the equipment.
#[derive(Serialize, ToSchema)]
struct Equipment {
    receiver: Option<String>,
    antenna: Option<String>,
    antenna_serial: Option<String>,
    antenna_height_m: Option<f64>,
}

/// The site, where one is configured.
#[derive(Serialize, ToSchema)]
struct Site {
    /// Nine characters.
    id: String,
    name: String,
    city: String,
    province: String,
    domes: Option<String>,
    installed: Option<Epoch>,
}

/// A difference between stream and configuration.
#[derive(Serialize, ToSchema)]
struct Difference {
    /// `place`, `antenna_height`, `antenna`, `antenna_serial` or `receiver`.
    what: &'static str,
    /// What the stream tells.
    stream: String,
    /// What is configured.
    configured: String,
}

/// A satellite above the horizon; without signals it should be seen and is not.
#[derive(Serialize, ToSchema)]
struct InSky {
    #[schema(example = "G05")]
    satellite: String,
    elevation_deg: Option<f64>,
    azimuth_deg: Option<f64>,
    /// Whether its phases are levelled at this station.
    fixed: bool,
    signals: Vec<SkySignal>,
}

/// A signal of the last epoch.
#[derive(Serialize, ToSchema)]
struct SkySignal {
    /// Band and attribute as RINEX names them.
    #[schema(example = "1C")]
    signal: String,
    cn0_dbhz: Option<f64>,
    /// For how long its phase was tracked at least.
    lock_s: Option<f64>,
}

/// A signal of a closed span, above 10°.
#[derive(Serialize, ToSchema)]
struct SignalView {
    /// System, band and attribute.
    #[schema(example = "G1C")]
    signal: String,
    observed: u64,
    expected: u64,
    interruptions: u32,
    cn0_dbhz: Option<f64>,
    multipath_m: Option<f64>,
    /// In steps of 10° from the horizon.
    cn0_by_elevation_dbhz: Vec<Option<f64>>,
}

/// A gap.
#[derive(Serialize, ToSchema)]
struct GapView {
    /// The last epoch before it.
    from: Epoch,
    /// The first one behind it.
    until: Epoch,
    /// Epochs that are missing.
    epochs: u32,
}

/// One station. Needs the right `stations`.
#[utoipa::path(get, path = "/api/v1/stations/{name}", tag = "stations",
    params(("name" = String, Path, description = "The station's name")),
    responses((status = 200, description = "Now", body = StationView), Usual))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    Named(name): Named<String>,
    visitor: Visitor,
) -> Result<Json<StationView>, ApiError> {
    visitor.needs(Right::Stations)?;
    let unknown = || ApiError::not_found(format!("no station is called {name}"));
    let station: StationName = name.parse().map_err(|_| unknown())?;
    let view = facts.view().ok_or_else(unknown)?;
    let status = view.stations.iter().find(|status| status.station == station);
    let status = status.ok_or_else(unknown)?;
    let offered = facts.offered();
    let network = facts.network();
    let snapshot = network.as_ref().map(|epoch| &*epoch.snapshot);
    let row = row(status, &offered, snapshot, &alarms_by_station(&view));
    Ok(Json(told(status, row, view.at.into(), &offered, snapshot)))
}

fn told(
    status: &StationStatus,
    row: StationRow,
    at: Epoch,
    offered: &Offered,
    snapshot: Option<&NetworkSnapshot>,
) -> StationView {
    let log = offered.log(&status.station);
    let place = log.and_then(|log| log.place);
    let equipment = Equipment {
        receiver: log.and_then(|log| log.receiver.clone()),
        antenna: log.and_then(|log| log.antenna.clone()),
        antenna_serial: log.and_then(|log| log.antenna_serial.clone()),
        antenna_height_m: log.and_then(|log| log.antenna_height_m),
    };
    let in_network =
        snapshot.and_then(|s| s.stations.iter().find(|view| view.name == status.station));
    let displacement = status.network.as_ref().and_then(|network| network.displacement);
    let closed = status.hour.as_deref().or(status.minute.as_deref());
    StationView {
        at,
        row,
        height_m: place.map(|place| rounded(place.to_geodetic(GRS80).height_m)),
        place_ecef_m: place.map(|place| place.xyz().map(rounded)),
        equipment,
        site: site(status, offered),
        mismatches: status.mismatches.iter().map(difference).collect(),
        sky: sky(status, snapshot),
        signals: closed.map(|s| s.signals.iter().map(signal).collect()).unwrap_or_default(),
        multipath_by_signal_m: status
            .multipath_m
            .iter()
            .map(|(signal, m)| (signal.with_system(), rounded(*m)))
            .collect(),
        minute: status.minute.as_deref().map(summary),
        hour: status.hour.as_deref().map(summary),
        day: status.day.as_deref().map(summary),
        gaps: status
            .gaps
            .iter()
            .map(|gap| GapView {
                from: gap.after.into(),
                until: gap.before.into(),
                epochs: gap.missing,
            })
            .collect(),
        displacement_m: displacement.map(|d| d.offset_m.map(rounded)),
        displacement_sigma_m: displacement.map(|d| d.sigma_m.map(rounded)),
        breaking: in_network
            .map(|view| view.breaking.iter().map(|group| group_name(*group).to_owned()).collect())
            .unwrap_or_default(),
        is_calibrated: in_network.map(|view| view.is_calibrated),
    }
}

fn site(status: &StationStatus, offered: &Offered) -> Option<Site> {
    let record = offered.record(&status.station)?;
    Some(Site {
        id: record.id.to_string(),
        name: record.site_name.clone(),
        city: record.city.clone(),
        province: record.province.clone(),
        domes: record.domes.clone(),
        installed: record.installed.map(Epoch::from),
    })
}

fn difference(mismatch: &Mismatch) -> Difference {
    let metres = |m: f64| format!("{m:.4} m");
    match mismatch {
        Mismatch::Place { apart_m } => Difference {
            what: "place",
            stream: format!("{apart_m:.3} m away"),
            configured: "the configured position".to_owned(),
        },
        Mismatch::AntennaHeight { told_m, known_m } => Difference {
            what: "antenna_height",
            stream: metres(*told_m),
            configured: metres(*known_m),
        },
        Mismatch::Name { part, told, known } => Difference {
            what: match part {
                Part::Antenna => "antenna",
                Part::AntennaSerial => "antenna_serial",
                Part::Receiver => "receiver",
            },
            stream: told.clone(),
            configured: known.clone(),
        },
    }
}

/// Satellites that should be seen and those that are, each once.
fn sky(status: &StationStatus, snapshot: Option<&NetworkSnapshot>) -> Vec<InSky> {
    let place = snapshot.and_then(|s| s.stations.iter().position(|v| v.name == status.station));
    let is_fixed = |satellite: &Satellite| {
        let field = snapshot.and_then(|s| s.satellites.get(satellite));
        let value = field.zip(place).and_then(|(field, place)| field.ionosphere_m.get(place));
        value.is_some_and(Option::is_some)
    };
    let mut all: BTreeMap<Satellite, InSky> = BTreeMap::new();
    for seen in status.visible.all() {
        let entry = InSky {
            satellite: seen.satellite.to_string(),
            elevation_deg: Some(tenth(seen.elevation_rad.to_degrees())),
            azimuth_deg: Some(tenth(seen.azimuth_rad.to_degrees().rem_euclid(360.0))),
            fixed: is_fixed(&seen.satellite),
            signals: Vec::new(),
        };
        all.insert(seen.satellite, entry);
    }
    let measured = status.newest.iter().flat_map(|epoch| epoch.by_satellite());
    for (satellite, observations) in measured {
        let entry = all.entry(satellite).or_insert_with(|| InSky {
            satellite: satellite.to_string(),
            elevation_deg: None,
            azimuth_deg: None,
            fixed: is_fixed(&satellite),
            signals: Vec::new(),
        });
        entry.signals.extend(observations.iter().map(|o| SkySignal {
            signal: o.signal.to_string(),
            cn0_dbhz: o.cn0.map(|cn0| tenth(cn0.0)),
            lock_s: o.lock_time.map(|lock| tenth(lock.as_secs_f64())),
        }));
    }
    all.into_values().collect()
}

fn signal(of: &SignalSummary) -> SignalView {
    SignalView {
        signal: of.signal.with_system(),
        observed: of.observed,
        expected: of.expected,
        interruptions: of.interruptions,
        cn0_dbhz: of.cn0_dbhz.map(tenth),
        multipath_m: of.multipath_m.map(rounded),
        cn0_by_elevation_dbhz: of.cn0_by_elevation_dbhz.map(|cn0| cn0.map(tenth)).to_vec(),
    }
}

/// To a tenth.
fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
