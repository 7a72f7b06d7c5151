//! A run: all rovers, the station they may need, a line a second, and the report at the end.

use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use tokio::task::{JoinSet, LocalSet, spawn_local};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

use crate::load::feed::{FED_BEFORE, Feed};
use crate::load::ledger::Ledger;
use crate::load::plan::Plan;
use crate::load::process::{Cost, Whose};
use crate::load::report::{Phase, Report};
use crate::load::rover::{self, Shared};
use crate::load::table;

/// The cost of the caster's process is read so long before the end, while all rovers are still there.
const LAST_SAMPLE_BEFORE_END: Duration = Duration::from_millis(100);
/// How long rovers may take to finish after the end, those included that read what was kept for them.
const FINISH_MAX: Duration = Duration::from_secs(5);

/// Runs to the end of the plan, until every rover has ended, or until Ctrl-C.
pub(crate) async fn run(plan: Plan) -> anyhow::Result<Report> {
    let local = LocalSet::new();
    local
        .run_until(async move {
            let mut plan = plan;
            if let Some(feed) = plan.feed {
                tell(&format!("waiting for a station link at {}", feed.address));
                spawn_local(Feed::open(feed).await?.run());
                sleep(FED_BEFORE).await;
            }
            if plan.mounts.is_empty() {
                plan.mounts = table::mounts(&plan).await?;
                tell(&format!("asking for {} mountpoints of the sourcetable", plan.mounts.len()));
            }
            load(Rc::new(Shared::new(plan))).await
        })
        .await
}

async fn load(shared: Rc<Shared>) -> anyhow::Result<Report> {
    let mut meter = Meter::start(shared.plan.watched);
    let mut rovers = JoinSet::new();
    for number in 0..shared.plan.rovers {
        rovers.spawn_local(rover::run(Rc::clone(&shared), number));
    }
    let second = Duration::from_secs(1);
    let mut ticks = interval_at(Instant::now() + second, second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let before_end = sleep_until(shared.ends - LAST_SAMPLE_BEFORE_END);
    let mut before_end = std::pin::pin!(before_end);
    loop {
        tokio::select! {
            () = &mut before_end, if !meter.is_closed() => meter.close(&shared),
            _ = ticks.tick() => {
                meter.tick(&shared);
                tell(&progress(&shared));
            }
            ended = rovers.join_next() => match ended {
                Some(ended) => ended.context("a rover's task ended badly")?,
                None => break,
            },
            pressed = tokio::signal::ctrl_c() => {
                pressed.context("cannot listen for Ctrl-C")?;
                break;
            }
        }
        if Instant::now() > shared.ends + FINISH_MAX {
            break;
        }
    }
    meter.close(&shared);
    rovers.abort_all();
    // Aborted tasks end at their next turn.
    let _ = timeout(FINISH_MAX, async { while rovers.join_next().await.is_some() {} }).await;
    let mut ledger = shared.ledger.borrow_mut();
    ledger.close();
    Ok(meter.report(&shared, ledger.clone()))
}

/// Readings of the processes at the begin, when everybody is connected, and at the end.
struct Meter {
    watched: Option<Whose>,
    begin: Reading,
    /// When every first connection had come to an answer.
    steady: Option<Reading>,
    end: Option<Reading>,
    resident_max_kb: u64,
}

/// The cost of both processes, and what had been delivered by then.
#[derive(Clone, Copy)]
struct Reading {
    at: Instant,
    ours: Option<Cost>,
    theirs: Option<Cost>,
    epochs: u64,
    frames: u64,
}

impl Meter {
    fn start(watched: Option<Whose>) -> Self {
        let begin = Reading::now(watched, &Ledger::default());
        let resident_max_kb = begin.theirs.map_or(0, |cost| cost.resident_kb);
        Self { watched, begin, steady: None, end: None, resident_max_kb }
    }

    fn is_closed(&self) -> bool {
        self.end.is_some()
    }

    fn tick(&mut self, shared: &Shared) {
        let ledger = shared.ledger.borrow();
        let reading = Reading::now(self.watched, &ledger);
        let resident_kb = reading.theirs.map_or(0, |cost| cost.resident_kb);
        self.resident_max_kb = self.resident_max_kb.max(resident_kb);
        let is_steady =
            ledger.storm.concluded + u64::from(shared.plan.silent) >= u64::from(shared.plan.rovers);
        if is_steady && self.steady.is_none() && self.end.is_none() {
            self.steady = Some(reading);
        }
    }

    fn close(&mut self, shared: &Shared) {
        let watched = self.watched;
        self.end.get_or_insert_with(|| Reading::now(watched, &shared.ledger.borrow()));
    }

    fn report(&self, shared: &Shared, ledger: Ledger) -> Report {
        let end = self.end.unwrap_or(self.begin);
        let whole = end.since(self.begin);
        let steady = self.steady.map(|steady| end.since(steady));
        let connecting = self.steady.map(|steady| steady.since(self.begin));
        let resident_kb = |reading: Reading| reading.theirs.map(|cost| cost.resident_kb);
        Report {
            rovers: shared.plan.rovers,
            slow: shared.plan.slow,
            silent: shared.plan.silent,
            whole,
            connecting,
            steady,
            resident_begin_kb: resident_kb(self.begin),
            resident_end_kb: resident_kb(end),
            resident_max_kb: self.watched.map(|_| self.resident_max_kb),
            own_resident_kb: end.ours.map(|cost| cost.resident_kb),
            ledger,
        }
    }
}

impl Reading {
    fn now(watched: Option<Whose>, ledger: &Ledger) -> Self {
        Self {
            at: Instant::now(),
            ours: Whose::Ours.cost(),
            theirs: watched.and_then(Whose::cost),
            epochs: ledger.data.epochs,
            frames: ledger.data.frames,
        }
    }

    fn since(self, before: Self) -> Phase {
        let cpu = |now: Option<Cost>, then: Option<Cost>| Some(now?.cpu.saturating_sub(then?.cpu));
        Phase {
            lasted: self.at - before.at,
            cpu: cpu(self.theirs, before.theirs),
            own_cpu: cpu(self.ours, before.ours),
            epochs: self.epochs.saturating_sub(before.epochs),
            frames: self.frames.saturating_sub(before.frames),
        }
    }
}

/// The line of one second.
fn progress(shared: &Shared) -> String {
    let ledger = shared.ledger.borrow();
    let passed =
        shared.plan.lasts.saturating_sub(shared.ends.saturating_duration_since(Instant::now()));
    let latency = ledger.latency.quantiles();
    let p99 = latency.map_or("-".to_owned(), |latency| format!("{:.0} ms", latency.p99_ms));
    format!(
        "{:4.0} s: {} asked, {} open, {} refused, {} failed, {} epochs, p99 {p99}, {} torn",
        passed.as_secs_f64(),
        ledger.asked,
        ledger.open,
        ledger.refusals(),
        ledger.failures(),
        ledger.data.epochs,
        ledger.torn(),
    )
}

/// A line on standard error, which nobody needs to read.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
