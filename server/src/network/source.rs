//! One station's epochs, of files or of the archive, each at its place on the network's grid.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::network::topology::StationIndex;
use tianshu_rinex::observation::reader::ObsReader;

use crate::network::files::{ObservationFile, intact, opened};
use crate::network::progress::broken_lines;

/// The network's grid of epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// From one epoch to the next.
    pub interval: Interval,
}

/// Tags so far off the grid still belong to it: receivers that do not steer their clocks tag by milliseconds off.
const TAG_OFF_MAX: Interval = Interval::from_millis(50);

impl Grid {
    /// The place of a time tag on the grid, if it has one.
    fn place(self, tag: GpsTime) -> Option<GpsTime> {
        let nearest = tag.rounded_to(self.interval);
        let off_max = TAG_OFF_MAX.min(Interval::from_nanos(self.interval.nanos() / 4));
        ((tag - nearest).abs() <= off_max).then_some(nearest)
    }
}

/// A station's epochs as they were measured, in the order of time.
pub(crate) type RawEpochs = Box<dyn Iterator<Item = anyhow::Result<ObsEpoch>>>;

/// A station's epochs on the network's grid.
pub(crate) struct Source {
    epochs: RawEpochs,
    grid: Grid,
    systems: BTreeSet<Constellation>,
    next: Option<(GpsTime, ObsEpoch)>,
    last: Option<GpsTime>,
    slips: Slips,
    /// Epochs that have no place on the grid, or one that is taken.
    pub passed_over: u64,
}

impl Source {
    /// The epochs of those files, with the satellites of those systems. The first epoch is read.
    pub(crate) fn of_files(
        files: &[ObservationFile],
        grid: Grid,
        systems: &BTreeSet<Constellation>,
        read_bytes: &Rc<Cell<u64>>,
    ) -> anyhow::Result<Self> {
        let files = FileEpochs {
            files: files.iter().map(|file| file.path.clone()).collect(),
            reader: None,
            read_bytes: Rc::clone(read_bytes),
        };
        Self::begin(Box::new(files), grid, systems)
    }

    /// Those epochs, with the satellites of those systems. The first epoch is read.
    pub(crate) fn begin(
        epochs: RawEpochs,
        grid: Grid,
        systems: &BTreeSet<Constellation>,
    ) -> anyhow::Result<Self> {
        let mut source = Self {
            epochs,
            grid,
            systems: systems.clone(),
            next: None,
            last: None,
            slips: Slips::default(),
            passed_over: 0,
        };
        source.advance()?;
        Ok(source)
    }

    /// When its next epoch is; none at its end.
    pub(crate) fn time(&self) -> Option<GpsTime> {
        self.next.as_ref().map(|(time, _)| *time)
    }

    /// Its epoch at that time, if that is its next one. Epochs before it are passed over.
    pub(crate) fn take(&mut self, time: GpsTime) -> anyhow::Result<Option<ObsEpoch>> {
        while let Some((at, epoch)) = self.next.take_if(|(at, _)| *at <= time) {
            self.advance()?;
            if at == time {
                return Ok(Some(epoch));
            }
        }
        Ok(None)
    }

    fn advance(&mut self) -> anyhow::Result<()> {
        while let Some(mut epoch) = self.epochs.next().transpose()? {
            epoch.observations.retain(|o| self.systems.contains(&o.satellite.constellation()));
            let place = self.grid.place(epoch.time);
            let later = place.filter(|place| self.last.is_none_or(|last| last < *place));
            let Some(time) = later else {
                self.passed_over += 1;
                self.slips.note(&epoch);
                continue;
            };
            self.slips.tell(&mut epoch);
            self.last = Some(time);
            self.next = Some((time, epoch));
            break;
        }
        Ok(())
    }
}

/// What all stations measured at that time, by their places among the sources.
pub(crate) fn measured_at(
    sources: &mut [Source],
    time: GpsTime,
) -> anyhow::Result<BTreeMap<StationIndex, Arc<ObsEpoch>>> {
    let mut measured = BTreeMap::new();
    for (index, source) in StationIndex::all().zip(sources) {
        if let Some(epoch) = source.take(time)? {
            measured.insert(index, Arc::new(epoch));
        }
    }
    Ok(measured)
}

/// Reads a station's files one after the other.
struct FileEpochs {
    files: VecDeque<PathBuf>,
    reader: Option<(PathBuf, ObsReader<'static>)>,
    read_bytes: Rc<Cell<u64>>,
}

impl FileEpochs {
    fn read(&mut self) -> anyhow::Result<Option<ObsEpoch>> {
        loop {
            if let Some((path, reader)) = &mut self.reader {
                if let Some(read) = reader.next() {
                    return Ok(Some(read.epoch));
                }
                intact(path, reader)?;
                broken_lines(path, reader.finding_count(), reader.findings().first());
            }
            let Some(path) = self.files.pop_front() else { return Ok(None) };
            let reader = opened(&path, &self.read_bytes)?;
            let reader = reader.with_context(|| path.display().to_string())?;
            self.reader = Some((path, reader));
        }
    }
}

impl Iterator for FileEpochs {
    type Item = anyhow::Result<ObsEpoch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Slips in epochs that nobody sees, kept until the phase is seen again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slips {
    unseen: BTreeSet<(Satellite, Signal)>,
}

impl Slips {
    /// Remembers the slips of an epoch that is not passed on.
    pub(crate) fn note(&mut self, epoch: &ObsEpoch) {
        self.unseen.extend(epoch.observations.iter().filter(|o| slipped(o)).map(key));
    }

    /// Tells an epoch that is passed on what was not seen before.
    pub(crate) fn tell(&mut self, epoch: &mut ObsEpoch) {
        if self.unseen.is_empty() {
            return;
        }
        for observation in epoch.observations.iter_mut().filter(|o| o.phase.is_some()) {
            if self.unseen.remove(&key(observation)) {
                observation.lock_time = Some(Duration::ZERO);
            }
        }
    }
}

fn slipped(observation: &Observation) -> bool {
    observation.phase.is_some() && observation.lock_time == Some(Duration::ZERO)
}

fn key(observation: &Observation) -> (Satellite, Signal) {
    (observation.satellite, observation.signal)
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::units::Cycles;

    use super::*;

    #[test]
    fn tags_near_the_grid_belong_to_it() {
        let place = |interval_s: f64, tag_s: f64| {
            let grid = Grid { interval: Interval::from_seconds_f64(interval_s) };
            let tag = GpsTime::from_week(2200, Interval::from_seconds_f64(tag_s));
            grid.place(tag).map(|t| t.time_of_week().nanos() / 1_000_000_000)
        };
        assert_eq!(place(30.0, 60.049), Some(60));
        assert_eq!(place(30.0, 59.951), Some(60));
        assert_eq!(place(30.0, 60.051), None);
        assert_eq!(place(30.0, 45.0), None);
        assert_eq!(place(0.1, 10.02), Some(10));
        assert_eq!(place(0.1, 10.04), None);
    }

    #[test]
    fn a_slip_between_the_grids_epochs_is_told_at_the_next() {
        let satellite: Satellite = "G05".parse().expect("a satellite");
        let signal = Signal::from_code(Constellation::Gps, "1C").expect("a signal");
        let epoch = |lock: Option<Duration>| {
            let seen = Observation {
                phase: Some(Cycles(1.0)),
                lock_time: lock,
                ..Observation::of(satellite, signal)
            };
            ObsEpoch::new(GpsTime::from_week(2200, Interval::ZERO), vec![seen])
        };
        let mut slips = Slips::default();
        slips.note(&epoch(Some(Duration::ZERO)));
        let mut next = epoch(None);
        slips.tell(&mut next);
        assert_eq!(next.observations[0].lock_time, Some(Duration::ZERO));
        let mut after = epoch(None);
        slips.tell(&mut after);
        assert_eq!(after.observations[0].lock_time, None);
    }
}
