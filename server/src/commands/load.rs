//! `tianshu load`: many rovers against a caster on this machine.

use std::io::Write;

use anyhow::Context;

use crate::cli::load::LoadOptions;
use crate::json;
use crate::load::descriptors::ensure_enough;
use crate::load::plan::Plan;
use crate::load::run;

/// Runs, reports, and fails when a frame was torn or nobody received one.
pub(crate) fn run(options: &LoadOptions) -> anyhow::Result<()> {
    let plan = Plan::new(options)?;
    ensure_enough(plan.rovers)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    let report = runtime.block_on(run::run(plan))?;
    let mut out = std::io::stdout().lock();
    if options.json {
        writeln!(out, "{}", json::load::report(&report))?;
    } else {
        write!(out, "{report}")?;
    }
    out.flush()?;
    Ok(report.verdict()?)
}
