//! `tianshu serve`: the service itself.

use anyhow::Context;

use crate::cli::ServeOptions;
use crate::config::read;
use crate::serve::run::serve;

/// Runs the service until it is told to stop.
pub(crate) fn run(options: &ServeOptions) -> anyhow::Result<()> {
    let config = read::from_file(&options.config)?;
    crate::logging::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(serve(&options.config, config, options.record.as_deref()))
}
