//! Closed minutes, hours and days as figures for the archive: each number under a name with its unit.

use tianshu_gnss::signal::Signal;
use tianshu_station_monitor::archive::figure::{Metric, QualityRow, Resolution};
use tianshu_station_monitor::quality::summary::{SignalSummary, Span, Summary};

/// The figures of a closed span. What is not known has none.
pub(super) fn figures(summary: &Summary) -> Vec<QualityRow> {
    let latency = |of: fn(&tianshu_station_monitor::quality::summary::Latency) -> f64| {
        summary.latency.as_ref().map(of)
    };
    let offset = |axis: usize| summary.offset_m.map(|offset| offset[axis]);
    let of_station = [
        ("epochs", Some(f64::from(summary.epochs))),
        ("epochs_expected", Some(f64::from(summary.epochs_expected))),
        ("epochs_unusable", Some(f64::from(summary.unusable))),
        ("gaps", Some(f64::from(summary.gaps))),
        ("longest_gap_epochs", Some(f64::from(summary.longest_gap))),
        ("latency_median_s", latency(|l| l.median_s)),
        ("latency_p95_s", latency(|l| l.p95_s)),
        ("latency_p99_s", latency(|l| l.p99_s)),
        ("latency_max_s", latency(|l| l.max_s)),
        ("satellites", summary.satellites),
        ("satellites_share", summary.satellites_share),
        ("slips", Some(summary.slips as f64)),
        ("slip_chances", Some(summary.slip_chances as f64)),
        ("roti_tecu_min", summary.roti_tecu_min),
        ("offset_east_m", offset(0)),
        ("offset_north_m", offset(1)),
        ("offset_up_m", offset(2)),
    ];
    let mut rows: Vec<QualityRow> = of_station
        .into_iter()
        .filter_map(|(metric, value)| row(summary, None, metric, value?))
        .collect();
    for signal in &summary.signals {
        let of_signal = signal_figures(signal);
        let of_signal = of_signal.into_iter();
        rows.extend(
            of_signal.filter_map(|(m, value)| row(summary, Some(signal.signal), m, value?)),
        );
    }
    rows
}

fn signal_figures(signal: &SignalSummary) -> [(&'static str, Option<f64>); 5] {
    [
        ("observed", Some(signal.observed as f64)),
        ("observed_expected", Some(signal.expected as f64)),
        ("interruptions", Some(f64::from(signal.interruptions))),
        ("cn0_dbhz", signal.cn0_dbhz),
        ("multipath_m", signal.multipath_m),
    ]
}

fn row(summary: &Summary, signal: Option<Signal>, metric: &str, value: f64) -> Option<QualityRow> {
    Some(QualityRow {
        station: summary.station.clone(),
        // A station that began within a span has the span's own beginning all the same: a series has one row for each.
        time: summary.span.begin(summary.from),
        resolution: match summary.span {
            Span::Minute => Resolution::Minute,
            Span::Hour => Resolution::Hour,
            Span::Day => Resolution::Day,
        },
        satellite: None,
        signal,
        metric: metric.parse::<Metric>().ok()?,
        value_millionths: QualityRow::millionths(value)?,
    })
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::constellation::Constellation;
    use tianshu_gnss::time::gps::{GpsTime, Interval};
    use tianshu_station_monitor::quality::summary::Latency;

    use super::*;

    fn summary() -> Summary {
        let from = GpsTime::from_nanos(0) + Interval::from_seconds(130);
        let signal = SignalSummary {
            signal: Signal::new(Constellation::Gps, '1', 'C').expect("a signal"),
            observed: 580,
            expected: 600,
            interruptions: 2,
            cn0_dbhz: Some(44.5),
            cn0_by_elevation_dbhz: [None; 9],
            multipath_m: None,
        };
        Summary {
            station: "NANNING".parse().expect("a name"),
            span: Span::Minute,
            from,
            until: from + Interval::from_seconds(50),
            interval: Some(Interval::from_seconds(1)),
            epochs: 49,
            epochs_expected: 50,
            unusable: 0,
            gaps: 1,
            longest_gap: 1,
            latency: Some(Latency { median_s: 0.2, p95_s: 0.5, p99_s: 0.9, max_s: 1.5 }),
            satellites: Some(11.75),
            satellites_share: Some(0.98),
            slips: 3,
            slip_chances: 588,
            slips_per_thousand: Some(5.1),
            roti_tecu_min: None,
            offset_m: Some([0.001, -0.002, 0.003]),
            offset_epochs: 49,
            signals: vec![signal],
        }
    }

    #[test]
    fn every_known_number_becomes_a_figure_at_the_beginning_of_its_span() {
        let rows = figures(&summary());
        let minute = GpsTime::from_nanos(0) + Interval::from_seconds(120);
        assert!(rows.iter().all(|row| row.time == minute && row.resolution == Resolution::Minute));
        let value = |metric: &str| {
            let found = rows.iter().find(|row| row.metric.as_str() == metric);
            found.map(QualityRow::value)
        };
        assert_eq!(value("epochs"), Some(49.0));
        assert_eq!(value("latency_p95_s"), Some(0.5));
        assert_eq!(value("offset_north_m"), Some(-0.002));
        assert_eq!(value("cn0_dbhz"), Some(44.5));
        // What is not known is not zero.
        assert_eq!((value("roti_tecu_min"), value("multipath_m")), (None, None));
        assert_eq!(rows.len(), 16 + 4);
        assert_eq!(rows.iter().filter(|row| row.signal.is_some()).count(), 4);
    }
}
