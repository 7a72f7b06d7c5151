//! A rover's stream from the nearest station: introduced by its identity, begun at an epoch, moved without a torn frame.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::nmea::gga::Gga;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::sleep_until;

use crate::clock::Clock;
use crate::config::NearestPolicy;
use crate::delivery::{Batch, Delivery};
use crate::nearest::position::{RoverPosition, Told};
use crate::nearest::{Candidate, Choice, Incumbent, SwitchReason, choose};
use crate::source::{CorrectionStream, Next, Notice, Notices, StreamItem, Withheld};
use crate::stations::state::Health;
use crate::stations::{Feed, StationsView};

/// Jumps of one rover are told at most so often: clients that alternate between two places do so with every sentence.
const JUMP_TOLD_EVERY: Duration = Duration::from_mins(1);

/// The stream of one rover.
pub struct NearestStream {
    policy: NearestPolicy,
    among: Arc<BTreeSet<StationName>>,
    patience: Duration,
    clock: Clock,
    views: watch::Receiver<Arc<StationsView>>,
    position: RoverPosition,
    serving: Option<Serving>,
    withheld: Option<Withheld>,
    look_again: Option<Uptime>,
    /// A nearer station waits for the end of an epoch.
    switch_waits: bool,
    notices: Notices,
    jump_told: Option<Uptime>,
}

/// The station that serves, and how far the rover is with it.
struct Serving {
    feed: Arc<Feed>,
    batches: Receiver<Batch>,
    since: Uptime,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The rover must hear who the station is.
    Introduce,
    /// It knows; its observations begin with the next epoch.
    AwaitEpoch,
    /// Everything goes through.
    Flowing { next_frame: u64, epoch_open: bool },
}

impl NearestStream {
    /// A stream for a rover that has told nothing yet.
    pub fn new(
        policy: NearestPolicy,
        among: Arc<BTreeSet<StationName>>,
        patience: Duration,
        clock: Clock,
        views: watch::Receiver<Arc<StationsView>>,
    ) -> Self {
        let mut stream = Self {
            policy,
            among,
            patience,
            clock,
            views,
            position: RoverPosition::default(),
            serving: None,
            withheld: None,
            look_again: None,
            switch_waits: false,
            notices: Notices::default(),
            jump_told: None,
        };
        stream.withhold(Withheld::NoPosition);
        stream
    }

    fn withhold(&mut self, why: Withheld) {
        self.serving = None;
        // A distance that changes is no news.
        let same_kind = self
            .withheld
            .as_ref()
            .is_some_and(|old| std::mem::discriminant(old) == std::mem::discriminant(&why));
        if !same_kind {
            self.notices.push(Notice::Withheld(why.clone()));
        }
        self.withheld = Some(why);
    }

    /// Looks whether another station should serve.
    fn reconsider(&mut self, now: Uptime) {
        let Some(place) = self.position.place() else { return };
        let view = Arc::clone(&self.views.borrow_and_update());
        let healthy = candidates(&view, &self.among, place);
        let incumbent =
            self.serving.as_ref().map(|s| Incumbent { station: s.feed.name(), since: s.since });
        self.look_again = None;
        match choose(&self.policy, &healthy, incumbent, now) {
            Choice::Keep { look_again } => {
                self.look_again = look_again;
                self.switch_waits = false;
            }
            Choice::Nothing(why) => self.withhold(why),
            Choice::Switch { reason: SwitchReason::Nearer, .. } if self.is_inside_epoch() => {
                self.switch_waits = true;
            }
            Choice::Switch { to, reason } => self.switch(&view, &to, reason, now),
        }
    }

    fn switch(&mut self, view: &StationsView, to: &Candidate, reason: SwitchReason, now: Uptime) {
        let Some(station) = view.get(&to.station) else { return };
        self.notices.push(Notice::Serving {
            station: to.station.clone(),
            distance_m: to.distance_m,
            reason: reason.text(),
        });
        self.withheld = None;
        self.switch_waits = false;
        self.serving = Some(Serving {
            feed: Arc::clone(&station.feed),
            batches: station.feed.subscribe(),
            since: now,
            phase: Phase::Introduce,
        });
    }

    /// Whether the rover has got a part of an epoch whose end is still to come.
    pub fn is_inside_epoch(&self) -> bool {
        let phase = self.serving.as_ref().map(|serving| serving.phase);
        matches!(phase, Some(Phase::Flowing { epoch_open: true, .. }))
    }

    async fn next_item(&mut self) -> StreamItem {
        loop {
            if let Some(notice) = self.notices.pop() {
                return StreamItem::Notice(notice);
            }
            if let Some(introduction) = self.introduction() {
                return StreamItem::Delivery(introduction);
            }
            let look_again = self.look_again.map(|at| self.clock.instant(at));
            let heard = tokio::select! {
                batch = receive(self.serving.as_mut()) => Heard::Batch(batch),
                changed = self.views.changed() => match changed {
                    Ok(()) => Heard::Change,
                    Err(_) => Heard::End,
                },
                () = async { sleep_until(look_again.unwrap_or_else(tokio::time::Instant::now)).await },
                    if look_again.is_some() => Heard::Change,
            };
            let now = self.clock.now();
            match heard {
                Heard::Change => self.reconsider(now),
                Heard::End => return StreamItem::Ended,
                Heard::Batch(batch) => {
                    // The epoch ended before this batch, without a message that said so: nothing is waited for any more.
                    if self.switch_waits && batch.boundary.is_some_and(|at| at.offset == 0) {
                        self.serving.iter_mut().for_each(Serving::end_epoch);
                        self.reconsider(now);
                    }
                    let delivery = if self.switch_waits {
                        self.deliver_end_of_epoch(&batch, now)
                    } else {
                        self.serving.as_mut().and_then(|s| s.deliver(&batch))
                    };
                    if let Some(delivery) = delivery {
                        return StreamItem::Delivery(delivery);
                    }
                }
            }
        }
    }

    /// What of a batch goes to the rover while a switch waits for the end of the epoch: no more than that end, unless the
    /// rover stays with its station after all.
    fn deliver_end_of_epoch(&mut self, batch: &Batch, now: Uptime) -> Option<Delivery> {
        let phase = self.serving.as_ref()?.phase;
        let end = batch.clone().up_to_boundary();
        let delivery = self.serving.as_mut().and_then(|s| s.deliver(&end));
        self.reconsider(now);
        let stays = |s: &&mut Serving| matches!(s.phase, Phase::Flowing { .. });
        match self.serving.as_mut().filter(stays) {
            Some(serving) if end.frames < batch.frames => {
                serving.phase = phase;
                serving.deliver(batch)
            }
            _ => delivery,
        }
    }

    /// The identity frames of a station that has just been chosen.
    fn introduction(&mut self) -> Option<Delivery> {
        let serving = self.serving.as_mut().filter(|s| s.phase == Phase::Introduce)?;
        serving.phase = Phase::AwaitEpoch;
        let frames: Vec<_> = serving.feed.identity().frames().cloned().collect();
        let count = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        (count > 0).then(|| Delivery {
            bytes: frames.concat().into(),
            frames: count,
            dropped_before: 0,
            ready: self.clock.now(),
        })
    }
}

enum Heard {
    Batch(Batch),
    Change,
    End,
}

/// The next batch of the serving station; waits for ever without one.
async fn receive(serving: Option<&mut Serving>) -> Batch {
    let Some(serving) = serving else { return std::future::pending().await };
    loop {
        match serving.batches.recv().await {
            Ok(batch) => return batch,
            // The next batch tells by its number how many frames were lost.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return std::future::pending().await,
        }
    }
}

impl Serving {
    /// The epoch that goes on has ended.
    fn end_epoch(&mut self) {
        if let Phase::Flowing { epoch_open, .. } = &mut self.phase {
            *epoch_open = false;
        }
    }

    /// What of a batch goes to the rover.
    fn deliver(&mut self, batch: &Batch) -> Option<Delivery> {
        let flowing =
            Phase::Flowing { next_frame: batch.next_frame(), epoch_open: batch.epoch_open };
        match self.phase {
            Phase::Introduce => None,
            Phase::Flowing { next_frame, .. } => {
                self.phase = flowing;
                Some(batch.deliver(next_frame))
            }
            Phase::AwaitEpoch => {
                let boundary = batch.boundary?;
                self.phase = flowing;
                (boundary.offset < batch.bytes.len()).then(|| Delivery {
                    bytes: batch.bytes.slice(boundary.offset..),
                    frames: batch.frames - boundary.frames_before,
                    dropped_before: 0,
                    ready: batch.ready,
                })
            }
        }
    }
}

/// The healthy stations whose place is known.
fn candidates(view: &StationsView, among: &BTreeSet<StationName>, rover: Ecef) -> Vec<Candidate> {
    view.iter()
        .filter(|(name, station)| {
            station.health == Health::Healthy && (among.is_empty() || among.contains(*name))
        })
        .filter_map(|(name, station)| {
            let distance_m = (station.place? - rover).norm_m();
            Some(Candidate { station: name.clone(), distance_m })
        })
        .collect()
}

impl CorrectionStream for NearestStream {
    fn next(&mut self) -> Next<'_> {
        Box::pin(self.next_item())
    }

    fn rover_told(&mut self, gga: &Gga, now: Uptime) {
        match self.position.told(gga, now) {
            Told::Place(_) => self.reconsider(now),
            Told::Jump { distance_m } => {
                if self.jump_told.is_none_or(|told| now - told >= JUMP_TOLD_EVERY) {
                    self.jump_told = Some(now);
                    self.notices.push(Notice::PositionJump { distance_m });
                }
            }
            Told::NoFix if self.position.place().is_none() => self.withhold(Withheld::NoFix),
            Told::NoFix => {}
        }
    }

    fn patience(&self) -> Duration {
        self.patience
    }
}

#[cfg(test)]
mod tests;
