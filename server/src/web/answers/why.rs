//! "Why has this rover no fix?", answered for one session, or for what an account did last.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tianshu_caster::ledger::SessionRecord;
use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::station::StationName;
use tianshu_positioning::network::snapshot::Withheld;
use tianshu_station_monitor::alarm::text::Language;
use utoipa::{IntoParams, ToSchema};

use crate::web::answers::alarms::language;
use crate::web::answers::list::Usual;
use crate::web::answers::predicted::nearest;
use crate::web::answers::rovers::{find, own_only, serving};
use crate::web::error::ApiError;
use crate::web::extract::{Asked, Named};
use crate::web::facts::{Facts, read};
use crate::web::moment::Epoch;
use crate::web::who::Visitor;
use crate::web::why::{Around, Code, Finding, StepView, of_refusal, of_session, sentence};

/// In which language.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LanguageQuery {
    /// `zh` or `en` (the default).
    lang: Option<String>,
}

/// Of whom, and in which language.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountQuery {
    /// The account's name.
    account: String,
    /// `zh` or `en` (the default).
    lang: Option<String>,
}

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Diagnosis {
    at: Epoch,
    /// The session, or the connection that was refused.
    session: u64,
    code: Code,
    /// What is wrong and what to do, in one plain sentence.
    sentence: String,
    /// The chain of what a fix needs, in order.
    steps: Vec<StepView>,
}

/// Why one session's rover has no fix. With the right `own_rovers` alone, one of the own account.
#[utoipa::path(get, path = "/api/v1/rovers/{session}/why", tag = "rovers",
    params(("session" = u64, Path, description = "Its number"), LanguageQuery),
    responses((status = 200, description = "The answer", body = Diagnosis), Usual))]
pub(crate) async fn of_rover(
    State(facts): State<Arc<Facts>>,
    Named(session): Named<u64>,
    Asked(asked): Asked<LanguageQuery>,
    visitor: Visitor,
) -> Result<Json<Diagnosis>, ApiError> {
    let language = language(asked.lang.as_deref())?;
    let record = find(&facts, session, &visitor)?;
    let found = of_session(&record, around(&facts, &record), facts.of.caster_clock.now());
    Ok(Json(told(&facts, session, &found, language)))
}

/// Why an account's rover has no fix: of its newest session, or of its newest refusal. With the right `own_rovers` alone, the own account.
#[utoipa::path(get, path = "/api/v1/why", tag = "rovers", params(AccountQuery),
    responses((status = 200, description = "The answer", body = Diagnosis), Usual))]
pub(crate) async fn of_account(
    State(facts): State<Arc<Facts>>,
    Asked(asked): Asked<AccountQuery>,
    visitor: Visitor,
) -> Result<Json<Diagnosis>, ApiError> {
    let language = language(asked.lang.as_deref())?;
    let account = asked.account.as_str();
    let unknown = || ApiError::not_found(format!("nothing was heard of an account {account:?}"));
    if own_only(&visitor)?.is_some_and(|own| &*own != account) {
        return Err(unknown());
    }
    let (session, refusal) = {
        let ledger = read(&facts.of.ledger);
        let own = |record: &&SessionRecord| record.account.as_deref() == Some(account);
        let sessions = ledger.open().chain(ledger.ended()).filter(own);
        let session = sessions.max_by_key(|record| record.session).cloned();
        let refusals = ledger.refusals().filter(|r| r.account.as_deref() == Some(account));
        (session, refusals.max_by_key(|refusal| refusal.session).cloned())
    };
    match (session, refusal) {
        (Some(record), refusal)
            if record.end.is_none()
                || refusal.as_ref().is_none_or(|refusal| refusal.session < record.session) =>
        {
            let now = facts.of.caster_clock.now();
            let found = of_session(&record, around(&facts, &record), now);
            Ok(Json(told(&facts, record.session.0, &found, language)))
        }
        (_, Some(refusal)) => {
            Ok(Json(told(&facts, refusal.session.0, &of_refusal(&refusal), language)))
        }
        (_, None) => Err(unknown()),
    }
}

fn told(facts: &Facts, session: u64, found: &Finding, language: Language) -> Diagnosis {
    Diagnosis {
        at: facts.now().into(),
        session,
        code: found.code,
        sentence: sentence(found, language),
        steps: found.steps(language),
    }
}

/// What is known around a session at this moment.
fn around(facts: &Facts, record: &SessionRecord) -> Around {
    let mut around = Around::default();
    let (serves, base, _) = serving(record);
    let network = facts.network();
    let relayed = facts.offered().relays.get(record.mountpoint.as_str()).cloned();
    let named = base.filter(|_| serves == Some("station")).and_then(|name| name.parse().ok());
    if let Some(station) = named.or(relayed) {
        let station: StationName = station;
        let view = facts.view();
        let status =
            view.as_ref().and_then(|view| view.stations.iter().find(|s| s.station == station));
        around.base_silent_s =
            status.and_then(|status| status.silent_for).map(|silent| silent.as_secs_f64());
    }
    let place = record.position.as_ref().and_then(|(_, gga)| {
        let (place, height_m) = (gga.place?, gga.altitude_m.unwrap_or(0.0));
        Some(Geodetic::from_degrees(place.latitude_deg, place.longitude_deg, height_m))
    });
    // Only a virtual station is made of what the network tells.
    let wants_virtual = record.notices.iter().any(|(_, notice)| {
        use tianshu_caster::source::Notice;
        matches!(notice, Notice::ServingVirtual { .. } | Notice::NoVirtual(_))
    });
    if let (Some(network), Some(place), true) = (network, place, wants_virtual) {
        let snapshot = &network.snapshot;
        if let Some(from) = nearest(snapshot, place) {
            let all = snapshot.corrections(from, place);
            let rough =
                |w: &Option<Withheld>| matches!(w, Some(Withheld::Rough | Withheld::Bubble));
            around.rough = all.values().filter(|c| rough(&c.withheld)).count();
            let told = all.values().filter(|c| c.withheld.is_none()).count();
            // A base serves where the network is not solved yet: then what the network would tell says nothing.
            around.told = (serves == Some("virtual") || around.rough > 0).then_some(told);
        }
    }
    around
}
