//! Who may have what: the one who runs the service decides.

use std::collections::BTreeSet;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use crate::products::identity::NineId;

/// A request, as far as rights go by it.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Its `Authorization` header, if it has one.
    pub authorization: Option<&'a str>,
    /// Its path.
    pub path: &'a str,
    /// From where it comes; none where that is not known, as in a test.
    pub from: Option<IpAddr>,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be answered, with what is of these stations.
    Allowed(Scope),
    /// 401: it needs an account, or another one.
    NeedsAccount,
    /// 403: the account may not have this.
    Forbidden,
    /// 429: too many wrong passwords came; later.
    LockedOut,
    /// 503: it cannot be decided now; later.
    Unsure,
}

/// The stations whose files are told of. What is of no single station, such as merged ephemerides, is always told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(Option<Arc<BTreeSet<NineId>>>);

/// A verdict that may take its time: verifying a password does.
pub type Judgement<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

/// Decides over requests. It is asked before a path is looked up, so that nobody learns what there is.
pub trait Rights: Send + Sync {
    /// Judges a request.
    fn judge<'a>(&'a self, asking: Asking<'a>) -> Judgement<'a>;
}

/// Everybody may have everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everybody;

impl Rights for Everybody {
    fn judge<'a>(&'a self, _asking: Asking<'a>) -> Judgement<'a> {
        Box::pin(std::future::ready(Verdict::Allowed(Scope::ALL)))
    }
}

impl Scope {
    /// All stations.
    pub const ALL: Self = Self(None);

    /// These stations of all.
    pub fn of(stations: BTreeSet<NineId>) -> Self {
        Self(Some(Arc::new(stations)))
    }

    /// Whether a file, or an entry of a folder, may be told of; `is_station` tells which identifiers are those of stations.
    pub fn has(&self, name: &str, is_station: impl Fn(&NineId) -> bool) -> bool {
        let Some(stations) = &self.0 else { return true };
        let id = name.get(..9).and_then(|id| id.parse::<NineId>().ok());
        id.is_none_or(|id| stations.contains(&id) || !is_station(&id))
    }
}
