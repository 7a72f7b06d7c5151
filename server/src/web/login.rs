//! Logging in and out, and the second factor.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tianshu_caster::access::Denial;
use tianshu_caster::accounts::account::AccountRole;
use tianshu_gnss::time::utc::Utc;
use tianshu_ntrip::credentials::Credentials;
use utoipa::ToSchema;

use crate::web::audit::{Deed, What};
use crate::web::book::Factor;
use crate::web::error::{ApiError, ErrorCode, Problem};
use crate::web::extract::Body;
use crate::web::facts::Facts;
use crate::web::moment::Epoch;
use crate::web::rights::{Right, can_change, rights_of};
use crate::web::sessions::{Session, token};
use crate::web::totp::{SecondFactor, draw};
use crate::web::who::{Address, COOKIE, Visitor, note};

/// What somebody gives to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginRequest {
    /// The account's name.
    user: String,
    /// Its password.
    password: String,
    /// The code of the second factor, where the account has one.
    #[serde(default)]
    code: Option<String>,
}

/// A session as its owner sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionView {
    user: String,
    /// `rover`, `operator`, `auditor`, `researcher` or `account-manager`.
    role: String,
    /// To be sent as `X-CSRF-Token` with every request that is not GET or HEAD.
    csrf: String,
    /// When it ends if nothing is done.
    idle_until: Epoch,
    /// When it ends in any case.
    until: Epoch,
    second_factor: FactorState,
    rights: &'static [Right],
}

/// How an account stands to its second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FactorState {
    /// It has none, and needs none.
    None,
    /// It has one.
    Enrolled,
    /// It has to get one before it may change anything.
    MustEnrol,
}

/// A second factor that is offered.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorOffer {
    /// To be typed in.
    secret: String,
    /// To be shown as a picture.
    #[schema(example = "otpauth://totp/Tianshu:wang?secret=GEZDGNBVGY3TQOJQ&issuer=Tianshu")]
    uri: String,
}

/// A code of the second factor.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeRequest {
    /// Six digits.
    code: String,
}

/// Opens a session.
#[utoipa::path(post, path = "/api/v1/session", tag = "sessions", request_body = LoginRequest, responses(
    (status = 200, description = "Logged in; the cookie is the session", body = SessionView),
    (status = 400, description = "Not readable", body = Problem),
    (status = 401, description = "wrong_credentials, second_factor_required or second_factor_wrong", body = Problem),
    (status = 413, description = "Too large", body = Problem),
    (status = 429, description = "locked_out", body = Problem),
    (status = 503, description = "busy", body = Problem),
))]
pub(crate) async fn open(
    State(facts): State<Arc<Facts>>,
    Address(address): Address,
    Body(asked): Body<LoginRequest>,
) -> Result<(HeaderMap, Json<SessionView>), ApiError> {
    let peer = address.to_string();
    let failed = |error: ApiError| {
        // Whoever gives the password first and then the code has not failed at anything.
        if error.code() == ErrorCode::SecondFactorRequired {
            return error;
        }
        facts.failures.fetch_add(1, Ordering::Relaxed);
        let (what, detail) = (What::LoginFailed, format!("{:?}", error.status()));
        let (at, who) = (facts.now(), asked.user.as_str());
        let (object, is_done, detail) = ("", false, detail.as_str());
        note(&facts, &Deed { at, who, peer: &peer, what, object, is_done, detail });
        error
    };
    let wrong = || ApiError::new(ErrorCode::WrongCredentials, "name or password is wrong");
    let said = Credentials::new(&asked.user, &asked.password).ok_or_else(|| failed(wrong()))?;
    let recognised = facts.of.recogniser.recognise(&said, address).await;
    let (user, account) = recognised.map_err(|denial| failed(denied(denial)))?;
    let code = asked.code.as_deref().filter(|code| !code.is_empty());
    let is_strong = given(&facts, &user, address, code).map_err(failed)?;
    let now = facts.of.caster_clock.now();
    let csrf: Arc<str> = token().map_err(|error| ApiError::internal(&error))?.into();
    let session = Session {
        user: Arc::clone(&user),
        role: account.role,
        csrf,
        began: now,
        used: now,
        is_strong,
        opened_by: account.password.as_str().into(),
    };
    let opened =
        facts.sessions.open(session.clone()).map_err(|error| ApiError::internal(&error))?;
    let what = What::Login;
    let (at, who, object) = (facts.now(), &*user, "");
    note(&facts, &Deed { at, who, peer: &peer, what, object, is_done: true, detail: "" });
    let view = view(&facts, &session, account.role)?;
    Ok((cookie(&facts, &opened, false)?, Json(view)))
}

/// The session of this request.
#[utoipa::path(get, path = "/api/v1/session", tag = "sessions", responses(
    (status = 200, description = "The session", body = SessionView),
    (status = 401, description = "There is none", body = Problem),
))]
pub(crate) async fn show(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<Json<SessionView>, ApiError> {
    view(&facts, &visitor.session, visitor.account.role).map(Json)
}

/// Ends the session of this request.
#[utoipa::path(delete, path = "/api/v1/session", tag = "sessions", responses(
    (status = 204, description = "Logged out"),
    (status = 401, description = "There is none", body = Problem),
    (status = 403, description = "Without X-CSRF-Token", body = Problem),
))]
pub(crate) async fn close(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<(StatusCode, HeaderMap), ApiError> {
    facts.sessions.end(&visitor.token);
    visitor.note(&facts, What::Logout, "", "");
    Ok((StatusCode::NO_CONTENT, cookie(&facts, "", true)?))
}

/// Offers a new second factor. The one before holds until the new one is confirmed.
#[utoipa::path(post, path = "/api/v1/session/second-factor", tag = "sessions", responses(
    (status = 200, description = "To be put into an authenticator", body = FactorOffer),
    (status = 401, description = "No session", body = Problem),
    (status = 403, description = "Without X-CSRF-Token", body = Problem),
    (status = 409, description = "There is one: an account manager removes it first", body = Problem),
))]
pub(crate) async fn offer_factor(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
) -> Result<Json<FactorOffer>, ApiError> {
    let user = &*visitor.session.user;
    let had = facts.book.factor(user).map_err(|error| ApiError::internal(&error))?;
    if had.is_some_and(|factor| factor.is_confirmed) {
        let text = "this account has a second factor; an account manager can remove it";
        return Err(ApiError::new(ErrorCode::Conflict, text));
    }
    let secret = draw().map_err(|error| ApiError::internal(&error))?;
    let kept = Factor { secret: secret.clone(), is_confirmed: false, last_step: 0 };
    facts.book.keep_factor(user, &kept).map_err(|error| ApiError::internal(&error))?;
    let factor = SecondFactor::new(secret, user, &facts.of.names.1);
    let factor = factor.map_err(|error| ApiError::internal(&error))?;
    let uri = factor.uri().map_err(|error| ApiError::internal(&error))?;
    Ok(Json(FactorOffer { secret: factor.base32(), uri }))
}

/// Confirms the offered second factor by a code of it.
#[utoipa::path(put, path = "/api/v1/session/second-factor", tag = "sessions", request_body = CodeRequest, responses(
    (status = 200, description = "From now on every login needs a code", body = SessionView),
    (status = 400, description = "Not readable", body = Problem),
    (status = 401, description = "No session, or second_factor_wrong", body = Problem),
    (status = 403, description = "Without X-CSRF-Token", body = Problem),
    (status = 404, description = "None was offered", body = Problem),
    (status = 413, description = "Too large", body = Problem),
))]
pub(crate) async fn confirm_factor(
    State(facts): State<Arc<Facts>>,
    visitor: Visitor,
    Body(asked): Body<CodeRequest>,
) -> Result<Json<SessionView>, ApiError> {
    let user = &visitor.session.user;
    let offered = facts.book.factor(user).map_err(|error| ApiError::internal(&error))?;
    let Some(factor) = offered else {
        return Err(ApiError::not_found("no second factor was offered to this account"));
    };
    take_code(&facts, user, visitor.address, factor, &asked.code)?;
    facts.sessions.strengthen(&visitor.token);
    visitor.note(&facts, What::SecondFactorSet, user, "");
    let session = Session { is_strong: true, ..visitor.session };
    view(&facts, &session, visitor.account.role).map(Json)
}

/// Whether the second factor was given; an error where it is needed and was not, or is wrong.
fn given(
    facts: &Facts,
    user: &Arc<str>,
    from: IpAddr,
    code: Option<&str>,
) -> Result<bool, ApiError> {
    let factor = facts.book.factor(user).map_err(|error| ApiError::internal(&error))?;
    match (factor.filter(|factor| factor.is_confirmed), code) {
        (None, _) => Ok(false),
        (Some(_), None) => {
            let text = "the password is right; the code of the authenticator is needed too";
            Err(ApiError::new(ErrorCode::SecondFactorRequired, text))
        }
        (Some(factor), Some(code)) => take_code(facts, user, from, factor, code).map(|()| true),
    }
}

/// Takes a code once. A wrong one counts as a guess.
fn take_code(
    facts: &Facts,
    user: &Arc<str>,
    from: IpAddr,
    factor: Factor,
    code: &str,
) -> Result<(), ApiError> {
    let factor = SecondFactor::new(factor.secret, user, &facts.of.names.1);
    let factor = factor.map_err(|error| ApiError::internal(&error))?;
    let posix_s = u64::try_from(Utc::from(facts.now()).posix_seconds()).unwrap_or(0);
    let taken = match factor.step_of(code, posix_s) {
        Some(step) => {
            facts.book.take_step(user, step).map_err(|error| ApiError::internal(&error))?
        }
        None => false,
    };
    if taken {
        return Ok(());
    }
    facts.of.recogniser.on_wrong(user, from);
    let text = "the code is wrong, or was used already: wait for the next one";
    Err(ApiError::new(ErrorCode::SecondFactorWrong, text))
}

fn denied(denial: Denial) -> ApiError {
    match denial {
        Denial::LockedOut => ApiError::new(ErrorCode::LockedOut, denial.to_string()),
        Denial::Busy => ApiError::new(ErrorCode::Busy, denial.to_string()),
        Denial::AccountsUnreachable => ApiError::busy(denial.to_string()),
        // Told only to who knows the password.
        Denial::Unusable(why) => ApiError::new(ErrorCode::WrongCredentials, why.to_string()),
        _ => ApiError::new(ErrorCode::WrongCredentials, "name or password is wrong"),
    }
}

fn view(facts: &Facts, session: &Session, role: AccountRole) -> Result<SessionView, ApiError> {
    let factor = facts.book.factor(&session.user).map_err(|error| ApiError::internal(&error))?;
    let second_factor = match factor {
        Some(factor) if factor.is_confirmed => FactorState::Enrolled,
        _ if facts.config.second_factor && can_change(role) => FactorState::MustEnrol,
        _ => FactorState::None,
    };
    let (idle, longest) = facts.sessions.ends(session);
    let anchor = facts.anchor();
    Ok(SessionView {
        user: session.user.to_string(),
        role: role.to_string(),
        csrf: session.csrf.to_string(),
        idle_until: anchor.epoch(idle),
        until: anchor.epoch(longest),
        second_factor,
        rights: rights_of(role),
    })
}

/// The header that sets the cookie, or takes it away.
fn cookie(facts: &Facts, token: &str, is_over: bool) -> Result<HeaderMap, ApiError> {
    let secure = if facts.config.is_secure { "; Secure" } else { "" };
    let age = if is_over { "; Max-Age=0" } else { "" };
    let text = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/{secure}{age}");
    let value = HeaderValue::from_str(&text).map_err(|error| ApiError::internal(&error))?;
    Ok(HeaderMap::from_iter([(header::SET_COOKIE, value)]))
}
