//! A closed minute, hour or day of one station as plain numbers: what an archive's row, a page and a metric are made from.

use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::quality::tally::{ELEVATION_STEPS, SignalTally, Tally};

/// How long a span is. Spans begin at its multiples of GPS time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// 60 s.
    Minute,
    /// 3600 s.
    Hour,
    /// 86 400 s.
    Day,
}

/// A closed span.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Of which station.
    pub station: StationName,
    /// How long.
    pub span: Span,
    /// Its beginning, or the first epoch of a station that began within it.
    pub from: GpsTime,
    /// Its end, which belongs to the next one.
    pub until: GpsTime,
    /// Between epochs; none if that is not known.
    pub interval: Option<Interval>,
    /// Epochs that came.
    pub epochs: u32,
    /// Epochs that should have come.
    pub epochs_expected: u32,
    /// Epochs that came too late, twice, or with a time of another day.
    pub unusable: u32,
    /// Gaps that ended in it.
    pub gaps: u32,
    /// Epochs missing in the longest gap.
    pub longest_gap: u32,
    /// From the epoch to its arrival, s.
    pub latency: Option<Latency>,
    /// Satellites above the mask per epoch in the mean.
    pub satellites: Option<f64>,
    /// Share of the satellites above the mask that were observed.
    pub satellites_share: Option<f64>,
    /// Satellite epochs at which phases slipped.
    pub slips: u64,
    /// Satellite epochs at which they could have.
    pub slip_chances: u64,
    /// Slips per thousand satellite epochs at which there could have been one.
    pub slips_per_thousand: Option<f64>,
    /// Index of the ionosphere's rate, TECU per minute.
    pub roti_tecu_min: Option<f64>,
    /// East, north and up of the coordinates by the network's phases, m, in the mean.
    pub offset_m: Option<[f64; 3]>,
    /// Epochs that mean is of.
    pub offset_epochs: u32,
    /// By signal, in order.
    pub signals: Vec<SignalSummary>,
}

/// Quantiles of latency, s, right to 2 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// Half of the epochs come within it.
    pub median_s: f64,
    /// 95 of 100.
    pub p95_s: f64,
    /// 99 of 100.
    pub p99_s: f64,
    /// All.
    pub max_s: f64,
}

/// One signal of a span, above the mask of 10°.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalSummary {
    /// Which.
    pub signal: Signal,
    /// Observations.
    pub observed: u64,
    /// Observations that should have been there: of satellites that are up and were heard on this signal within three days.
    pub expected: u64,
    /// Interruptions of the phase.
    pub interruptions: u32,
    /// C/N0 in the mean, dBHz.
    pub cn0_dbhz: Option<f64>,
    /// C/N0 by elevation, in steps of 10° from the horizon, dBHz.
    pub cn0_by_elevation_dbhz: [Option<f64>; ELEVATION_STEPS],
    /// Root mean square of the code's multipath, m.
    pub multipath_m: Option<f64>,
}

impl Span {
    /// All, the shortest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length.
    pub const fn length(self) -> Interval {
        Interval::from_seconds(match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        })
    }

    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The beginning of the span that a time falls into.
    pub fn begin(self, time: GpsTime) -> GpsTime {
        let length = self.length().nanos();
        GpsTime::from_nanos(time.nanos().div_euclid(length) * length)
    }
}

impl Summary {
    /// The numbers of a tally.
    pub fn of(
        station: StationName,
        span: Span,
        (from, until): (GpsTime, GpsTime),
        interval: Option<Interval>,
        tally: &Tally,
    ) -> Self {
        let [east, north, up] = tally.offset_m.map(|mean| mean.value());
        let epochs = f64::from(tally.epochs.max(1));
        Self {
            station,
            span,
            from,
            until,
            interval,
            epochs: tally.epochs,
            epochs_expected: tally.epochs_expected,
            unusable: tally.unusable,
            gaps: tally.gaps,
            longest_gap: tally.longest_gap,
            latency: latency(tally),
            satellites: (tally.satellites.of > 0).then(|| tally.satellites.had as f64 / epochs),
            satellites_share: tally.satellites.value(),
            slips: tally.slips.had,
            slip_chances: tally.slips.of,
            slips_per_thousand: tally.slips.value().map(|share| 1e3 * share),
            roti_tecu_min: tally.air.deviation(),
            offset_m: east.zip(north).zip(up).map(|((east, north), up)| [east, north, up]),
            offset_epochs: tally.offset_m[0].count(),
            signals: tally.signals.iter().map(|(signal, t)| of_signal(*signal, t)).collect(),
        }
    }

    /// The share of the expected epochs that came; none where none was expected.
    pub fn completeness(&self) -> Option<f64> {
        (self.epochs_expected > 0)
            .then(|| (f64::from(self.epochs) / f64::from(self.epochs_expected)).min(1.0))
    }
}

impl SignalSummary {
    /// The share of the expected observations that were there.
    pub fn completeness(&self) -> Option<f64> {
        (self.expected > 0).then(|| self.observed as f64 / self.expected as f64)
    }
}

fn latency(tally: &Tally) -> Option<Latency> {
    let of = |share| tally.latency.quantile_s(share);
    Some(Latency {
        median_s: of(0.5)?,
        p95_s: of(0.95)?,
        p99_s: of(0.99)?,
        max_s: tally.latency.max_s()?,
    })
}

fn of_signal(signal: Signal, tally: &SignalTally) -> SignalSummary {
    let mut all = crate::quality::scatter::Mean::default();
    tally.cn0_dbhz.iter().for_each(|mean| all.join(mean));
    SignalSummary {
        signal,
        observed: tally.observed.had,
        expected: tally.observed.of,
        interruptions: tally.interruptions,
        cn0_dbhz: all.value(),
        cn0_by_elevation_dbhz: tally.cn0_dbhz.map(|mean| mean.value()),
        multipath_m: tally.multipath_m.deviation(),
    }
}
