//! What was before the start: closed minutes and hours out of the archive, so that a restart leaves no hole in the page's pictures.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_station_monitor::archive::figure::{QualityFilter, QualityRow, Resolution};
use tianshu_station_monitor::archive::keeper::ArchiveConfig;
use tianshu_station_monitor::archive::span;
use tianshu_station_monitor::archive::store::ReadError;
use tianshu_station_monitor::quality::summary::{Latency, SignalSummary, Span, Summary};

use crate::files::source::store_of;
use crate::web::history::{DAYS_MAX, HOURS_MAX, History, MINUTES_MAX};

/// Rows that are read at most: a month of hours of 150 stations with 15 signals. An archive with more leaves the oldest out.
const ROWS_MAX: usize = 20_000_000;

/// Fills the history with what the archive has before `now`. Blocks; belongs to a thread of its own.
pub(crate) fn fill(history: &History, archive: &ArchiveConfig, now: GpsTime) {
    let store = match store_of(archive) {
        Ok(store) => store,
        Err(error) => {
            tracing::warn!("the page begins without what was before: {error}");
            return;
        }
    };
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let wanted = [
        (Resolution::Hour, Span::Hour, 3_600 * count(HOURS_MAX)),
        (Resolution::Minute, Span::Minute, 60 * count(MINUTES_MAX)),
        (Resolution::Day, Span::Day, 86_400 * count(DAYS_MAX)),
    ];
    let mut filled = 0;
    for (resolution, of, seconds) in wanted {
        let filter = QualityFilter { resolution: Some(resolution), ..QualityFilter::default() };
        let asked = span::Span { from: now - Interval::from_seconds(seconds), until: now };
        let read = store.quality(&filter, asked).and_then(|rows| summaries(rows, of));
        match read {
            Ok(all) => {
                filled += all.len();
                for summary in all {
                    history.fill(Arc::new(summary));
                }
            }
            Err(error) => {
                tracing::warn!("the page begins without some of what was before: {error}");
            }
        }
    }
    tracing::debug!(filled, "closed spans out of the archive");
}

/// Puts figures together by station and span.
fn summaries(
    rows: impl Iterator<Item = Result<QualityRow, ReadError>>,
    of: Span,
) -> Result<Vec<Summary>, ReadError> {
    let mut all: BTreeMap<(GpsTime, StationName), Summary> = BTreeMap::new();
    for row in rows.take(ROWS_MAX) {
        let row = row?;
        let key = (row.time, row.station.clone());
        let summary = all.entry(key).or_insert_with(|| empty(row.station.clone(), of, row.time));
        match row.signal {
            None => put(summary, row.metric.as_str(), row.value()),
            Some(signal) => put_signal(summary, signal, row.metric.as_str(), row.value()),
        }
    }
    Ok(all.into_values().collect())
}

fn put(summary: &mut Summary, metric: &str, value: f64) {
    let latency = |summary: &mut Summary, of: fn(&mut Latency) -> &mut f64| {
        let nothing = Latency { median_s: 0.0, p95_s: 0.0, p99_s: 0.0, max_s: 0.0 };
        *of(summary.latency.get_or_insert(nothing)) = value;
    };
    let offset = |summary: &mut Summary, axis: usize| {
        summary.offset_m.get_or_insert([0.0; 3])[axis] = value;
    };
    match metric {
        "epochs" => summary.epochs = whole(value),
        "epochs_expected" => summary.epochs_expected = whole(value),
        "epochs_unusable" => summary.unusable = whole(value),
        "gaps" => summary.gaps = whole(value),
        "longest_gap_epochs" => summary.longest_gap = whole(value),
        "latency_median_s" => latency(summary, |l| &mut l.median_s),
        "latency_p95_s" => latency(summary, |l| &mut l.p95_s),
        "latency_p99_s" => latency(summary, |l| &mut l.p99_s),
        "latency_max_s" => latency(summary, |l| &mut l.max_s),
        "satellites" => summary.satellites = Some(value),
        "satellites_share" => summary.satellites_share = Some(value),
        "slips" => summary.slips = whole(value).into(),
        "slip_chances" => summary.slip_chances = whole(value).into(),
        "roti_tecu_min" => summary.roti_tecu_min = Some(value),
        "offset_east_m" => offset(summary, 0),
        "offset_north_m" => offset(summary, 1),
        "offset_up_m" => offset(summary, 2),
        _ => {}
    }
}

fn put_signal(summary: &mut Summary, signal: Signal, metric: &str, value: f64) {
    let known = summary.signals.iter().position(|known| known.signal == signal);
    let place = known.unwrap_or_else(|| {
        summary.signals.push(SignalSummary {
            signal,
            observed: 0,
            expected: 0,
            interruptions: 0,
            cn0_dbhz: None,
            cn0_by_elevation_dbhz: [None; 9],
            multipath_m: None,
        });
        summary.signals.len() - 1
    });
    let own = &mut summary.signals[place];
    match metric {
        "observed" => own.observed = whole(value).into(),
        "observed_expected" => own.expected = whole(value).into(),
        "interruptions" => own.interruptions = whole(value),
        "cn0_dbhz" => own.cn0_dbhz = Some(value),
        "multipath_m" => own.multipath_m = Some(value),
        _ => {}
    }
}

/// Counts are kept as numbers with decimals; none exceeds the type.
fn whole(value: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the type's range"
    )]
    let whole = value.round().clamp(0.0, f64::from(u32::MAX)) as u32;
    whole
}

fn empty(station: StationName, span: Span, from: GpsTime) -> Summary {
    Summary {
        station,
        span,
        from,
        until: from + span.length(),
        interval: None,
        epochs: 0,
        epochs_expected: 0,
        unusable: 0,
        gaps: 0,
        longest_gap: 0,
        latency: None,
        satellites: None,
        satellites_share: None,
        slips: 0,
        slip_chances: 0,
        slips_per_thousand: None,
        roti_tecu_min: None,
        offset_m: None,
        offset_epochs: 0,
        signals: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(minute: i64, metric: &str, value: f64) -> QualityRow {
        QualityRow {
            station: "NANNING".parse().expect("a name"),
            time: GpsTime::from_nanos(0) + Interval::from_seconds(60 * minute),
            resolution: Resolution::Minute,
            satellite: None,
            signal: None,
            metric: metric.parse().expect("a metric"),
            value_millionths: QualityRow::millionths(value).expect("a number"),
        }
    }

    #[test]
    fn figures_of_one_span_become_one_summary_again() {
        let rows = [
            row(2, "epochs", 59.0),
            row(1, "epochs", 60.0),
            row(2, "latency_p95_s", 0.4),
            row(2, "offset_up_m", -0.003),
            row(2, "colour", 1.0),
        ];
        let all = summaries(rows.into_iter().map(Ok), Span::Minute).expect("they can be read");
        assert_eq!(all.iter().map(|summary| summary.epochs).collect::<Vec<_>>(), [60, 59]);
        assert_eq!(all[1].latency.map(|latency| latency.p95_s), Some(0.4));
        assert_eq!(all[1].offset_m, Some([0.0, 0.0, -0.003]));
        assert_eq!(all[0].latency, None);
    }
}
