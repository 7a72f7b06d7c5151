//! What a stream tells of its station, against what is known of it.

use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::station::{Antenna, Receiver, ReferencePoint, StationName};
use tianshu_gnss::time::gps::Interval;

/// What is known of a station beforehand.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteLog {
    /// Its name.
    pub station: StationName,
    /// Its antenna reference point.
    pub place: Option<Ecef>,
    /// How far off the place that the stream tells may be, m.
    pub place_apart_max_m: f64,
    /// Height of the reference point above the marker, m.
    pub antenna_height_m: Option<f64>,
    /// Antenna and radome by their IGS names.
    pub antenna: Option<String>,
    /// Serial number of the antenna.
    pub antenna_serial: Option<String>,
    /// Receiver by its IGS name.
    pub receiver: Option<String>,
    /// Between epochs; without it, it is learnt.
    pub interval: Option<Interval>,
    /// Without epochs for so long it is dead; without it, that follows from the interval.
    pub dead_after: Option<Duration>,
}

/// How far off a told place may be where nothing else is said, m: what a network cannot tell from noise, and no survey is off by.
pub const PLACE_APART_MAX_M: f64 = 0.02;
/// How far off a told antenna height may be, m: the step of message 1006 is 0.1 mm, and heights are read off a rule.
const HEIGHT_APART_MAX_M: f64 = 0.001_5;

/// What the stream has told of itself so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// By 1005 or 1006.
    pub point: Option<ReferencePoint>,
    /// By 1007, 1008 or 1033.
    pub antenna: Option<Arc<Antenna>>,
    /// By 1033.
    pub receiver: Option<Arc<Receiver>>,
}

/// Where stream and log differ.
#[derive(Clone, Debug, PartialEq)]
pub enum Mismatch {
    /// The stream tells a place so far from the configured one.
    Place {
        /// How far, m.
        apart_m: f64,
    },
    /// The stream tells another height of the antenna.
    AntennaHeight {
        /// Told, m.
        told_m: f64,
        /// Known, m.
        known_m: f64,
    },
    /// The stream names other equipment.
    Name {
        /// What of it.
        part: Part,
        /// Told.
        told: String,
        /// Known.
        known: String,
    },
}

/// Parts of a station that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Antenna and radome.
    Antenna,
    /// The antenna's serial number.
    AntennaSerial,
    /// The receiver.
    Receiver,
}

impl SiteLog {
    /// A log that knows the name alone.
    pub fn of(station: StationName) -> Self {
        Self {
            station,
            place: None,
            place_apart_max_m: PLACE_APART_MAX_M,
            antenna_height_m: None,
            antenna: None,
            antenna_serial: None,
            receiver: None,
            interval: None,
            dead_after: None,
        }
    }

    /// Where a stream differs from it. What either does not say is no difference.
    pub fn differences(&self, told: &Told) -> Vec<Mismatch> {
        let mut all = Vec::new();
        if let Some((known, point)) = self.place.zip(told.point) {
            let apart_m = (point.place - known).norm_m();
            // Not a number, or beyond any: a place all the same that is not this one.
            if !apart_m.is_finite() || apart_m > self.place_apart_max_m {
                all.push(Mismatch::Place { apart_m });
            }
        }
        let told_m = told.point.and_then(|point| point.antenna_height_m);
        if let Some((known_m, told_m)) = self.antenna_height_m.zip(told_m)
            && (told_m - known_m).abs() > HEIGHT_APART_MAX_M
        {
            all.push(Mismatch::AntennaHeight { told_m, known_m });
        }
        let antenna = told.antenna.as_deref();
        let serial = antenna.and_then(|a| a.serial.as_deref());
        let receiver = told.receiver.as_deref().map(|r| r.descriptor.as_str());
        let descriptor = antenna.map(|a| a.descriptor.as_str());
        all.extend(renamed(Part::Antenna, self.antenna.as_deref(), descriptor));
        all.extend(renamed(Part::AntennaSerial, self.antenna_serial.as_deref(), serial));
        all.extend(renamed(Part::Receiver, self.receiver.as_deref(), receiver));
        all
    }
}

fn renamed(part: Part, known: Option<&str>, told: Option<&str>) -> Option<Mismatch> {
    let (known, told) = (known?, told.filter(|told| !told.trim().is_empty())?);
    let is_antenna = part == Part::Antenna;
    (words(known, is_antenna) != words(told, is_antenna)).then(|| Mismatch::Name {
        part,
        told: told.to_owned(),
        known: known.to_owned(),
    })
}

/// Names are compared word by word, whatever blanks are between; an antenna without a radome has the radome NONE (rcvr_ant.tab).
fn words(name: &str, is_antenna: bool) -> Vec<&str> {
    let mut words: Vec<&str> = name.split_whitespace().collect();
    if is_antenna && words.len() == 1 {
        words.push("NONE");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> SiteLog {
        SiteLog {
            place: Some(Ecef::new(-2_000_000.0, 5_500_000.0, 2_400_000.0)),
            antenna_height_m: Some(0.12),
            antenna: Some("TRM59800.00 SCIS".to_owned()),
            receiver: Some("TRIMBLE ALLOY".to_owned()),
            ..SiteLog::of("A".parse().unwrap())
        }
    }

    fn told(north_m: f64, antenna: &str) -> Told {
        let place = Ecef::new(-2_000_000.0, 5_500_000.0, 2_400_000.0 + north_m);
        let point = ReferencePoint { place, antenna_height_m: Some(0.12), itrf_year: 0 };
        let antenna = Antenna { descriptor: antenna.to_owned(), ..Antenna::default() };
        Told { point: Some(point), antenna: Some(Arc::new(antenna)), receiver: None }
    }

    #[test]
    fn a_stream_that_agrees_is_no_news() {
        assert!(log().differences(&Told::default()).is_empty());
        assert!(log().differences(&told(0.01, "TRM59800.00     SCIS")).is_empty());
        assert!(log().differences(&told(0.0, " ")).is_empty());
    }

    #[test]
    fn differences_are_told_one_by_one() {
        let mut told = told(0.05, "TRM59800.00");
        told.point.as_mut().unwrap().antenna_height_m = Some(0.0);
        told.receiver =
            Some(Arc::new(Receiver { descriptor: "LEICA GR50".to_owned(), ..Receiver::default() }));
        let all = log().differences(&told);
        assert!(matches!(all[0], Mismatch::Place { apart_m } if (apart_m - 0.05).abs() < 1e-6));
        assert!(matches!(all[1], Mismatch::AntennaHeight { told_m: 0.0, .. }));
        assert!(matches!(all[2], Mismatch::Name { part: Part::Antenna, .. }));
        assert!(matches!(all[3], Mismatch::Name { part: Part::Receiver, .. }));
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn a_place_that_is_no_number_differs() {
        assert_eq!(log().differences(&told(f64::NAN, "")).len(), 1);
    }
}
