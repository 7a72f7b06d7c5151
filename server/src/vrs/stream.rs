//! One rover's stream: its virtual station's frames, or the nearest base's while the network cannot tell at its place.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tianshu_caster::config::VirtualMount;
use tianshu_caster::delivery::Delivery;
use tianshu_caster::nearest::position::{RoverPosition, Told};
use tianshu_caster::nearest::stream::NearestStream;
use tianshu_caster::profile::{Extra, Profile};
use tianshu_caster::source::{CorrectionStream, Next, Notice, Notices, StreamItem};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_positioning::network::interpolate::extent::Coverage;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::vrs::epoch::MasterEpoch;
use tianshu_positioning::vrs::station::VirtualStation;
use tianshu_rtcm::frame::Frame;
use tokio::time::sleep_until;

use crate::serve::epoch::NewestEpoch;
use crate::vrs::desk::NewestMaster;
use crate::vrs::encode::{Writer, Written};
use crate::vrs::identity::Identity;
use crate::vrs::slow::{self, Known};
use crate::vrs::source::Around;
use crate::vrs::switch::{AtBase, Offer, Serving, Switch};

/// A master that is later than the usual time between epochs by so much is left for one that has told something newer: rovers go on
/// without a gap.
const LATE_AFTER: Duration = Duration::from_millis(700);
/// Epochs are not waited for longer than this beyond that, whatever was usual.
const SPACING_MAX: Duration = Duration::from_secs(5);
/// A station whose newest epoch is so much older than the network's is no master.
const MASTER_AGE_MAX: Interval = Interval::from_seconds(3);
/// Masters are compared this often.
const CHOOSE_EVERY: Interval = Interval::from_seconds(5);
/// A rover that has gone so far, m, takes the place of its corrections along: the air differs by less than a millimetre over it.
const FOLLOW_M: f64 = 200.0;
/// A rover that has come farther than this since its corrections held where it was, m, has been carried or has been silent: its virtual
/// station begins anew. No car comes so far in a minute.
const CARRIED_MAX_M: f64 = 3_000.0;
/// What is said to the person at the rover when its virtual station takes over from a base.
const SERVED_VIRTUALLY: &str = "Virtual station";

/// The stream of one rover.
pub(crate) struct VirtualStream {
    settings: Arc<VirtualMount>,
    around: Around,
    /// None when the solver has ended.
    network: Option<NewestEpoch>,
    /// The epochs of the station that the virtual one is made from.
    master: Option<NewestMaster>,
    position: RoverPosition,
    last_gga: Option<Gga>,
    switch: Switch,
    /// Serves while there is no virtual station.
    base: Option<Box<NearestStream>>,
    /// The station at the rover's place; while the base serves, on trial.
    station: Option<Station>,
    notices: Notices,
    /// A text for the person at the rover that has not left yet.
    text: Option<Frame>,
    /// Whether the operator knows why the base serves.
    is_explained: bool,
    /// Whether a new place waits to be tried.
    is_untried: bool,
    /// Whether a base has served since the rover came or its virtual station ended.
    base_has_served: bool,
    last: Last,
}

/// What was computed last.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    /// The epoch's moment.
    time: Option<GpsTime>,
    /// The usual time between two: the least there was.
    spacing: Option<Interval>,
    arrived: Uptime,
    frames: u32,
    chosen: Option<GpsTime>,
}

/// A rover's virtual station.
struct Station {
    identity: Identity,
    measuring: VirtualStation,
    /// Where its corrections hold.
    followed: Ecef,
    writer: Writer,
    is_announced: bool,
}

/// What a rover's virtual station would measure.
struct Made {
    observed: ObsEpoch,
    offer: Offer,
}

enum Woken {
    Master(Option<Arc<MasterEpoch>>),
    Network,
    SolverEnded,
    Base(StreamItem),
    Late,
}

impl VirtualStream {
    /// A stream for a rover that has told nothing yet.
    pub(crate) fn new(settings: Arc<VirtualMount>, around: Around) -> Self {
        let base = Some(Box::new(base(&settings, &around)));
        Self {
            settings,
            network: Some(around.network.clone()),
            master: None,
            around,
            position: RoverPosition::default(),
            last_gga: None,
            switch: Switch::begin(),
            base,
            station: None,
            notices: Notices::default(),
            text: None,
            is_explained: false,
            is_untried: true,
            base_has_served: false,
            last: Last::default(),
        }
    }

    async fn next_item(&mut self) -> StreamItem {
        loop {
            if let Some(notice) = self.notices.pop() {
                return StreamItem::Notice(notice);
            }
            if let Some(delivery) = self.text_alone() {
                return StreamItem::Delivery(delivery);
            }
            // What the network knows by now is tried at once, before any base.
            if std::mem::take(&mut self.is_untried)
                && self.master.is_none()
                && let Some(delivery) = self.begin()
            {
                return StreamItem::Delivery(delivery);
            }
            let deadline = self.deadline().map(|at| self.around.clock.instant(at));
            // Without a master the network's news tell when there may be one.
            let network = if self.master.is_none() { self.network.as_mut() } else { None };
            let woken = tokio::select! {
                biased;
                woken = next_master(self.master.as_mut()) => woken,
                woken = next_network(network) => woken,
                item = next_of(self.base.as_deref_mut()) => Woken::Base(item),
                () = async { sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)).await },
                    if deadline.is_some() => Woken::Late,
            };
            let delivery = match woken {
                Woken::Base(item) => {
                    self.base_has_served |= matches!(item, StreamItem::Delivery(_));
                    return item;
                }
                Woken::SolverEnded => {
                    (self.network, self.master) = (None, None);
                    None
                }
                Woken::Master(Some(epoch)) => self.on_epoch(&epoch),
                Woken::Network | Woken::Master(None) => self.begin(),
                Woken::Late => self.on_late(),
            };
            if let Some(delivery) = delivery {
                return StreamItem::Delivery(delivery);
            }
        }
    }

    /// When something is to be done if nothing comes.
    fn deadline(&self) -> Option<Uptime> {
        let spacing = self.last.spacing.unwrap_or(Interval::from_seconds(1));
        let spacing = Duration::from_nanos(u64::try_from(spacing.nanos()).unwrap_or(0));
        let of_master = self.last.arrived + spacing.min(SPACING_MAX) + LATE_AFTER;
        let of_master = self.master.is_some().then_some(of_master);
        of_master.into_iter().chain(self.switch.deadline()).min()
    }

    /// Looks for a master, and takes its newest epoch.
    fn begin(&mut self) -> Option<Delivery> {
        let place = self.position.place()?;
        let network = self.network.as_mut()?.borrow_and_update().clone();
        let Some(network) = network else {
            self.fall_back_if_gone("the network is not solved there yet");
            return None;
        };
        let newest = self.choose(&network.snapshot, place, self.last.time);
        if newest.is_none() {
            let why = self.why_not(&network.snapshot, Offer::default());
            self.explain(why);
            self.fall_back_if_gone(why);
        }
        let newest = newest?;
        self.on_epoch(&newest)
    }

    /// Chooses a master that has an epoch later than `after`, and follows it.
    fn choose(
        &mut self,
        snapshot: &NetworkSnapshot,
        place: Ecef,
        after: Option<GpsTime>,
    ) -> Option<Arc<MasterEpoch>> {
        let board = Arc::clone(&self.around.board);
        let oldest = snapshot.time - MASTER_AGE_MAX;
        let is_there = |station| {
            let newest = board.newest(station);
            newest.is_some_and(|epoch| epoch.time >= oldest && after.is_none_or(|t| epoch.time > t))
        };
        let station = self.station_at(place);
        let before = station.measuring.master();
        let master = station.measuring.choose_master(snapshot, snapshot.time, is_there)?;
        if self.master.is_none() || before != Some(master) {
            self.master = board.follow(master);
        }
        self.last.chosen = Some(snapshot.time);
        let newest = self.master.as_mut()?.borrow_and_update().clone();
        self.last.arrived = self.around.clock.now();
        newest
    }

    /// The master, or the virtual station, has been silent for too long.
    fn on_late(&mut self) -> Option<Delivery> {
        // Another one that has told something newer goes on where it stopped.
        self.master = None;
        self.last.arrived = self.around.clock.now();
        let delivery = self.begin();
        if delivery.is_none() {
            self.fall_back_if_gone("the network has told nothing for seconds");
        }
        delivery
    }

    /// What goes to the rover of a master's epoch. The work is done here, in the session's own task: it takes some microseconds.
    fn on_epoch(&mut self, master: &MasterEpoch) -> Option<Delivery> {
        let place = self.position.place()?;
        if self.last.time.is_some_and(|last| master.time <= last) {
            return None;
        }
        let begun = Instant::now();
        let delivery = self.compute(master, place);
        self.around.cost.add(begun.elapsed());
        let snapshot = Arc::clone(&master.snapshot);
        if self.last.chosen.is_none_or(|chosen| snapshot.time - chosen >= CHOOSE_EVERY) {
            // From the next epoch on: this one is told.
            self.choose(&snapshot, place, None);
        }
        delivery
    }

    fn compute(&mut self, master: &MasterEpoch, place: Ecef) -> Option<Delivery> {
        let now = self.around.clock.now();
        let made = self.make(master, place);
        let missed = self.last.note(master.time, now);
        let offer = made.as_ref().map_or_else(Offer::default, |made| made.offer);
        let base = match &self.base {
            Some(base) if base.is_inside_epoch() => AtBase::InEpoch,
            Some(_) if self.base_has_served => AtBase::Served,
            _ => AtBase::Nothing,
        };
        if !self.switch.offered(now, offer, base) {
            let why = self.why_not(&master.snapshot, offer);
            self.explain(why);
            self.fall_back_if_gone(why);
            return None;
        }
        let Made { observed, .. } = made?;
        let is_first = self.station.as_ref().is_some_and(|station| !station.is_announced);
        if is_first && self.base_has_served {
            self.say(SERVED_VIRTUALLY);
        }
        let beside = self.text.take();
        let station = self.station.as_mut()?;
        let known = Known { snapshot: &master.snapshot, master: master.station };
        let Written { bytes, frames } =
            station.writer.epoch(observed, Some(known), beside.as_slice())?;
        if !std::mem::replace(&mut station.is_announced, true) {
            let station_id = station.identity.station_id;
            let distance_m = (place - station.identity.place).norm_m();
            self.notices.push(Notice::ServingVirtual { station_id, distance_m });
        }
        // The base has had its turn; its next one begins anew.
        self.base = None;
        let dropped_before = missed * u64::from(self.last.frames);
        self.last.frames = frames;
        Some(Delivery { bytes, frames, dropped_before, ready: now })
    }

    /// What a station at the rover's place would measure of the systems that are sent.
    fn make(&mut self, master: &MasterEpoch, place: Ecef) -> Option<Made> {
        let settings = Arc::clone(&self.settings);
        let station = self.station_at(place);
        if (station.followed - place).norm_m() > FOLLOW_M {
            station.measuring.follow(place);
            station.followed = place;
        }
        let made = station.measuring.observe(master)?;
        let is_sent = |s: &Satellite| settings.profile.systems.contains(&s.constellation());
        let is_rich = made.is_rich;
        let observed = made.epoch;
        // The writer leaves out what is not sent.
        let told = observed.by_satellite().filter(|(satellite, _)| is_sent(satellite)).count();
        let seen = master.seen.iter().filter(|s| is_sent(s)).count();
        let offer = Offer::new(told, seen, is_rich);
        Some(Made { observed, offer })
    }

    /// The station at the rover's place: the one that there is while it is near enough.
    fn station_at(&mut self, place: Ecef) -> &mut Station {
        let (ids, profile) = (&self.around.ids, &self.settings.profile);
        let anew = || Identity::at(place, ids.next());
        let station = match self.station.take() {
            Some(station) if station.identity.serves(place) => station,
            Some(station) if (station.followed - place).norm_m() <= CARRIED_MAX_M => {
                station.moved(anew(), profile)
            }
            _ => Station::new(anew(), profile),
        };
        self.station.insert(station)
    }

    fn why_not(&self, snapshot: &NetworkSnapshot, offer: Offer) -> &'static str {
        let place = self.station.as_ref().map(|station| station.identity.geodetic());
        match place.map(|place| snapshot.coverage(place)) {
            // Without triangles nothing is inside: then it is too early to say.
            Some(Coverage::Beyond) if !snapshot.shape.triangles().is_empty() => {
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
        self.last = Last::default();
        let mut base = base(&self.settings, &self.around);
        if let Some(gga) = &self.last_gga {
            base.rover_told(gga, self.around.clock.now());
        }
        self.base = Some(Box::new(base));
        self.base_has_served = true;
        self.is_explained = false;
        self.explain(why);
    }

    /// Says something to the person at the rover, where the mountpoint sends texts.
    fn say(&mut self, text: &str) {
        if !self.settings.profile.extras.contains(&Extra::Texts) {
            return;
        }
        let newest =
            self.network.as_ref().and_then(|n| n.borrow().as_ref().map(|n| n.snapshot.time));
        let station_id = self.station.as_ref().map_or(0, |station| station.identity.station_id);
        self.text = newest.and_then(|time| slow::notice(station_id, time, text));
    }

    /// A text that goes ahead of what the base says.
    fn text_alone(&mut self) -> Option<Delivery> {
        let is_between = self.base.as_ref().is_some_and(|base| !base.is_inside_epoch());
        let text = if is_between { self.text.take()? } else { return None };
        let ready = self.around.clock.now();
        Some(Delivery { bytes: text.into_bytes(), frames: 1, dropped_before: 0, ready })
    }

    /// Tells the operator why the base serves, once while it does, and the person at the rover.
    fn explain(&mut self, why: &'static str) {
        if self.switch.serving() == Serving::Base && !self.is_explained && !why.is_empty() {
            self.is_explained = true;
            self.notices.push(Notice::NoVirtual(why));
            self.say(&format!("Nearest base, no virtual station: {why}"));
        }
    }
}

impl Last {
    /// Notes an epoch; tells how many before it did not come here.
    fn note(&mut self, time: GpsTime, now: Uptime) -> u64 {
        let spacing = self.time.map(|last| time - last);
        (self.time, self.arrived) = (Some(time), now);
        let Some(spacing) = spacing.filter(|spacing| *spacing > Interval::ZERO) else { return 0 };
        let usual = self.spacing.map_or(spacing, |usual| usual.min(spacing));
        self.spacing = Some(usual);
        let epochs = (spacing.nanos() + usual.nanos() / 2) / usual.nanos();
        u64::try_from(epochs - 1).unwrap_or(0)
    }
}

impl Station {
    fn new(identity: Identity, profile: &Arc<Profile>) -> Self {
        let measuring = VirtualStation::new(identity.place);
        let writer = Writer::new(identity, Arc::clone(profile));
        Self { identity, measuring, followed: identity.place, writer, is_announced: false }
    }

    /// The same receiver somewhere else, by another ID: its phases and lock times go on, and it says anew who and where it is.
    fn moved(mut self, identity: Identity, profile: &Arc<Profile>) -> Self {
        self.measuring.move_to(identity.place);
        Self { measuring: self.measuring, ..Self::new(identity, profile) }
    }
}

/// A stream from the nearest base.
fn base(settings: &VirtualMount, around: &Around) -> NearestStream {
    let among = Arc::new(settings.among.clone());
    let views = around.stations.watch();
    NearestStream::new(settings.policy, among, around.patience, around.clock, views)
}

/// The next epoch of a master; waits for ever without one.
async fn next_master(master: Option<&mut NewestMaster>) -> Woken {
    let Some(master) = master else { return std::future::pending().await };
    match master.changed().await {
        Ok(()) => Woken::Master(master.borrow_and_update().clone()),
        // The network has begun anew.
        Err(_) => Woken::Late,
    }
}

/// News of the network; waits for ever when there will be none.
async fn next_network(network: Option<&mut NewestEpoch>) -> Woken {
    let Some(network) = network else { return std::future::pending().await };
    match network.changed().await {
        Ok(()) => Woken::Network,
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
        self.is_untried = true;
        let told = self.position.told(gga, now);
        match (&mut self.base, told) {
            (Some(base), _) => base.rover_told(gga, now),
            (None, Told::Jump { distance_m }) => {
                self.notices.push(Notice::PositionJump { distance_m });
            }
            (None, _) => {}
        }
    }

    fn patience(&self) -> Duration {
        self.around.patience
    }
}
