//! What happens in rovers' and uploads' sessions, as lines of the log.

use tianshu_caster::events::{SessionEvent, SessionNews};
use tokio::sync::mpsc;

/// Logs session events until the caster ends. One line per session at its login and end, and one per change.
pub(crate) async fn run(mut events: mpsc::Receiver<SessionEvent>) {
    while let Some(event) = events.recv().await {
        log(&event);
    }
}

fn log(event: &SessionEvent) {
    let session = event.session.0;
    let peer = event.peer;
    match &event.news {
        SessionNews::Login { role, mountpoint, account, agent, mode } => {
            let account = account.as_deref().unwrap_or("-");
            let agent = agent.as_deref().unwrap_or("-");
            tracing::info!(session, %peer, %mountpoint, account, agent, mode, "{role:?} let in");
        }
        SessionNews::Refused { mountpoint, account, reason } => {
            let mountpoint = mountpoint.as_deref().unwrap_or("-");
            let account = account.as_deref().unwrap_or("-");
            tracing::info!(session, %peer, mountpoint, account, "refused: {reason}");
        }
        SessionNews::Notice(notice) => tracing::info!(session, "{notice}"),
        SessionNews::FallsBehind { frames } => {
            tracing::warn!(session, frames, "does not keep up: frames dropped");
        }
        SessionNews::Ended { bytes, frames, dropped, findings, reason } => {
            let odd: Vec<_> =
                findings.iter().map(|(what, times)| format!("{what} ({times})")).collect();
            let odd = odd.join(", ");
            tracing::info!(session, bytes, frames, dropped, odd, "ended: {reason}");
        }
        SessionNews::Table
        | SessionNews::FirstPosition(_)
        | SessionNews::Position(_)
        | SessionNews::FirstByte => tracing::debug!(session, %peer, news = ?event.news),
    }
}
