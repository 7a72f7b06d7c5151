//! A rover's stream in grid mode: that of the cell it is in.

use std::sync::Arc;
use std::time::Duration;

use tianshu_caster::nearest::position::{RoverPosition, Told};
use tianshu_caster::source::{CorrectionStream, Next, Notice, Notices, StreamItem, Withheld};
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::nmea::gga::Gga;
use tokio::sync::broadcast::error::RecvError;

use crate::vrs::grid::beginning::Beginning;
use crate::vrs::grid::{Cells, Joined, Key};

/// The stream of one rover.
pub(crate) struct GridStream {
    cells: Arc<Cells>,
    position: RoverPosition,
    here: Option<Here>,
    notices: Notices,
}

/// The cell that the rover is in.
struct Here {
    joined: Joined,
    /// What the cell told before, until the first delivery, and again after a loss.
    untold: Option<Beginning>,
    /// Frames of a delivery, and deliveries that were dropped since the last.
    frames: u32,
    dropped: u64,
}

impl GridStream {
    /// A stream for a rover that has told nothing yet.
    pub(crate) fn new(cells: Arc<Cells>) -> Self {
        let mut notices = Notices::default();
        notices.push(Notice::Withheld(Withheld::NoPosition));
        Self { cells, position: RoverPosition::default(), here: None, notices }
    }

    async fn next_item(&mut self) -> StreamItem {
        loop {
            if let Some(notice) = self.notices.pop() {
                return StreamItem::Notice(notice);
            }
            // Without a place nothing comes; the session's patience ends that.
            let Some(here) = &mut self.here else { return std::future::pending().await };
            match here.joined.items.recv().await {
                Ok(StreamItem::Delivery(delivery)) => {
                    let dropped = here.dropped * u64::from(here.frames);
                    (here.frames, here.dropped) = (delivery.frames, 0);
                    let mut delivery = match here.untold.take() {
                        Some(beginning) => beginning.before(&delivery),
                        None => delivery,
                    };
                    delivery.dropped_before += dropped;
                    return StreamItem::Delivery(delivery);
                }
                Ok(StreamItem::Notice(notice)) => {
                    return StreamItem::Notice(self.as_seen_here(notice));
                }
                Ok(StreamItem::Ended) => return StreamItem::Ended,
                Err(RecvError::Lagged(items)) => {
                    here.dropped += items;
                    // Who serves may be among what was dropped.
                    here.untold = Some(here.joined.beginning_now());
                }
                Err(RecvError::Closed) => {
                    self.here = None;
                    self.look();
                }
            }
        }
    }

    /// Joins the cell of the place that is believed, unless the one it is in serves there too.
    fn look(&mut self) {
        let Some(place) = self.position.place() else { return };
        let geodetic = place.to_geodetic(GRS80);
        if self.here.as_ref().is_some_and(|here| here.joined.key.keeps(geodetic)) {
            return;
        }
        let Some((joined, beginning)) = self.cells.join(Key::of(geodetic)) else {
            self.here = None;
            self.notices.push(Notice::NoVirtual("there are too many cells with rovers"));
            return;
        };
        let serving = beginning.serving.clone();
        // First the place in the cell: distances are told from its middle.
        self.here = Some(Here { joined, untold: Some(beginning), frames: 0, dropped: 0 });
        if let Some(serving) = serving {
            let serving = self.as_seen_here(serving);
            self.notices.push(serving);
        }
    }

    /// The distance of a cell's station is told from the rover.
    fn as_seen_here(&self, notice: Notice) -> Notice {
        let middle = |here: &Here| here.joined.key.middle().to_ecef(GRS80);
        let apart = |place: Ecef| self.here.as_ref().map(|here| (place - middle(here)).norm_m());
        match (notice, self.position.place().and_then(apart)) {
            (Notice::ServingVirtual { station_id, .. }, Some(distance_m)) => {
                Notice::ServingVirtual { station_id, distance_m }
            }
            (notice, _) => notice,
        }
    }
}

impl CorrectionStream for GridStream {
    fn next(&mut self) -> Next<'_> {
        Box::pin(self.next_item())
    }

    fn rover_told(&mut self, gga: &Gga, now: Uptime) {
        match self.position.told(gga, now) {
            Told::Place(_) => {
                self.notices.forget_withheld();
                self.look();
            }
            Told::NoFix if self.here.is_none() => {
                self.notices.push(Notice::Withheld(Withheld::NoFix));
            }
            Told::NoFix => {}
            Told::Jump { distance_m } => self.notices.push(Notice::PositionJump { distance_m }),
        }
    }

    fn patience(&self) -> Duration {
        self.cells.around.patience
    }
}
