//! The ephemerides of all stations in one file: each once, and of two that contradict the one that more stations told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::kepler::GalileoMessage;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_rinex::write::WrittenVersion;
use tianshu_rinex::write::header::Origin;
use tianshu_rinex::write::navigation::{NavFile, begin_navigation, write_ephemeris};

use crate::products::json::Json;
use crate::products::source::Heard;

/// The effort of packing.
const GZIP_LEVEL: u32 = 6;

/// What was merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// The ephemerides and when each was first heard, by system, satellite and reference time.
    pub ephemerides: Vec<(Ephemeris, GpsTime)>,
    /// How many of them were told differently by a minority of stations.
    pub disputed: u64,
    /// How many stations told any.
    pub stations: u64,
}

/// Which ephemeris it is: satellite, reference time, message and issue.
type Key = (Satellite, GpsTime, u8, u32);

struct Variant<'a> {
    ephemeris: &'a Ephemeris,
    first: GpsTime,
    stations: BTreeSet<&'a StationName>,
}

/// Merges what the stations heard.
pub fn merged(heard: &[Heard]) -> Merged {
    let mut all: BTreeMap<Key, Vec<Variant<'_>>> = BTreeMap::new();
    let mut stations = BTreeSet::new();
    for told in heard {
        stations.insert(&told.station);
        let variants = all.entry(key(&told.ephemeris)).or_default();
        match variants.iter_mut().find(|variant| *variant.ephemeris == told.ephemeris) {
            Some(variant) => {
                variant.stations.insert(&told.station);
                variant.first = variant.first.min(told.at);
            }
            None => variants.push(Variant {
                ephemeris: &told.ephemeris,
                first: told.at,
                stations: BTreeSet::from([&told.station]),
            }),
        }
    }
    let mut merged = Merged { stations: stations.len() as u64, ..Merged::default() };
    for variants in all.values() {
        merged.disputed += u64::from(variants.len() > 1);
        // Of as many stations, what was heard first.
        let best = variants.iter().min_by_key(|v| (std::cmp::Reverse(v.stations.len()), v.first));
        merged.ephemerides.extend(best.map(|best| (best.ephemeris.clone(), best.first)));
    }
    merged
}

fn key(ephemeris: &Ephemeris) -> Key {
    let (message, issue) = match ephemeris {
        Ephemeris::Gps(e) | Ephemeris::Qzss(e) => (0, u32::from(e.iodc)),
        Ephemeris::Galileo(e) => {
            (u8::from(e.message == GalileoMessage::FNav), u32::from(e.iod_nav))
        }
        Ephemeris::BeiDou(e) => (0, u32::from(e.aode)),
        Ephemeris::Glonass(_) => (0, 0),
        Ephemeris::Navic(e) => (0, u32::from(e.iodec)),
    };
    (ephemeris.satellite(), ephemeris.reference_time(), message, issue)
}

/// Who writes a navigation file, and how.
#[derive(Clone, Copy, Debug)]
pub struct NavigationOrder<'a> {
    /// In which version.
    pub version: WrittenVersion,
    /// By which program.
    pub software: &'a str,
    /// For whom.
    pub run_by: &'a str,
    /// When.
    pub made: Utc,
    /// The beginning of its span.
    pub start: GpsTime,
}

/// Writes a file, with gzip.
pub fn write_navigation(
    to: impl Write,
    order: &NavigationOrder<'_>,
    merged: &Merged,
) -> io::Result<()> {
    let mut text = String::new();
    let origin = Origin {
        program: order.software.to_owned(),
        run_by: order.run_by.to_owned(),
        at: order.made,
    };
    let file = NavFile { version: order.version, origin, first: order.start, klobuchar: None };
    begin_navigation(&mut text, &file);
    for (ephemeris, first) in &merged.ephemerides {
        write_ephemeris(&mut text, order.version, ephemeris, Some(*first));
    }
    let mut packed = GzBuilder::new().mtime(0).write(to, Compression::new(GZIP_LEVEL));
    packed.write_all(text.as_bytes())?;
    packed.finish()?.flush()
}

impl Merged {
    /// The summary that stands beside the file.
    pub fn to_json(&self, file: &str) -> Json {
        let mut systems: BTreeMap<char, (u64, BTreeSet<Satellite>)> = BTreeMap::new();
        for (ephemeris, _) in &self.ephemerides {
            let satellite = ephemeris.satellite();
            let row = systems.entry(satellite.constellation().letter()).or_default();
            row.0 += 1;
            row.1.insert(satellite);
        }
        let systems = systems.into_iter().map(|(letter, (records, satellites))| {
            let counts = Json::object([
                ("records", Json::count(records)),
                ("satellites", Json::count(satellites.len() as u64)),
            ]);
            (letter.to_string(), counts)
        });
        Json::object([
            ("file", Json::text(file)),
            ("records", Json::count(self.ephemerides.len() as u64)),
            ("disputed", Json::count(self.disputed)),
            ("stations", Json::count(self.stations)),
            ("systems", Json::Object(systems.collect())),
        ])
    }
}
