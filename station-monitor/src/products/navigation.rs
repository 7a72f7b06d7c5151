//! The ephemerides of all stations in one file: each once, and of two that contradict the one that more stations told.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

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
use crate::products::packing::{Packed, Packing};
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
    /// How it is packed.
    pub packing: Packing,
    /// By which program.
    pub software: &'a str,
    /// For whom.
    pub run_by: &'a str,
    /// When.
    pub made: Utc,
    /// The beginning of its span.
    pub start: GpsTime,
}

/// Writes a file.
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
    let mut packed = Packed::begin(to, order.packing, GZIP_LEVEL);
    packed.write(&text)?;
    packed.finish()
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

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use tianshu_gnss::constellation::Constellation;
    use tianshu_gnss::ephemeris::glonass::GlonassEphemeris;
    use tianshu_gnss::time::gps::Interval;
    use tianshu_rinex::navigation::reader::NavReader;

    use super::*;

    fn start() -> GpsTime {
        // 15 minutes of UTC.
        GpsTime::from_week(2410, Interval::from_seconds(18))
    }

    fn heard(station: &str, number: u8, tau_n_s: f64, after_s: i64) -> Heard {
        let ephemeris = GlonassEphemeris {
            satellite: Satellite::new(Constellation::Glonass, number).expect("a satellite"),
            channel: 1,
            reference_time: start(),
            frame_time: None,
            position_m: [1e7, 2e7, -3e6],
            velocity_m_s: [1.0, 2.0, 3.0],
            acceleration_m_s2: [0.0; 3],
            tau_n_s,
            gamma_n: 0.0,
            delta_tau_n_s: None,
            age_days: 0,
            health_bn: 0,
            ft: None,
            frame: None,
        };
        Heard {
            ephemeris: Ephemeris::Glonass(ephemeris),
            station: station.parse().expect("a name"),
            at: start() + Interval::from_seconds(after_s),
        }
    }

    #[test]
    fn each_ephemeris_stands_once_and_the_majority_is_believed() {
        let all = [
            heard("LIAR", 3, 9e-5, 1),
            heard("A", 3, 1e-5, 5),
            heard("B", 3, 1e-5, 3),
            heard("A", 3, 1e-5, 35),
            heard("LIAR", 3, 9e-5, 31),
            heard("LIAR", 3, 9e-5, 61),
            heard("B", 2, 2e-5, 4),
        ];
        let merged = merged(&all);
        let told: Vec<_> = merged
            .ephemerides
            .iter()
            .map(|(e, first)| (e.satellite().number(), (*first - start()).seconds()))
            .collect();
        assert_eq!(told, [(2, 4.0), (3, 3.0)]);
        let Ephemeris::Glonass(third) = &merged.ephemerides[1].0 else { panic!("GLONASS") };
        assert!((third.tau_n_s - 1e-5).abs() < 1e-12);
        assert_eq!((merged.disputed, merged.stations), (1, 3));
        let json = merged.to_json("x");
        assert_eq!(json.get("records").and_then(Json::as_count), Some(2));
    }

    #[test]
    fn a_file_is_read_as_it_was_merged() {
        let merged = merged(&[heard("A", 3, 1e-5, 5), heard("A", 4, 1e-5, 5)]);
        for version in [WrittenVersion::V305, WrittenVersion::V402] {
            let order = NavigationOrder {
                version,
                packing: Packing::PUBLISHED,
                software: "test",
                run_by: "",
                made: Utc::from(start()),
                start: start(),
            };
            let mut bytes = Vec::new();
            write_navigation(&mut bytes, &order, &merged).expect("written");
            let mut text = Vec::new();
            GzDecoder::new(&bytes[..]).read_to_end(&mut text).expect("gzip");
            let read: Vec<_> = NavReader::new(&text).expect("a file").collect();
            assert!(read.iter().eq(merged.ephemerides.iter().map(|(e, _)| e)));
        }
    }
}
