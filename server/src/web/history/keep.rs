//! Keeping the history: what the monitor publishes each second, from the start of the service to its end.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::monitor::service::NewestView;
use crate::web::history::History;

/// Takes up every view of the monitor until it ends.
pub(crate) async fn keep(history: Arc<History>, mut views: NewestView, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = views.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
        let view = views.borrow_and_update().clone();
        if let Some(view) = view {
            history.take(&view.stations);
        }
    }
}
