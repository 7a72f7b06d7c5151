//! Figures of a simulated station against what is true of it: slips, multipath, completeness.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_simulator::named::named;
use tianshu_station_monitor::quality::scatter::{Scatter, Series};
use tianshu_station_monitor::quality::sky::MASK_RAD;
use tianshu_station_monitor::quality::summary::{Span, Summary};

use crate::world::Watched;

mod world;

/// What is true of the first station.
#[derive(Default)]
struct Truth {
    integers: BTreeMap<(Satellite, Signal), (i64, i64)>,
    slips: u64,
    errors: BTreeMap<(Satellite, Signal), (i64, Series)>,
    multipath: BTreeMap<Signal, Scatter>,
}

impl Truth {
    fn close(&mut self, key: (Satellite, Signal)) {
        if let Some((_, series)) = self.errors.remove(&key) {
            self.multipath.entry(key.1).or_default().join(&series.scatter());
        }
    }
}

/// Watches one station for so many seconds; gives its closed hour and what is true.
fn lived(slips_per_hour: f64, silent: f64, seconds: i64) -> (Summary, Truth) {
    let mut scenario = named("quiet").expect("it is there");
    scenario.station_receiver.slips_per_hour = slips_per_hour;
    scenario.station_receiver.silent_slips_per_hour = silent;
    // A phase that was away for some seconds and comes back with a new lock time counts as slipped, whatever its integer.
    scenario.station_receiver.gaps_per_hour = 0.0;
    let mut watched = Watched::new(scenario, 1, false);
    let mut truth = Truth::default();
    for second in 1..=seconds {
        let (epoch, _) = watched.step(|_| true);
        let true_of = epoch.stations[0].truth.as_ref().expect("it is there");
        let high: Vec<Satellite> = true_of
            .links
            .iter()
            .filter(|link| link.elevation_rad >= MASK_RAD)
            .map(|link| link.satellite)
            .collect();
        let mut slipped: Vec<Satellite> = Vec::new();
        for channel in &true_of.channels {
            let key = (channel.satellite, channel.signal);
            let before = truth.integers.insert(key, (second, channel.integer));
            let slips = before.is_some_and(|(at, n)| at == second - 1 && n != channel.integer);
            if slips && high.contains(&channel.satellite) {
                slipped.push(channel.satellite);
            }
        }
        for channel in true_of.channels.iter().filter(|c| high.contains(&c.satellite)) {
            let key = (channel.satellite, channel.signal);
            let quarter = second / 900;
            // A slip of one carrier ends the windows of all codes that are combined with it.
            let is_over = slipped.contains(&channel.satellite)
                || truth.errors.get(&key).is_some_and(|(of, _)| *of != quarter);
            if is_over {
                truth.close(key);
            }
            let fresh = (quarter, Series::default());
            truth.errors.entry(key).or_insert(fresh).1.add(channel.code_error_m);
        }
        slipped.dedup();
        truth.slips += slipped.len() as u64;
    }
    watched.monitor.finish();
    let closed = watched.monitor.take_closed();
    let day = closed.iter().rfind(|summary| summary.span == Span::Day).expect("it is there");
    for key in truth.errors.keys().copied().collect::<Vec<_>>() {
        truth.close(key);
    }
    ((**day).clone(), truth)
}

#[test]
fn slips_are_counted_to_five_percent() {
    // Half an hour at one slip an hour and channel, and one in ten hours that nobody tells.
    let (day, truth) = lived(1.0, 0.1, 1_800);
    let wrong = (day.slips as f64 / truth.slips as f64 - 1.0).abs();
    assert!(truth.slips > 60, "{}", truth.slips);
    assert!(wrong < 0.05, "{} slips counted, {} made", day.slips, truth.slips);
}

#[test]
fn a_quiet_station_has_no_slips_all_its_epochs_and_its_true_multipath() {
    let (day, truth) = lived(0.0, 0.0, 1_800);
    assert_eq!((day.slips, truth.slips), (0, 0));
    assert_eq!(day.completeness(), Some(1.0));
    assert!(day.satellites_share.unwrap() > 0.95, "{day:?}");
    assert!(day.latency.unwrap().median_s < 0.16);
    let mut compared = 0;
    for signal in &day.signals {
        let Some(told_m) = signal.multipath_m else { continue };
        let true_m = truth.multipath[&signal.signal].deviation().unwrap();
        assert!((told_m / true_m - 1.0).abs() < 0.05, "{}: {told_m} {true_m}", signal.signal);
        compared += 1;
    }
    assert!(compared >= 10, "{compared} signals");
}
