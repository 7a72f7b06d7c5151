//! Dialling out: open, run, wait, again, until the link is stopped.

use std::future::Future;
use std::time::Duration;

use tianshu_gnss::event::DownReason;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::shell::{Over, Shell};

/// Keeps a link up that we open ourselves.
pub(crate) async fn keep_up<S, F>(shell: &mut Shell, mut dial: impl FnMut() -> F)
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = Result<S, DownReason>>,
{
    let stop = shell.stop.clone();
    loop {
        shell.session.on_connecting();
        shell.board.show(shell.session.snapshot());
        let dialled = tokio::select! {
            biased;
            () = stop.cancelled() => return shell.stopped(),
            dialled = dial() => dialled,
        };
        let after = match dialled {
            Ok(stream) => match shell.run(stream, std::future::pending::<()>()).await {
                Over::Reconnect(after) => Some(after),
                Over::Ended | Over::Replaced(()) | Over::Stopped => None,
            },
            Err(reason) => {
                let arrived = shell.clock.gps();
                let actions = shell.session.on_connect_failed(reason, arrived);
                shell.emit(actions)
            }
        };
        let Some(after) = after else { return };
        if !wait(shell, after).await {
            return shell.stopped();
        }
    }
}

/// Whether the wait was over before the link was stopped.
async fn wait(shell: &Shell, after: Duration) -> bool {
    tokio::select! {
        biased;
        () = shell.stop.cancelled() => false,
        () = tokio::time::sleep(after) => true,
    }
}

#[cfg(test)]
mod tests;
