//! Who was not let in, and why.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tianshu_caster::ledger::Refusal;
use utoipa::ToSchema;

use crate::web::answers::list::{Page, PageQuery, Usual, page};
use crate::web::answers::rovers::own_only;
use crate::web::error::ApiError;
use crate::web::extract::Asked;
use crate::web::facts::{Facts, read};
use crate::web::moment::{Anchor, Epoch};
use crate::web::who::Visitor;
use crate::web::why::{Code, refusal_code};

/// Somebody who was not let in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusalRow {
    session: u64,
    at: Epoch,
    peer: String,
    mountpoint: Option<String>,
    /// As whom, if it was said.
    account: Option<String>,
    /// In words.
    reason: String,
    /// For programs.
    code: Code,
}

/// Who was not let in, newest first. With the right `own_rovers` alone, under the own name.
#[utoipa::path(get, path = "/api/v1/refusals", tag = "rovers", params(PageQuery),
    responses((status = 200, description = "A page", body = Page<RefusalRow>), Usual))]
pub(crate) async fn list(
    State(facts): State<Arc<Facts>>,
    Asked(query): Asked<PageQuery>,
    visitor: Visitor,
) -> Result<Json<Page<RefusalRow>>, ApiError> {
    let (limit, before) = (query.limit()?, query.after_number::<u64>()?.unwrap_or(u64::MAX));
    let own = own_only(&visitor)?;
    let anchor = facts.anchor();
    let found = {
        let ledger = read(&facts.of.ledger);
        let wanted = |refusal: &&Refusal| {
            refusal.session.0 < before
                && own.as_deref().is_none_or(|own| refusal.account.as_deref() == Some(own))
        };
        let mut all: Vec<_> = ledger.refusals().filter(wanted).collect();
        all.sort_by_key(|refusal| std::cmp::Reverse(refusal.session));
        all.into_iter().take(limit + 1).map(|refusal| row(refusal, anchor)).collect()
    };
    Ok(Json(page(facts.now().into(), found, limit, |row: &RefusalRow| row.session.to_string())))
}

fn row(refusal: &Refusal, anchor: Anchor) -> RefusalRow {
    RefusalRow {
        session: refusal.session.0,
        at: anchor.epoch(refusal.at),
        peer: refusal.peer.to_string(),
        mountpoint: refusal.mountpoint.clone(),
        account: refusal.account.clone(),
        reason: refusal.reason.to_string(),
        code: refusal_code(&refusal.reason),
    }
}
