//! What happens in rovers' and uploads' sessions, as lines of the log.

use std::sync::PoisonError;

use tianshu_caster::events::{SessionEvent, SessionNews};
use tianshu_caster::ledger::SessionRecord;
use tianshu_gnss::time::uptime::Uptime;
use tokio::sync::mpsc;

use crate::web::facts::SharedLedger;

/// Logs session events until the caster ends, and keeps the ledger of sessions by them. One line per session at its login and end, and one per change.
pub(crate) async fn run(mut events: mpsc::Receiver<SessionEvent>, ledger: SharedLedger) {
    while let Some(event) = events.recv().await {
        let ended =
            ledger.write().unwrap_or_else(PoisonError::into_inner).on_event(&event).cloned();
        log(&event, ended.as_ref());
    }
}

/// When something of a session happened, from its login on.
fn after(record: &SessionRecord, moment: Option<Uptime>) -> String {
    let after_s = |at: Uptime| format!("{:.1} s", (at - record.login).as_secs_f64());
    moment.map_or("never".to_owned(), after_s)
}

fn log(event: &SessionEvent, ended: Option<&SessionRecord>) {
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
            let Some(record) = ended else {
                tracing::info!(session, bytes, frames, dropped, odd, "ended: {reason}");
                return;
            };
            let first_position = after(record, record.first_position);
            let first_byte = after(record, record.first_byte);
            let first_fix = after(record, record.first_fix);
            let quality = record.quality().map_or("-".to_owned(), |quality| quality.to_string());
            let lasted = after(record, Some(event.at));
            tracing::info!(
                session,
                lasted,
                first_position,
                first_byte,
                first_fix,
                quality,
                bytes,
                frames,
                dropped,
                odd,
                "ended: {reason}"
            );
        }
        SessionNews::FirstFix(gga) => {
            let age_s = gga.correction_age_s;
            tracing::info!(session, age_s, satellites = gga.satellites, "the rover says fixed");
        }
        SessionNews::FallsSilent => tracing::info!(session, "tells no position any more"),
        SessionNews::TooManyPositions => {
            tracing::info!(session, "tells more positions than anybody needs");
        }
        SessionNews::Table
        | SessionNews::FirstPosition(_)
        | SessionNews::Position(_)
        | SessionNews::Quality { .. }
        | SessionNews::FirstByte => tracing::debug!(session, %peer, news = ?event.news),
    }
}
