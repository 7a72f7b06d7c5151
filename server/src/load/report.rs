//! What a run found, as numbers and as a table.

use std::fmt::{self, Write};
use std::time::Duration;

use crate::load::histogram::{Histogram, Quantiles};
use crate::load::ledger::Ledger;

/// What a run found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// How many rovers were asked for, the odd ones included.
    pub rovers: u32,
    /// Of them, how many stopped reading.
    pub slow: u32,
    /// Of them, how many asked for nothing.
    pub silent: u32,
    /// From the begin to just before the end.
    pub whole: Phase,
    /// Until every first connection had come to an answer, to the next full second; absent if that never was.
    pub connecting: Option<Phase>,
    /// From then to just before the end.
    pub steady: Option<Phase>,
    /// Memory of the process watched before the first connection, kB.
    pub resident_begin_kb: Option<u64>,
    /// The same just before the end, kB.
    pub resident_end_kb: Option<u64>,
    /// The most seen of it, read once a second, kB.
    pub resident_max_kb: Option<u64>,
    /// Memory of this process just before the end, kB.
    pub own_resident_kb: Option<u64>,
    /// The counts.
    pub ledger: Ledger,
}

/// A part of a run, and what it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Phase {
    /// How long it lasted.
    pub lasted: Duration,
    /// Processor time of the process watched.
    pub cpu: Option<Duration>,
    /// Processor time of this process.
    pub own_cpu: Option<Duration>,
    /// Epochs delivered.
    pub epochs: u64,
    /// Frames delivered.
    pub frames: u64,
}

/// Why a run did not show what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failed {
    /// Bytes between frames.
    #[error("{0} frames were torn: between whole frames came bytes that belong to none")]
    Torn(u64),
    /// No bytes at all.
    #[error("no rover received a whole frame: see the refusals and failures above")]
    NoData,
}

impl Report {
    /// Whether the run failed: a frame was torn, or nobody received one.
    pub(crate) fn verdict(&self) -> Result<(), Failed> {
        let expects_data = self.rovers > self.slow + self.silent;
        match self.ledger.torn() {
            0 if expects_data && self.ledger.data.frames == 0 => Err(Failed::NoData),
            0 => Ok(()),
            torn => Err(Failed::Torn(torn)),
        }
    }

    /// How much the process watched grew per accepted rover still there, kB.
    pub(crate) fn resident_per_rover_kb(&self) -> Option<f64> {
        let grown = self.resident_end_kb?.saturating_sub(self.resident_begin_kb?);
        let accepted = self.ledger.storm.accepted;
        (accepted > 0).then(|| grown as f64 / accepted as f64)
    }
}

impl Phase {
    /// Processor time of the process watched per epoch delivered to one rover, µs.
    pub(crate) fn cpu_us_per_epoch(&self) -> Option<f64> {
        per(self.cpu?, self.epochs)
    }

    /// The same per frame, µs.
    pub(crate) fn cpu_us_per_frame(&self) -> Option<f64> {
        per(self.cpu?, self.frames)
    }

    /// The part of one core that a processor time is, percent.
    pub(crate) fn percent(&self, cpu: Option<Duration>) -> Option<f64> {
        let lasted = self.lasted.as_secs_f64();
        (lasted > 0.0).then_some(cpu?.as_secs_f64() / lasted * 100.0)
    }
}

fn per(cpu: Duration, count: u64) -> Option<f64> {
    (count > 0).then(|| cpu.as_secs_f64() * 1e6 / count as f64)
}

/// The table of a run; the names are those of the JSON, in words.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ledger = &self.ledger;
        self.connections(f)?;
        row(f, "time to connect", &timing(&ledger.connect))?;
        row(f, "time to accept", &timing(&ledger.accept))?;
        row(f, "time to first byte", &timing(&ledger.first_byte))?;
        row(f, "delivery latency", &timing(&ledger.latency))?;
        row(
            f,
            "  not counted",
            &format!(
                "{} stamped in the future, {} older than 60 s, {} first of a connection",
                ledger.stamped_in_future, ledger.stamped_long_ago, ledger.first_epochs
            ),
        )?;
        row(f, "spread of an epoch", &timing(&ledger.spread))?;
        let data = &ledger.data;
        row(
            f,
            "data",
            &format!("{} bytes, {} frames, {} epochs", data.bytes, data.frames, data.epochs),
        )?;
        row(
            f,
            "torn frames",
            &format!("{} ({} bytes); {} cut by an end", ledger.torn(), data.noise_bytes, data.cut),
        )?;
        row(
            f,
            "gaps",
            &format!("{} epochs missing, {} that others received", data.gaps, data.missed),
        )?;
        row(
            f,
            "positions",
            &format!("{} sent, {} not taken", ledger.positions_sent, ledger.positions_unsent),
        )?;
        self.odd_ones(f)?;
        self.costs(f)
    }
}

impl Report {
    fn connections(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ledger = &self.ledger;
        let rate = ledger.storm.per_second();
        let rate = rate.map_or(String::new(), |rate| format!(", {rate:.0} per second"));
        let (asked, accepted) = (ledger.asked, ledger.accepted);
        let (refused, failed) = (ledger.refusals(), ledger.failures());
        row(
            f,
            "connections",
            &format!(
                "{asked} asked, {accepted} accepted, {refused} refused, {failed} failed{rate}"
            ),
        )?;
        let kinds =
            [("refused", &ledger.refused), ("failed", &ledger.failed), ("ended", &ledger.ended)];
        for (what, causes) in kinds {
            for (cause, count) in causes {
                row(f, &format!("  {what}: {cause}"), &count.to_string())?;
            }
        }
        Ok(())
    }

    fn odd_ones(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ledger = &self.ledger;
        if self.slow > 0 {
            let told = format!(
                "{}: {} bytes, {} frames, {} torn at the end",
                self.slow, ledger.slow.bytes, ledger.slow.frames, ledger.slow.torn
            );
            row(f, "rovers that stopped reading", &told)?;
        }
        if self.silent > 0 {
            let told =
                format!("{}; ended by the caster: {}", self.silent, timing(&ledger.silent_ended));
            row(f, "silent connections", &told)?;
        }
        Ok(())
    }

    fn costs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("connecting", self.connecting.as_ref()),
            ("steady", self.steady.as_ref()),
            ("whole run", Some(&self.whole)),
        ];
        for (name, part) in parts {
            let Some(part) = part else { continue };
            let own = percent(part.percent(part.own_cpu));
            let mut told = format!("{:.1} s, own CPU {own}", part.lasted.as_secs_f64());
            if let Some(cpu) = part.cpu {
                let theirs = percent(part.percent(part.cpu));
                write!(told, ", watched CPU {:.2} s ({theirs})", cpu.as_secs_f64())?;
            }
            if let Some(each) = part.cpu_us_per_epoch() {
                write!(told, ", {each:.1} us per delivered epoch")?;
            }
            row(f, name, &told)?;
        }
        if let (Some(begin), Some(end), Some(max)) =
            (self.resident_begin_kb, self.resident_end_kb, self.resident_max_kb)
        {
            let each = self.resident_per_rover_kb();
            let each = each.map_or(String::new(), |each| format!(", {each:.1} kB per rover"));
            row(
                f,
                "watched memory",
                &format!("{begin} kB before, {end} kB at the end, {max} kB most{each}"),
            )?;
        }
        match self.own_resident_kb {
            Some(own) => row(f, "own memory", &format!("{own} kB")),
            None => Ok(()),
        }
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, told: &str) -> fmt::Result {
    writeln!(f, "{name:<36} {told}")
}

fn percent(part: Option<f64>) -> String {
    part.map_or("unknown".to_owned(), |part| format!("{part:.1} %"))
}

fn timing(histogram: &Histogram) -> String {
    match histogram.quantiles() {
        None => "none".to_owned(),
        Some(Quantiles { count, p50_ms, p99_ms, max_ms }) => {
            format!("{count} x, p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms, max {max_ms:.1} ms")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(frames: u64, torn: u64) -> Report {
        let mut report = Report { rovers: 3, silent: 1, ..Report::default() };
        report.ledger.data.frames = frames;
        report.ledger.data.torn = torn;
        report
    }

    #[test]
    fn a_run_fails_for_torn_frames_and_for_none() {
        assert_eq!(report(5, 0).verdict(), Ok(()));
        assert_eq!(report(5, 1).verdict(), Err(Failed::Torn(1)));
        assert_eq!(report(0, 0).verdict(), Err(Failed::NoData));
        let all_silent = Report { silent: 3, ..report(0, 0) };
        assert_eq!(all_silent.verdict(), Ok(()), "nobody expected data");
    }

    #[test]
    fn costs_are_per_delivery() {
        let part = Phase {
            lasted: Duration::from_secs(10),
            cpu: Some(Duration::from_secs(1)),
            own_cpu: None,
            epochs: 100_000,
            frames: 200_000,
        };
        assert_eq!((part.cpu_us_per_epoch(), part.cpu_us_per_frame()), (Some(10.0), Some(5.0)));
        assert_eq!((part.percent(part.cpu), part.percent(part.own_cpu)), (Some(10.0), None));
    }

    #[test]
    fn the_table_tells_every_cause() {
        let mut report = report(5, 0);
        report.ledger.refused.insert("unauthorized", 7);
        let table = report.to_string();
        assert!(table.contains("  refused: unauthorized              7"), "{table}");
        assert!(table.contains("7 refused, 0 failed"), "{table}");
        assert!(table.lines().all(|line| !line.ends_with(' ')), "{table}");
    }
}
