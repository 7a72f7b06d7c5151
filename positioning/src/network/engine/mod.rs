//! The engine: the stations' epochs in, one snapshot of the network out. A function of its configuration and of what it was given.

mod carriers;
pub mod checkpoint;
mod datum;
mod fields;
mod insight;
mod integrity;
mod motion;
mod satellites;
mod sky_surface;
mod smooth;
mod steady;
mod travelling;
mod trend;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::store::EphemerisStore;
use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;

use crate::network::edge::{EdgeSolver, Wanted};
use crate::network::engine::carriers::CarrierWatch;
use crate::network::engine::fields::Fields;
use crate::network::engine::integrity::Integrity;
use crate::network::engine::satellites::SatelliteWatch;
use crate::network::engine::smooth::SmoothAir;
use crate::network::levels::book::LevelBook;
use crate::network::levels::closure::{self, Closure, OfEdge};
use crate::network::levels::shown::ShownLevels;
use crate::network::noise::NoiseBook;
use crate::network::observed::{Group, ObservedEpoch};
use crate::network::plane::{LocalPlane, PlanePoint};
use crate::network::preprocess::sky::Sky;
use crate::network::preprocess::{Preprocessor, StationSetup};
use crate::network::snapshot::NetworkSnapshot;
use crate::network::solution::frame::PhaseFrame;
use crate::network::solution::links::{Levelled, levelled};
use crate::network::solution::zenith::{Residuals, ZenithFilter};
use crate::network::topology::keeper::TopologyKeeper;
use crate::network::topology::{Edge, StationIndex, Topology};
use crate::network::troposphere::weather::Weather;

/// A station of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct StationConfig {
    /// Its name.
    pub name: StationName,
    /// Its antenna reference point, in the frame of the broadcast orbits.
    pub place: Ecef,
    /// The calibration of its antenna, if there is one.
    pub antenna: Option<Arc<AntennaCalibration>>,
}

/// The stations cannot make a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNetwork {
    /// There is none.
    #[error("a network needs at least one station")]
    Empty,
    /// There are more than are planned for.
    #[error("{0} stations are more than the {max} that a network may have", max = crate::network::align::STATIONS_MAX)]
    TooMany(usize),
    /// Two have the same name.
    #[error("station {0} is named twice")]
    Twice(StationName),
}

/// The network's solver.
#[derive(Clone, Debug)]
pub struct Engine {
    stations: Vec<StationConfig>,
    geodetic: Vec<Geodetic>,
    plane: LocalPlane,
    points: Arc<Vec<PlanePoint>>,
    preprocessors: Vec<Preprocessor>,
    keeper: TopologyKeeper,
    shape: Arc<Topology>,
    ephemerides: EphemerisStore,
    edges: BTreeMap<Edge, EdgeSolver>,
    integers: BTreeMap<Edge, OfEdge>,
    closure: Closure,
    closure_is_new: bool,
    integers_changed: bool,
    book: LevelBook,
    shown: ShownLevels,
    shown_version: u64,
    frame: Arc<PhaseFrame>,
    zenith: ZenithFilter,
    weather: Weather,
    fields: Fields,
    air: SmoothAir,
    integrity: Integrity,
    watch: SatelliteWatch,
    carriers: CarrierWatch,
    noise: NoiseBook,
    observed: Vec<Option<ObservedEpoch>>,
    residuals: Residuals,
    begun: Option<GpsTime>,
    last: Option<GpsTime>,
    epochs: u64,
}

/// Each edge is filtered this often: multipath makes more frequent phases tell little more, and the work is spread over the epochs between.
const EDGE_INTERVAL: Interval = Interval::from_seconds(5);
/// A group of an edge of which everything is fixed is filtered at every so-manieth of its turns only: it is watched, and has nothing to
/// find. Multipath is the same for longer than that.
const SETTLED_TURNS: u64 = 2;
/// Triangles are closed anew at every so-manieth epoch at most.
const CLOSURE_EPOCHS: u64 = 2;
/// Ephemerides that are kept per satellite: a day's, so that a batch may be fed all of them beforehand.
const EPHEMERIDES_PER_SATELLITE: usize = tianshu_gnss::ephemeris::store::DAY_PER_SATELLITE;

impl Engine {
    /// The engine of a network of those stations, of which nothing is known yet.
    pub fn new(stations: Vec<StationConfig>) -> Result<Self, BadNetwork> {
        if stations.len() > crate::network::align::STATIONS_MAX {
            return Err(BadNetwork::TooMany(stations.len()));
        }
        let mut names = BTreeSet::new();
        if let Some(twice) = stations.iter().find(|s| !names.insert(s.name.clone())) {
            return Err(BadNetwork::Twice(twice.name.clone()));
        }
        let places: Vec<Ecef> = stations.iter().map(|s| s.place).collect();
        let plane = LocalPlane::around(&places).ok_or(BadNetwork::Empty)?;
        let geodetic: Vec<Geodetic> = places.iter().map(|p| p.to_geodetic(GRS80)).collect();
        let points: Vec<PlanePoint> = geodetic.iter().map(|p| plane.point(*p)).collect();
        let preprocessors =
            StationIndex::all().zip(&stations).map(|(i, s)| Preprocessor::new(i, s.setup()));
        Ok(Self {
            preprocessors: preprocessors.collect(),
            keeper: TopologyKeeper::new(&points),
            shape: Arc::new(Topology::build(&points, &[])),
            ephemerides: EphemerisStore::new(EPHEMERIDES_PER_SATELLITE),
            edges: BTreeMap::new(),
            integers: BTreeMap::new(),
            closure: Closure::default(),
            closure_is_new: false,
            integers_changed: false,
            book: LevelBook::default(),
            shown: ShownLevels::default(),
            shown_version: 0,
            frame: Arc::default(),
            zenith: ZenithFilter::new(stations.len()),
            weather: Weather::default(),
            fields: Fields::new(&points),
            air: SmoothAir::default(),
            integrity: Integrity::new(stations.len()),
            watch: SatelliteWatch::default(),
            carriers: CarrierWatch::default(),
            noise: NoiseBook::new(stations.len()),
            observed: vec![None; stations.len()],
            residuals: Residuals::new(),
            begun: None,
            last: None,
            epochs: 0,
            geodetic,
            plane,
            points: Arc::new(points),
            stations,
        })
    }

    /// The stations, by index.
    pub fn stations(&self) -> &[StationConfig] {
        &self.stations
    }

    /// The index of a station.
    pub fn index(&self, name: &StationName) -> Option<StationIndex> {
        self.named(name.as_str())
    }

    /// Takes an ephemeris in that may be believed.
    pub fn ephemeris(&mut self, ephemeris: Arc<Ephemeris>) {
        self.ephemerides.insert(ephemeris);
    }

    /// Aligns a station's GLONASS phases by those biases from now on. GLONASS is solved between stations of which they are told; without them
    /// a station takes no part with it.
    pub fn set_glonass_biases(&mut self, station: StationIndex, biases: Option<GlonassBiases>) {
        if let Some(preprocessor) = self.preprocessors.get_mut(station.position()) {
            preprocessor.set_glonass_biases(biases);
        }
    }

    /// The whole numbers that were found between neighbours (for tests and pages).
    pub fn integers(&self) -> &BTreeMap<Edge, OfEdge> {
        &self.integers
    }

    /// The levels of the stations' arcs.
    pub fn levels(&self) -> &LevelBook {
        &self.book
    }

    /// What a station saw at the last epoch, made ready.
    pub fn observed(&self, station: StationIndex) -> Option<&ObservedEpoch> {
        self.observed.get(station.position())?.as_ref()
    }

    /// Takes the network's next epoch: what the stations measured, by index. Epochs that are not later than the last one, and stations that
    /// there are not, are passed over.
    pub fn step(
        &mut self,
        time: GpsTime,
        measured: &BTreeMap<StationIndex, Arc<ObsEpoch>>,
    ) -> NetworkSnapshot {
        if self.last.is_none_or(|last| last < time) {
            let span = self.last.map_or(Interval::from_seconds(1), |last| time - last);
            self.last = Some(time);
            self.epochs += 1;
            self.take(time, measured);
            self.reshape(time);
            self.step_edges(time, span);
            self.level(time);
            self.solve(time);
        }
        self.snapshot(time)
    }

    /// The time since the engine's first epoch.
    fn uptime(&mut self, time: GpsTime) -> Uptime {
        let begun = *self.begun.get_or_insert(time);
        let nanos = u64::try_from((time - begun).nanos()).unwrap_or(0);
        Uptime::default() + Duration::from_nanos(nanos)
    }

    /// Makes the stations' epochs ready.
    fn take(&mut self, time: GpsTime, measured: &BTreeMap<StationIndex, Arc<ObsEpoch>>) {
        let now = self.uptime(time);
        self.observed.fill(None);
        let mut sky = Sky::new(time, &self.ephemerides);
        for (station, epoch) in measured {
            let Some(preprocessor) = self.preprocessors.get_mut(station.position()) else {
                continue;
            };
            let ready = preprocessor.step(time, epoch, &mut sky);
            if !ready.satellites.is_empty() {
                self.keeper.heard(*station, now);
                self.observed[station.position()] = Some(ready);
            }
        }
        self.watch.step(time, &self.observed);
        let noise = self.noise.factors();
        let doubts = self.integrity.watch_codes(time, &self.observed, noise);
        for (station, is_suspect) in doubts {
            self.suspect(station, is_suspect);
        }
    }

    /// Puts a station aside, or takes it back.
    fn suspect(&mut self, station: StationIndex, is_suspect: bool) {
        self.keeper.set_suspect(station, is_suspect);
        if is_suspect {
            self.zenith.forget(station.position());
            self.book.forget(|of, _, _| of != station);
        }
    }

    /// Draws the network's shape anew if stations came or went.
    fn reshape(&mut self, time: GpsTime) {
        let now = self.uptime(time);
        if !self.keeper.update(now, Topology::length_m) {
            return;
        }
        self.shape = Arc::new(self.keeper.shape().clone());
        let shape = &self.shape;
        self.edges.retain(|edge, _| shape.edges().binary_search(edge).is_ok());
        self.integers.retain(|edge, _| shape.edges().binary_search(edge).is_ok());
        for edge in shape.edges() {
            let height = |s: StationIndex| self.geodetic[s.position()].height_m;
            let rise_m = height(edge.to()) - height(edge.from());
            self.edges
                .entry(*edge)
                .or_insert_with(|| EdgeSolver::new(*edge, shape.length_m(*edge), rise_m));
        }
    }

    /// Filters those edges whose turn it is, and tries to fix more of them.
    fn step_edges(&mut self, time: GpsTime, span: Interval) {
        let stride = (EDGE_INTERVAL.nanos() / span.nanos().max(1)).clamp(1, 5);
        let stride = u64::try_from(stride).unwrap_or(1);
        let turn = self.epochs % stride;
        self.air.step(time, &self.shape, &self.observed, &self.fields, &self.points);
        let mut fresh = insight::Insight::new(time, &self.fields, &self.air, &self.points);
        let mut changed = false;
        let mut withdrawn = Vec::new();
        for (place, (edge, solver)) in (0_u64..).zip(&mut self.edges) {
            if place % stride != turn {
                continue;
            }
            let may_rest = !(self.epochs / stride + place).is_multiple_of(SETTLED_TURNS);
            let wanted = if stride > 1 && may_rest { Wanted::Unsettled } else { Wanted::All };
            if wanted == Wanted::Unsettled && solver.unknown().is_empty() {
                continue;
            }
            let observed = |s: StationIndex| self.observed[s.position()].as_ref();
            let Some((from, to)) = observed(edge.from()).zip(observed(edge.to())) else { continue };
            solver.step(from, to, wanted);
            let mut known = fresh.about([from, to], solver, &self.zenith);
            if solver.seeks(Group::Glonass) && known.tells_nothing_of(Group::Glonass) {
                known.ionosphere.extend(sky_surface::told(
                    *edge,
                    from,
                    &self.fields,
                    Group::Glonass,
                ));
            }
            for channel in solver.fix(time, &known) {
                for station in [edge.from(), edge.to()] {
                    withdrawn.push((station, channel));
                }
            }
            let mut now: OfEdge = solver.integers().collect();
            now.sort_unstable_by_key(|integer| integer.channel);
            let before = self.integers.get(edge);
            if before.is_none_or(|before| *before != now) {
                self.integers.insert(*edge, now);
                changed = true;
            }
        }
        for (station, channel) in withdrawn {
            if self.integrity.is_contradicted(time, station, channel) {
                self.break_arcs(station, channel.0);
            }
        }
        self.integers_changed |= changed;
        if self.integers_changed && (stride == 1 || self.epochs.is_multiple_of(CLOSURE_EPOCHS)) {
            self.integers_changed = false;
            self.closure = closure::check(time, &self.shape, &self.integers);
            self.closure_is_new = true;
        }
    }

    /// Carries levels on, and takes those back that are contradicted.
    fn level(&mut self, time: GpsTime) {
        let preprocessors = &self.preprocessors;
        let forgot = self.book.forget(|station, channel, arc| {
            preprocessors.get(station.position()).and_then(|p| p.arc(channel)) == Some(arc)
        });
        for (edge, (satellite, _)) in std::mem::take(&mut self.closure.wrong) {
            self.withdraw(edge, satellite, time);
        }
        if !std::mem::take(&mut self.closure_is_new) && !forgot {
            return;
        }
        let root = self.keeper.tree().roots().first().copied().unwrap_or(StationIndex(0));
        for doubt in self.book.extend(root, &self.closure.valid) {
            self.book.withdraw(doubt.station, doubt.channel.0);
        }
    }

    /// Withdraws an edge's whole numbers of a satellite, of all its carriers: what misled one of them, its air mostly, misled those that
    /// were found with it.
    fn withdraw(&mut self, edge: Edge, satellite: Satellite, time: GpsTime) {
        let Some(of_edge) = self.integers.get_mut(&edge) else { return };
        for integer in of_edge.extract_if(.., |integer| integer.channel.0 == satellite) {
            if let Some(solver) = self.edges.get_mut(&edge) {
                solver.withdraw(integer.channel, time);
            }
        }
    }

    /// Clocks, zenith delays, ionosphere: what the levelled phases tell.
    fn solve(&mut self, time: GpsTime) {
        if self.shown_version != self.book.version() {
            self.shown.follow(&self.book);
            self.shown_version = self.book.version();
        }
        let links: Vec<Vec<Levelled>> = StationIndex::all()
            .zip(&self.observed)
            .map(|(station, observed)| {
                let of = |epoch: &ObservedEpoch| levelled(epoch, |c| self.shown.get(station, c));
                observed.as_ref().map_or_else(Vec::new, of)
            })
            .collect();
        let residuals = self.zenith.step(time, &links);
        for (station, satellite) in self.integrity.watch_residuals(time, &links, &residuals) {
            self.break_arcs(station, satellite);
        }
        for (station, satellite) in self.carriers.step(time, &self.observed, &self.shown) {
            self.break_arcs(station, satellite);
        }
        for (station, is_suspect) in self.integrity.watch_motion(time, &links, &residuals) {
            self.suspect(station, is_suspect);
        }
        self.fields.step(time, &links, &residuals, &self.points, self.noise.factors());
        if self.noise.look(time, &self.observed, &links, &residuals) {
            self.take_noise();
        }
        self.residuals = residuals;
        let fields = self.fields.all();
        let ionosphere_m = |station: usize, satellite| fields.get(&satellite)?.values_m[station];
        let delay_m = |station| self.zenith.delay(station).0;
        let frame = self.frame.next(&self.observed, &self.shown, delay_m, ionosphere_m);
        self.frame = Arc::new(frame);
    }

    /// Lets every station's sigmas be as large as its noise has shown itself.
    fn take_noise(&mut self) {
        for (preprocessor, factors) in self.preprocessors.iter_mut().zip(self.noise.factors()) {
            preprocessor.set_noise(factors.clone());
        }
    }

    /// Shifts all levels, as another root or pivot would.
    #[cfg(test)]
    pub(crate) fn shift_levels(
        &mut self,
        of_station: impl Fn(StationIndex, char) -> i64,
        of_satellite: impl Fn(Satellite, char) -> i64,
    ) {
        self.book.shift(|station, channel| {
            of_station(station, channel.1) + of_satellite(channel.0, channel.1)
        });
    }

    /// A line of sight whose levels do not fit: its arcs end here.
    fn break_arcs(&mut self, station: StationIndex, satellite: Satellite) {
        let Some(group) = crate::network::observed::Group::of(satellite) else { return };
        self.book.withdraw(station, satellite);
        for band in group.bands().chars() {
            if let Some(preprocessor) = self.preprocessors.get_mut(station.position()) {
                preprocessor.end_arc((satellite, band));
            }
        }
    }
}

impl StationConfig {
    /// What its preprocessing and its virtual stations need.
    pub fn setup(&self) -> StationSetup {
        StationSetup { place: self.place, antenna: self.antenna.clone() }
    }
}

#[cfg(test)]
mod tests;
