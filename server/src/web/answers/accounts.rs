//! Accounts: listed, made, changed and removed in the store that the configuration names.

mod change;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tianshu_caster::accounts::account::{Account, AccountName};
use tianshu_caster::accounts::follow::posix_now;
use tianshu_caster::accounts::password::{PasswordHash, generate};
use tianshu_caster::accounts::store::row::Row;
use tianshu_caster::accounts::store::{AccountStore, Existing, Missing, StoreError};
use tianshu_ntrip::credentials::Secret;
use utoipa::ToSchema;

use crate::users::list::moment;
use crate::web::answers::accounts::change::{AccountRequest, NewAccountRequest, set};
use crate::web::answers::list::{Page, PageQuery, Usual, page};
use crate::web::audit::What;
use crate::web::error::{ApiError, ErrorCode, Problem};
use crate::web::extract::{Asked, Body, Named};
use crate::web::facts::{Facts, read};

use crate::web::rights::Right;
use crate::web::who::Visitor;

/// An account, without anything of its password.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountView {
    name: String,
    organisation: String,
    /// `rover`, `operator`, `auditor`, `researcher` or `account-manager`.
    role: String,
    enabled: bool,
    /// RFC 3339.
    valid_from: Option<String>,
    /// RFC 3339; from then on it may not be used.
    valid_until: Option<String>,
    /// Sessions at once; `null` for any number.
    sessions_max: Option<i64>,
    /// `refuse-new` or `drop-oldest`.
    when_full: Option<String>,
    /// `null` for all.
    mountpoints: Option<Vec<String>>,
    /// `box S W N E` and `polygon LAT LON …`, with `; ` between; `null` for everywhere.
    area: Option<String>,
    note: String,
    created: String,
    changed: String,
    /// Sessions at this moment.
    sessions_open: usize,
    /// Whether it has a second factor.
    second_factor: bool,
}

/// An account that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Made {
    account: AccountView,
    /// The password that was drawn, told this once; `null` if one was given.
    password: Option<String>,
}

/// A password that was drawn, told this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Drawn {
    password: String,
}

/// Accounts by name. Needs the right `accounts`.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", params(PageQuery),
    responses((status = 200, description = "A page", body = Page<AccountView>), Usual,
        (status = 503, description = "The store of accounts does not answer now", body = Problem)))]
pub(crate) async fn list(
    State(facts): State<Arc<Facts>>,
    Asked(query): Asked<PageQuery>,
    visitor: Visitor,
) -> Result<Json<Page<AccountView>>, ApiError> {
    visitor.needs(Right::Accounts)?;
    let (limit, after) = (query.limit()?, query.after()?);
    let all = within_store(&facts, Missing::Make, |store| {
        let mut all = store.changes_since(None)?.accounts;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    });
    let all = all.await?;
    let behind =
        all.iter().filter(|a| after.as_deref().is_none_or(|after| a.name.as_str() > after));
    let sessions = sessions(&facts);
    let found: Result<Vec<_>, ApiError> =
        behind.take(limit + 1).map(|account| view(&facts, account, &sessions)).collect();
    Ok(Json(page(facts.now().into(), found?, limit, |account| account.name.clone())))
}

/// Makes an account. Needs the right `change_accounts`.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = NewAccountRequest,
    responses((status = 201, description = "Made", body = Made), Usual,
        (status = 409, description = "There is one of that name", body = Problem),
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "A value makes no sense", body = Problem),
        (status = 503, description = "The store of accounts does not answer now", body = Problem)))]
pub(crate) async fn make(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
    Body(asked): Body<NewAccountRequest>,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    visitor.needs(Right::ChangeAccounts)?;
    let name = AccountName::new(&asked.name).map_err(|error| ApiError::senseless(&error))?;
    let drawn = if asked.password.is_none() { Some(draw()?) } else { None };
    let password = asked.password.as_deref().map(Secret::new).or_else(|| drawn.clone());
    let password = password.ok_or_else(|| ApiError::internal(&"no password"))?;
    let hash = hashed(password).await?;
    let mut account = Account::rover(name, hash, posix_now());
    set(&mut account, &asked.values)?;
    let made = account.clone();
    within_store(&facts, Missing::Make, move |store| store.save(&[account], Existing::Refuse))
        .await?;
    visitor.note(&facts, What::AccountMade, made.name.as_str(), &made.role.to_string());
    let account = view(&facts, &made, &sessions(&facts))?;
    let password = drawn.map(|secret| secret.reveal().to_owned());
    Ok((StatusCode::CREATED, Json(Made { account, password })))
}

/// Changes what is named of an account, and leaves the rest. Needs the right `change_accounts`.
#[utoipa::path(patch, path = "/api/v1/accounts/{name}", tag = "accounts",
    params(("name" = String, Path, description = "Its name")), request_body = AccountRequest,
    responses((status = 200, description = "As it is now", body = AccountView), Usual,
        (status = 413, description = "Too large", body = Problem),
        (status = 422, description = "A value makes no sense", body = Problem),
        (status = 503, description = "The store of accounts does not answer now", body = Problem)))]
pub(crate) async fn change(
    State(facts): State<Arc<Facts>>,
    Named(name): Named<String>,
    visitor: Visitor,
    Body(asked): Body<AccountRequest>,
) -> Result<Json<AccountView>, ApiError> {
    visitor.needs(Right::ChangeAccounts)?;
    let name = known_name(&name)?;
    let what = asked.named();
    let changed = within_store(&facts, Missing::Fault, {
        let name = name.clone();
        move |store| {
            let all = store.changes_since(None)?.accounts;
            let found = all.into_iter().find(|account| account.name == name);
            let mut account = found.ok_or_else(|| StoreError::Unknown(name.to_string()))?;
            let fault = set(&mut account, &asked);
            if fault.is_ok() {
                store.change(&name, posix_now(), &mut |kept| {
                    // What was checked above cannot fail here.
                    let _ = set(kept, &asked);
                })?;
            }
            Ok(fault.map(|()| account))
        }
    });
    let account = changed.await??;
    visitor.note(&facts, What::AccountChanged, name.as_str(), &what);
    Ok(Json(view(&facts, &account, &sessions(&facts))?))
}

/// Removes an account; its sessions end. Needs the right `change_accounts`.
#[utoipa::path(delete, path = "/api/v1/accounts/{name}", tag = "accounts",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "Removed"), Usual,
        (status = 409, description = "It is the own account", body = Problem),
        (status = 503, description = "The store of accounts does not answer now", body = Problem)))]
pub(crate) async fn remove(
    State(facts): State<Arc<Facts>>,
    Named(name): Named<String>,
    visitor: Visitor,
) -> Result<StatusCode, ApiError> {
    visitor.needs(Right::ChangeAccounts)?;
    let name = known_name(&name)?;
    if name.as_str() == &*visitor.session.user {
        let text = "nobody removes the account that is in use: another account manager does";
        return Err(ApiError::new(ErrorCode::Conflict, text));
    }
    let removed = name.clone();
    within_store(&facts, Missing::Fault, move |store| store.remove(&removed)).await?;
    facts.book.remove_factor(name.as_str()).map_err(|error| ApiError::internal(&error))?;
    facts.sessions.end_of(name.as_str());
    visitor.note(&facts, What::AccountRemoved, name.as_str(), "");
    Ok(StatusCode::NO_CONTENT)
}

/// Draws a new password; the old one is of no more use. Needs the right `change_accounts`.
#[utoipa::path(post, path = "/api/v1/accounts/{name}/password", tag = "accounts",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "The new password", body = Drawn), Usual,
        (status = 503, description = "The store of accounts does not answer now", body = Problem)))]
pub(crate) async fn renew_password(
    State(facts): State<Arc<Facts>>,
    Named(name): Named<String>,
    visitor: Visitor,
) -> Result<Json<Drawn>, ApiError> {
    visitor.needs(Right::ChangeAccounts)?;
    let name = known_name(&name)?;
    let secret = draw()?;
    let hash = hashed(secret.clone()).await?;
    let of = name.clone();
    within_store(&facts, Missing::Fault, move |store| {
        store.change(&of, posix_now(), &mut |account| account.password = hash.clone())
    })
    .await?;
    visitor.note(&facts, What::PasswordChanged, name.as_str(), "");
    Ok(Json(Drawn { password: secret.reveal().to_owned() }))
}

/// Removes an account's second factor, whose owner has lost it. Needs the right `change_accounts`.
#[utoipa::path(delete, path = "/api/v1/accounts/{name}/second-factor", tag = "accounts",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 204, description = "Removed"), Usual))]
pub(crate) async fn remove_factor(
    State(facts): State<Arc<Facts>>,
    Named(name): Named<String>,
    visitor: Visitor,
) -> Result<StatusCode, ApiError> {
    visitor.needs(Right::ChangeAccounts)?;
    let removed = facts.book.remove_factor(&name).map_err(|error| ApiError::internal(&error))?;
    if !removed {
        return Err(ApiError::not_found(format!("{name} has no second factor")));
    }
    facts.sessions.end_of(&name);
    visitor.note(&facts, What::SecondFactorRemoved, &name, "");
    Ok(StatusCode::NO_CONTENT)
}

/// Asks the store, on a thread that may wait.
async fn within_store<T: Send + 'static>(
    facts: &Facts,
    missing: Missing,
    ask: impl FnOnce(&mut dyn AccountStore) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiError> {
    let Some(place) = facts.of.accounts.clone() else {
        let text = "this service keeps its accounts in its configuration: they are changed there";
        return Err(ApiError::unavailable(text));
    };
    let asked = tokio::task::spawn_blocking(move || ask(place.open(missing)?.as_mut())).await;
    let told = asked.map_err(|error| ApiError::internal(&error))?;
    told.map_err(|error| match &error {
        StoreError::Unknown(_) | StoreError::Missing => ApiError::not_found(error.to_string()),
        StoreError::Exists(_) => ApiError::new(ErrorCode::Conflict, error.to_string()),
        StoreError::Bad { .. } => ApiError::new(ErrorCode::Unprocessable, error.to_string()),
        StoreError::Unreachable(_) | StoreError::TooNew { .. } | StoreError::Unreadable(_) => {
            tracing::warn!("accounts were not reached from the page: {error}");
            ApiError::busy("the accounts cannot be reached now; the service's log tells why")
        }
    })
}

/// How many sessions each account has at this moment.
fn sessions(facts: &Facts) -> HashMap<Arc<str>, usize> {
    let mut counts = HashMap::new();
    for account in read(&facts.of.ledger).open().filter_map(|record| record.account.as_ref()) {
        *counts.entry(Arc::clone(account)).or_insert(0) += 1;
    }
    counts
}

fn view(
    facts: &Facts,
    account: &Account,
    sessions: &HashMap<Arc<str>, usize>,
) -> Result<AccountView, ApiError> {
    let row = Row::from(account);
    let name = account.name.as_str();
    let factor = facts.book.factor(name).map_err(|error| ApiError::internal(&error))?;
    Ok(AccountView {
        name: row.name,
        organisation: row.organisation,
        role: row.role,
        enabled: row.enabled,
        valid_from: row.valid_from.map(moment),
        valid_until: row.valid_until.map(moment),
        sessions_max: row.sessions_max,
        when_full: row.sessions_max.map(|_| row.when_full),
        mountpoints: account
            .mountpoints
            .as_ref()
            .map(|all| all.iter().map(ToString::to_string).collect()),
        area: row.area,
        note: row.note,
        created: moment(row.created),
        changed: moment(row.changed),
        sessions_open: sessions.get(name).copied().unwrap_or(0),
        second_factor: factor.is_some_and(|factor| factor.is_confirmed),
    })
}

/// A name that is none belongs to nobody.
fn known_name(name: &str) -> Result<AccountName, ApiError> {
    let nobody = |_| ApiError::not_found(format!("there is no account called {name:?}"));
    AccountName::new(name).map_err(nobody)
}

fn draw() -> Result<Secret, ApiError> {
    generate().map_err(|error| ApiError::internal(&error))
}

/// Hashes a password, on a thread that may take its time.
async fn hashed(password: Secret) -> Result<PasswordHash, ApiError> {
    let hashed = tokio::task::spawn_blocking(move || PasswordHash::of(&password)).await;
    hashed.map_err(|error| ApiError::internal(&error))?.map_err(|error| ApiError::senseless(&error))
}
