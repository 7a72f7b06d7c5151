//! One network being solved: its stations' events aligned, judged and handed to the engine.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::{ReferencePoint, StationName};
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ingest::clock::SharedClock;
use tianshu_positioning::network::align::{AlignedEpoch, Aligner, Taken};
use tianshu_positioning::network::engine::{BadNetwork, Engine, StationConfig};
use tianshu_positioning::network::ephemerides::{Heard, Judge};
use tianshu_positioning::network::preprocess::StationSetup;
use tianshu_positioning::network::topology::StationIndex;

use crate::config::solver::NetworkConfig;
use crate::serve::epoch::NetworkEpoch;
use crate::serve::solver::checkpoint::Checkpoint;
use crate::serve::solver::report::Report;

/// Complete epochs that are solved one after the other when the solver is late. Of more the oldest are left out and counted: corrections of
/// some seconds ago are of no use, and the engine bridges a missing epoch.
const EPOCHS_BEHIND_MAX: usize = 2;
/// A stream that tells its reference point farther away from the configured one is warned of, m: no survey is that bad.
const PLACE_APART_MAX_M: f64 = 1.0;
/// Ephemerides that wait for their time are looked at this often.
const LOOK_AT_EPHEMERIDES_EVERY: Duration = Duration::from_secs(1);

/// A network being solved.
pub(super) struct Network {
    engine: Engine,
    solves_glonass: bool,
    aligner: Aligner,
    judge: Judge,
    stations: BTreeMap<StationName, StationIndex>,
    setups: Arc<Vec<StationSetup>>,
    complete: VecDeque<AlignedEpoch>,
    /// The time of arrival of what came last.
    time: Option<GpsTime>,
    looked_at_ephemerides: Uptime,
    /// What streams told of their places, where that was far off.
    told_apart: BTreeMap<StationIndex, ReferencePoint>,
    report: Report,
    checkpoint: Option<Checkpoint>,
    has_solved: bool,
}

impl Network {
    /// A network of which nothing is known yet but what its checkpoint tells.
    pub(super) fn new(config: &NetworkConfig, clock: &SharedClock) -> Result<Self, BadNetwork> {
        let (now, time) = (clock.uptime(), clock.gps());
        let mut engine = Engine::new(config.stations.clone())?;
        let names = config.stations.iter().map(|s| s.name.clone());
        let stations = names.zip(StationIndex::all()).collect();
        let setups = Arc::new(config.stations.iter().map(StationConfig::setup).collect());
        let calibrated = config.stations.iter().filter(|s| s.antenna.is_some()).count();
        tracing::info!(stations = config.stations.len(), calibrated, "the network is being solved");
        let checkpoint =
            config.checkpoint.as_ref().map(|path| Checkpoint::resume(path, &mut engine, now, time));
        if !config.glonass {
            // The checkpoint may be of a network that solved it.
            for station in StationIndex::all().take(config.stations.len()) {
                engine.set_glonass_biases(station, None);
            }
        }
        Ok(Self {
            engine,
            solves_glonass: config.glonass,
            aligner: Aligner::new(config.interval),
            judge: Judge::default(),
            stations,
            setups,
            complete: VecDeque::new(),
            time: None,
            looked_at_ephemerides: Uptime::START,
            told_apart: BTreeMap::new(),
            report: Report::default(),
            checkpoint,
            has_solved: false,
        })
    }

    /// When to look again if nothing comes.
    pub(super) fn deadline(&self, now: Uptime) -> Option<Uptime> {
        if self.complete.is_empty() { self.aligner.deadline(now) } else { Some(now) }
    }

    /// Takes what was heard of a station.
    pub(super) fn take(&mut self, now: Uptime, event: StationEvent) {
        let Some(&station) = self.stations.get(&event.station) else { return };
        self.time = Some(event.arrived);
        match event.news {
            StationNews::Epoch(epoch) => {
                let epoch = Arc::unwrap_or_clone(epoch);
                match self.aligner.push(now, station, epoch) {
                    Taken::Aligned | Taken::OffGrid | Taken::Repeated => {}
                    Taken::Late | Taken::TooLate => self.report.late += 1,
                    Taken::ForeignTime | Taken::TooManyStations => self.report.not_taken += 1,
                }
            }
            StationNews::Ephemeris(ephemeris) => {
                match self.judge.hear(now, event.arrived, station, &ephemeris) {
                    Heard::Believed => self.engine.ephemeris(ephemeris),
                    Heard::Refused(apart_m) => {
                        let satellite = ephemeris.satellite();
                        tracing::debug!(station = %event.station, %satellite, apart_m, "ephemeris refused");
                    }
                    Heard::Known | Heard::Waits | Heard::Stale => {}
                }
            }
            StationNews::GlonassBiases(biases) if self.solves_glonass => {
                self.engine.set_glonass_biases(station, Some(biases));
            }
            StationNews::ReferencePoint(point) => self.compare(station, &event.station, point),
            _ => {}
        }
    }

    /// Solves the next epoch that is complete.
    pub(super) fn solve(&mut self, clock: &SharedClock) -> Option<NetworkEpoch> {
        let now = clock.uptime();
        self.believe_those_in_time(now);
        while let Some(epoch) = self.aligner.poll(now) {
            self.complete.push_back(epoch);
            if self.complete.len() > EPOCHS_BEHIND_MAX {
                self.complete.pop_front();
                self.report.left_out += 1;
            }
        }
        let aligned = self.complete.pop_front()?;
        let measured: BTreeMap<StationIndex, _> =
            aligned.stations.into_iter().map(|(s, epoch)| (s, Arc::new(epoch))).collect();
        let snapshot = Arc::new(self.engine.step(aligned.time, &measured));
        self.has_solved = true;
        let took = clock.uptime() - now;
        self.report.solved(took, &snapshot);
        if let Some(checkpoint) = &mut self.checkpoint {
            checkpoint.keep(&self.engine, &self.judge, now);
        }
        let setups = Arc::clone(&self.setups);
        Some(NetworkEpoch { number: 0, snapshot, measured, setups, took })
    }

    /// Tells operators, when it is time to, how the network does. `dropped` counts what did not come through to the solver.
    pub(super) fn tell(&mut self, now: Uptime, dropped: u64) {
        let stations = &self.stations;
        let refused = self.judge.refused().iter().filter_map(|(index, count)| {
            let name = stations.iter().find(|(_, i)| *i == index).map(|(name, _)| name)?;
            Some((name, *count))
        });
        self.report.tell(now, dropped, refused);
    }

    /// Writes the checkpoint, if there is one, as the network ends here. One that has heard nothing leaves the old one as it is.
    pub(super) fn write_checkpoint(&mut self) {
        if let Some(checkpoint) = self.checkpoint.as_mut().filter(|_| self.has_solved) {
            checkpoint.write(&self.engine, &self.judge);
        }
    }

    fn believe_those_in_time(&mut self, now: Uptime) {
        if now - self.looked_at_ephemerides < LOOK_AT_EPHEMERIDES_EVERY {
            return;
        }
        self.looked_at_ephemerides = now;
        if let Some(time) = self.time {
            for ephemeris in self.judge.due(now, time) {
                self.engine.ephemeris(ephemeris);
            }
        }
    }

    /// Warns of a stream that puts its station elsewhere than the configuration, once per place that it tells.
    fn compare(&mut self, station: StationIndex, name: &StationName, point: ReferencePoint) {
        let Some(setup) = self.setups.get(station.position()) else { return };
        let apart_m = (point.place - setup.place).norm_m();
        if apart_m <= PLACE_APART_MAX_M {
            self.told_apart.remove(&station);
        } else if self.told_apart.insert(station, point) != Some(point) {
            tracing::warn!(
                station = %name,
                "its stream tells a place {apart_m:.1} m from the configured one, which the network uses"
            );
        }
    }
}
