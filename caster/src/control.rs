//! The reins of a session: from outside it can be ended, with a reason.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use crate::events::EndReason;

/// Ends one session from outside.
#[derive(Debug)]
pub struct Control {
    token: CancellationToken,
    reason: OnceLock<EndReason>,
}

impl Control {
    /// The reins of a session that ends with the caster at the latest.
    pub fn new(caster: &CancellationToken) -> Arc<Self> {
        Arc::new(Self { token: caster.child_token(), reason: OnceLock::new() })
    }

    /// Ends the session. The first reason counts.
    pub fn end(&self, reason: EndReason) {
        let _ = self.reason.set(reason);
        self.token.cancel();
    }

    /// Waits for the end.
    pub fn ended(&self) -> WaitForCancellationFuture<'_> {
        self.token.cancelled()
    }

    /// Whether it was ended.
    pub fn is_ended(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Why it was ended.
    pub fn reason(&self) -> EndReason {
        self.reason.get().cloned().unwrap_or(EndReason::Stopping)
    }
}
