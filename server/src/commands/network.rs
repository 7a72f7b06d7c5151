//! `tianshu network`: a network solved from its stations' RINEX files, epoch by epoch, with virtual stations and a report.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use tianshu_gnss::antenna::AntennaCalibration;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::network::engine::{Engine, StationConfig};
use tianshu_positioning::network::preprocess::StationSetup;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_positioning::vrs::masters::Masters;

use crate::cli::network::NetworkOptions;
use crate::network::antennas::{Antennas, Match, NULL_ANTENNA};
use crate::network::coordinates::Coordinates;
use crate::network::excluded::ExcludedFile;
use crate::network::heard::Heard;
use crate::network::progress::{Progress, say};
use crate::network::report::{ExcludedReport, Report, StationReport, VirtualReport};
use crate::network::source::{Grid, Source, measured_at};
use crate::network::stations::{Excluded, Station, excluded, grouped};
use crate::network::virtual_file::{Measured, Title, Turn, VirtualFile};
use crate::network::{files, places, summary, systems};

/// With fewer stations no satellite would be told to rovers.
const STATIONS_MIN: usize = 3;

/// Solves what the options name.
pub(crate) fn run(options: &NetworkOptions) -> anyhow::Result<()> {
    let systems = systems::of_letters(&options.systems)?;
    let asked = options.interval.map(interval_of).transpose()?;
    let wanted =
        options.places.0.iter().map(places::place).collect::<anyhow::Result<Vec<Ecef>>>()?;
    let told = options.stations.as_deref().map(Coordinates::from_file).transpose()?;
    let mut stations = grouped(files::of_folder(&options.obs)?)?;
    let left_out = excluded(&mut stations, &options.exclude)?;
    ensure!(
        stations.len() >= STATIONS_MIN,
        "{} has {} stations{}: a network needs {STATIONS_MIN}",
        options.obs.display(),
        stations.len(),
        if left_out.is_empty() { "" } else { " besides those that are left out" }
    );
    remark_on_unused(told.as_ref(), &stations, &left_out);
    let antennas = Calibrations::read(options.antex.as_deref(), &stations, &left_out)?;
    let heard = Heard::from_files(options.nav.iter().map(AsRef::as_ref), &systems)?;
    std::fs::create_dir_all(&options.out)
        .with_context(|| format!("cannot make the folder {}", options.out.display()))?;
    let grid = Grid {
        interval: asked
            .or_else(|| shortest(&stations))
            .context("the files have one epoch each: give the interval by --interval SECONDS")?,
    };
    let input = Input { options, systems, grid, told, antennas, bytes: Rc::default() };
    let mut batch = Batch::begin(&input, &stations, &left_out, &wanted)?;
    let all_bytes = stations.iter().chain(left_out.iter().map(|e| &e.station));
    let all_bytes = all_bytes.flat_map(|s| &s.files).map(|file| file.bytes).sum();
    batch.run(heard, &input.bytes, all_bytes)?;
    let report = batch.finish(&stations)?;
    let path = options.out.join("report.json");
    // Over several lines, since people read it too.
    let text = format!("{:#}\n", crate::json::network::report(&report));
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    summary::print(&report, &path)
}

/// What everything is made from.
struct Input<'a> {
    options: &'a NetworkOptions,
    systems: BTreeSet<Constellation>,
    grid: Grid,
    told: Option<Coordinates>,
    antennas: Calibrations,
    bytes: Rc<Cell<u64>>,
}

fn interval_of(seconds: f64) -> anyhow::Result<Interval> {
    ensure!(
        (0.05..=3_600.0).contains(&seconds),
        "--interval {seconds} is not between 0.05 and 3600 seconds"
    );
    Ok(Interval::from_seconds_f64(seconds))
}

/// The shortest step of the files, to a hundredth of a second: tags are milliseconds off where clocks are not steered.
fn shortest(stations: &[Station]) -> Option<Interval> {
    let steps = stations.iter().flat_map(|s| &s.files).filter_map(|file| file.step);
    let hundredth = Interval::from_millis(10);
    let rounded = (GpsTime::from_nanos(0) + steps.min()?).rounded_to(hundredth);
    Some((rounded - GpsTime::from_nanos(0)).max(Interval::from_millis(50)))
}

fn remark_on_unused(told: Option<&Coordinates>, stations: &[Station], left_out: &[Excluded]) {
    let Some(told) = told else { return };
    let called = stations.iter().map(|s| &s.called);
    let called = called.chain(left_out.iter().map(|e| &e.station.called));
    let unused: Vec<&str> = told.unused(called).collect();
    if !unused.is_empty() {
        say(&format!(
            "--stations tells of {} that have no file: {}",
            unused.len(),
            unused.join(", ")
        ));
    }
    let untold = |s: &&Station| told.of(&s.called).is_none();
    let untold: Vec<&str> =
        stations.iter().filter(untold).map(|station| station.name.as_str()).collect();
    if !untold.is_empty() {
        say(&format!("--stations does not tell of {}: their headers do", untold.join(", ")));
    }
}

/// The calibrations of all stations' antennas, by the stations' names.
struct Calibrations(BTreeMap<String, Arc<AntennaCalibration>>);

impl Calibrations {
    fn read(
        path: Option<&Path>,
        stations: &[Station],
        left_out: &[Excluded],
    ) -> anyhow::Result<Self> {
        let mut found = BTreeMap::new();
        let Some(path) = path else { return Ok(Self(found)) };
        let all = || stations.iter().chain(left_out.iter().map(|e| &e.station));
        let antenna = |s: &Station| s.header().map(|h| h.antenna.clone()).unwrap_or_default();
        let wanted: Vec<_> = all().map(antenna).collect();
        let antennas = Antennas::from_file(path, &wanted)?;
        for (station, antenna) in all().zip(&wanted) {
            let (name, descriptor) = (&station.name, &antenna.descriptor);
            match antennas.of(antenna) {
                Match::Exact(calibration) => {
                    found.insert(name.to_string(), calibration);
                }
                Match::WithoutRadome(calibration) => {
                    say(&format!(
                        "{name}: no calibration of {descriptor:?}: that without a radome is used"
                    ));
                    found.insert(name.to_string(), calibration);
                }
                Match::None if descriptor.starts_with(NULL_ANTENNA) => {}
                Match::None => {
                    say(&format!(
                        "{name}: no calibration of {descriptor:?}: its phase centre is taken for its reference point"
                    ));
                }
            }
        }
        Ok(Self(found))
    }

    fn of(&self, station: &Station) -> Option<Arc<AntennaCalibration>> {
        self.0.get(station.name.as_str()).cloned()
    }
}

/// A run: everything that is stepped from epoch to epoch.
struct Batch {
    engine: Engine,
    setups: Vec<StationSetup>,
    sources: Vec<Source>,
    virtual_files: Vec<VirtualFile>,
    excluded: Vec<ExcludedFile>,
    report: Report,
}

impl Batch {
    fn begin(
        input: &Input<'_>,
        stations: &[Station],
        left_out: &[Excluded],
        wanted: &[Ecef],
    ) -> anyhow::Result<Self> {
        let mut configs = Vec::new();
        for station in stations {
            let place = station.place(input.told.as_ref())?;
            let antenna = input.antennas.of(station);
            configs.push(StationConfig { name: station.name.clone(), place, antenna });
        }
        let reports = stations.iter().zip(&configs).map(|(s, c)| station_report(s, c)).collect();
        let setups = configs.iter().map(StationConfig::setup).collect();
        let source =
            |s: &Station| Source::of_files(&s.files, input.grid, &input.systems, &input.bytes);
        let sources = stations.iter().map(source).collect::<anyhow::Result<_>>()?;
        let out = &input.options.out;
        let mut excluded = Vec::new();
        for Excluded { called, station } in left_out {
            let place = station.place(input.told.as_ref())?;
            let (antenna, source) = (input.antennas.of(station), source(station)?);
            excluded.push(ExcludedFile::begin(out, called.clone(), place, antenna, source)?);
        }
        let virtual_files = (1..).zip(wanted).map(|(n, place)| {
            let name = format!("VRS_{n}");
            VirtualFile::begin(out.join(format!("{name}.rnx")), Title::of(name), *place)
        });
        let mut engine = Engine::new(configs)?;
        for (index, station) in StationIndex::all().zip(stations) {
            engine.set_glonass_biases(index, station.glonass_biases(input.options.glonass));
        }
        let letters = input.systems.iter().map(|system| system.letter()).collect();
        Ok(Self {
            engine,
            setups,
            sources,
            virtual_files: virtual_files.collect::<anyhow::Result<_>>()?,
            excluded,
            report: Report::begin(input.grid.interval, letters, reports),
        })
    }

    /// Takes the network through the union of its stations' epochs.
    fn run(&mut self, mut heard: Heard, done: &Cell<u64>, all: u64) -> anyhow::Result<()> {
        let mut progress = Progress::begin();
        let mut most = 0;
        let mut is_first = true;
        let mut masters = Masters::new();
        while let Some(time) = self.sources.iter().filter_map(Source::time).min() {
            let ephemerides = if is_first { heard.at_start(time)? } else { heard.until(time) };
            is_first = false;
            for ephemeris in ephemerides {
                self.engine.ephemeris(ephemeris);
            }
            let measured = self.measured(time)?;
            most = most.max(measured.len());
            let begun = Instant::now();
            let snapshot = Arc::new(self.engine.step(time, &measured));
            self.report.add(&snapshot, begun.elapsed().as_secs_f64() * 1e3);
            let measured = Measured { epochs: &measured, setups: &self.setups };
            for file in &mut self.virtual_files {
                file.step(&mut masters, &snapshot, measured, Turn::Written)?;
            }
            for file in &mut self.excluded {
                file.step(&mut masters, &snapshot, measured)?;
            }
            progress.tell(done.get(), all, || state(&snapshot));
        }
        progress.end();
        if most < 2 {
            bail!(
                "no two stations have an epoch in common at an interval of {} s: are the files of the same time? --interval SECONDS sets another",
                self.report.interval.seconds()
            );
        }
        Ok(())
    }

    fn measured(&mut self, time: GpsTime) -> anyhow::Result<BTreeMap<StationIndex, Arc<ObsEpoch>>> {
        let measured = measured_at(&mut self.sources, time)?;
        for index in measured.keys() {
            if let Some(report) = self.report.stations.get_mut(index.position()) {
                report.epochs += 1;
            }
        }
        Ok(measured)
    }

    fn finish(mut self, stations: &[Station]) -> anyhow::Result<Report> {
        let begun = self.report.first.unwrap_or(GpsTime::from_nanos(0));
        for (report, source) in self.report.stations.iter_mut().zip(&self.sources) {
            report.passed_over = source.passed_over;
            if report.epochs == 0 {
                say(&format!("{}: none of its epochs is on the grid of the others", report.name));
            }
        }
        for file in &mut self.virtual_files {
            file.finish(self.report.interval, begun)?;
            let name = |(master, epochs): (&StationIndex, &u64)| {
                Some((stations.get(master.position())?.name.to_string(), *epochs))
            };
            self.report.virtual_stations.push(VirtualReport {
                name: file.name.clone(),
                place: file.place,
                epochs: file.epochs,
                masters: file.masters.iter().filter_map(name).collect(),
                reasons: file.reasons.clone(),
            });
        }
        for file in &mut self.excluded {
            file.finish()?;
            self.report.excluded.push(ExcludedReport {
                name: file.name.clone(),
                place: file.place,
                agreement: file.agreement.clone(),
            });
        }
        Ok(self.report)
    }
}

fn station_report(station: &Station, config: &StationConfig) -> StationReport {
    StationReport {
        name: station.name.to_string(),
        files: station.files.iter().map(|file| files::name_of(&file.path)).collect(),
        place: config.place,
        calibration: config.antenna.as_ref().map(|antenna| antenna.name.clone()),
        epochs: 0,
        passed_over: 0,
        leave_one_out: crate::network::excluded::Rms::default(),
        geometry: crate::network::excluded::Rms::default(),
        noise: [1.0; 2],
        doubts: Vec::new(),
        doubted_epochs: 0,
    }
}

/// How it is going, in a few words.
fn state(snapshot: &NetworkSnapshot) -> String {
    let (all, levelled) = snapshot.resolved.total();
    let share = 100.0 * levelled as f64 / all.max(1) as f64;
    format!("{}  {share:.1} % of {all} ambiguities levelled", snapshot.time)
}
