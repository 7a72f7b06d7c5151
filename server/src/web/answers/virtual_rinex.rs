//! Virtual RINEX: what a receiver would have measured at a place where none stood, made of the archive as a job.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use utoipa::ToSchema;

use crate::archive::moment::Moment;
use crate::archive::virtual_rinex::{
    Progress, Request, STATIONS_DEFAULT, WARM_UP_DEFAULT_MIN, check,
};
use crate::network::places::is_place;
use crate::network::systems::of_letters;
use crate::virtual_jobs::{Job, JobFile, NotTaken, State as JobState, VirtualJobs};
use crate::web::answers::list::{Usual, rounded};
use crate::web::audit::What;
use crate::web::error::{ApiError, ErrorCode, Problem};
use crate::web::extract::{Body, Named};
use crate::web::facts::Facts;
use crate::web::moment::Epoch;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// Where files are downloaded, each below the number of its job.
pub(crate) const FILES_BELOW: &str = "/virtual-rinex";
/// Systems, where nothing is said.
const SYSTEMS_DEFAULT: &str = "GRECJ";
/// The name, where nothing is said.
const NAME_DEFAULT: &str = "VRS0";

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VirtualRequest {
    /// Degrees north, in the frame of the stations' coordinates.
    #[schema(example = 22.8167)]
    latitude_deg: f64,
    /// Degrees east.
    #[schema(example = 108.3167)]
    longitude_deg: f64,
    /// Metres above the ellipsoid.
    #[schema(example = 80.0)]
    height_m: f64,
    /// The first moment, of GPS time as in RINEX.
    #[schema(example = "2026-11-27T08:00:00")]
    from: String,
    /// The first moment behind it; a day later at most.
    #[schema(example = "2026-11-27T09:00:00")]
    until: String,
    /// Between epochs, s: a multiple of the network's own, which it is where nothing is said.
    interval_s: Option<f64>,
    /// Systems by their RINEX letters; `GRECJ` where nothing is said.
    systems: Option<String>,
    /// What the station is called, four letters or digits; `VRS0` where nothing is said.
    name: Option<String>,
    /// For how long the network is solved before, min; 30 where nothing is said.
    warm_up_min: Option<f64>,
    /// How many stations around are solved; 16 where nothing is said.
    stations: Option<usize>,
}

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VirtualJob {
    number: u64,
    /// `waiting`, `running`, `done` or `failed`.
    state: &'static str,
    /// When it was asked for.
    asked: Epoch,
    /// When it ended.
    ended: Option<Epoch>,
    latitude_deg: f64,
    longitude_deg: f64,
    height_m: f64,
    from: Epoch,
    until: Epoch,
    interval_s: Option<f64>,
    systems: String,
    name: String,
    warm_up_min: f64,
    stations: usize,
    /// Jobs that are made before it.
    before: usize,
    /// How far it is; `null` unless it runs and has begun.
    progress: Option<VirtualProgress>,
    /// Why there is no file.
    problem: Option<String>,
    /// The observations, CRINEX within gzip.
    rinex: Option<VirtualFile>,
    /// The report, JSON.
    report: Option<VirtualFile>,
    /// Epochs that the file has, and that it could have.
    epochs: Option<[u64; 2]>,
}

/// How far a job is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VirtualProgress {
    /// The share of warm-up and span that is solved.
    share: f64,
    /// Whether it is before the span still, finding its whole cycles.
    is_warming_up: bool,
    /// Ambiguities above the mask.
    ambiguities: usize,
    /// How many of them are levelled.
    levelled: usize,
}

/// A file of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VirtualFile {
    name: String,
    /// Where it is downloaded, from this port.
    path: String,
    bytes: u64,
}

/// Asks for virtual RINEX. Needs the right `archive`.
#[utoipa::path(post, path = "/api/v1/virtual-rinex", tag = "archive", request_body = VirtualRequest,
    responses((status = 202, description = "Taken; it is made when those before it are", body = VirtualJob), Usual,
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "What is asked for makes no sense", body = Problem),
        (status = 503, description = "Enough jobs wait", body = Problem)))]
pub(crate) async fn ask(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
    Body(asked): Body<VirtualRequest>,
) -> Result<(StatusCode, Json<VirtualJob>), ApiError> {
    let desk = desk(&facts, &visitor)?;
    let ground = facts.offered().ground.clone().ok_or_else(nothing_to_make_it_of)?;
    let request = request(&asked)?;
    check(&ground, &request).map_err(|error| ApiError::senseless(&error))?;
    let object = format!("{},{},{}", asked.latitude_deg, asked.longitude_deg, asked.height_m);
    let detail = format!("{} to {}", asked.from, asked.until);
    let (job, before) =
        desk.ask(&visitor.session.user, request, ground).map_err(|error| match error {
            NotTaken::OwnFull => ApiError::new(ErrorCode::TooLarge, error.to_string()),
            NotTaken::Full => ApiError::busy(error.to_string()),
        })?;
    visitor.note(&facts, What::VirtualRinexAsked, &object, &detail);
    Ok((StatusCode::ACCEPTED, Json(view(&job, before))))
}

/// The account's own jobs, the newest first. Needs the right `archive`.
#[utoipa::path(get, path = "/api/v1/virtual-rinex", tag = "archive",
    responses((status = 200, description = "All that are kept", body = Vec<VirtualJob>), Usual))]
pub(crate) async fn list(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<Json<Vec<VirtualJob>>, ApiError> {
    let desk = desk(&facts, &visitor)?;
    if facts.offered().ground.is_none() {
        return Err(nothing_to_make_it_of());
    }
    let found = desk.of(&visitor.session.user);
    Ok(Json(found.iter().map(|(job, before)| view(job, *before)).collect()))
}

/// One of the account's own jobs. Needs the right `archive`.
#[utoipa::path(get, path = "/api/v1/virtual-rinex/{number}", tag = "archive",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 200, description = "As it stands", body = VirtualJob), Usual))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    Named(number): Named<u64>,
    visitor: Visitor,
) -> Result<Json<VirtualJob>, ApiError> {
    let found = desk(&facts, &visitor)?.find(&visitor.session.user, number);
    let (job, before) = found.ok_or_else(|| unknown(number))?;
    Ok(Json(view(&job, before)))
}

/// Calls one of the account's own jobs off, and forgets it with its files. Needs the right `archive`.
#[utoipa::path(delete, path = "/api/v1/virtual-rinex/{number}", tag = "archive",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 204, description = "Gone"), Usual))]
pub(crate) async fn remove(
    State(facts): State<Arc<Facts>>,
    Named(number): Named<u64>,
    visitor: Visitor,
) -> Result<StatusCode, ApiError> {
    let is_gone = desk(&facts, &visitor)?.remove(&visitor.session.user, number);
    if is_gone { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(number)) }
}

/// Whether a path below [`FILES_BELOW`] is one of a visitor's own files. Folders are not listed: their numbers tell what others do.
pub(crate) fn is_own_file(facts: &Facts, visitor: &Visitor, path: &str) -> bool {
    let Ok(desk) = desk(facts, visitor) else { return false };
    let below = path.strip_prefix(FILES_BELOW).unwrap_or(path);
    let mut parts = below.trim_start_matches('/').split('/');
    let number = parts.next().and_then(|number| number.parse().ok());
    let (Some(number), Some(name), None) = (number, parts.next(), parts.next()) else {
        return false;
    };
    let found = desk.find(&visitor.session.user, number);
    matches!(found, Some((Job { state: JobState::Done(made), .. }, _))
        if [&made.rinex, &made.report].iter().any(|file| file.name == name))
}

fn desk<'a>(facts: &'a Facts, visitor: &Visitor) -> Result<&'a VirtualJobs, ApiError> {
    visitor.needs(Right::Archive)?;
    Ok(&facts.jobs)
}

fn nothing_to_make_it_of() -> ApiError {
    ApiError::unavailable("there is no virtual RINEX without an archive and a solved network")
}

fn unknown(number: u64) -> ApiError {
    ApiError::not_found(format!("this account has no job {number}"))
}

fn request(asked: &VirtualRequest) -> Result<Request, ApiError> {
    let VirtualRequest { latitude_deg, longitude_deg, height_m, .. } = *asked;
    if !is_place(latitude_deg, longitude_deg, height_m) {
        return Err(ApiError::senseless(
            &"no place: -90 to 90 degrees north, -180 to 360 degrees east, -500 to 10000 m were expected",
        ));
    }
    let moment =
        |text: &str| text.parse::<Moment>().map_err(|error| ApiError::bad(error.to_string()));
    let (Moment(from), Moment(until)) = (moment(&asked.from)?, moment(&asked.until)?);
    let warm_up_min = asked.warm_up_min.unwrap_or(WARM_UP_DEFAULT_MIN);
    let is_span = |span: f64| span.is_finite() && (0.0..=1e6).contains(&span);
    if !is_span(warm_up_min) || asked.interval_s.is_some_and(|s| !is_span(s) || s == 0.0) {
        return Err(ApiError::senseless(&"interval and warm-up are spans of time"));
    }
    let systems = asked.systems.as_deref().unwrap_or(SYSTEMS_DEFAULT);
    Ok(Request {
        place: Geodetic::from_degrees(latitude_deg, longitude_deg, height_m).to_ecef(GRS80),
        from,
        until,
        interval: asked.interval_s.map(Interval::from_seconds_f64),
        systems: of_letters(systems).map_err(|_| {
            ApiError::senseless(&format!("systems: letters of G, R, E, C and J, not {systems:?}"))
        })?,
        name: asked.name.clone().unwrap_or_else(|| NAME_DEFAULT.to_owned()),
        warm_up: Interval::from_seconds_f64(60.0 * warm_up_min),
        stations: asked.stations.unwrap_or(STATIONS_DEFAULT),
    })
}

fn view(job: &Job, before: usize) -> VirtualJob {
    let Request { place, from, until, interval, systems, name, warm_up, stations } = &job.request;
    let place = place.to_geodetic(GRS80);
    let epoch = |at: GpsTime| Epoch::from(at);
    let degrees = |value: f64| (value * 1e9).round() / 1e9;
    let made = match &job.state {
        JobState::Done(made) => Some(made),
        _ => None,
    };
    let file = |file: &JobFile| {
        let path = format!("{FILES_BELOW}/{}/{}", job.number, file.name);
        VirtualFile { name: file.name.clone(), path, bytes: file.bytes }
    };
    VirtualJob {
        number: job.number,
        state: match job.state {
            JobState::Waiting => "waiting",
            JobState::Running(_) => "running",
            JobState::Done(_) => "done",
            JobState::Failed(_) => "failed",
        },
        asked: epoch(job.asked),
        ended: job.ended.map(epoch),
        latitude_deg: degrees(place.latitude_deg()),
        longitude_deg: degrees(place.longitude_deg()),
        height_m: rounded(place.height_m),
        from: epoch(*from),
        until: epoch(*until),
        interval_s: interval.map(Interval::seconds),
        systems: systems.iter().map(|system| system.letter()).collect(),
        name: name.clone(),
        warm_up_min: warm_up.seconds() / 60.0,
        stations: *stations,
        before: if job.state == JobState::Waiting { before } else { 0 },
        progress: match &job.state {
            JobState::Running(Some(progress)) => Some(progress_view(progress)),
            _ => None,
        },
        problem: match &job.state {
            JobState::Failed(why) => Some(why.clone()),
            _ => None,
        },
        rinex: made.map(|made| file(&made.rinex)),
        report: made.map(|made| file(&made.report)),
        epochs: made.map(|made| [made.epochs.0, made.epochs.1]),
    }
}

fn progress_view(progress: &Progress) -> VirtualProgress {
    let (ambiguities, levelled) = progress.ambiguities;
    let share = progress.done.seconds() / progress.all.seconds().max(1.0);
    VirtualProgress {
        share: rounded(share.clamp(0.0, 1.0)),
        is_warming_up: progress.runs_in,
        ambiguities,
        levelled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(latitude_deg: f64, from: &str) -> VirtualRequest {
        VirtualRequest {
            latitude_deg,
            longitude_deg: 108.3,
            height_m: 80.0,
            from: from.to_owned(),
            until: "2026-11-27T09:00:00".to_owned(),
            interval_s: None,
            systems: None,
            name: None,
            warm_up_min: None,
            stations: None,
        }
    }

    #[test]
    fn what_is_not_said_is_as_on_the_command_line() {
        let request = request(&asked(22.8, "2026-11-27T08:00:00")).expect("a request");
        assert_eq!((request.name.as_str(), request.stations), ("VRS0", STATIONS_DEFAULT));
        assert_eq!(request.warm_up, Interval::from_seconds(1_800));
        assert_eq!(request.until - request.from, Interval::from_seconds(3_600));
        assert_eq!(request.systems.len(), 5);
    }

    #[test]
    fn what_makes_no_sense_is_told_before_anything_is_made() {
        let wrong = |asked: &VirtualRequest| request(asked).expect_err("wrong").code();
        assert_eq!(wrong(&asked(91.0, "2026-11-27T08:00:00")), ErrorCode::Unprocessable);
        assert_eq!(wrong(&asked(22.8, "2026-11-27T08:00:00Z")), ErrorCode::BadRequest);
        let odd = |change: fn(&mut VirtualRequest)| {
            let mut odd = asked(22.8, "2026-11-27T08:00:00");
            change(&mut odd);
            wrong(&odd)
        };
        assert_eq!(odd(|asked| asked.warm_up_min = Some(f64::NAN)), ErrorCode::Unprocessable);
        assert_eq!(odd(|asked| asked.interval_s = Some(0.0)), ErrorCode::Unprocessable);
        assert_eq!(odd(|asked| asked.systems = Some("GX".to_owned())), ErrorCode::Unprocessable);
    }
}
