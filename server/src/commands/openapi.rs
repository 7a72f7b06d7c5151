//! `tianshu openapi`: the description of the API.

use std::io::Write;

use anyhow::Context;

use crate::web::router::description;

/// Prints it.
pub(crate) fn run() -> anyhow::Result<()> {
    let text = description().to_pretty_json().context("the description cannot be written")?;
    writeln!(std::io::stdout().lock(), "{text}")?;
    Ok(())
}
