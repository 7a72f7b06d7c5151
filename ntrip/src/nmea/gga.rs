//! The GGA sentence: where a rover says it is, read from any talker and written for casters upstream.

use std::fmt;
use std::time::Duration;

use tianshu_gnss::coords::Geodetic;

use crate::findings::Finding;
use crate::nmea::{LINE_BYTES_MAX, checksum};

/// Seconds in a day, and one more for a leap second.
const SECONDS_OF_DAY_MAX: u64 = 86_401;

/// The content of a GGA sentence (NMEA 0183, sentence "GGA"; the fields in its order).
#[derive(Clone, Debug, PartialEq)]
pub struct Gga {
    /// Who speaks: `GP`, `GN`, `GB`, … (docs/ntrip-in-the-field.md, note 29).
    pub talker: [char; 2],
    /// UTC since midnight.
    pub utc_of_day: Option<Duration>,
    /// Latitude and longitude. Absent without a fix, whatever the fields say.
    pub place: Option<Place>,
    /// The fix quality as sent: 0 none, 1 single, 2 differential, 4 fixed, 5 float, 6 dead reckoning, 7 manual, 8 simulated.
    pub quality: u8,
    /// Satellites in use.
    pub satellites: Option<u8>,
    /// Horizontal dilution of precision.
    pub hdop: Option<f64>,
    /// Height above the geoid, metres.
    pub altitude_m: Option<f64>,
    /// Height of the geoid above the ellipsoid, metres.
    pub separation_m: Option<f64>,
    /// Age of the corrections in use, seconds.
    pub correction_age_s: Option<f64>,
    /// The reference station in use, 0 to 4095.
    pub station_id: Option<u16>,
}

/// Latitude and longitude of a GGA, in the frame of the corrections that the rover uses (or WGS 84 without).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Degrees, north positive, -90 to 90.
    pub latitude_deg: f64,
    /// Degrees, east positive, -180 to 180.
    pub longitude_deg: f64,
}

/// Why a sentence is not used as a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GgaFault {
    /// No `*hh` at the end.
    #[error("the GGA sentence has no checksum")]
    NoChecksum,
    /// The checksum is another one.
    #[error("the GGA sentence says checksum {said:02X}, its bytes give {counted:02X}")]
    BadChecksum {
        /// What the sentence says.
        said: u8,
        /// What its characters give.
        counted: u8,
    },
    /// Not a GGA, or a field that is not what it should be.
    #[error("the GGA sentence has an unreadable {0}")]
    Unreadable(&'static str),
}

impl GgaFault {
    /// The kind under which this is counted.
    pub fn finding(self) -> Finding {
        match self {
            Self::NoChecksum => Finding::GgaWithoutChecksum,
            Self::BadChecksum { .. } => Finding::GgaBadChecksum,
            Self::Unreadable(_) => Finding::GgaUnreadable,
        }
    }
}

impl Gga {
    /// What a caster upstream is told about a place: a single-point fix with usual figures, which casters check
    /// for plausibility. The height is given as altitude over a geoid separation of zero.
    pub fn at(position: Geodetic, utc_of_day: Option<Duration>) -> Self {
        Self {
            talker: ['G', 'P'],
            utc_of_day,
            place: Some(Place {
                latitude_deg: position.latitude_deg(),
                longitude_deg: position.longitude_deg(),
            }),
            quality: 1,
            satellites: Some(12),
            hdop: Some(1.0),
            altitude_m: Some(position.height_m),
            separation_m: Some(0.0),
            correction_age_s: None,
            station_id: None,
        }
    }

    /// The position, if there is a fix. Its height is altitude plus geoid separation; either counts as zero when
    /// the sentence leaves it out, because choosing a station or placing a virtual one needs the place alone.
    pub fn position(&self) -> Option<Geodetic> {
        let height_m = self.altitude_m.unwrap_or(0.0) + self.separation_m.unwrap_or(0.0);
        self.place.map(|at| Geodetic::from_degrees(at.latitude_deg, at.longitude_deg, height_m))
    }

    /// Reads one sentence, with or without its line end.
    pub fn parse(sentence: &str) -> Result<Self, GgaFault> {
        let text = sentence.trim();
        let body = text.strip_prefix('$').ok_or(GgaFault::Unreadable("beginning"))?;
        if text.len() > LINE_BYTES_MAX || !text.is_ascii() {
            return Err(GgaFault::Unreadable("line"));
        }
        let (body, said) = body.rsplit_once('*').ok_or(GgaFault::NoChecksum)?;
        let hexadecimal = said.len() == 2 && said.bytes().all(|b| b.is_ascii_hexdigit());
        let said = hexadecimal.then(|| u8::from_str_radix(said, 16).ok()).flatten();
        let said = said.ok_or(GgaFault::Unreadable("checksum"))?;
        let counted = checksum(body);
        if said != counted {
            return Err(GgaFault::BadChecksum { said, counted });
        }
        read_fields(body).map_err(GgaFault::Unreadable)
    }
}

/// The sentence with its checksum, without a line end. Minutes have five decimals (2 cm), heights three.
impl fmt::Display for Gga {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.talker;
        let (latitude, longitude) = match self.place {
            Some(at) => {
                (angle(at.latitude_deg, 2, ["N", "S"]), angle(at.longitude_deg, 3, ["E", "W"]))
            }
            None => (",".to_owned(), ",".to_owned()),
        };
        let body = format!(
            "{first}{second}GGA,{},{latitude},{longitude},{},{},{},{},M,{},M,{},{}",
            self.utc_of_day.map(clock).unwrap_or_default(),
            self.quality,
            self.satellites.map(|n| format!("{n:02}")).unwrap_or_default(),
            decimals(self.hdop, 1),
            decimals(self.altitude_m, 3),
            decimals(self.separation_m, 3),
            decimals(self.correction_age_s, 1),
            self.station_id.map(|id| format!("{id:04}")).unwrap_or_default(),
        );
        write!(f, "${body}*{:02X}", checksum(&body))
    }
}

fn read_fields(body: &str) -> Result<Gga, &'static str> {
    let mut fields = body.split(',');
    let mut next = || fields.next().unwrap_or_default().trim();
    let (talker, kind) = next().split_at_checked(2).ok_or("name")?;
    let mut letters = talker.chars();
    let (Some(first), Some(second), "GGA") = (letters.next(), letters.next(), kind) else {
        return Err("name");
    };
    let utc_of_day = optional(next(), read_clock).map_err(|()| "time")?;
    let latitude = optional(next(), |text| read_angle(text, 90.0)).map_err(|()| "latitude")?;
    let north = optional(next(), |text| read_sign(text, "N", "S")).map_err(|()| "latitude")?;
    let longitude = optional(next(), |text| read_angle(text, 180.0)).map_err(|()| "longitude")?;
    let east = optional(next(), |text| read_sign(text, "E", "W")).map_err(|()| "longitude")?;
    let quality = optional(next(), |text| text.parse::<u8>().ok()).map_err(|()| "quality")?;
    let quality = quality.unwrap_or(0);
    let place = match (latitude, north, longitude, east) {
        (Some(lat), Some(north), Some(lon), Some(east)) if quality != 0 => {
            Some(Place { latitude_deg: lat * north, longitude_deg: lon * east })
        }
        _ => None,
    };
    let satellites = optional(next(), |text| text.parse().ok()).map_err(|()| "satellite count")?;
    let hdop = optional(next(), number).map_err(|()| "HDOP")?;
    let altitude_m = optional(next(), number).map_err(|()| "altitude")?;
    let _metres = next();
    let separation_m = optional(next(), number).map_err(|()| "geoid separation")?;
    let _metres = next();
    let correction_age_s = optional(next(), number).map_err(|()| "correction age")?;
    // Some receivers write a name here; it is no reason to lose the position.
    let station_id = next().parse().ok();
    Ok(Gga {
        talker: [first, second],
        utc_of_day,
        place,
        quality,
        satellites,
        hdop,
        altitude_m,
        separation_m,
        correction_age_s,
        station_id,
    })
}

/// An empty field is absent; one that cannot be read is an error.
fn optional<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ()> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some).ok_or(()) }
}

/// A plain decimal number. Rust would also read `inf`, `nan` and exponents, which NMEA does not have.
fn number(text: &str) -> Option<f64> {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+');
    if !text.bytes().all(plain) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `hhmmss` with or without decimals; more than a millisecond is cut off.
fn read_clock(text: &str) -> Option<Duration> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() != 6 || !whole.bytes().chain(decimals.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| whole.get(range)?.parse::<u64>().ok();
    let (hours, minutes, seconds) = (part(0..2)?, part(2..4)?, part(4..6)?);
    let milliseconds: u64 = format!("{decimals:0<3}").get(..3)?.parse().ok()?;
    let total = hours * 3600 + minutes * 60 + seconds;
    let legal = minutes < 60 && seconds <= 60 && total < SECONDS_OF_DAY_MAX;
    legal.then(|| Duration::from_millis(total * 1000 + milliseconds))
}

/// `ddmm.mmmm` or `dddmm.mmmm` as degrees, at most `max_deg`.
fn read_angle(text: &str, max_deg: f64) -> Option<f64> {
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let point = text.find('.').unwrap_or(text.len());
    let (degrees, minutes) = text.split_at_checked(point.checked_sub(2)?)?;
    let degrees: f64 = if degrees.is_empty() { 0.0 } else { degrees.parse().ok()? };
    let minutes: f64 = minutes.parse().ok()?;
    let angle = degrees + minutes / 60.0;
    (minutes < 60.0 && angle <= max_deg).then_some(angle)
}

fn read_sign(text: &str, positive: &str, negative: &str) -> Option<f64> {
    match text {
        _ if text.eq_ignore_ascii_case(positive) => Some(1.0),
        _ if text.eq_ignore_ascii_case(negative) => Some(-1.0),
        _ => None,
    }
}

fn clock(since_midnight: Duration) -> String {
    let (seconds, milliseconds) = (since_midnight.as_secs(), since_midnight.subsec_millis());
    let (hours, minutes) = ((seconds / 3600).min(23), seconds / 60 % 60);
    // The last second of a day with a leap second is 23:59:60.
    let (minutes, second) = if seconds >= 86_400 { (59, 60) } else { (minutes, seconds % 60) };
    match milliseconds % 10 {
        0 => format!("{hours:02}{minutes:02}{second:02}.{:02}", milliseconds / 10),
        _ => format!("{hours:02}{minutes:02}{second:02}.{milliseconds:03}"),
    }
}

/// Degrees as degrees and minutes with their letter. Rounded once, in units of the last decimal, so that 60 minutes never appear.
fn angle(degrees: f64, digits: usize, letters: [&str; 2]) -> String {
    /// Units of the last decimal, 1e-5 minutes of arc.
    const UNITS_PER_DEGREE: f64 = 60.0 * 1e5;
    let units = (degrees.abs().min(180.0) * UNITS_PER_DEGREE).round();
    let whole = (units / UNITS_PER_DEGREE).floor();
    let minutes = (units - whole * UNITS_PER_DEGREE) / 1e5;
    let [positive, negative] = letters;
    let letter = if degrees < 0.0 { negative } else { positive };
    format!("{whole:0digits$}{minutes:08.5},{letter}")
}

fn decimals(value: Option<f64>, count: usize) -> String {
    value.map(|value| format!("{value:.count$}")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
