//! Alarms: what is wrong now, what was, and who has taken it on.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tianshu_station_monitor::alarm::machine::Alarm;
use tianshu_station_monitor::alarm::text::{Language, detail, title};
use utoipa::{IntoParams, ToSchema};

use crate::web::answers::list::Usual;
use crate::web::audit::What;
use crate::web::error::{ApiError, ErrorCode, Problem};
use crate::web::extract::{Asked, Body, Named};
use crate::web::facts::Facts;
use crate::web::moment::Epoch;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// The longest note at an acknowledgement, characters.
const NOTE_MAX: usize = 200;

/// Which alarms, and in which language.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlarmsQuery {
    /// `raised` (the default) or `over`.
    state: Option<String>,
    /// `zh` or `en` (the default).
    lang: Option<String>,
}

/// Alarms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlarmList {
    /// When it was true; `null` where stations are not watched.
    at: Option<Epoch>,
    items: Vec<AlarmView>,
}

/// An alarm.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AlarmView {
    id: u64,
    #[schema(example = "silent")]
    kind: &'static str,
    /// `critical`, `warning` or `notice`.
    severity: &'static str,
    /// `null` of the whole network.
    station: Option<String>,
    since: Epoch,
    until: Option<Epoch>,
    /// What is wrong, in words.
    title: String,
    /// The particulars, in words; may be empty.
    detail: String,
    acknowledged: Option<AcknowledgedView>,
    /// Whether it comes and goes.
    flapping: bool,
}

/// Who has taken an alarm on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AcknowledgedView {
    by: String,
    at: Epoch,
}

/// Words at an acknowledgement.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcknowledgeRequest {
    /// At most 200 characters.
    #[serde(default)]
    #[schema(max_length = 200)]
    note: String,
}

/// Alarms that are on, or were. Needs the right `alarms`.
#[utoipa::path(get, path = "/api/v1/alarms", tag = "alarms", params(AlarmsQuery),
    responses((status = 200, description = "Those on by kind and station, those over newest first", body = AlarmList), Usual))]
pub(crate) async fn list(
    State(facts): State<Arc<Facts>>,
    Asked(asked): Asked<AlarmsQuery>,
    visitor: Visitor,
) -> Result<Json<AlarmList>, ApiError> {
    visitor.needs(Right::Alarms)?;
    let language = language(asked.lang.as_deref())?;
    let wants_over = match asked.state.as_deref() {
        None | Some("raised") => false,
        Some("over") => true,
        Some(_) => return Err(ApiError::bad("state is `raised` or `over`")),
    };
    let Some(view) = facts.view() else {
        return Ok(Json(AlarmList { at: None, items: Vec::new() }));
    };
    let one = |alarm: &Alarm| told(alarm, language);
    let items = if wants_over {
        view.over.iter().rev().map(one).collect()
    } else {
        view.raised.iter().map(one).collect()
    };
    Ok(Json(AlarmList { at: Some(view.at.into()), items }))
}

/// Takes an alarm on. Needs the right `acknowledge`.
#[utoipa::path(post, path = "/api/v1/alarms/{id}/acknowledge", tag = "alarms",
    params(("id" = u64, Path, description = "Its number")), request_body = AcknowledgeRequest,
    responses((status = 204, description = "Shown within a second"), Usual,
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "The note is too long", body = Problem),
        (status = 503, description = "Too many at this moment", body = Problem)))]
pub(crate) async fn acknowledge(
    State(facts): State<Arc<Facts>>,
    Named(id): Named<u64>,
    visitor: Visitor,
    Body(asked): Body<AcknowledgeRequest>,
) -> Result<StatusCode, ApiError> {
    visitor.needs(Right::Acknowledge)?;
    let note: String = asked.note.split_whitespace().collect::<Vec<_>>().join(" ");
    if note.chars().count() > NOTE_MAX || note.chars().any(char::is_control) {
        let text = format!("a note has at most {NOTE_MAX} visible characters");
        return Err(ApiError::new(ErrorCode::Unprocessable, text));
    }
    let view = facts.view();
    let alarm = view.as_ref().and_then(|view| view.raised.iter().find(|alarm| alarm.id == id));
    let alarm = alarm.ok_or_else(|| ApiError::not_found(format!("no alarm {id} is on")))?;
    let by = if note.is_empty() {
        visitor.session.user.to_string()
    } else {
        format!("{}: {note}", visitor.session.user)
    };
    if !facts.of.acknowledging.acknowledge(id, by) {
        return Err(ApiError::new(ErrorCode::Busy, "too many at this moment: try again"));
    }
    let object = format!("{id} {}", alarm.key.kind.name());
    visitor.note(&facts, What::AlarmAcknowledged, &object, &note);
    Ok(StatusCode::NO_CONTENT)
}

/// A language by its letters.
pub(crate) fn language(lang: Option<&str>) -> Result<Language, ApiError> {
    match lang {
        None | Some("en") => Ok(Language::English),
        Some("zh" | "zh-CN") => Ok(Language::Chinese),
        Some(_) => Err(ApiError::bad("lang is `zh` or `en`")),
    }
}

/// An alarm in words.
pub(crate) fn told(alarm: &Alarm, language: Language) -> AlarmView {
    AlarmView {
        id: alarm.id,
        kind: alarm.key.kind.name(),
        severity: alarm.key.kind.severity().name(),
        station: alarm.key.station.as_ref().map(ToString::to_string),
        since: alarm.since.into(),
        until: alarm.until.map(Epoch::from),
        title: title(alarm.key.kind, language).to_owned(),
        detail: detail(alarm, language),
        acknowledged: alarm
            .acknowledged
            .as_ref()
            .map(|a| AcknowledgedView { by: a.by.clone(), at: a.at.into() }),
        flapping: alarm.flapping,
    }
}
