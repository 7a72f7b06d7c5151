//! One cell: its virtual station, and those who listen.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tianshu_caster::source::{CorrectionStream, Notice, StreamItem};
use tianshu_ntrip::nmea::gga::Gga;
use tokio::sync::broadcast::{self, Receiver};
use tokio::time::{Instant, timeout};

use crate::vrs::grid::beginning::Beginning;
use crate::vrs::grid::{Cells, Key};
use crate::vrs::stream::VirtualStream;

/// Deliveries that wait for the slowest rover of a cell before the oldest is dropped for it: as many epochs, or some seconds of a base that
/// tells its epochs frame by frame. They are shared: a rover costs nothing here.
const WAITING_MAX: usize = 64;
/// A cell that everybody has left goes on so long: whoever lost the connection comes back to a station that is the same.
const KEPT_EMPTY: Duration = Duration::from_secs(30);
/// So often it is looked whether anybody is there, if nothing comes.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A cell.
pub(super) struct Cell {
    items: broadcast::Sender<StreamItem>,
    beginning: Mutex<Beginning>,
}

impl Cell {
    pub(super) fn new() -> Self {
        Self { items: broadcast::Sender::new(WAITING_MAX), beginning: Mutex::default() }
    }

    /// What was told so far, and what will be told, without a gap and without anything twice.
    pub(super) fn join(&self) -> (Beginning, Receiver<StreamItem>) {
        let beginning = self.lock();
        (beginning.clone(), self.items.subscribe())
    }

    /// What was told so far, for a rover that has missed some of it.
    pub(super) fn beginning(&self) -> Beginning {
        self.lock().clone()
    }

    /// Whether nobody listens.
    pub(super) fn is_left(&self) -> bool {
        self.items.receiver_count() == 0
    }

    /// Tells all who listen.
    pub(super) fn tell(&self, item: StreamItem) {
        let mut beginning = self.lock();
        match &item {
            StreamItem::Delivery(delivery) => {
                beginning.note(&delivery.bytes);
            }
            StreamItem::Notice(notice) if says_who_serves(notice) => {
                beginning.serving = Some(notice.clone());
            }
            StreamItem::Notice(_) | StreamItem::Ended => {}
        }
        // Nobody listening is no failure.
        let _ = self.items.send(item);
    }

    fn lock(&self) -> MutexGuard<'_, Beginning> {
        self.beginning.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn says_who_serves(notice: &Notice) -> bool {
    matches!(
        notice,
        Notice::Serving { .. }
            | Notice::ServingVirtual { .. }
            | Notice::NoVirtual(_)
            | Notice::Withheld(_)
    )
}

/// Computes a cell's epochs until everybody has left it for a while.
pub(super) async fn run(cell: Arc<Cell>, cells: Arc<Cells>, key: Key) {
    let mut stream = VirtualStream::new(Arc::clone(&cells.settings), cells.around.clone());
    stream.rover_told(&Gga::at(key.middle(), None), cells.around.clock.now());
    let mut left_since = None;
    loop {
        match timeout(LOOK_EVERY, stream.next()).await {
            Ok(StreamItem::Ended) => {
                cells.close(key);
                cell.tell(StreamItem::Ended);
                return;
            }
            Ok(item) => cell.tell(item),
            Err(_) => {}
        }
        if !cell.is_left() {
            left_since = None;
            continue;
        }
        let since = *left_since.get_or_insert_with(Instant::now);
        if since.elapsed() >= KEPT_EMPTY && cells.close_if_left(key, &cell) {
            return;
        }
    }
}
