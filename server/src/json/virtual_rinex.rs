//! The report of a virtual station's file as JSON: one object, described in docs/formats.md.

use serde_json::{Value as Json, json};
use tianshu_gnss::coords::GRS80;
use tianshu_gnss::time::gps::GpsTime;

use crate::archive::virtual_rinex::{Levelled, Report, StationReport, civil};
use crate::json::network::{place, reasons, rounded, seconds};
use crate::network::virtual_file::Spread;

/// The name of this form of the report; changed when a key changes its meaning or goes.
const SCHEMA: &str = "tianshu-virtual-1";

/// The report as one object. What could not be told is `null`.
pub(crate) fn report(report: &Report) -> Json {
    let asked = &report.asked;
    let request = &asked.request;
    let geodetic = report.place.to_geodetic(GRS80);
    json!({
        "schema": SCHEMA,
        "file": report.file,
        "asked": {
            "from": civil(request.from),
            "until": civil(request.until),
            "interval_s": seconds(asked.interval),
            "systems": request.systems.iter().map(|s| s.letter()).collect::<String>(),
            "name": asked.id.to_string(),
            "warm_up_s": seconds(request.warm_up),
            "stations": request.stations,
        },
        "network": report.network,
        "frame": report.frame,
        "position": {
            "ecef_m": place(report.place),
            "latitude_deg": decimals(geodetic.latitude_deg(), 1e9),
            "longitude_deg": decimals(geodetic.longitude_deg(), 1e9),
            "height_m": rounded(Some(geodetic.height_m)),
        },
        "solved_from": civil(report.begun),
        "warm_up_s": warm_up_s(report),
        "step_s": seconds(asked.step),
        "first": report.bounds.map(|(first, _)| civil(first)),
        "last": report.bounds.map(|(_, last)| civil(last)),
        "epochs": report.epochs,
        "epochs_expected": report.epochs_expected,
        "satellite_epochs": reasons(&report.reasons),
        "masters": report.masters,
        "sigma": {
            "ionosphere_slant_m": spread(report.ionosphere_sigma),
            "zenith_delay_m": spread(report.zenith_sigma),
        },
        "levelled": levelled(&report.levelled),
        "ephemerides": report.ephemerides,
        "stations": report.stations.iter().map(station).collect::<Vec<_>>(),
    })
}

/// How long the solver ran before the span, s.
fn warm_up_s(report: &Report) -> f64 {
    let from: GpsTime = report.asked.request.from;
    seconds(from - report.begun).max(0.0)
}

fn spread(spread: Spread) -> Json {
    let rms = spread.rms.value();
    json!({ "rms": rounded(rms), "max": rounded(rms.map(|_| spread.max)) })
}

fn levelled(levelled: &Levelled) -> Json {
    json!({
        "first": rounded(levelled.first),
        "last": rounded(levelled.last),
        "least": rounded(levelled.least),
        "mean": rounded(levelled.mean()),
    })
}

fn station(station: &StationReport) -> Json {
    json!({
        "name": station.name,
        "distance_km": decimals(station.km, 1e3),
        "epochs": station.epochs,
        "epochs_passed_over": station.passed_over,
        "not_believed_epochs": station.doubted,
        "not_believed": station.doubt,
    })
}

fn decimals(value: f64, scale: f64) -> f64 {
    (value * scale).round() / scale
}
