//! Who may have what: the one who runs the service decides.

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be answered.
    Allowed,
    /// 401: it needs an account, or another one.
    NeedsAccount,
    /// 403: the account may not have this.
    Forbidden,
}

/// Decides over requests. It is asked before a path is looked up, so that nobody learns what there is.
pub trait Rights: Send + Sync {
    /// Judges a request by its `Authorization` header, if it has one, and by its path.
    fn judge(&self, authorization: Option<&str>, path: &str) -> Verdict;
}

/// Everybody may have everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everybody;

impl Rights for Everybody {
    fn judge(&self, _authorization: Option<&str>, _path: &str) -> Verdict {
        Verdict::Allowed
    }
}
