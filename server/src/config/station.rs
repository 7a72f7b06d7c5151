//! `[[station]]`: reference stations, and how each is heard.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tianshu_caster::config::StationSettings;
use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_ingest::backoff::{LONGEST_DEFAULT, SHORTEST_DEFAULT};
use tianshu_ingest::listener::AddressRange;
use tianshu_ingest::session::{EPOCH_WAIT_DEFAULT, SILENCE_DEFAULT};
use tianshu_ntrip::credentials::Credentials;

use crate::address::{Host, StreamUrl};
use crate::config::caster::{Listen, file};
use crate::config::document::unnamed;
use crate::config::secret;
use crate::config::section::{Found, Section};
use crate::config::site::{self, Site};

/// How often a position is sent upstream, where one is configured: the custom of most rovers.
const GGA_INTERVAL_DEFAULT: Duration = Duration::from_secs(10);

/// A station as understood.
pub(crate) struct Station {
    /// What the caster is told of it.
    pub settings: StationSettings,
    /// How it is heard; none where that could not be read.
    pub heard: Option<Heard>,
    /// Its link; none for a station that uploads.
    pub link: Option<LinkConfig>,
    /// Its antenna, if it is named.
    pub antenna: Option<Found<AntennaName>>,
    /// What files and site logs say of it, if that is told.
    pub site: Option<Found<Site>>,
    /// Its receiver's IGS name, if it is told.
    pub receiver: Option<String>,
    /// Height of its antenna reference point above the marker, m, if it is told.
    pub antenna_height_m: Option<f64>,
}

/// An antenna, by which its calibration is found.
pub(crate) struct AntennaName {
    /// IGS name of antenna and radome.
    pub name: String,
    /// Serial number, if it was calibrated itself.
    pub serial: Option<String>,
}

/// Whether a station has a link of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// By a link that ingest keeps.
    ByLink,
    /// By its uploads to the caster.
    ByUpload,
}

/// A station's link.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LinkConfig {
    /// Which station.
    pub station: StationName,
    /// How it is heard.
    pub kind: LinkKind,
    /// Without a whole frame for so long, it is dropped.
    pub silence_max: Duration,
    /// An epoch whose end does not come is closed after so long.
    pub epoch_wait: Duration,
    /// The shortest and the longest wait before it is made anew.
    pub retry: (Duration, Duration),
}

/// The ways of hearing a station.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LinkKind {
    /// From a caster.
    Ntrip(NtripPull),
    /// From a receiver that listens.
    Tcp(Host),
    /// From a receiver that connects here.
    Listen {
        /// Our address.
        address: SocketAddr,
        /// Who may connect; empty means anybody.
        allow: Vec<AddressRange>,
    },
    /// From a recording.
    Replay(Playback),
}

/// A mountpoint of another caster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NtripPull {
    /// Where.
    pub url: StreamUrl,
    /// As whom.
    pub credentials: Option<Credentials>,
    /// Which protocol: 1, 2, or none to find out.
    pub version: Option<u8>,
    /// Own certificate authority.
    pub ca_file: Option<PathBuf>,
    /// The position to send, and how often.
    pub position: Option<(Geodetic, Duration)>,
}

/// A recording to play.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Playback {
    /// The file, or a folder of files.
    pub path: PathBuf,
    /// Times as fast as recorded; 0 for as fast as it is taken.
    pub speed: f64,
    /// Whether it begins again.
    pub repeat: bool,
    /// When raw RTCM was recorded.
    pub start: Option<GpsTime>,
}

impl Station {
    /// Its name.
    pub(crate) fn name(&self) -> &StationName {
        &self.settings.station
    }
}

#[derive(Clone, Copy)]
enum Way {
    Ntrip,
    Tcp,
    Listen,
    Upload,
    Replay,
}

/// The ways of hearing a station, as they are written.
const WAYS: [(&str, Way); 5] = [
    ("ntrip", Way::Ntrip),
    ("tcp", Way::Tcp),
    ("listen", Way::Listen),
    ("upload", Way::Upload),
    ("replay", Way::Replay),
];

/// Reads one table.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> Station {
    let name = section.required("name", |s| s.parsed::<StationName>("name"));
    let way = section.required("link", |s| s.word("link", &WAYS));
    let silence_max = section.seconds_or("silence_max_s", 1.0..=86_400.0, SILENCE_DEFAULT);
    let epoch_wait = section.seconds_or("epoch_wait_s", 0.01..=60.0, EPOCH_WAIT_DEFAULT);
    let retry_min = section.seconds_or("retry_min_s", 0.1..=3600.0, SHORTEST_DEFAULT);
    let retry_max = section.seconds_or("retry_max_s", 0.1..=86_400.0, LONGEST_DEFAULT);
    if retry_min > retry_max {
        let at = section.place();
        section.complain(&at, "retry_min_s is longer than retry_max_s");
    }
    let dead_after = section.number("dead_after_s", 0.5..=3600.0).map(Duration::from_secs_f64);
    let reference_point = position(&mut section, "position").map(|p| p.to_ecef(GRS80));
    let description = section.text_or("description", "");
    let antenna = antenna(&mut section);
    let mut site = None;
    section.table("site", "[station.site]", |section| site = site::read(section));
    let receiver = section.text("receiver").map(|found| found.value.to_owned());
    let antenna_height_m = section.number("antenna_height_m", -10.0..=100.0);
    let kind = match way {
        Some(Way::Ntrip) => ntrip(&mut section, folder).map(LinkKind::Ntrip),
        Some(Way::Tcp) => tcp(&mut section).map(LinkKind::Tcp),
        Some(Way::Listen) => listen(&mut section),
        Some(Way::Replay) => replay(&mut section, folder).map(LinkKind::Replay),
        Some(Way::Upload) | None => None,
    };
    let station = name.map_or_else(|| no_name(&section.place()), |found| found.value);
    // What belongs to which way is unknown without one: complaints about keys would be guesses.
    if way.is_some() {
        section.close();
    }

    let heard = way.map(|way| match way {
        Way::Upload => Heard::ByUpload,
        Way::Ntrip | Way::Tcp | Way::Listen | Way::Replay => Heard::ByLink,
    });
    let link = kind.map(|kind| LinkConfig {
        station: station.clone(),
        kind,
        silence_max,
        epoch_wait,
        retry: (retry_min, retry_max),
    });
    let settings = StationSettings { station, reference_point, dead_after, description };
    Station { settings, heard, link, antenna, site, receiver, antenna_height_m }
}

fn antenna(section: &mut Section<'_>) -> Option<Found<AntennaName>> {
    let name = section.text("antenna");
    let serial = section.text("antenna_serial").map(|found| found.value.to_owned());
    let found = name?;
    Some(Found { value: AntennaName { name: found.value.to_owned(), serial }, at: found.at })
}

fn no_name(at: &Range<usize>) -> StationName {
    unnamed(at).parse().expect("letters, digits and hyphens name a station")
}

fn ntrip(section: &mut Section<'_>, folder: &Path) -> Option<NtripPull> {
    let url = section.required("url", |s| s.parsed::<StreamUrl>("url"));
    let user = section.text("user");
    let password = secret::read(section, folder);
    let version = section.word("version", &[("auto", None), ("1", Some(1)), ("2", Some(2))]);
    let ca_file = file(section, "ca_file", folder);
    let place = position(section, "gga");
    let interval = section.seconds_or("gga_interval_s", 1.0..=3600.0, GGA_INTERVAL_DEFAULT);
    let url = url?;
    if !matches!(url.value, StreamUrl::Ntrip { .. }) {
        let text = "url begins with ntrip:// or ntrips:// and ends with a mountpoint";
        section.complain(&url.at, text);
    }
    let written = user.and_then(|user| {
        let password = password.as_ref().map_or("", |secret| secret.reveal());
        let credentials = Credentials::new(user.value, password);
        if credentials.is_none() {
            section.complain(&user.at, "a user's name has no colon");
        }
        credentials
    });
    let credentials = written.or_else(|| url.value.credentials());
    let position = place.map(|place| (place, interval));
    Some(NtripPull { url: url.value, credentials, version: version.flatten(), ca_file, position })
}

fn tcp(section: &mut Section<'_>) -> Option<Host> {
    section.required("address", |s| s.parsed::<Host>("address")).map(|found| found.value)
}

fn listen(section: &mut Section<'_>) -> Option<LinkKind> {
    let address = section.required("listen", |s| s.parsed::<Listen>("listen"));
    let allow = section.list::<AddressRange>("allow").unwrap_or_default();
    let allow = allow.into_iter().map(|found| found.value).collect();
    Some(LinkKind::Listen { address: address?.value.0, allow })
}

fn replay(section: &mut Section<'_>, folder: &Path) -> Option<Playback> {
    let path = section.required("file", |s| file(s, "file", folder));
    let speed = section.number_or("speed", 0.0..=100_000.0, 1.0);
    let repeat = section.flag_or("loop", false);
    let start = section.parsed::<Utc>("start").map(|found| GpsTime::from(found.value));
    Some(Playback { path: path?, speed, repeat, start })
}

/// A place as degrees north, degrees east, metres above the ellipsoid.
fn position(section: &mut Section<'_>, key: &'static str) -> Option<Geodetic> {
    let meaning = "degrees north, degrees east and metres, as in [22.8, 108.3, 80.0]";
    let found = section.numbers::<3>(key, meaning)?;
    let [north, east, height] = found.value;
    if !is_on_earth(north, east, height) {
        complain_of_place(section, key, &found.at);
        return None;
    }
    Some(Geodetic::from_degrees(north, east, height))
}

/// Heights from the Dead Sea's shore to above every summit.
fn is_on_earth(north: f64, east: f64, height: f64) -> bool {
    north.abs() <= 90.0 && east.abs() <= 180.0 && (-500.0..=10_000.0).contains(&height)
}

fn complain_of_place(section: &mut Section<'_>, key: &str, at: &Range<usize>) {
    let text = format!("{key} is no place on Earth: degrees within ±90 and ±180, -500 to 10000 m");
    section.complain(at, text);
}
