//! How good a file is: what stands beside it for whoever chooses files.

use std::collections::{BTreeMap, BTreeSet};

use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Civil;

use crate::products::json::Json;
use crate::products::kind::Span;

/// How many gaps are told one by one; a file with more is told by their number and length.
const GAPS_TOLD_MAX: usize = 200;

/// What was counted while a file was written.
#[derive(Clone, Debug)]
pub struct Quality {
    span: Span,
    interval: Interval,
    /// Epochs that were written.
    pub epochs: u64,
    /// Epochs for which there is room.
    pub epochs_expected: u64,
    /// Epochs of the span that are not of the file's interval.
    pub off_grid: u64,
    /// Epochs that came twice, or after a later one, and were left out.
    pub repeated: u64,
    /// Possible slips told, by signal.
    pub slips: BTreeMap<Signal, u64>,
    first: Option<GpsTime>,
    last: Option<GpsTime>,
    gaps: Vec<Gap>,
    gap_count: u64,
    satellites: BTreeMap<Satellite, u64>,
    satellites_least: u64,
    satellites_most: u64,
    signals: BTreeMap<Signal, Counts>,
}

/// Epochs that are missing between two moments.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Gap {
    from: GpsTime,
    missing: u64,
}

/// What was measured of a signal.
#[derive(Clone, Debug, Default)]
struct Counts {
    code: u64,
    phase: u64,
    doppler: u64,
    cn0: u64,
    cn0_sum_dbhz: f64,
    satellites: BTreeSet<Satellite>,
}

impl Quality {
    /// Begins to count for a file.
    pub fn new(span: Span, interval: Interval) -> Self {
        Self {
            span,
            interval,
            epochs: 0,
            epochs_expected: span.epochs(interval),
            off_grid: 0,
            repeated: 0,
            slips: BTreeMap::new(),
            first: None,
            last: None,
            gaps: Vec::new(),
            gap_count: 0,
            satellites: BTreeMap::new(),
            satellites_least: u64::MAX,
            satellites_most: 0,
            signals: BTreeMap::new(),
        }
    }

    /// Takes in an epoch that was written.
    pub fn epoch(&mut self, epoch: &ObsEpoch) {
        let expected = self.last.map_or(self.span.start, |last| last + self.interval);
        self.gap(expected, epoch.time);
        self.epochs += 1;
        self.first.get_or_insert(epoch.time);
        self.last = Some(epoch.time);
        let mut satellites = 0;
        for (satellite, observations) in epoch.by_satellite() {
            satellites += 1;
            *self.satellites.entry(satellite).or_default() += 1;
            for seen in observations {
                let counts = self.signals.entry(seen.signal).or_default();
                counts.code += u64::from(seen.code.is_some());
                counts.phase += u64::from(seen.phase.is_some());
                counts.doppler += u64::from(seen.doppler.is_some());
                counts.satellites.insert(satellite);
                if let Some(cn0) = seen.cn0 {
                    counts.cn0 += 1;
                    counts.cn0_sum_dbhz += cn0.0;
                }
            }
        }
        self.satellites_least = self.satellites_least.min(satellites);
        self.satellites_most = self.satellites_most.max(satellites);
    }

    /// Ends the counting.
    pub fn finish(&mut self) {
        let expected = self.last.map_or(self.span.start, |last| last + self.interval);
        self.gap(expected, self.span.end);
    }

    /// First and last epoch.
    pub fn bounds(&self) -> Option<(GpsTime, GpsTime)> {
        self.first.zip(self.last)
    }

    /// Notes what is missing from an expected epoch to one that came.
    fn gap(&mut self, expected: GpsTime, came: GpsTime) {
        let between = Span { start: expected, end: came.rounded_to(self.interval) };
        let missing = between.epochs(self.interval);
        if missing == 0 {
            return;
        }
        self.gap_count += 1;
        if self.gaps.len() < GAPS_TOLD_MAX {
            self.gaps.push(Gap { from: expected, missing });
        }
    }

    /// The summary as JSON. `multipath_m` is what others know of it, by RINEX code.
    pub fn to_json(&self, file: &str, multipath_m: &[(String, f64)]) -> Json {
        let moment = |t: Option<GpsTime>| t.map_or(Json::Null, |t| Json::text(calendar(t)));
        let gaps = self.gaps.iter().map(|gap| {
            Json::object([
                ("from", Json::text(calendar(gap.from))),
                ("epochs", Json::count(gap.missing)),
            ])
        });
        let least = if self.epochs == 0 { 0 } else { self.satellites_least };
        let seen: u64 = self.satellites.values().sum();
        let signals = self.signals.iter().map(|(signal, counts)| {
            let name = signal.with_system();
            let value = self.signal_json(&name, *signal, counts, multipath_m);
            (name, value)
        });
        Json::object([
            ("file", Json::text(file)),
            ("time_system", Json::text("GPS")),
            ("first", moment(self.first)),
            ("last", moment(self.last)),
            ("interval_s", Json::decimal(self.interval.seconds(), 3)),
            ("epochs_have", Json::count(self.epochs)),
            ("epochs_expected", Json::count(self.epochs_expected)),
            ("epochs_of_another_interval", Json::count(self.off_grid)),
            ("epochs_repeated", Json::count(self.repeated)),
            ("satellites", Json::count(self.satellites.len() as u64)),
            ("satellites_per_epoch_least", Json::count(least)),
            ("satellites_per_epoch_most", Json::count(self.satellites_most)),
            ("satellites_per_epoch_mean", Json::decimal(seen as f64 / self.epochs as f64, 2)),
            ("gaps", Json::count(self.gap_count)),
            ("gaps_told", Json::List(gaps.collect())),
            ("signals", Json::Object(signals.collect())),
        ])
    }

    fn signal_json(
        &self,
        name: &str,
        signal: Signal,
        counts: &Counts,
        multipath_m: &[(String, f64)],
    ) -> Json {
        // A satellite that was ever seen on a signal is expected on it whenever it is seen at all.
        let epochs = |satellite: &Satellite| self.satellites.get(satellite).copied().unwrap_or(0);
        let expected: u64 = counts.satellites.iter().map(epochs).sum();
        let multipath = multipath_m.iter().find(|(own, _)| own == name);
        Json::object([
            ("satellites", Json::count(counts.satellites.len() as u64)),
            ("expected", Json::count(expected)),
            ("code", Json::count(counts.code)),
            ("phase", Json::count(counts.phase)),
            ("doppler", Json::count(counts.doppler)),
            ("strength", Json::count(counts.cn0)),
            ("strength_mean_dbhz", Json::decimal(counts.cn0_sum_dbhz / counts.cn0 as f64, 2)),
            ("slips", Json::count(self.slips.get(&signal).copied().unwrap_or(0))),
            ("multipath_m", multipath.map_or(Json::Null, |(_, metres)| Json::decimal(*metres, 3))),
        ])
    }
}

/// A moment on the calendar of GPS time, which is the file's own.
pub(crate) fn calendar(t: GpsTime) -> String {
    let c = Civil::in_gps_time(t);
    let (date, millis) =
        (format!("{:04}-{:02}-{:02}", c.year, c.month, c.day), c.nanos / 1_000_000);
    format!("{date}T{:02}:{:02}:{:02}.{millis:03}", c.hour, c.minute, c.second)
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::constellation::Constellation;
    use tianshu_gnss::observation::Observation;
    use tianshu_gnss::units::{DbHz, Metres};

    use super::*;
    use crate::products::kind::Kind;

    fn epoch(t: GpsTime, codes: &[&str]) -> ObsEpoch {
        let satellite = Satellite::new(Constellation::Gps, 7).expect("a satellite");
        let seen = codes.iter().map(|code| Observation {
            code: Some(Metres(2e7)),
            cn0: Some(DbHz(45.0)),
            ..Observation::of(
                satellite,
                Signal::from_code(Constellation::Gps, code).expect("a signal"),
            )
        });
        ObsEpoch::new(t, seen.collect())
    }

    #[test]
    fn what_is_missing_is_told() {
        let span = Kind::DailyObservations.span_of(GpsTime::from_week(2410, Interval::ZERO));
        let interval = Interval::from_seconds(30);
        let mut quality = Quality::new(span, interval);
        for i in [2, 3, 5] {
            let codes: &[&str] = if i == 3 { &["1C"] } else { &["1C", "2W"] };
            quality.epoch(&epoch(span.start + Interval::from_seconds(30 * i), codes));
        }
        quality.finish();
        let json = quality.to_json("x", &[("G2W".to_owned(), 0.31)]);
        let count = |name: &str| json.get(name).and_then(Json::as_count);
        assert_eq!((count("epochs_have"), count("epochs_expected")), (Some(3), Some(2_880)));
        let gaps = json.get("gaps_told").and_then(Json::as_list).expect("gaps");
        let missing: Vec<_> = gaps.iter().filter_map(|g| g.get("epochs")?.as_count()).collect();
        assert_eq!(missing, [2, 1, 2_874]);
        assert_eq!(gaps[0].get("from").and_then(Json::as_text), Some("2026-03-15T00:00:00.000"));
        let signal = |name: &str| json.get("signals").and_then(|s| s.get(name)).expect("a signal");
        let of = |name: &str, what: &str| signal(name).get(what).and_then(Json::as_count);
        assert_eq!((of("G2W", "code"), of("G2W", "expected")), (Some(2), Some(3)));
        assert_eq!(of("G1C", "phase"), Some(0));
        assert_eq!(signal("G2W").get("multipath_m"), Some(&Json::Number("0.310".to_owned())));
        assert_eq!(signal("G1C").get("multipath_m"), Some(&Json::Null));
    }
}
