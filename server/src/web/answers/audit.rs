//! The audit log.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::web::answers::list::{Page, PageQuery, Usual, page};
use crate::web::audit::AuditEntry;
use crate::web::error::ApiError;
use crate::web::extract::Asked;
use crate::web::facts::Facts;
use crate::web::rights::Right;
use crate::web::who::Visitor;

/// Who did what, newest first. Needs the right `audit`.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(PageQuery),
    responses((status = 200, description = "A page", body = Page<AuditEntry>), Usual))]
pub(crate) async fn list(
    State(facts): State<Arc<Facts>>,
    Asked(query): Asked<PageQuery>,
    visitor: Visitor,
) -> Result<Json<Page<AuditEntry>>, ApiError> {
    visitor.needs(Right::Audit)?;
    let (limit, before) = (query.limit()?, query.after_number::<i64>()?.unwrap_or(i64::MAX));
    let book = Arc::clone(&facts.book);
    let now = facts.now();
    let read = tokio::task::spawn_blocking(move || {
        book.settle(now)?;
        book.deeds(before, limit + 1)
    });
    let read = read.await;
    let found = read.map_err(|error| ApiError::internal(&error))?;
    let found = found.map_err(|error| ApiError::internal(&error))?;
    Ok(Json(page(now.into(), found, limit, |deed| deed.number.to_string())))
}
