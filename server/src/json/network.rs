//! The report of a network's batch as JSON: one object, described in docs/formats.md.

use serde_json::{Map, Value as Json, json};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::network::observed::Group;
use tianshu_positioning::network::snapshot::Disturbance;

use crate::network::excluded::{Agreement, Rms};
use crate::network::reasons::Reasons;
use crate::network::report::{
    ExcludedReport, Minute, Report, SHARES, StationReport, VirtualReport, group_name,
};

/// The name of this form of the report; changed when a key changes its meaning or goes.
const SCHEMA: &str = "tianshu-network-1";

/// The report as one object. What could not be told is `null`. All but `cpu_ms_per_epoch` follows from the input alone.
pub(crate) fn report(report: &Report) -> Json {
    let closures = report.closures;
    json!({
        "schema": SCHEMA,
        "first": report.first.map(time),
        "last": report.last.map(time),
        "epochs": report.epochs,
        "interval_s": seconds(report.interval),
        "systems": report.systems,
        "initialisation_s": initialisation(report),
        "resolved": report.minutes.iter().map(minute).collect::<Vec<_>>(),
        "closures": {
            "closed_max": closures.closed_max,
            "failed_max": closures.failed_max,
            "failed_epochs": closures.failed_epochs,
        },
        "leave_one_out_ionosphere_rms_m": rounded(report.leave_one_out.value()),
        "geometry_rms_m": rounded(report.geometry.value()),
        "sigma": {
            "factor_mean": rounded(report.sigma_factor.mean()),
            "factor_max": rounded(report.sigma_factor.mean().map(|_| report.sigma_factor.max)),
        },
        "satellite_epochs": reasons(&report.reasons),
        "stations": report.stations.iter().map(station).collect::<Vec<_>>(),
        "virtual_stations": report.virtual_stations.iter().map(virtual_station).collect::<Vec<_>>(),
        "excluded": report.excluded.iter().map(excluded).collect::<Vec<_>>(),
        "cpu_ms_per_epoch": {
            "p50": rounded(report.cost_quantile_ms(0.5)),
            "p99": rounded(report.cost_quantile_ms(0.99)),
            "max": rounded(report.cost_quantile_ms(1.0)),
        },
    })
}

/// Seconds from the first epoch until a share was levelled, of all and by group.
fn initialisation(report: &Report) -> Json {
    let shares = |of: Option<Group>| -> Json {
        let all = SHARES.iter().map(|share| {
            let reached = report.reached.get(&(of, *share)).copied().map(seconds);
            (format!("{share}"), Json::from(reached))
        });
        Json::Object(all.collect())
    };
    let mut object = Map::new();
    object.insert("all".to_owned(), shares(None));
    for group in &report.groups {
        object.insert(group_name(*group).to_owned(), shares(Some(*group)));
    }
    Json::Object(object)
}

fn minute(minute: &Minute) -> Json {
    let (mut all, mut levelled) = (0, 0);
    let mut groups = Map::new();
    for (group, (of_group, of_them)) in &minute.by_group {
        all += of_group;
        levelled += of_them;
        let pair = json!({ "ambiguities": of_group, "levelled": of_them, "ratio": ratio(*of_them, *of_group) });
        groups.insert(group_name(*group).to_owned(), pair);
    }
    json!({
        "time": time(minute.time),
        "ambiguities": all,
        "levelled": levelled,
        "ratio": ratio(levelled, all),
        "by_group": groups,
        "edges": { "ambiguities": minute.edges.0, "fixed": minute.edges.1 },
        "closures": { "closed": minute.closures.0, "failed": minute.closures.1 },
        "disturbance": minute.disturbance.as_ref().map(disturbance),
        "stations_not_believed": minute.doubted,
    })
}

fn disturbance(told: &Disturbance) -> Json {
    json!({
        "wavelength_km": round4(told.wave.length_m() / 1e3),
        "coherence": round4(told.coherence),
        "velocity_east_m_s": told.velocity_m_s.map(|[east, _]| round4(east)),
        "velocity_north_m_s": told.velocity_m_s.map(|[_, north]| round4(north)),
        "fading": told.is_fading,
    })
}

fn ratio(part: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| round4(part as f64 / all as f64))
}

fn station(station: &StationReport) -> Json {
    let doubts = station.doubts.iter().map(|doubt| {
        json!({ "reason": doubt.reason, "from": time(doubt.from), "until": time(doubt.until) })
    });
    json!({
        "name": station.name,
        "files": station.files,
        "ecef_m": place(station.place),
        "calibration": station.calibration,
        "epochs": station.epochs,
        "epochs_passed_over": station.passed_over,
        "leave_one_out_ionosphere_rms_m": rounded(station.leave_one_out.value()),
        "geometry_rms_m": rounded(station.geometry.value()),
        "phase_noise_factor": round4(station.noise[0]),
        "code_noise_factor": round4(station.noise[1]),
        "not_believed_epochs": station.doubted_epochs,
        "not_believed": doubts.collect::<Vec<_>>(),
    })
}

fn virtual_station(station: &VirtualReport) -> Json {
    json!({
        "name": station.name,
        "ecef_m": place(station.place),
        "epochs": station.epochs,
        "masters": station.masters,
        "satellite_epochs": reasons(&station.reasons),
    })
}

fn excluded(station: &ExcludedReport) -> Json {
    let Agreement { seen, compared, within, normalised, .. } = &station.agreement;
    let agreement = &station.agreement;
    let rms = |rms: Rms| rounded(rms.value());
    let share =
        |count: u64| (normalised.count > 0).then(|| round4(count as f64 / normalised.count as f64));
    let [one, two, three] = within.map(share);
    json!({
        "name": station.name,
        "ecef_m": place(station.place),
        "epochs": seen,
        "epochs_compared": compared,
        "phase_rms_m": rms(agreement.phase),
        "geometry_rms_m": rms(agreement.geometry),
        "ionosphere_rms_m": rms(agreement.ionosphere),
        "ionosphere_zenith_rms_m": rms(agreement.ionosphere_zenith),
        "ionosphere_predicted_rms_m": rms(agreement.ionosphere_predicted),
        "sigma": {
            "normalised_rms": rms(*normalised),
            "within_1": one,
            "within_2": two,
            "within_3": three,
            "satellite_epochs": normalised.count,
        },
    })
}

pub(super) fn reasons(reasons: &Reasons) -> Json {
    json!({ "told": reasons.told, "withheld": reasons.withheld })
}

pub(super) fn place(place: Ecef) -> [f64; 3] {
    place.xyz().map(round4)
}

/// GPS week and seconds of it: no leap second comes between a reader and the number.
fn time(t: GpsTime) -> Json {
    json!({ "gps_week": t.week(), "tow_s": seconds(t.time_of_week()) })
}

/// Whole seconds stay whole.
pub(super) fn seconds(span: Interval) -> f64 {
    span.nanos() as f64 / 1e9
}

pub(super) fn rounded(value: Option<f64>) -> Option<f64> {
    value.map(round4)
}

/// To four decimals: a tenth of a millimetre, and less than anybody reads of the rest.
fn round4(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_reached_is_null() {
        let mut told = Report::begin(Interval::from_seconds(1), "GE".to_owned(), Vec::new());
        told.groups.push(Group::Gps);
        told.reached.insert((Some(Group::Gps), 50), Interval::from_seconds(12));
        told.reasons.withheld.insert("a plasma bubble".to_owned(), 3);
        let told = report(&told);
        assert_eq!(told["schema"], SCHEMA);
        assert_eq!(
            told["initialisation_s"]["gps"],
            json!({"50": 12.0, "90": null, "95": null, "99": null})
        );
        assert!(told["initialisation_s"]["all"]["50"].is_null());
        assert_eq!(told["satellite_epochs"]["withheld"]["a plasma bubble"], 3);
        assert!(told["cpu_ms_per_epoch"]["p50"].is_null() && told["first"].is_null());
    }
}
