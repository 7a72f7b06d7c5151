//! How the network does, as lines of the log: once a minute, and at once when a station is not believed any more.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::keeper::StationHealth;

/// Between two reports.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// What is gathered between two reports.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Epochs of stations that came when theirs was closed.
    pub late: u64,
    /// Epochs of stations whose time is not the network's.
    pub not_taken: u64,
    /// Epochs of the network that were left out as the solver was late.
    pub left_out: u64,
    epochs: u64,
    took: Duration,
    took_max: Duration,
    doubts: BTreeMap<StationName, String>,
    newest: Option<Network>,
    refused_told: BTreeMap<StationName, u64>,
    told: Uptime,
}

/// What the newest epoch says of the network.
#[derive(Clone, Debug, Default, PartialEq)]
struct Network {
    up: usize,
    stations: usize,
    levelled: String,
    leave_one_out_mm: f64,
}

impl Report {
    /// An epoch was solved, which took so long.
    pub(super) fn solved(&mut self, took: Duration, snapshot: &NetworkSnapshot) {
        self.epochs += 1;
        self.took += took;
        self.took_max = self.took_max.max(took);
        let doubts =
            snapshot.stations.iter().filter_map(|s| Some((s.name.clone(), s.doubt.clone()?)));
        let doubts: BTreeMap<_, _> = doubts.collect();
        for line in changes(&self.doubts, &doubts) {
            tracing::warn!("{line}");
        }
        self.doubts = doubts;
        self.newest = Some(Network::of(snapshot));
    }

    /// Tells, if a minute is over, and begins anew.
    pub(super) fn tell<'a>(
        &mut self,
        now: Uptime,
        dropped: u64,
        refused: impl Iterator<Item = (&'a StationName, u64)>,
    ) {
        if now - self.told < TELL_EVERY {
            return;
        }
        self.told = now;
        for (station, count) in refused {
            let before = self.refused_told.insert(station.clone(), count).unwrap_or(0);
            if count > before {
                let more = count - before;
                tracing::warn!(%station, more, "ephemerides refused: their orbits are far from those in use");
            }
        }
        let Network { up, stations, levelled, leave_one_out_mm } =
            self.newest.take().unwrap_or_default();
        let doubts: Vec<String> =
            self.doubts.iter().map(|(s, why)| format!("{s}: {why}")).collect();
        let mean_ms = 1e3 * self.took.as_secs_f64() / self.epochs.max(1) as f64;
        tracing::info!(
            epochs = self.epochs,
            up = format!("{up} of {stations}"),
            levelled,
            leave_one_out = format!("{leave_one_out_mm:.1} mm"),
            not_believed = doubts.join("; "),
            late = self.late,
            foreign_time = self.not_taken,
            left_out = self.left_out,
            dropped,
            epoch_ms = format!("{mean_ms:.1}, longest {:.1}", 1e3 * self.took_max.as_secs_f64()),
            "the network"
        );
        (self.late, self.not_taken, self.left_out, self.epochs) = (0, 0, 0, 0);
        (self.took, self.took_max) = (Duration::ZERO, Duration::ZERO);
    }
}

impl Network {
    fn of(snapshot: &NetworkSnapshot) -> Self {
        let up = snapshot.stations.iter().filter(|s| s.health == StationHealth::Up).count();
        let mut levelled = String::new();
        for (group, (all, resolved)) in &snapshot.resolved.by_group {
            let percent = 100 * resolved / (*all).max(1);
            let separator = if levelled.is_empty() { "" } else { ", " };
            let _ = write!(levelled, "{separator}{group:?} {percent} %");
        }
        let squares: Vec<f64> = snapshot
            .stations
            .iter()
            .filter_map(|s| s.ionosphere_residual_m.map(|m| m * m))
            .collect();
        let mean = squares.iter().sum::<f64>() / squares.len().max(1) as f64;
        let leave_one_out_mm = 1e3 * mean.sqrt();
        Self { up, stations: snapshot.stations.len(), levelled, leave_one_out_mm }
    }
}

/// What changed between two epochs about whom the network believes.
fn changes(
    before: &BTreeMap<StationName, String>,
    now: &BTreeMap<StationName, String>,
) -> Vec<String> {
    let new = now.iter().filter(|(station, _)| !before.contains_key(*station));
    let mut lines: Vec<String> =
        new.map(|(station, why)| format!("station {station} is not believed: {why}")).collect();
    let back = before.keys().filter(|station| !now.contains_key(*station));
    lines.extend(back.map(|station| format!("station {station} is believed again")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(all: &[(&str, &str)]) -> BTreeMap<StationName, String> {
        all.iter().map(|(name, why)| (name.parse().unwrap(), (*why).to_owned())).collect()
    }

    #[test]
    fn a_change_of_belief_is_told_once() {
        let (none, one) = (doubts(&[]), doubts(&[("A", "it moves")]));
        assert_eq!(changes(&none, &one), ["station A is not believed: it moves"]);
        assert!(changes(&one, &doubts(&[("A", "it moves farther")])).is_empty());
        let other = doubts(&[("B", "it moves")]);
        let told = changes(&one, &other);
        assert_eq!(told, ["station B is not believed: it moves", "station A is believed again"]);
    }
}
