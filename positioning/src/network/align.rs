//! Epochs of the whole network: which stations' observations belong together, and for how long the others are waited for.
//!
//! An epoch begins when the first station tells it. It is closed when everybody who is expected has arrived, or when waiting on
//! would help no more: past the delay that the slowest station keeps in 95 of 100 cases and a margin, and never later than
//! [`WAIT_MAX`] (shared design, network solver, section 1.2). Who comes later is handed over with the next epoch.
//!
//! Delays are told from the epoch's first arrival, so that no clock on the wall is needed.

pub mod delay;

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;

use crate::network::align::delay::DelayTracker;
use crate::network::topology::StationIndex;

/// No epoch waits longer: corrections of a network that is a second old are worth less than those without its slowest station.
pub const WAIT_MAX: Duration = Duration::from_millis(800);
/// Waited for beyond the delay that a station usually keeps: what the network's jitter adds.
pub const WAIT_MARGIN: Duration = Duration::from_millis(50);
/// A tag this far from the grid is still of that epoch (receivers steer their clocks to a millisecond, some to half of 100 ms).
pub const OFF_GRID_MAX: Interval = Interval::from_millis(50);
/// A station not heard of for so long is waited for no more: three missed seconds.
pub const EXPECTED_FOR: Duration = Duration::from_secs(3);
/// What is later than this feeds nothing: an integer of ten seconds ago tells no more about now.
pub const LATE_MAX: Interval = Interval::from_seconds(10);
/// Stations at most, as many as the largest network planned for, three times.
pub const STATIONS_MAX: usize = 1_000;
/// Epochs open at a time: more than fit into [`WAIT_MAX`] at 1 Hz, and at 5 Hz just these. Beyond, the oldest is closed.
pub const EPOCHS_OPEN_MAX: usize = 4;
/// A station whose time is this far ahead of most others' has a wrong clock (18 s: UTC for GPS time): its epochs would make theirs late.
pub const AHEAD_MAX: Interval = Interval::from_seconds(3);
/// Epochs whose first arrival is remembered: those of [`LATE_MAX`] at 1 Hz and the open ones.
const BEGINNINGS_MAX: usize = 16;

/// What became of a station's epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is part of an open epoch.
    Aligned,
    /// Its epoch is closed: it goes with the next one.
    Late,
    /// Its epoch is closed for longer than [`LATE_MAX`]; let go.
    TooLate,
    /// The station has told this epoch before; the first one stays.
    Repeated,
    /// Its tag is between two epochs; let go.
    OffGrid,
    /// The station's time is not that of most others; let go.
    ForeignTime,
    /// There are more than [`STATIONS_MAX`] stations; let go.
    TooManyStations,
}

/// Why an epoch was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// Everybody who was expected is there.
    AllArrived,
    /// The time to wait is over.
    Deadline,
    /// Too many epochs were open.
    Crowding,
}

/// An epoch of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct AlignedEpoch {
    /// The epoch on the grid; the stations' own tags may be off it by [`OFF_GRID_MAX`].
    pub time: GpsTime,
    /// What the stations measured.
    pub stations: BTreeMap<StationIndex, ObsEpoch>,
    /// What came too late for its own epoch since the last one was closed: of each station the newest.
    pub late: BTreeMap<StationIndex, ObsEpoch>,
    /// For how long it was open.
    pub waited: Duration,
    /// Why it was closed.
    pub closed_by: ClosedBy,
}

/// Brings stations' epochs together. Tell it every epoch by [`Aligner::push`], then take what is complete by [`Aligner::poll`]
/// until there is none, and again at [`Aligner::deadline`].
#[derive(Clone, Debug)]
pub struct Aligner {
    interval: Interval,
    stations: BTreeMap<StationIndex, Heard>,
    open: BTreeMap<GpsTime, BTreeMap<StationIndex, ObsEpoch>>,
    late: BTreeMap<StationIndex, ObsEpoch>,
    beginnings: BTreeMap<GpsTime, Uptime>,
    closed: Option<GpsTime>,
}

/// What is known of a station.
#[derive(Clone, Debug)]
struct Heard {
    /// When it last told an epoch of the network's time, if ever.
    last: Option<Uptime>,
    /// Its last epoch less the uptime of its arrival, ns: nearly the same for all whose time is right.
    offset_nanos: i64,
    delays: DelayTracker,
}

impl Aligner {
    /// Aligns to epochs of that interval, which must be positive.
    pub fn new(interval: Interval) -> Self {
        assert!(interval > Interval::ZERO, "epochs follow each other");
        Self {
            interval,
            stations: BTreeMap::new(),
            open: BTreeMap::new(),
            late: BTreeMap::new(),
            beginnings: BTreeMap::new(),
            closed: None,
        }
    }

    /// Takes what a station measured, at the moment when it arrived.
    pub fn push(&mut self, now: Uptime, station: StationIndex, epoch: ObsEpoch) -> Taken {
        let time = epoch.time.rounded_to(self.interval);
        if (epoch.time - time).abs() > OFF_GRID_MAX {
            return Taken::OffGrid;
        }
        if !self.hear(now, station, time) {
            return Taken::TooManyStations;
        }
        if !self.agrees(station) {
            return Taken::ForeignTime;
        }
        if let Some(heard) = self.stations.get_mut(&station) {
            heard.last = Some(now);
        }
        self.turn_back_to(time);
        let begun = *self.beginnings.entry(time).or_insert(now);
        while self.beginnings.len() > BEGINNINGS_MAX {
            self.beginnings.pop_first();
        }
        if let Some(heard) = self.stations.get_mut(&station) {
            heard.delays.note(now - begun);
        }
        self.place(station, time, epoch)
    }

    /// The next epoch that is complete or has waited long enough, the oldest first.
    pub fn poll(&mut self, now: Uptime) -> Option<AlignedEpoch> {
        let (&time, there) = self.open.first_key_value()?;
        let waited = now - self.begun(time);
        let all = self.expected(now).all(|station| there.contains_key(&station));
        let closed_by = if all {
            ClosedBy::AllArrived
        } else if waited >= self.wait(now) {
            ClosedBy::Deadline
        } else if self.open.len() > EPOCHS_OPEN_MAX {
            ClosedBy::Crowding
        } else {
            return None;
        };
        let (time, stations) = self.open.pop_first()?;
        self.closed = Some(time);
        let late = std::mem::take(&mut self.late);
        Some(AlignedEpoch { time, stations, late, waited, closed_by })
    }

    /// When to poll again if nothing arrives until then, not before `now`; none while no epoch is open.
    pub fn deadline(&self, now: Uptime) -> Option<Uptime> {
        let (&time, _) = self.open.first_key_value()?;
        // Over already when the slowest station has just been given up: who is waited for is told as of now.
        Some((self.begun(time) + self.wait(now)).max(now))
    }

    /// Forgets what was closed if a time comes, which most stations agree on, that is far behind all that is remembered: a
    /// station with a wrong clock was alone at first.
    fn turn_back_to(&mut self, time: GpsTime) {
        let is_far = |other: GpsTime| other - time > LATE_MAX;
        if self.closed.is_some_and(is_far) && self.beginnings.keys().all(|begun| is_far(*begun)) {
            self.closed = None;
            self.open.clear();
            self.late.clear();
            self.beginnings.clear();
        }
    }

    /// Notes that the station is there. False if there is no room for it.
    fn hear(&mut self, now: Uptime, station: StationIndex, time: GpsTime) -> bool {
        let offset_nanos = time.nanos().saturating_sub(uptime_nanos(now));
        if let Some(heard) = self.stations.get_mut(&station) {
            heard.offset_nanos = offset_nanos;
            return true;
        }
        if self.stations.len() >= STATIONS_MAX {
            self.stations.retain(|_, heard| heard.is_current(now));
        }
        let room = self.stations.len() < STATIONS_MAX;
        if room {
            let delays = DelayTracker::default();
            self.stations.insert(station, Heard { last: None, offset_nanos, delays });
        }
        room
    }

    /// Whether a station's time is that of the median station: not ahead of it, nor behind beyond all lateness.
    fn agrees(&self, station: StationIndex) -> bool {
        let mut offsets: Vec<i64> = self.stations.values().map(|h| h.offset_nanos).collect();
        let middle = offsets.len() / 2;
        let Some(own) = self.stations.get(&station).map(|heard| heard.offset_nanos) else {
            return false;
        };
        let (_, median, _) = offsets.select_nth_unstable(middle);
        let ahead = own.saturating_sub(*median);
        (-2 * LATE_MAX.nanos()..=AHEAD_MAX.nanos()).contains(&ahead)
    }

    fn place(&mut self, station: StationIndex, time: GpsTime, epoch: ObsEpoch) -> Taken {
        if let Some(closed) = self.closed.filter(|closed| time <= *closed) {
            if closed - time > LATE_MAX {
                return Taken::TooLate;
            }
            let newer = self.late.get(&station).is_none_or(|other| other.time < epoch.time);
            if newer {
                self.late.insert(station, epoch);
            }
            return if newer { Taken::Late } else { Taken::Repeated };
        }
        let there = self.open.entry(time).or_default();
        if there.contains_key(&station) {
            return Taken::Repeated;
        }
        there.insert(station, epoch);
        // Who never polls loses the oldest.
        if self.open.len() > 2 * EPOCHS_OPEN_MAX {
            self.closed = self.open.pop_first().map(|(time, _)| time);
        }
        Taken::Aligned
    }

    fn begun(&self, time: GpsTime) -> Uptime {
        self.beginnings.get(&time).copied().unwrap_or_default()
    }

    /// The stations that are worth waiting for: heard of lately, and usually in time.
    fn expected(&self, now: Uptime) -> impl Iterator<Item = StationIndex> {
        self.punctual(now).map(|(station, _)| station)
    }

    fn punctual(&self, now: Uptime) -> impl Iterator<Item = (StationIndex, Duration)> {
        self.stations
            .iter()
            .filter(move |(_, heard)| heard.is_current(now))
            .map(|(station, heard)| (*station, heard.delays.usual().unwrap_or(WAIT_MAX)))
            .filter(|(_, usual)| *usual <= WAIT_MAX)
    }

    /// For how long an epoch is open at most.
    fn wait(&self, now: Uptime) -> Duration {
        let slowest = self.punctual(now).map(|(_, usual)| usual).max();
        slowest.map_or(WAIT_MAX, |usual| (usual + WAIT_MARGIN).min(WAIT_MAX))
    }
}

impl Heard {
    fn is_current(&self, now: Uptime) -> bool {
        self.last.is_some_and(|last| now - last <= EXPECTED_FOR)
    }
}

fn uptime_nanos(now: Uptime) -> i64 {
    i64::try_from(now.since_start().as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
