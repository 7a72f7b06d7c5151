//! `tianshu check`: everything that is wrong with configuration files, at once.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use crate::cli::CheckOptions;
use crate::config::complaint::Unusable;
use crate::config::kind::{Kind, kind_of};
use crate::config::{network, read, scenario};

/// Checks each file. Files that cannot be read fail at once; faults are gathered over all files.
pub(crate) fn run(options: &CheckOptions) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut unusable: Vec<Unusable> = Vec::new();
    for path in &options.files {
        match check(path) {
            Ok(what) => writeln!(out, "{}: good: {what}", path.display())?,
            Err(error) => unusable.push(error.downcast::<Unusable>()?),
        }
    }
    let last = unusable.pop();
    for earlier in &unusable {
        writeln!(out, "{earlier}")?;
    }
    last.map_or(Ok(()), |last| Err(last.into()))
}

/// Reads a file as what it is, and tells in a few words what is in it.
fn check(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration {}", path.display()))?;
    match kind_of(&text) {
        Kind::Service => {
            let offering = read::from_file(path)?.caster.offering;
            let (stations, mountpoints) = (offering.stations.len(), offering.mountpoints.len());
            Ok(format!(
                "{stations} stations, {mountpoints} mountpoints, {} users",
                offering.users.len()
            ))
        }
        Kind::Network => {
            let network = network::from_file(Some(path))?;
            Ok(format!("the network {} of {} stations", network.name, network.stations.len()))
        }
        Kind::Scenario => {
            let scenario = scenario::from_file(path, &network::built_in())?;
            Ok(format!("the scenario {}", scenario.name))
        }
    }
}
