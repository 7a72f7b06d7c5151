//! The network's solution: stations, edges, triangles, satellites, and how well they predict each other.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tianshu_gnss::coords::GRS80;
use tianshu_gnss::satellite::Satellite;
use tianshu_positioning::network::snapshot::{
    Disturbance, NetworkSnapshot, SatelliteField, StationView,
};
use tianshu_positioning::network::topology::keeper::StationHealth;
use tianshu_positioning::network::topology::{StationIndex, Triangle};
use utoipa::ToSchema;

use crate::network::report::group_name;
use crate::web::answers::list::{Usual, rounded};
use crate::web::answers::overview::ratio;
use crate::web::answers::stations::degrees;
use crate::web::error::ApiError;
use crate::web::facts::Facts;
use crate::web::moment::Epoch;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// The network's solution at its newest epoch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NetworkView {
    /// `null` while nothing is known.
    at: Option<Epoch>,
    /// Why nothing is known.
    reason: Option<&'static str>,
    stations: Vec<StationInNetwork>,
    edges: Vec<EdgeView>,
    triangles: Vec<TriangleView>,
    groups: Vec<GroupView>,
    satellites: Vec<SatelliteView>,
    ambiguities: usize,
    levelled: usize,
    edge_ambiguities: usize,
    edge_fixed: usize,
    closures: Closures,
    /// A travelling disturbance of the ionosphere that interpolation follows.
    disturbance: Option<DisturbanceView>,
    /// 95 of 100 stations' ionosphere is predicted by the others within this, at the zenith on L1.
    ionosphere_i95_mm: Option<f64>,
}

/// A wave that travels through the ionosphere of all satellites.
#[derive(Debug, Serialize, ToSchema)]
struct DisturbanceView {
    /// From crest to crest, as stations see it.
    wavelength_km: f64,
    /// Its share of what the stations measure above smooth surfaces, as squares.
    coherence: f64,
    /// Speed of its crests; `null` until it was seen for a while.
    speed_m_s: Option<f64>,
    /// Where they travel to, from north over east.
    azimuth_deg: Option<f64>,
    /// No longer believed, and on its way out.
    fading: bool,
}

/// A station as the solver sees it.
#[derive(Debug, Serialize, ToSchema)]
struct StationInNetwork {
    name: String,
    latitude_deg: f64,
    longitude_deg: f64,
    /// `up`, `late`, `down` or `doubted`.
    health: &'static str,
    /// Why it is not believed.
    doubt: Option<String>,
    levelled: usize,
    visible: usize,
    /// What others predict for it less what it measured, root mean square, at the zenith on L1.
    ionosphere_residual_mm: Option<f64>,
    /// Ionosphere-free residuals, root mean square.
    geometry_residual_mm: Option<f64>,
    /// By what the sigmas of its phases are multiplied: how noisy they are beside the other stations'.
    phase_noise_factor: f64,
    /// The same for its codes.
    code_noise_factor: f64,
    /// Zenith wet delay beyond the standard atmosphere's.
    zenith_mm: Option<f64>,
    zenith_sigma_mm: Option<f64>,
    /// East, north, up of its coordinates.
    displacement_mm: Option<[f64; 3]>,
}

#[derive(Debug, Serialize, ToSchema)]
struct EdgeView {
    from: String,
    to: String,
    length_km: f64,
}

#[derive(Debug, Serialize, ToSchema)]
struct TriangleView {
    corners: [String; 3],
    /// Satellites levelled at all three corners, of those that all three see.
    fixed_ratio: Option<f64>,
    /// The worst corner's residual ionosphere, twice its root mean square.
    i95_mm: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
struct GroupView {
    group: String,
    ambiguities: usize,
    levelled: usize,
}

#[derive(Debug, Serialize, ToSchema)]
struct SatelliteView {
    satellite: String,
    group: String,
    levelled_stations: usize,
    /// Leave-one-out residuals, root mean square, at the zenith on L1.
    residual_mm: Option<f64>,
    sigma_factor: f64,
    /// Why it is told to nobody.
    withheld: Option<String>,
    /// Whether a station could not be predicted within the last minutes.
    restless: bool,
}

#[derive(Debug, Default, Serialize, ToSchema)]
struct Closures {
    closed: usize,
    failed: usize,
}

/// The network's solution. Needs the right `network`.
#[utoipa::path(get, path = "/api/v1/network", tag = "network",
    responses((status = 200, description = "The newest epoch", body = NetworkView), Usual))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<Json<NetworkView>, ApiError> {
    visitor.needs(Right::Network)?;
    let Some(epoch) = facts.network() else {
        return Ok(Json(nothing(why_unknown(&facts))));
    };
    let snapshot = Arc::clone(&epoch.snapshot);
    Ok(Json(told(&snapshot)))
}

/// Why nothing is known of the network.
pub(crate) fn why_unknown(facts: &Facts) -> &'static str {
    if facts.offered().solves {
        "the network has no epoch yet: it begins when several of its stations are heard"
    } else {
        "no network is solved: say solve = true in [network]"
    }
}

fn nothing(reason: &'static str) -> NetworkView {
    NetworkView {
        at: None,
        reason: Some(reason),
        stations: Vec::new(),
        edges: Vec::new(),
        triangles: Vec::new(),
        groups: Vec::new(),
        satellites: Vec::new(),
        ambiguities: 0,
        levelled: 0,
        edge_ambiguities: 0,
        edge_fixed: 0,
        closures: Closures::default(),
        disturbance: None,
        ionosphere_i95_mm: None,
    }
}

fn told(snapshot: &NetworkSnapshot) -> NetworkView {
    let name = |index: StationIndex| {
        let view = snapshot.stations.get(index.position());
        view.map(|view| view.name.to_string()).unwrap_or_default()
    };
    let shape = &snapshot.shape;
    let edges = shape.edges().iter().map(|edge| EdgeView {
        from: name(edge.from()),
        to: name(edge.to()),
        length_km: rounded(shape.length_m(*edge) / 1e3),
    });
    let triangles = shape.triangles().iter().map(|corners| TriangleView {
        corners: corners.map(name),
        fixed_ratio: fixed_ratio(snapshot, *corners),
        i95_mm: i95_mm(corners.iter().filter_map(|c| snapshot.stations.get(c.position()))),
    });
    let (ambiguities, levelled) = snapshot.resolved.total();
    NetworkView {
        at: Some(snapshot.time.into()),
        reason: None,
        stations: snapshot.stations.iter().map(station).collect(),
        edges: edges.collect(),
        triangles: triangles.collect(),
        groups: snapshot
            .resolved
            .by_group
            .iter()
            .map(|(group, (ambiguities, levelled))| GroupView {
                group: group_name(*group).to_owned(),
                ambiguities: *ambiguities,
                levelled: *levelled,
            })
            .collect(),
        satellites: snapshot.satellites.iter().map(|(s, field)| satellite(*s, field)).collect(),
        ambiguities,
        levelled,
        edge_ambiguities: snapshot.resolved.edges.0,
        edge_fixed: snapshot.resolved.edges.1,
        closures: Closures {
            closed: snapshot.resolved.closures.0,
            failed: snapshot.resolved.closures.1,
        },
        disturbance: snapshot.disturbance.as_ref().map(disturbance),
        ionosphere_i95_mm: network_i95_mm(snapshot),
    }
}

fn disturbance(told: &Disturbance) -> DisturbanceView {
    let speed = |[east, north]: [f64; 2]| rounded(east.hypot(north));
    let azimuth =
        |[east, north]: [f64; 2]| rounded(east.atan2(north).to_degrees().rem_euclid(360.0));
    DisturbanceView {
        wavelength_km: rounded(told.wave.length_m() / 1e3),
        coherence: told.coherence,
        speed_m_s: told.velocity_m_s.map(speed),
        azimuth_deg: told.velocity_m_s.map(azimuth),
        fading: told.is_fading,
    }
}

fn station(view: &StationView) -> StationInNetwork {
    let place = view.place.to_geodetic(GRS80);
    StationInNetwork {
        name: view.name.to_string(),
        latitude_deg: degrees(place.latitude_deg()),
        longitude_deg: degrees(place.longitude_deg()),
        health: match view.health {
            StationHealth::Up => "up",
            StationHealth::Late => "late",
            StationHealth::Down => "down",
            StationHealth::Suspect => "doubted",
        },
        doubt: view.doubt.clone(),
        levelled: view.levelled,
        visible: view.visible,
        ionosphere_residual_mm: view.ionosphere_residual_m.map(millimetres),
        geometry_residual_mm: view.geometry_residual_m.map(millimetres),
        phase_noise_factor: rounded(view.noise.phases()),
        code_noise_factor: rounded(view.noise.codes()),
        zenith_mm: view.zenith_m.map(|(zenith_m, _)| millimetres(zenith_m)),
        zenith_sigma_mm: view.zenith_m.map(|(_, sigma_m)| millimetres(sigma_m)),
        displacement_mm: view.displacement.map(|d| d.offset_m.map(millimetres)),
    }
}

fn satellite(of: Satellite, field: &SatelliteField) -> SatelliteView {
    SatelliteView {
        satellite: of.to_string(),
        group: group_name(field.group).to_owned(),
        levelled_stations: field.ionosphere_m.iter().flatten().count(),
        residual_mm: field.residual_m.map(millimetres),
        sigma_factor: rounded(field.sigma_factor),
        withheld: field.withheld.map(|why| why.to_string()),
        restless: field.restless,
    }
}

fn fixed_ratio(snapshot: &NetworkSnapshot, corners: Triangle) -> Option<f64> {
    let is_levelled = |field: &&SatelliteField| {
        corners.iter().all(|c| field.ionosphere_m.get(c.position()).is_some_and(Option::is_some))
    };
    let levelled = snapshot.satellites.values().filter(is_levelled).count();
    let seen = corners.iter().filter_map(|c| snapshot.stations.get(c.position()));
    let seen = seen.map(|view| view.visible).min()?;
    ratio(levelled.min(seen), seen)
}

fn i95_mm<'a>(stations: impl Iterator<Item = &'a StationView>) -> Option<f64> {
    let worst = stations.filter_map(|view| view.ionosphere_residual_m).reduce(f64::max);
    // 95 of 100 of what is normally distributed lie within 1.96 sigmas.
    worst.map(|rms_m| millimetres(1.96 * rms_m))
}

/// 95 of 100 stations' residual ionosphere, as an index of the whole network.
pub(crate) fn network_i95_mm(snapshot: &NetworkSnapshot) -> Option<f64> {
    let mut all: Vec<f64> =
        snapshot.stations.iter().filter_map(|view| view.ionosphere_residual_m).collect();
    all.sort_by(f64::total_cmp);
    let last = all.len().checked_sub(1)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place within the list"
    )]
    let place = (0.95 * last as f64).round() as usize;
    all.get(place).map(|rms_m| millimetres(1.96 * rms_m))
}

/// Metres as millimetres, to a hundredth.
pub(crate) fn millimetres(metres: f64) -> f64 {
    (metres * 1e5).round() / 1e2
}
