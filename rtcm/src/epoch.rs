//! Putting the messages of one station and one moment together: the `ObsEpoch` the rest of the house uses.
//!
//! An epoch closes when a message says that it was the last (multiple message bit, or the synchronous flag
//! of the legacy messages), when a later moment begins, or when the caller's time limit is over
//! ([`EpochAssembler::expire`]). Some senders say "last" in each message; the first of their epochs comes
//! out torn, is noticed by the message that comes late, and from then on that station's bit is not trusted:
//! its epochs close by time.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::time::gps::{GpsTime, Interval};

/// The most stations kept apart in one stream. A stream has one, a concentrator's a handful; the sixteenth
/// more is likely to be damage or malice, and the station silent for the longest is let go for it.
pub const STATIONS_PER_STREAM_MAX: usize = 16;

/// The most observations of one epoch: all satellites of all systems above one place (about 60), on all
/// signals that MSM can name for any of them (19), with room. What comes above is let go.
pub const OBSERVATIONS_PER_EPOCH_MAX: usize = 2048;

/// A message that lies further back than this is not late: the sender's clock was set, and a new count
/// begins. No network delays a message by ten seconds and still delivers it in order.
pub const LATE_MAX: Interval = Interval::from_seconds(10);

/// Which kind of message told an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A multiple signal message. Where both kinds speak of a system, this one counts.
    Msm,
    /// A legacy message, 1001 to 1004 or 1009 to 1012.
    Legacy,
}

/// One message's share of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialEpoch {
    /// The moment of the observations.
    pub time: GpsTime,
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// More messages of this station and moment follow (DF393; DF005 and DF034's flag of the legacy kind).
    pub more_follow: bool,
    /// The system of all observations.
    pub constellation: Constellation,
    /// The kind of message.
    pub source: Source,
    /// What was observed; in any order.
    pub observations: Vec<Observation>,
    /// What could not be told.
    pub findings: ObservationFindings,
}

/// What of a message could not become an observation, counted by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObservationFindings {
    /// Cells of satellite IDs that the standard reserves.
    pub reserved_satellites: u32,
    /// Cells of signal IDs that the standard reserves.
    pub reserved_signals: u32,
    /// Lock time indicators that the standard reserves.
    pub reserved_lock_times: u32,
    /// Cells whose rough range is absent: marked invalid, or of MSM1 to MSM3, which have none.
    pub without_rough_range: u32,
    /// GLONASS phases without a wavelength, since the frequency channel is not known.
    pub without_channel: u32,
}

/// An epoch as it came together.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembled {
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// What was observed, sorted, each signal of a satellite once.
    pub epoch: ObsEpoch,
    /// Why the epoch is complete, or is taken for it.
    pub closed_by: ClosedBy,
    /// What of its messages could not become an observation.
    pub findings: ObservationFindings,
}

/// Why an epoch closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClosedBy {
    /// A message said that no more follow.
    LastMessage,
    /// A message of another moment came.
    NewTime,
    /// The caller's time limit was over.
    Expired,
    /// Too many stations in the stream: this one was let go.
    StationLetGo,
}

/// What the assembler had to leave out, since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssemblyCounts {
    /// Messages of a moment whose epoch was closed already.
    pub late_messages: u64,
    /// Observations of a satellite and signal that the epoch had already.
    pub repeated_observations: u64,
    /// Legacy observations of a system that the same epoch has in MSM.
    pub superseded_legacy: u64,
    /// Observations above [`OBSERVATIONS_PER_EPOCH_MAX`].
    pub observations_above_bound: u64,
    /// Stations let go because of [`STATIONS_PER_STREAM_MAX`].
    pub stations_let_go: u64,
}

/// Makes epochs of messages, for all stations of one stream.
#[derive(Clone, Debug, Default)]
pub struct EpochAssembler {
    stations: Vec<Station>,
    counts: AssemblyCounts,
}

#[derive(Clone, Debug)]
struct Station {
    id: u16,
    open: Option<Open>,
    last_closed: Option<GpsTime>,
    /// Whether "no more follow" has always been true of this station.
    last_message_trusted: bool,
}

#[derive(Clone, Debug)]
struct Open {
    time: GpsTime,
    observations: Vec<(Source, Observation)>,
    findings: ObservationFindings,
}

impl EpochAssembler {
    /// An assembler at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one message; gives the epochs that it closes, in their order.
    pub fn push(&mut self, partial: PartialEpoch) -> Vec<Assembled> {
        let mut closed = Vec::new();
        let mut station = self.take_station(partial.station_id, &mut closed);
        let before = station.open.as_ref().map(|open| open.time).or(station.last_closed);
        if before.is_some_and(|before| before - partial.time > LATE_MAX) {
            closed.extend(self.close(&mut station, ClosedBy::NewTime));
            station.last_closed = None;
        }
        if station.is_late(partial.time) {
            self.counts.late_messages += 1;
            let torn = station.open.is_none() && station.last_closed == Some(partial.time);
            station.last_message_trusted &= !torn;
        } else {
            if station.open.as_ref().is_some_and(|open| open.time != partial.time) {
                closed.extend(self.close(&mut station, ClosedBy::NewTime));
            }
            let last = !partial.more_follow && station.last_message_trusted;
            self.add(&mut station, partial);
            if last {
                closed.extend(self.close(&mut station, ClosedBy::LastMessage));
            }
        }
        self.stations.push(station);
        closed
    }

    /// Closes all epochs whose moment is not after `until`: for the caller's time limit.
    pub fn expire(&mut self, until: GpsTime) -> Vec<Assembled> {
        let mut closed = Vec::new();
        let mut stations = std::mem::take(&mut self.stations);
        for station in &mut stations {
            if station.open.as_ref().is_some_and(|open| open.time <= until) {
                closed.extend(self.close(station, ClosedBy::Expired));
            }
        }
        self.stations = stations;
        closed.sort_by_key(|assembled| (assembled.epoch.time, assembled.station_id));
        closed
    }

    /// The earliest moment whose epoch is still open: for the caller's timer.
    pub fn oldest_open(&self) -> Option<GpsTime> {
        self.stations.iter().filter_map(|s| s.open.as_ref()).map(|open| open.time).min()
    }

    /// What was left out so far.
    pub fn counts(&self) -> AssemblyCounts {
        self.counts
    }

    /// Takes the station out of the list, which is kept with the most recently heard at its end.
    fn take_station(&mut self, id: u16, closed: &mut Vec<Assembled>) -> Station {
        if let Some(place) = self.stations.iter().position(|station| station.id == id) {
            return self.stations.remove(place);
        }
        if self.stations.len() >= STATIONS_PER_STREAM_MAX {
            let mut silent = self.stations.remove(0);
            self.counts.stations_let_go += 1;
            closed.extend(self.close(&mut silent, ClosedBy::StationLetGo));
        }
        Station { id, open: None, last_closed: None, last_message_trusted: true }
    }

    fn add(&mut self, station: &mut Station, partial: PartialEpoch) {
        let open = station.open.get_or_insert_with(|| Open {
            time: partial.time,
            observations: Vec::with_capacity(partial.observations.len() * 4),
            findings: ObservationFindings::default(),
        });
        open.findings.add(&partial.findings);
        let room = OBSERVATIONS_PER_EPOCH_MAX.saturating_sub(open.observations.len());
        let above = partial.observations.len().saturating_sub(room);
        self.counts.observations_above_bound += above as u64;
        let source = partial.source;
        open.observations.extend(partial.observations.into_iter().take(room).map(|o| (source, o)));
    }

    fn close(&mut self, station: &mut Station, closed_by: ClosedBy) -> Option<Assembled> {
        let Open { time, observations, findings } = station.open.take()?;
        station.last_closed = Some(time);
        Some(Assembled {
            station_id: station.id,
            epoch: ObsEpoch::new(time, self.once_each(observations)),
            closed_by,
            findings,
        })
    }

    /// Leaves out legacy observations of systems that MSM tells of, and repetitions.
    fn once_each(&mut self, mut all: Vec<(Source, Observation)>) -> Vec<Observation> {
        let mut by_msm = [false; Constellation::ALL.len()];
        for (source, observation) in &all {
            let system = observation.satellite.constellation() as usize;
            if let Some(known) = by_msm.get_mut(system) {
                *known |= *source == Source::Msm;
            }
        }
        let before = all.len();
        all.retain(|(source, observation)| {
            let system = observation.satellite.constellation() as usize;
            *source == Source::Msm || by_msm.get(system) != Some(&true)
        });
        self.counts.superseded_legacy += (before - all.len()) as u64;
        let mut observations: Vec<_> =
            all.into_iter().map(|(_, observation)| observation).collect();
        let before = observations.len();
        observations.sort_by_key(|o| (o.satellite, o.signal));
        observations.dedup_by_key(|o| (o.satellite, o.signal));
        self.counts.repeated_observations += (before - observations.len()) as u64;
        observations
    }
}

impl Station {
    /// Whether the moment lies before what is being put together, or was put together already.
    fn is_late(&self, time: GpsTime) -> bool {
        let before_open = self.open.as_ref().is_some_and(|open| time < open.time);
        before_open || self.last_closed.is_some_and(|last| time <= last)
    }
}

impl ObservationFindings {
    /// Adds the counts of another message.
    pub fn add(&mut self, other: &Self) {
        self.reserved_satellites += other.reserved_satellites;
        self.reserved_signals += other.reserved_signals;
        self.reserved_lock_times += other.reserved_lock_times;
        self.without_rough_range += other.without_rough_range;
        self.without_channel += other.without_channel;
    }
}

#[cfg(test)]
mod tests;
