//! Running the service until somebody stops it; the configuration is read again on request.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::time::{MissedTickBehavior, interval};

use crate::config::read::{self, Config};
use crate::serve::findings::TELL_EVERY;
use crate::serve::service::Service;
use crate::serve::signals::{Asked, Signals};

/// How often the page's figures of links are renewed.
pub(crate) const LINKS_EVERY: Duration = Duration::from_secs(5);

/// Runs the service until it is asked to stop.
pub(crate) async fn serve(
    file: &Path,
    config: Config,
    record: Option<&Path>,
) -> anyhow::Result<()> {
    let mut signals = Signals::take().context("cannot listen for signals")?;
    let mut service = Service::start(config, record).await?;
    announce(&service)?;
    let mut telling = interval(TELL_EVERY);
    telling.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looking = interval(LINKS_EVERY);
    looking.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Reload => reload(&mut service, file).await,
                Asked::Stop => return service.stop().await,
            },
            _ = telling.tick() => service.tell_findings(),
            _ = looking.tick() => service.tell_links(),
        }
    }
}

/// Reads the configuration again. A faulty one changes nothing.
async fn reload(service: &mut Service, file: &Path) {
    match read::from_file(file) {
        Ok(config) => service.change_to(&config).await,
        Err(error) => {
            tracing::error!("the configuration is not used, everything stays as it was: {error:#}");
        }
    }
}

/// Says on standard output where rovers connect, which a port 0 in the configuration leaves open.
fn announce(service: &Service) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for address in service.addresses() {
        writeln!(out, "listening {address}")?;
    }
    if let Some(web) = service.web() {
        writeln!(out, "page {}", web.address())?;
        if let Some(management) = web.management() {
            writeln!(out, "management {management}")?;
        }
    }
    writeln!(out, "ready: {} station links", service.links())?;
    out.flush()?;
    Ok(())
}
