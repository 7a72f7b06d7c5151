//! Who asks: the session of a request's cookie, with the account as it is now.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use tianshu_caster::accounts::account::Account;
use tianshu_station_monitor::web::serve::Peer;

use crate::web::audit::{Deed, What};
use crate::web::error::{ApiError, ErrorCode};
use crate::web::facts::Facts;
use crate::web::rights::{Right, rights_of};
use crate::web::sessions::Session;

/// The cookie's name.
pub(crate) const COOKIE: &str = "tianshu_session";
/// What every change carries.
const CSRF_HEADER: &str = "x-csrf-token";
/// What a page's own polling carries: it keeps no session alive.
const BACKGROUND_HEADER: &str = "x-background";
/// The stream of events.
pub(crate) const EVENTS_PATH: &str = "/api/v1/events";
/// Where a proxy with TLS tells for whom it asks.
const FORWARDED_HEADER: &str = "x-forwarded-for";

/// Somebody who has logged in.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The token of the session.
    pub token: String,
    /// The session.
    pub session: Session,
    /// The account as it is now.
    pub account: Arc<Account>,
    /// From where.
    pub address: IpAddr,
    /// Whether a second factor is still to be given before anything is changed.
    pub is_weak: bool,
}

/// From where a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address(pub IpAddr);

impl Visitor {
    /// Lets only those go on who have a right.
    pub(crate) fn needs(&self, right: Right) -> Result<(), ApiError> {
        if !self.has(right) {
            let text = "the account's role has no right to this";
            return Err(ApiError::new(ErrorCode::Forbidden, text));
        }
        if right.changes() && self.is_weak {
            let text = "set up a second factor first: this changes something";
            return Err(ApiError::new(ErrorCode::SecondFactorRequired, text));
        }
        Ok(())
    }

    /// Whether the role has a right.
    pub(crate) fn has(&self, right: Right) -> bool {
        rights_of(self.account.role).contains(&right)
    }

    /// Writes down what this visitor does.
    pub(crate) fn note(&self, facts: &Facts, what: What, object: &str, detail: &str) {
        let peer = self.address.to_string();
        let who = &*self.session.user;
        note(
            facts,
            &Deed { at: facts.now(), who, peer: &peer, what, object, is_done: true, detail },
        );
    }
}

/// The account of a session as it is now; none if it was changed so that the session is over.
pub(crate) fn account_of(facts: &Facts, session: &Session) -> Option<Arc<Account>> {
    let account = facts.of.recogniser.account(&session.user)?;
    let is_same = account.role == session.role && account.password.as_str() == &*session.opened_by;
    is_same.then_some(account)
}

/// Writes a deed down. That it cannot be is told, and keeps nobody from working.
pub(crate) fn note(facts: &Facts, deed: &Deed<'_>) {
    let Deed { who, peer, object, is_done, detail, .. } = deed;
    tracing::info!(who, peer, what = deed.what.name(), object, is_done, detail, "audit");
    if let Err(error) = facts.book.note(deed) {
        tracing::error!("the audit log cannot be written: {error}");
    }
}

impl FromRequestParts<Arc<Facts>> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, facts: &Arc<Facts>) -> Result<Self, ApiError> {
        let Address(address) = Address::from_request_parts(parts, facts).await?;
        let nobody = || ApiError::new(ErrorCode::Unauthorized, "log in first");
        let token = cookie(&parts.headers).ok_or_else(nobody)?.to_owned();
        let is_change = parts.method != Method::GET && parts.method != Method::HEAD;
        // A browser opens the stream of events again by itself, and says so by no header.
        let is_background =
            parts.headers.contains_key(BACKGROUND_HEADER) || parts.uri.path() == EVENTS_PATH;
        let is_use = is_change || !is_background;
        let now = facts.of.caster_clock.now();
        let session = facts.sessions.get(&token, now, is_use).ok_or_else(nobody)?;
        let Some(account) = account_of(facts, &session) else {
            facts.sessions.end(&token);
            let text = "the account was changed or may not be used any more: log in again";
            return Err(ApiError::new(ErrorCode::Unauthorized, text));
        };
        if is_change {
            let told = parts.headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
            if told != Some(&*session.csrf) {
                let text = "the header X-CSRF-Token has to carry the session's csrf";
                return Err(ApiError::new(ErrorCode::Csrf, text));
            }
        }
        let is_weak = facts.config.second_factor && !session.is_strong;
        Ok(Self { token, session, account, address, is_weak })
    }
}

impl FromRequestParts<Arc<Facts>> for Address {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, facts: &Arc<Facts>) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<Peer>();
        let peer = peer.ok_or_else(|| ApiError::internal(&"a request without a peer"))?;
        // Only a proxy that the operator has put before us says for whom it asks; the last one is whom it saw itself.
        let behind_proxy = facts.config.is_secure && facts.config.tls.is_none();
        let forwarded = parts.headers.get_all(FORWARDED_HEADER).iter().next_back();
        let told = forwarded
            .filter(|_| behind_proxy)
            .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        Ok(Self(told.unwrap_or_else(|| peer.0.ip())))
    }
}

/// The token in a request's cookies.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        assert_eq!(cookie(&headers), None);
        let line = "lang=zh; tianshu_session=abc; x=tianshu_session=no";
        headers.insert(header::COOKIE, line.parse().expect("a header"));
        assert_eq!(cookie(&headers), Some("abc"));
    }
}
