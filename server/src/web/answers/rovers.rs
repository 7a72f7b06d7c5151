//! Rovers' sessions: who is served, how, and how it came to be.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tianshu_caster::access::Role;
use tianshu_caster::events::SessionId;
use tianshu_caster::ledger::SessionRecord;
use tianshu_caster::source::Notice;
use utoipa::{IntoParams, ToSchema};

use crate::web::answers::list::{Page, PageQuery, Usual, page, rounded};
use crate::web::answers::stations::degrees;
use crate::web::error::{ApiError, ErrorCode};
use crate::web::extract::{Asked, Named};
use crate::web::facts::{Facts, read};
use crate::web::moment::{Anchor, Epoch, unix_s};
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// Which sessions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoversQuery {
    /// `open` (the default) or `ended`.
    state: Option<String>,
    /// What the rover says of its fix, as a GGA does.
    quality: Option<u8>,
    /// Of this account.
    account: Option<String>,
    /// At this mountpoint.
    mountpoint: Option<String>,
    /// Where the page begins: the `next` of the one before.
    cursor: Option<String>,
    /// How many items, 200 where nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
}

/// A session in a row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RoverRow {
    pub(crate) session: u64,
    account: Option<String>,
    /// Whom the account belongs to.
    organisation: Option<String>,
    peer: String,
    agent: Option<String>,
    mountpoint: String,
    /// `rover`, or `station` for an upload.
    role: &'static str,
    login: Epoch,
    /// 0 none, 1 single, 2 differential, 4 fixed, 5 float; `null` before its first position.
    quality: Option<u8>,
    latitude_deg: Option<f64>,
    longitude_deg: Option<f64>,
    /// When it told that position.
    position_at: Option<Epoch>,
    /// How old it says that the corrections are which it uses.
    age_s: Option<f64>,
    satellites: Option<u8>,
    /// `virtual`, `station` or `nothing`; `null` while nothing was decided.
    serving: Option<&'static str>,
    /// The station that serves, or the number of the virtual one.
    base: Option<String>,
    distance_km: Option<f64>,
    /// Bytes sent; known at the end.
    bytes: Option<u64>,
    ended: Option<Epoch>,
    end_reason: Option<String>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoverView {
    #[serde(flatten)]
    row: RoverRow,
    /// How it is spoken to, and why.
    mode: String,
    timeline: Vec<Milestone>,
    notices: Vec<NoticeView>,
    /// POSIX seconds, degrees north, degrees east, fix quality; oldest first.
    #[schema(value_type = Vec<Vec<f64>>)]
    path: Vec<(f64, f64, f64, u8)>,
    frames_dropped: u64,
    /// What was odd in its bytes, with how often; known at the end.
    findings: Vec<String>,
    /// Whether it tells positions more often than anybody needs.
    is_hasty: bool,
}

/// Something that happened once.
#[derive(Debug, Serialize, ToSchema)]
struct Milestone {
    /// `login`, `first_position`, `first_byte`, `first_fix`, `silent` or `end`.
    what: &'static str,
    at: Epoch,
    /// After the login.
    after_s: f64,
}

/// A decision of the stream.
#[derive(Debug, Serialize, ToSchema)]
struct NoticeView {
    at: Epoch,
    text: String,
}

/// Sessions, newest first. With the right `own_rovers` alone, those of the own account.
#[utoipa::path(get, path = "/api/v1/rovers", tag = "rovers", params(RoversQuery),
    responses((status = 200, description = "A page", body = Page<RoverRow>), Usual))]
pub(crate) async fn list(
    State(facts): State<Arc<Facts>>,
    Asked(asked): Asked<RoversQuery>,
    visitor: Visitor,
) -> Result<Json<Page<RoverRow>>, ApiError> {
    let query = PageQuery { cursor: asked.cursor.clone(), limit: asked.limit };
    let (limit, before) = (query.limit()?, query.after_number::<u64>()?.unwrap_or(u64::MAX));
    let own = own_only(&visitor)?;
    let wants_ended = match asked.state.as_deref() {
        None | Some("open") => false,
        Some("ended") => true,
        Some(_) => return Err(ApiError::bad("state is `open` or `ended`")),
    };
    let wanted = |record: &&SessionRecord| {
        let account = record.account.as_deref();
        record.session.0 < before
            && own.as_deref().is_none_or(|own| account == Some(own))
            && asked.account.as_deref().is_none_or(|of| account == Some(of))
            && asked.mountpoint.as_deref().is_none_or(|at| record.mountpoint.as_str() == at)
            && asked.quality.is_none_or(|quality| record.quality() == Some(quality))
    };
    let anchor = facts.anchor();
    let mut found: Vec<RoverRow> = {
        let ledger = read(&facts.of.ledger);
        let row = |record: &SessionRecord| row(record, anchor);
        if wants_ended {
            // Sessions end in another order than they begin.
            let mut ended: Vec<_> = ledger.ended().filter(wanted).collect();
            ended.sort_by_key(|record| std::cmp::Reverse(record.session));
            ended.into_iter().take(limit + 1).map(row).collect()
        } else {
            let mut open: Vec<_> = ledger.open().filter(wanted).collect();
            open.reverse();
            open.into_iter().take(limit + 1).map(row).collect()
        }
    };
    for row in &mut found {
        row.coarsen(&visitor);
        row.organisation = organisation(&facts, row.account.as_deref());
    }
    Ok(Json(page(facts.now().into(), found, limit, |row| row.session.to_string())))
}

/// One session. With the right `own_rovers` alone, one of the own account.
#[utoipa::path(get, path = "/api/v1/rovers/{session}", tag = "rovers",
    params(("session" = u64, Path, description = "Its number")),
    responses((status = 200, description = "Now, or as it ended", body = RoverView), Usual))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    Named(session): Named<u64>,
    visitor: Visitor,
) -> Result<Json<RoverView>, ApiError> {
    let record = find(&facts, session, &visitor)?;
    let anchor = facts.anchor();
    let mut row = row(&record, anchor);
    row.coarsen(&visitor);
    row.organisation = organisation(&facts, row.account.as_deref());
    let notices = record.notices.iter();
    let findings = record.end.iter().flat_map(|end| end.findings.iter());
    let path = record.path.iter().map(|point| {
        let at = unix_s(anchor.epoch(point.at).time());
        (at, degrees(point.latitude_deg), degrees(point.longitude_deg), point.quality)
    });
    Ok(Json(RoverView {
        row,
        mode: record.mode.clone(),
        timeline: timeline(&record, anchor),
        notices: notices
            .map(|(at, notice)| NoticeView {
                at: anchor.epoch(*at),
                text: words(notice, visitor.has(Right::Stations)),
            })
            .collect(),
        path: path.collect(),
        frames_dropped: record.frames_dropped,
        findings: findings.map(|(what, times)| format!("{what} ({times})")).collect(),
        is_hasty: record.is_hasty,
    }))
}

/// A session by its number, if the visitor may see it. What may not be seen is not there.
pub(crate) fn find(
    facts: &Facts,
    session: u64,
    visitor: &Visitor,
) -> Result<SessionRecord, ApiError> {
    let own = own_only(visitor)?;
    let found = read(&facts.of.ledger).session(SessionId(session)).cloned();
    found
        .filter(|record| own.as_deref().is_none_or(|own| record.account.as_deref() == Some(own)))
        .ok_or_else(|| ApiError::not_found(format!("no session {session} is known")))
}

/// Whose sessions a visitor may see; none for all.
pub(crate) fn own_only(visitor: &Visitor) -> Result<Option<Arc<str>>, ApiError> {
    if visitor.has(Right::Rovers) {
        Ok(None)
    } else if visitor.has(Right::OwnRovers) {
        Ok(Some(Arc::clone(&visitor.session.user)))
    } else {
        Err(ApiError::new(ErrorCode::Forbidden, "the account's role has no right to this"))
    }
}

impl RoverRow {
    /// Distances of three rovers to a tenth of a kilometre tell where a station stands: whoever may not know gets whole ones.
    fn coarsen(&mut self, visitor: &Visitor) {
        if !visitor.has(Right::Stations) {
            self.distance_km = self.distance_km.map(f64::round);
        }
    }
}

/// A decision in words; distances to a tenth of a kilometre only for those who may know where stations stand.
fn words(notice: &Notice, may_know: bool) -> String {
    match notice {
        Notice::Serving { station, distance_m, reason } if !may_know => {
            format!("served by {station}, {:.0} km away: {reason}", distance_m / 1e3)
        }
        other => other.to_string(),
    }
}

fn organisation(facts: &Facts, account: Option<&str>) -> Option<String> {
    let account = facts.of.recogniser.account(account?)?;
    (!account.organisation.is_empty()).then(|| account.organisation.clone())
}

/// A session in a row.
pub(crate) fn row(record: &SessionRecord, anchor: Anchor) -> RoverRow {
    let position = record.position.as_ref();
    let place = position.and_then(|(_, gga)| gga.place);
    let (serving, base, distance_km) = serving(record);
    RoverRow {
        session: record.session.0,
        account: record.account.as_deref().map(str::to_owned),
        organisation: None,
        peer: record.peer.to_string(),
        agent: record.agent.clone(),
        mountpoint: record.mountpoint.to_string(),
        role: match record.role {
            Role::Rover => "rover",
            Role::Station => "station",
        },
        login: anchor.epoch(record.login),
        quality: record.quality(),
        latitude_deg: place.map(|place| degrees(place.latitude_deg)),
        longitude_deg: place.map(|place| degrees(place.longitude_deg)),
        position_at: position.map(|(at, _)| anchor.epoch(*at)),
        age_s: position.and_then(|(_, gga)| gga.correction_age_s),
        satellites: position.and_then(|(_, gga)| gga.satellites),
        serving,
        base,
        distance_km,
        bytes: record.end.as_ref().map(|end| end.bytes),
        ended: record.end.as_ref().map(|end| anchor.epoch(end.at)),
        end_reason: record.end.as_ref().map(|end| end.reason.to_string()),
    }
}

/// What serves: in one word, by its name, and how far away.
pub(crate) fn serving(
    record: &SessionRecord,
) -> (Option<&'static str>, Option<String>, Option<f64>) {
    let mut told = (None, None, None);
    for (_, notice) in &record.notices {
        match notice {
            Notice::Serving { station, distance_m, .. } => {
                told =
                    (Some("station"), Some(station.to_string()), Some(rounded(distance_m / 1e3)));
            }
            Notice::ServingVirtual { station_id, distance_m } => {
                let distance_km = rounded(distance_m / 1e3);
                told = (Some("virtual"), Some(station_id.to_string()), Some(distance_km));
            }
            Notice::Withheld(_) => told = (Some("nothing"), None, None),
            Notice::NoVirtual(_) | Notice::PositionJump { .. } => {}
        }
    }
    told
}

fn timeline(record: &SessionRecord, anchor: Anchor) -> Vec<Milestone> {
    let all = [
        ("login", Some(record.login)),
        ("first_position", record.first_position),
        ("first_byte", record.first_byte),
        ("first_fix", record.first_fix),
        ("silent", record.silent_since),
        ("end", record.end.as_ref().map(|end| end.at)),
    ];
    let mut known: Vec<_> = all.into_iter().filter_map(|(what, at)| Some((what, at?))).collect();
    known.sort_by_key(|(_, at)| *at);
    let milestone = |(what, at): (&'static str, tianshu_gnss::time::uptime::Uptime)| Milestone {
        what,
        at: anchor.epoch(at),
        after_s: rounded((at - record.login).as_secs_f64()),
    };
    known.into_iter().map(milestone).collect()
}
