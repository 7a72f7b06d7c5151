//! How fast files for researchers are made: the writers alone, and an hour of 150 stations as the service makes it.
//!
//! `products [STATIONS] [archive]`: with `archive` the hour comes from the embedded archive, from the spool on; it takes 4 GB of disk.
#![expect(clippy::print_stdout, reason = "its figures are its product")]

mod archived;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use tianshu_gnss::coords::{Enu, GRS80, Geodetic};
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::write::WrittenVersion;
use tianshu_rinex::write::compact::{CompactWriter, begin_compact};
use tianshu_rinex::write::header::Origin;
use tianshu_rinex::write::observation::{ObsFile, ObsWriter, signals_of};
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::world::World;
use tianshu_station_monitor::products::kind::{Kind, Span};
use tianshu_station_monitor::products::schedule::{FileKey, Job, Why};
use tianshu_station_monitor::products::source::{
    EphemerisSource, Epochs, Heard, ObservationSource, SourceError,
};
use tianshu_station_monitor::products::station::{
    Agency, AntennaRecord, ReceiverRecord, StationRecord,
};
use tianshu_station_monitor::products::work::{Press, PressSettings, Sources};

use crate::archived::archived_hour;

/// Stations of the hour that is made, where the command line does not say otherwise.
const STATIONS: usize = 150;
/// An hour at 1 Hz.
const SECONDS: i64 = 3_600;

/// One station's hour, which stands for that of every station.
struct Hour {
    epochs: Vec<ObsEpoch>,
}

impl ObservationSource for Hour {
    fn epochs(&self, _station: &StationName, _span: Span) -> Result<Epochs<'_>, SourceError> {
        Ok(Box::new(self.epochs.iter().cloned().map(Ok)))
    }
}

impl EphemerisSource for Hour {
    fn ephemerides(&self, _span: Span) -> Result<Vec<Heard>, SourceError> {
        Ok(Vec::new())
    }
}

fn main() -> anyhow::Result<()> {
    let start = GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400));
    let hour = simulated(start)?;
    let observations: usize = hour.epochs.iter().map(|e| e.observations.len()).sum();
    println!("{} epochs, {observations} observations", hour.epochs.len());
    let folder = std::env::temp_dir().join(format!("tianshu-products-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let stations = std::env::args().nth(1).map_or(Ok(STATIONS), |count| count.parse())?;
    let records: Vec<StationRecord> = (0..stations).map(record).collect();
    if std::env::args().nth(2).as_deref() == Some("archive") {
        let measured = archived_hour(&hour, start, &folder, records);
        std::fs::remove_dir_all(&folder)?;
        return measured;
    }
    let measured =
        writers(&hour, start, &folder).and_then(|()| whole_hour(&hour, start, &folder, records));
    println!("plain file kept for RNXCMP: {}", folder.join("plain.rnx").display());
    measured
}

fn simulated(start: GpsTime) -> anyhow::Result<Hour> {
    let station = NetworkStation {
        name: "STATION".parse()?,
        place: Geodetic::from_degrees(22.8, 108.3, 90.0),
        region: String::new(),
    };
    let network = Network { name: "one".to_owned(), stations: vec![station] };
    let scenario = named("quiet").context("a scenario")?.starting_at(start);
    let mut world = World::new(scenario, &network, 7)?;
    let epochs = (0..SECONDS).filter_map(|second| {
        let epoch = world.epoch(start + Interval::from_seconds(second));
        epoch.stations.into_iter().next()?.observed
    });
    Ok(Hour { epochs: epochs.collect() })
}

fn writers(hour: &Hour, start: GpsTime, folder: &std::path::Path) -> anyhow::Result<()> {
    let file = header(hour, start);
    // Of a processor: other work on the machine does not count.
    let told = |what: &str, begun: f64, bytes: usize| {
        let seconds = cpu_s() - begun;
        let (rate, mb) = (hour.epochs.len() as f64 / seconds, bytes as f64 / 1e6);
        println!(
            "{what}: {seconds:.2} s of CPU, {rate:.0} epochs/s, {mb:.1} MB, {:.0} MB/s",
            mb / seconds
        );
    };
    let begun = cpu_s();
    let mut plain = String::new();
    let mut writer = ObsWriter::begin(&mut plain, &file);
    for epoch in &hour.epochs {
        writer.epoch(&mut plain, epoch);
    }
    told("plain RINEX", begun, plain.len());
    std::fs::write(folder.join("plain.rnx"), &plain)?;

    let begun = cpu_s();
    let mut packed = String::new();
    begin_compact(&mut packed, "tianshu", Utc::from(start));
    let mut writer = ObsWriter::begin(&mut packed, &file);
    let mut compact = CompactWriter::default();
    for epoch in &hour.epochs {
        compact.epoch(&mut packed, writer.rows(epoch));
    }
    told("CRINEX of observations", begun, packed.len());

    let begun = cpu_s();
    let mut repacked = Vec::new();
    let at = Utc::from(start);
    tianshu_rinex::write::repack::repack(&mut plain.as_bytes(), &mut repacked, "tianshu", at)?;
    told("CRINEX of plain text", begun, plain.len());
    anyhow::ensure!(repacked == packed.as_bytes(), "both ways lead to the same bytes");
    Ok(())
}

fn header(hour: &Hour, start: GpsTime) -> ObsFile {
    let record = record(0);
    ObsFile {
        version: WrittenVersion::V305,
        origin: Origin {
            program: "tianshu".to_owned(),
            run_by: String::new(),
            at: Utc::from(start),
        },
        comments: Vec::new(),
        marker_name: "STAT00CHN".to_owned(),
        marker_number: None,
        marker_type: "GEODETIC".to_owned(),
        observer: String::new(),
        agency: String::new(),
        receiver: tianshu_gnss::station::Receiver::default(),
        antenna: tianshu_gnss::station::Antenna::default(),
        position: Some(record.reference_point),
        antenna_delta: Enu { east_m: 0.0, north_m: 0.0, up_m: 0.0 },
        signals: signals_of(&hour.epochs),
        glonass_channels: std::collections::BTreeMap::new(),
        interval: Interval::from_seconds(1),
        first: start,
        last: None,
        glonass_biases_m: Vec::new(),
    }
}

fn whole_hour<S: ObservationSource + EphemerisSource>(
    source: &S,
    start: GpsTime,
    folder: &std::path::Path,
    records: Vec<StationRecord>,
) -> anyhow::Result<()> {
    let stations = records.len();
    let jobs: Vec<Job> = records
        .iter()
        .map(|record| Job {
            file: FileKey {
                kind: Kind::HourlyObservations,
                start,
                station: Some(record.station.clone()),
            },
            why: Why::Due,
        })
        .collect();
    let root: PathBuf = folder.join("archive");
    let settings = PressSettings {
        navigation_id: "BRDC00CHN".parse()?,
        run_by: String::new(),
        version: WrittenVersion::V305,
        software: "tianshu".to_owned(),
        threads: std::thread::available_parallelism()?.get(),
    };
    let threads = settings.threads;
    let press = Press::new(root, records, settings);
    let (begun, cpu) = (Instant::now(), cpu_s());
    let sources = Sources { observations: source, ephemerides: source };
    let ended = press.make(&jobs, sources, Utc::from(start));
    let bytes: u64 = ended.iter().filter_map(|e| e.result.as_ref().ok()).map(|w| w.size).sum();
    anyhow::ensure!(ended.iter().all(|e| e.result.is_ok()), "every file was made");
    let (seconds, cpu) = (begun.elapsed().as_secs_f64(), cpu_s() - cpu);
    println!(
        "{stations} hourly files by {threads} threads: {seconds:.1} s, {cpu:.1} s of CPU, {:.2} s of CPU each, {:.0} MB on disk",
        cpu / stations as f64,
        bytes as f64 / 1e6
    );
    Ok(())
}

/// Seconds of CPU of this process so far, to a hundredth; zero where the kernel does not tell.
fn cpu_s() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = told.rsplit(')').next().unwrap_or_default();
    let field = |i: usize| after_name.split_whitespace().nth(i).and_then(|f| f.parse::<f64>().ok());
    // utime and stime, in clock ticks of a hundredth of a second (proc(5), fields 14 and 15).
    (field(11).unwrap_or(0.0) + field(12).unwrap_or(0.0)) / 100.0
}

fn record(i: usize) -> StationRecord {
    let installed = GpsTime::from_nanos(0);
    StationRecord {
        station: format!("S{i}").parse().expect("a name"),
        id: format!("S{i:03}00CHN").parse().expect("an identifier"),
        domes: None,
        site_name: String::new(),
        city: String::new(),
        province: String::new(),
        plate: String::new(),
        monument: String::new(),
        reference_point: Geodetic::from_degrees(22.8, 108.3, 90.0).to_ecef(GRS80),
        installed: None,
        receivers: vec![ReceiverRecord {
            receiver: tianshu_gnss::station::Receiver::default(),
            systems: String::new(),
            cutoff_deg: 0.0,
            installed,
        }],
        antennas: vec![AntennaRecord {
            antenna: tianshu_gnss::station::Antenna::default(),
            reference_point: String::new(),
            delta: Enu { east_m: 0.0, north_m: 0.0, up_m: 0.0 },
            alignment_deg: 0.0,
            installed,
        }],
        agency: Agency::default(),
    }
}
