//! The job itself: the stations' archived epochs, one after the other, through the network's solver and into the file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tianshu_gnss::coords::GRS80;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::preprocess::StationSetup;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::vrs::masters::Masters;
use tianshu_station_monitor::archive::span::Span;

use crate::archive::virtual_rinex::choice::{Chosen, distance_km};
use crate::archive::virtual_rinex::orbits::Orbits;
use crate::archive::virtual_rinex::report::{Levelled, Report, StationReport, epochs_within};
use crate::archive::virtual_rinex::{Asked, Ground, NotMade, Progress};
use crate::network::reasons::Reasons;
use crate::network::source::{Grid, RawEpochs, Source, measured_at};
use crate::network::virtual_file::{Measured, Spread, Title, Turn, VirtualFile};

/// A tag may be off the grid by so much, so that the span's last epoch may stand behind its end.
const TAG_OFF: Interval = Interval::from_millis(50);
/// Columns of a line of comment.
const COMMENT_COLUMNS: usize = 60;

/// A job under way.
pub(super) struct Run {
    asked: Asked,
    engine: Engine,
    setups: Vec<StationSetup>,
    sources: Vec<Source>,
    orbits: Orbits,
    masters: Masters,
    file: VirtualFile,
    report: Report,
}

impl Run {
    /// Opens the archive and begins the file.
    pub(super) fn begin(
        ground: &Ground,
        asked: &Asked,
        chosen: Chosen,
        path: &Path,
    ) -> Result<Self, NotMade> {
        let Chosen { stations, source, store } = chosen;
        let request = &asked.request;
        let span = Span { from: asked.begins - TAG_OFF, until: request.until + TAG_OFF };
        let grid = Grid { interval: asked.step };
        let mut sources = Vec::new();
        for station in &stations {
            let epochs = store.observations(&station.name, span)?;
            let epochs: RawEpochs = Box::new(epochs.map(|epoch| Ok(epoch?)));
            sources.push(Source::begin(epochs, grid, &request.systems)?);
        }
        let first = sources.iter().filter_map(Source::time).min();
        let begun = first.filter(|first| *first < request.until);
        let begun =
            begun.ok_or(NotMade::NothingArchived { from: request.from, until: request.until })?;
        let report = report(ground, asked, &stations, path, begun);
        let setups = stations.iter().map(StationConfig::setup).collect();
        let title = title(ground, asked, &stations);
        let engine = Engine::new(stations).context("the stations make no network")?;
        Ok(Self {
            orbits: Orbits::begin(source, begun, request.until),
            file: VirtualFile::begin(path.to_owned(), title, request.place)?,
            asked: asked.clone(),
            masters: Masters::new(),
            engine,
            setups,
            sources,
            report,
        })
    }

    /// Takes the network through warm-up and span, and ends the file.
    pub(super) fn run(
        mut self,
        watch: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<Report, NotMade> {
        let (from, until) = (self.asked.request.from, self.asked.request.until);
        let begun = self.report.begun;
        let mut last = None;
        while let Some(time) = self.sources.iter().filter_map(Source::time).min() {
            if time >= until {
                break;
            }
            let snapshot = self.step(time)?;
            let ambiguities = snapshot.resolved.total();
            let all = until - begun;
            let progress =
                Progress { time, done: time - begun, all, runs_in: time < from, ambiguities };
            if watch(&progress).is_break() {
                return Err(NotMade::CalledOff);
            }
            last = Some(snapshot);
        }
        if self.orbits.believed == 0 {
            return Err(NotMade::NoEphemerides { from: begun, until });
        }
        if self.file.epochs == 0 {
            return Err(NotMade::NeverTold(why_never(last.as_deref(), from)));
        }
        self.finish()
    }

    fn step(&mut self, time: GpsTime) -> Result<Arc<NetworkSnapshot>, NotMade> {
        for ephemeris in self.orbits.until(time)? {
            self.engine.ephemeris(ephemeris);
        }
        let measured = measured_at(&mut self.sources, time)?;
        let snapshot = Arc::new(self.engine.step(time, &measured));
        let is_asked = time.nanos().rem_euclid(self.asked.interval.nanos()) == 0;
        let turn = match (time < self.asked.request.from, is_asked) {
            (true, _) => Turn::RunsIn,
            (false, true) => Turn::Written,
            (false, false) => Turn::Between,
        };
        let before = self.file.epochs;
        let given = Measured { epochs: &measured, setups: &self.setups };
        self.file.step(&mut self.masters, &snapshot, given, turn)?;
        self.note(&snapshot, &measured, turn, self.file.epochs > before);
        Ok(snapshot)
    }

    /// Takes into the report what an epoch tells.
    fn note(
        &mut self,
        snapshot: &NetworkSnapshot,
        measured: &BTreeMap<StationIndex, Arc<ObsEpoch>>,
        turn: Turn,
        is_written: bool,
    ) {
        let report = &mut self.report;
        for index in measured.keys() {
            if let Some(station) = report.stations.get_mut(index.position()) {
                station.epochs += 1;
            }
        }
        if turn != Turn::Written {
            return;
        }
        report.levelled.add(snapshot.resolved.total());
        for (station, view) in report.stations.iter_mut().zip(&snapshot.stations) {
            if let Some(doubt) = &view.doubt {
                station.doubted += 1;
                station.doubt.get_or_insert_with(|| doubt.clone());
            }
        }
        if let Some(zenith) = snapshot.zenith_at(report.place.to_geodetic(GRS80)) {
            report.zenith_sigma.add(zenith.sigma_m);
        }
        if is_written {
            let first = report.bounds.map_or(snapshot.time, |(first, _)| first);
            report.bounds = Some((first, snapshot.time));
        }
    }

    fn finish(mut self) -> Result<Report, NotMade> {
        self.file.finish(self.asked.interval, self.report.begun)?;
        let mut report = self.report;
        for (station, source) in report.stations.iter_mut().zip(&self.sources) {
            station.passed_over = source.passed_over;
        }
        let stations = self.engine.stations();
        let name = |(master, epochs): (&StationIndex, &u64)| {
            Some((stations.get(master.position())?.name.to_string(), *epochs))
        };
        report.masters = self.file.masters.iter().filter_map(name).collect();
        report.epochs = self.file.epochs;
        report.reasons = self.file.reasons.clone();
        report.ionosphere_sigma = self.file.ionosphere_sigma;
        report.ephemerides = self.orbits.believed;
        Ok(report)
    }
}

/// Why no epoch could be told, as far as the last one shows.
fn why_never(last: Option<&NetworkSnapshot>, from: GpsTime) -> String {
    let Some(last) = last.filter(|last| last.time >= from) else {
        return "no station has an epoch in the span".to_owned();
    };
    let (all, levelled) = last.resolved.total();
    let mut reasons: BTreeSet<String> = BTreeSet::new();
    for field in last.satellites.values() {
        reasons.extend(field.withheld.map(|why| why.to_string()));
    }
    let reasons: Vec<String> = reasons.into_iter().collect();
    let why = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
    format!("{levelled} of {all} ambiguities are levelled at its end{why}")
}

fn report(
    ground: &Ground,
    asked: &Asked,
    stations: &[StationConfig],
    path: &Path,
    begun: GpsTime,
) -> Report {
    let request = &asked.request;
    let station = |station: &StationConfig| StationReport {
        name: station.name.to_string(),
        km: distance_km(station, request.place),
        epochs: 0,
        passed_over: 0,
        doubted: 0,
        doubt: None,
    };
    Report {
        asked: asked.clone(),
        network: ground.network_name.clone(),
        frame: ground.frame.clone(),
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        place: request.place,
        begun,
        bounds: None,
        epochs: 0,
        epochs_expected: epochs_within(request.from, request.until, asked.interval),
        stations: stations.iter().map(station).collect(),
        masters: BTreeMap::new(),
        reasons: Reasons::default(),
        ionosphere_sigma: Spread::default(),
        zenith_sigma: Spread::default(),
        levelled: Levelled::default(),
        ephemerides: 0,
    }
}

/// What the header says: from which network, where, and in which frame.
fn title(ground: &Ground, asked: &Asked, stations: &[StationConfig]) -> Title {
    let frame = ground.frame.as_deref().unwrap_or("THAT OF THE STATIONS' COORDINATES");
    let mut comments = vec![
        format!("NETWORK: {}", ground.network_name),
        format!("POSITION: {}", asked.place_words()),
        format!("FRAME: {frame}"),
    ];
    let mut line = "OF STATIONS:".to_owned();
    for station in stations {
        let name = station.name.as_str();
        if line.len() + 1 + name.len() > COMMENT_COLUMNS {
            comments.push(std::mem::take(&mut line));
            line.push(' ');
        }
        line.push(' ');
        line.push_str(name);
    }
    comments.push(line);
    Title { name: asked.id.to_string(), comments, run_by: ground.operator.clone() }
}
