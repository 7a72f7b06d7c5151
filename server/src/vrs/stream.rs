//! One rover's stream: its virtual station's frames, or the nearest base's while the network cannot tell at its place.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tianshu_caster::config::VirtualMount;
use tianshu_caster::delivery::Delivery;
use tianshu_caster::nearest::position::{RoverPosition, Told};
use tianshu_caster::nearest::stream::NearestStream;
use tianshu_caster::source::{CorrectionStream, Next, Notice, StreamItem};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_positioning::network::interpolate::extent::Coverage;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::network::virtual_station::VirtualStation;
use tianshu_rtcm::msm::header::MsmLevel;
use tokio::time::sleep_until;

use crate::serve::epoch::{NetworkEpoch, NewestEpoch};
use crate::vrs::encode::{Writer, Written};
use crate::vrs::identity::Identity;
use crate::vrs::source::Around;
use crate::vrs::switch::{Offer, Serving, Switch};

/// Notices that wait for the session; more are dropped. A change makes one.
const NOTICES_MAX: usize = 8;

/// The stream of one rover.
pub(crate) struct VirtualStream {
    settings: Arc<VirtualMount>,
    around: Around,
    /// None when the solver has ended.
    epochs: Option<NewestEpoch>,
    position: RoverPosition,
    last_gga: Option<Gga>,
    switch: Switch,
    /// Serves while there is no virtual station.
    base: Option<Box<NearestStream>>,
    /// The station at the rover's place; while the base serves, on trial.
    station: Option<Station>,
    notices: VecDeque<Notice>,
    /// Whether the operator knows why the base serves.
    is_explained: bool,
    last_number: Option<u64>,
    last_frames: u32,
}

/// A rover's virtual station.
struct Station {
    identity: Identity,
    measuring: VirtualStation,
    writer: Writer,
    is_announced: bool,
    /// Whose measurements the rover got last.
    master: Option<StationIndex>,
}

/// What a rover's virtual station would measure.
struct Made {
    observed: ObsEpoch,
    offer: Offer,
    master: StationIndex,
}

enum Woken {
    Epoch(Option<Arc<NetworkEpoch>>),
    SolverEnded,
    Base(StreamItem),
    Late,
}

impl VirtualStream {
    /// A stream for a rover that has told nothing yet.
    pub(crate) fn new(settings: Arc<VirtualMount>, around: Around) -> Self {
        let mut epochs = around.epochs.clone();
        // The newest one counts as news, so that a rover need not wait for the next.
        epochs.mark_changed();
        let base = Some(Box::new(base(&settings, &around)));
        Self {
            settings,
            epochs: Some(epochs),
            around,
            position: RoverPosition::default(),
            last_gga: None,
            switch: Switch::begin(),
            base,
            station: None,
            notices: VecDeque::new(),
            is_explained: false,
            last_number: None,
            last_frames: 0,
        }
    }

    async fn next_item(&mut self) -> StreamItem {
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return StreamItem::Notice(notice);
            }
            let deadline = self.switch.deadline().map(|at| self.around.clock.instant(at));
            let woken = tokio::select! {
                woken = next_epoch(self.epochs.as_mut()) => woken,
                item = next_of(self.base.as_deref_mut()) => Woken::Base(item),
                () = async { sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)).await },
                    if deadline.is_some() => Woken::Late,
            };
            match woken {
                Woken::Base(item) => return item,
                Woken::SolverEnded => self.epochs = None,
                Woken::Late => self.fall_back_if_gone("the network has told nothing for seconds"),
                Woken::Epoch(None) => {}
                Woken::Epoch(Some(epoch)) => {
                    if let Some(delivery) = self.on_epoch(&epoch) {
                        return StreamItem::Delivery(delivery);
                    }
                }
            }
        }
    }

    /// What goes to the rover of an epoch. The work is done here, in the session's own task, and told to the runtime as work.
    fn on_epoch(&mut self, epoch: &NetworkEpoch) -> Option<Delivery> {
        let place = self.position.place()?;
        let begun = Instant::now();
        let delivery = tokio::task::block_in_place(|| self.compute(epoch, place));
        self.around.cost.add(begun.elapsed());
        delivery
    }

    fn compute(&mut self, epoch: &NetworkEpoch, place: Ecef) -> Option<Delivery> {
        let made = self.make(epoch, place);
        let now = self.around.clock.now();
        let offer = made.as_ref().map_or_else(Offer::default, |made| made.offer);
        let base_is_busy = self.base.as_ref().is_some_and(|base| base.is_inside_epoch());
        if !self.switch.offered(now, offer, base_is_busy) {
            let why = self.why_not(epoch, offer);
            self.explain(why);
            self.fall_back_if_gone(why);
            return None;
        }
        let Made { observed, master, .. } = made?;
        let station = self.station.as_mut()?;
        let is_other_receiver = station.master.is_some_and(|before| before != master);
        let Written { bytes, frames } = station.writer.epoch(observed, is_other_receiver)?;
        station.master = Some(master);
        if !std::mem::replace(&mut station.is_announced, true) {
            let station_id = station.identity.station_id;
            let distance_m = (place - station.identity.place).norm_m();
            self.notify(Notice::ServingVirtual { station_id, distance_m });
        }
        // The base has had its turn; its next one begins anew.
        self.base = None;
        let missed = self.last_number.map_or(0, |last| epoch.number.saturating_sub(last + 1));
        let dropped_before = missed * u64::from(self.last_frames);
        (self.last_number, self.last_frames) = (Some(epoch.number), frames);
        Some(Delivery { bytes, frames, dropped_before, ready: now })
    }

    /// What a station at the rover's place would measure of the systems that are sent.
    fn make(&mut self, epoch: &NetworkEpoch, place: Ecef) -> Option<Made> {
        let serving = self.station.take().filter(|station| station.identity.serves(place));
        let (ids, level) = (&self.around.ids, self.settings.level);
        let station =
            serving.unwrap_or_else(|| Station::new(Identity::at(place, ids.next()), level));
        let station = self.station.insert(station);
        let made = station.measuring.step(&epoch.snapshot, |s| epoch.of(s))?;
        let is_sent = |s| self.settings.systems.contains(&s);
        let count = |epoch: &ObsEpoch| {
            epoch.by_satellite().filter(|(s, _)| is_sent(s.constellation())).count()
        };
        let seen = epoch.of(made.master).map_or(0, |(measured, _)| count(measured));
        let offer = Offer { told: count(&made.epoch), seen };
        let mut observed = made.epoch;
        observed.observations.retain(|o| is_sent(o.satellite.constellation()));
        Some(Made { observed, offer, master: made.master })
    }

    fn why_not(&self, epoch: &NetworkEpoch, offer: Offer) -> &'static str {
        let place = self.station.as_ref().map(|station| station.identity.geodetic());
        match place.map(|place| epoch.snapshot.coverage(place)) {
            // Without triangles nothing is inside: then it is too early to say.
            Some(Coverage::Beyond) if !epoch.snapshot.shape.triangles().is_empty() => {
                "the place is outside the network"
            }
            _ if offer.told > 0 => "too few satellites are solved there yet",
            _ => "the network is not solved there yet",
        }
    }

    fn fall_back_if_gone(&mut self, why: &'static str) {
        if !self.switch.is_gone(self.around.clock.now()) {
            return;
        }
        // The next virtual station is another one.
        self.station = None;
        self.last_number = None;
        let mut base = base(&self.settings, &self.around);
        if let Some(gga) = &self.last_gga {
            base.rover_told(gga, self.around.clock.now());
        }
        self.base = Some(Box::new(base));
        self.is_explained = false;
        self.explain(why);
    }

    /// Tells the operator why the base serves, once while it does.
    fn explain(&mut self, why: &'static str) {
        if self.switch.serving() == Serving::Base && !self.is_explained && !why.is_empty() {
            self.is_explained = true;
            self.notify(Notice::NoVirtual(why));
        }
    }

    fn notify(&mut self, notice: Notice) {
        if self.notices.len() < NOTICES_MAX {
            self.notices.push_back(notice);
        }
    }
}

impl Station {
    fn new(identity: Identity, level: MsmLevel) -> Self {
        let measuring = VirtualStation::new(identity.place);
        Self {
            identity,
            measuring,
            writer: Writer::new(identity, level),
            is_announced: false,
            master: None,
        }
    }
}

/// A stream from the nearest base.
fn base(settings: &VirtualMount, around: &Around) -> NearestStream {
    let among = Arc::new(settings.among.clone());
    let views = around.stations.watch();
    NearestStream::new(settings.policy, among, around.patience, around.clock, views)
}

/// The next epoch of the network; waits for ever when there will be none.
async fn next_epoch(epochs: Option<&mut NewestEpoch>) -> Woken {
    let Some(epochs) = epochs else { return std::future::pending().await };
    match epochs.changed().await {
        Ok(()) => Woken::Epoch(epochs.borrow_and_update().clone()),
        Err(_) => Woken::SolverEnded,
    }
}

/// What the base gives next; waits for ever without one.
async fn next_of(base: Option<&mut NearestStream>) -> StreamItem {
    match base {
        Some(base) => base.next().await,
        None => std::future::pending().await,
    }
}

impl CorrectionStream for VirtualStream {
    fn next(&mut self) -> Next<'_> {
        Box::pin(self.next_item())
    }

    fn rover_told(&mut self, gga: &Gga, now: Uptime) {
        self.last_gga = Some(gga.clone());
        let told = self.position.told(gga, now);
        match (&mut self.base, told) {
            (Some(base), _) => base.rover_told(gga, now),
            (None, Told::Jump { distance_m }) => self.notify(Notice::PositionJump { distance_m }),
            (None, _) => {}
        }
    }

    fn patience(&self) -> Duration {
        self.around.patience
    }
}
