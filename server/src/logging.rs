//! The log: lines on standard error, at the level that `TIANSHU_LOG` asks for.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts the log of this process. `TIANSHU_LOG` takes the directives of `tracing`, such as `debug` or
/// `tianshu_caster=debug`; without it, changes of state are told (`info`).
pub(crate) fn start() {
    start_from("info");
}

/// The same, with another level where `TIANSHU_LOG` says nothing.
pub(crate) fn start_from(level: &str) {
    let filter = EnvFilter::try_from_env("TIANSHU_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
