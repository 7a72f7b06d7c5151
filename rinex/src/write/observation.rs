//! Observation files: a header, then each epoch as it comes.

mod records;

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, Enu};
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::{Antenna, Receiver};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::leap::offset_at_gps;
use tianshu_gnss::units::DbHz;

use crate::write::WrittenVersion;
use crate::write::header::{Origin, begin, end, line};
use crate::write::observation::records::{
    column_lines, glonass_lines, marker_lines, phase_shift_lines, time_lines,
};
use crate::write::rows::{BLANK, Cell, EpochRows};

/// What the header of an observation file states. Times are in GPS time.
#[derive(Clone, Debug, PartialEq)]
pub struct ObsFile {
    /// The version to write.
    pub version: WrittenVersion,
    /// Who writes it, and when.
    pub origin: Origin,
    /// Lines of comment, of at most 60 characters.
    pub comments: Vec<String>,
    /// Marker name.
    pub marker_name: String,
    /// Marker number (DOMES), where there is one.
    pub marker_number: Option<String>,
    /// Marker type, such as `GEODETIC` or `GROUND_CRAFT` (RINEX 3.05, table A2).
    pub marker_type: String,
    /// Observer.
    pub observer: String,
    /// Agency of the observer.
    pub agency: String,
    /// Receiver.
    pub receiver: Receiver,
    /// Antenna.
    pub antenna: Antenna,
    /// Approximate place of the marker; none for a marker that moves.
    pub position: Option<Ecef>,
    /// From the marker to the antenna reference point.
    pub antenna_delta: Enu,
    /// The signals of each system, in the order of their columns. What is not here is not written.
    pub signals: BTreeMap<Constellation, Vec<Signal>>,
    /// Frequency channels of GLONASS satellites.
    pub glonass_channels: BTreeMap<Satellite, i8>,
    /// Interval of the epochs.
    pub interval: Interval,
    /// First epoch.
    pub first: GpsTime,
    /// Last epoch, where it is known before the file is written.
    pub last: Option<GpsTime>,
    /// Code-phase biases of GLONASS signals, m, as far as they are known (RINEX 3.05, section 9.6; RTCM message 1230).
    pub glonass_biases_m: Vec<(Signal, f64)>,
}

/// Writes the epochs of one observation file.
#[derive(Clone, Debug)]
pub struct ObsWriter {
    columns: BTreeMap<Constellation, Vec<Column>>,
    /// Whether what occurs gets a column, or only what has one is written.
    grows: bool,
    /// What is known of each phase that was written: what its lock time is held against.
    seen: BTreeMap<(Satellite, Signal), Held>,
    /// Observations that had no column.
    left_out: u64,
    /// Possible slips that were told, signal by signal.
    slips: BTreeMap<Signal, u64>,
    rows: EpochRows,
}

/// The lock of a phase so far.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// When it was last seen.
    at: GpsTime,
    /// For how long it was held then, where told.
    lock_time: Option<Duration>,
    /// Whether it was lost since it was last written.
    lost: bool,
}

/// A column: a quantity of a signal.
type Column = (char, Signal);

/// The quantities of a signal, in the order of their columns: code, phase, Doppler, C/N0.
const QUANTITIES: [char; 4] = ['C', 'L', 'D', 'S'];
impl ObsWriter {
    /// Begins a file: appends its header.
    pub fn begin(out: &mut String, file: &ObsFile) -> Self {
        let of_all = |signals: &Vec<Signal>| {
            let told = signals.iter().filter(|s| file.version.tells(**s));
            told.flat_map(|s| QUANTITIES.map(|quantity| (quantity, *s))).collect()
        };
        let columns = file.signals.iter().map(|(system, signals)| (*system, of_all(signals)));
        let writer = Self { columns: columns.collect(), grows: false, ..Self::headless() };
        writer.header(out, file);
        writer
    }

    /// Begins the epochs of a file whose header is written last: what occurs gets a column, new ones to the right of those that there are.
    pub fn headless() -> Self {
        Self {
            columns: BTreeMap::new(),
            grows: true,
            seen: BTreeMap::new(),
            left_out: 0,
            slips: BTreeMap::new(),
            rows: EpochRows::default(),
        }
    }

    /// Appends the header of what was written so far. The signals that `file` names are not asked: the columns are this writer's.
    pub fn header(&self, out: &mut String, file: &ObsFile) {
        begin(out, file.version, "OBSERVATION DATA", &file.origin);
        for comment in &file.comments {
            line(out, comment, "COMMENT");
        }
        marker_lines(out, file);
        column_lines(out, &self.columns);
        time_lines(out, file);
        // RINEX 4.00 deprecates the record: phases are aligned.
        if file.version != WrittenVersion::V402 {
            phase_shift_lines(out, &self.columns);
        }
        if self.columns.contains_key(&Constellation::Glonass) {
            glonass_lines(out, file);
        }
        line(out, &format!("{:6}", offset_at_gps(file.first).gps_minus_utc_s), "LEAP SECONDS");
        end(out);
    }

    /// Gives what an epoch holds its columns.
    fn grow(&mut self, epoch: &ObsEpoch) {
        for seen in &epoch.observations {
            let columns = self.columns.entry(seen.signal.constellation()).or_default();
            for quantity in QUANTITIES {
                let column = (quantity, seen.signal);
                if quantity_of(seen, quantity).is_some() && !columns.contains(&column) {
                    columns.push(column);
                }
            }
        }
    }

    /// Appends an epoch as plain text. Satellites without any value in the file's columns are left out.
    pub fn epoch(&mut self, out: &mut String, epoch: &ObsEpoch) {
        self.rows(epoch).plain(out);
    }

    /// An epoch in the file's columns, for whichever text it is to become.
    pub fn rows(&mut self, epoch: &ObsEpoch) -> &EpochRows {
        if self.grows {
            self.grow(epoch);
        }
        let mut rows = std::mem::take(&mut self.rows);
        rows.begin(epoch.time);
        for (satellite, observations) in epoch.by_satellite() {
            self.row(&mut rows, epoch.time, satellite, observations);
        }
        self.rows = rows;
        &self.rows
    }

    /// Takes in an epoch that is not written, such as those between two epochs of a file with a longer interval:
    /// a lock that is lost in it is told by the next epoch that is.
    pub fn pass_over(&mut self, epoch: &ObsEpoch) {
        for seen in epoch.observations.iter().filter(|seen| seen.phase.is_some()) {
            let lost = self.loses_lock(seen, epoch.time);
            if let Some(held) = self.seen.get_mut(&(seen.satellite, seen.signal)) {
                held.lost = lost;
            }
        }
    }

    /// How many observations had no column so far: more than none means that the header does not fit the epochs.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many possible slips were told of each signal.
    pub fn slips(&self) -> &BTreeMap<Signal, u64> {
        &self.slips
    }

    fn row(
        &mut self,
        rows: &mut EpochRows,
        now: GpsTime,
        satellite: Satellite,
        observations: &[Observation],
    ) {
        let columns = self.columns.remove(&satellite.constellation()).unwrap_or_default();
        let mut told = 0;
        for (quantity, signal) in &columns {
            let Some(seen) = observations.iter().find(|o| o.signal == *signal) else {
                rows.push(Cell::EMPTY);
                continue;
            };
            told += usize::from(*quantity == QUANTITIES[0]);
            let strength = seen.cn0.map_or(BLANK, strength);
            let (lost, strength) = match quantity {
                'C' => (BLANK, strength),
                'L' => (self.loss_of_lock(seen, now), strength),
                _ => (BLANK, BLANK),
            };
            rows.push(Cell::of(quantity_of(seen, *quantity), lost, strength));
        }
        rows.end_row(satellite);
        if !self.grows {
            self.left_out += (observations.len() - told.min(observations.len())) as u64;
        }
        if !columns.is_empty() {
            self.columns.insert(satellite.constellation(), columns);
        }
    }

    /// The loss-of-lock indicator (RINEX 3.05, section 5.7): bit 0 a possible slip since the last epoch of this
    /// phase, bit 1 half a cycle in doubt. Blank if neither.
    fn loss_of_lock(&mut self, seen: &Observation, now: GpsTime) -> u8 {
        let slipped = seen.phase.is_some() && self.loses_lock(seen, now);
        if slipped {
            *self.slips.entry(seen.signal).or_default() += 1;
        }
        match (slipped, seen.half_cycle_ambiguous) {
            (false, false) => BLANK,
            (true, false) => b'1',
            (false, true) => b'2',
            (true, true) => b'3',
        }
    }

    /// Whether a phase may have slipped since it was last written: it was held for less than the time since it was last
    /// seen, or for less than it was held then.
    fn loses_lock(&mut self, seen: &Observation, now: GpsTime) -> bool {
        let held = Held { at: now, lock_time: seen.lock_time, lost: false };
        let Some(last) = self.seen.insert((seen.satellite, seen.signal), held) else {
            return false;
        };
        let since =
            u64::try_from((now - last.at).nanos()).map_or(Duration::ZERO, Duration::from_nanos);
        let shorter = |than: Duration| seen.lock_time.is_some_and(|held| held < than);
        last.lost || shorter(since) || last.lock_time.is_some_and(shorter)
    }
}

fn quantity_of(seen: &Observation, quantity: char) -> Option<f64> {
    match quantity {
        'C' => seen.code.map(|c| c.0),
        'L' => seen.phase.map(|p| p.0),
        'D' => seen.doppler.map(|d| d.0),
        _ => seen.cn0.map(|c| c.0),
    }
}

/// The signals of a stretch of epochs, system by system, sorted: the columns of a file that holds them all.
pub fn signals_of<'a>(
    epochs: impl IntoIterator<Item = &'a ObsEpoch>,
) -> BTreeMap<Constellation, Vec<Signal>> {
    let mut all: BTreeMap<Constellation, Vec<Signal>> = BTreeMap::new();
    for observation in epochs.into_iter().flat_map(|epoch| &epoch.observations) {
        let signals = all.entry(observation.signal.constellation()).or_default();
        if let Err(place) = signals.binary_search(&observation.signal) {
            signals.insert(place, observation.signal);
        }
    }
    all
}

/// Signal strength as a digit from 1 to 9: C/N0 over six (RINEX 3.05, table 17).
fn strength(cn0: DbHz) -> u8 {
    let digit = (cn0.0 / 6.0).floor().clamp(1.0, 9.0);
    (b'1'..=b'9').find(|d| f64::from(d - b'0') >= digit).unwrap_or(BLANK)
}

#[cfg(test)]
mod tests;
