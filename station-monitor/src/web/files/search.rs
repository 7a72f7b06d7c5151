//! Finding files over all folders: by marker, box, date and sampling.

use std::collections::BTreeMap;
use std::path::Path;

use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;

use crate::products::identity::NineId;
use crate::products::json::Json;
use crate::products::kind::Kind;
use crate::products::manifest::Manifest;

/// A search goes over so many days at most: each has dozens of manifests to read.
pub const DAYS_MAX: i64 = 31;
/// So many files are found at most.
pub const FOUND_MAX: usize = 10_000;

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What the identifier begins with, in capitals; empty for all.
    pub marker: String,
    /// West, south, east and north, degrees.
    pub bounds_deg: Option<[f64; 4]>,
    /// The first day.
    pub from: GpsTime,
    /// The end of the last day.
    pub until: GpsTime,
    /// Which kinds.
    pub kinds: Vec<Kind>,
    /// Whether the answer is JSON.
    pub as_json: bool,
}

/// What is wrong with a search.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSearch {
    /// A key that is not known.
    #[error("{0} is not known: use marker, bbox, from, to, sampling and format")]
    Key(String),
    /// A value that cannot be read.
    #[error("{0} cannot be read")]
    Value(&'static str),
    /// Without it the search would go over everything.
    #[error("from is missing: a day such as 2026-03-20")]
    NoFrom,
    /// Too many days, or none.
    #[error("from and to span more than {DAYS_MAX} days, or end before they begin")]
    Days,
}

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Its path below the root, with `/` between.
    pub path: String,
    /// Its size, bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: String,
    /// Its revision.
    pub revision: u64,
}

impl Search {
    /// Reads keys and values: `marker=NANN`, `bbox=107,22,109,23`, `from=2026-03-20`, `to=2026-03-21` (both days included),
    /// `sampling=1s`, `30s` or `nav`, `format=json`.
    pub fn read<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, BadSearch> {
        let (mut marker, mut bounds_deg, mut as_json) = (String::new(), None, false);
        let (mut from, mut to, mut kinds) = (None, None, Kind::ALL.to_vec());
        for (key, value) in pairs {
            match key {
                "marker" => {
                    let is_legal =
                        value.len() <= 9 && value.bytes().all(|b| b.is_ascii_alphanumeric());
                    let legal = Some(value).filter(|_| is_legal);
                    marker = legal.ok_or(BadSearch::Value("marker"))?.to_ascii_uppercase();
                }
                "bbox" => bounds_deg = Some(bounds(value).ok_or(BadSearch::Value("bbox"))?),
                "from" => from = Some(day(value).ok_or(BadSearch::Value("from"))?),
                "to" => to = Some(day(value).ok_or(BadSearch::Value("to"))?),
                "sampling" => kinds = sampled(value).ok_or(BadSearch::Value("sampling"))?,
                "format" if matches!(value, "json" | "text") => as_json = value == "json",
                "format" => return Err(BadSearch::Value("format")),
                other => return Err(BadSearch::Key(other.chars().take(20).collect())),
            }
        }
        let from = from.ok_or(BadSearch::NoFrom)?;
        let until = to.unwrap_or(from) + DAY;
        let days = (until - from).nanos() / DAY.nanos();
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(BadSearch::Days);
        }
        Ok(Self { marker, bounds_deg, from, until, kinds, as_json })
    }

    /// Looks through the manifests below a root; `places` is where the stations are, and `tells` says which names may be told. A folder
    /// without a readable manifest has nothing.
    pub fn find(
        &self,
        root: &Path,
        places: &BTreeMap<NineId, Geodetic>,
        tells: impl Fn(&str) -> bool,
    ) -> Vec<FoundFile> {
        let mut found = Vec::new();
        for kind in &self.kinds {
            let mut start = kind.span_of(self.from).start;
            while start < self.until {
                let folder = kind.folder(start);
                let manifest = Manifest::read(&root.join(&folder)).unwrap_or_default();
                for (name, entry) in manifest.files {
                    if found.len() >= FOUND_MAX {
                        return found;
                    }
                    if self.wants(&name, kind.is_per_station(), places) && tells(&name) {
                        found.push(FoundFile {
                            path: format!("{folder}/{name}"),
                            size: entry.revision.written.size,
                            sha256: entry.revision.written.sha256,
                            revision: entry.revision.number,
                        });
                    }
                }
                start += kind.period();
            }
        }
        found
    }

    fn wants(&self, name: &str, per_station: bool, places: &BTreeMap<NineId, Geodetic>) -> bool {
        let Some(id) = name.get(..9).and_then(|id| id.parse::<NineId>().ok()) else { return false };
        if !per_station {
            return self.marker.is_empty() && self.bounds_deg.is_none();
        }
        let is_within = |[west, south, east, north]: [f64; 4]| {
            let (latitude, longitude) = match places.get(&id) {
                Some(place) => (place.latitude_deg(), place.longitude_deg()),
                None => return false,
            };
            (south..=north).contains(&latitude) && (west..=east).contains(&longitude)
        };
        id.to_string().starts_with(&self.marker) && self.bounds_deg.is_none_or(is_within)
    }
}

/// The answer: a path a line, or JSON.
pub fn answer(found: &[FoundFile], as_json: bool) -> String {
    if !as_json {
        return found.iter().fold(String::new(), |text, file| text + "/" + &file.path + "\n");
    }
    let files = found.iter().map(|file| {
        Json::object([
            ("path", Json::text(format!("/{}", file.path))),
            ("size", Json::count(file.size)),
            ("sha256", Json::text(&file.sha256)),
            ("revision", Json::count(file.revision)),
        ])
    });
    let whole = Json::Bool(found.len() < FOUND_MAX);
    Json::object([("complete", whole), ("files", Json::List(files.collect()))]).to_file()
}

const DAY: Interval = Interval::from_seconds(86_400);

/// Midnight of a day on the calendar of GPS time, which is that of the files.
fn day(text: &str) -> Option<GpsTime> {
    let utc: Utc = Some(text).filter(|text| text.len() == 10)?.parse().ok()?;
    // Within half a minute of UTC's midnight: the next or last one of GPS time.
    Some(GpsTime::from(utc).rounded_to(DAY))
}

fn bounds(text: &str) -> Option<[f64; 4]> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    let bounds: [f64; 4] = numbers?.try_into().ok()?;
    bounds.iter().all(|degrees| degrees.is_finite()).then_some(bounds)
}

fn sampled(text: &str) -> Option<Vec<Kind>> {
    match text {
        "1s" => Some(vec![Kind::HourlyObservations]),
        "30s" => Some(vec![Kind::DailyObservations]),
        "nav" => Some(vec![Kind::HourlyNavigation, Kind::DailyNavigation]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Search, BadSearch> {
        Search::read(query.split('&').filter_map(|pair| pair.split_once('=')))
    }

    #[test]
    fn a_search_is_read_or_told_what_is_wrong() {
        let search = read(
            "marker=nann&bbox=107,22,109,23&from=2026-03-20&to=2026-03-21&sampling=30s&format=json",
        );
        let search = search.expect("a search");
        assert_eq!((search.marker.as_str(), search.as_json), ("NANN", true));
        assert_eq!(search.until - search.from, Interval::from_seconds(2 * 86_400));
        assert_eq!(Kind::DailyObservations.folder(search.from), "daily/30s/2026/079");
        for (wrong, why) in [
            ("marker=x", BadSearch::NoFrom),
            ("from=2026-03-20T00:00:00Z", BadSearch::Value("from")),
            ("from=2026-03-20&to=2026-05-20", BadSearch::Days),
            ("from=2026-03-20&to=2026-03-19", BadSearch::Days),
            ("from=2026-03-20&bbox=1,2,3", BadSearch::Value("bbox")),
            ("from=2026-03-20&marker=../x", BadSearch::Value("marker")),
            ("from=2026-03-20&x=1", BadSearch::Key("x".to_owned())),
        ] {
            assert_eq!(read(wrong), Err(why), "{wrong}");
        }
    }
}
