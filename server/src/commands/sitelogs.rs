//! `tianshu sitelogs`: writes the site log and the GeodesyML of every station whose site is configured.

use std::io::Write;

use anyhow::{Context, bail};
use tianshu_gnss::time::utc::Utc;
use tianshu_ingest::clock::{Clock, SystemClock};
use tianshu_station_monitor::products::disk::write_whole;
use tianshu_station_monitor::products::geodesyml::geodesyml;
use tianshu_station_monitor::products::sitelog::{file_name, site_log};

use crate::cli::SitelogsOptions;
use crate::config::read;

/// Writes the files, each whole.
pub(crate) fn run(options: &SitelogsOptions) -> anyhow::Result<()> {
    let records = read::from_file(&options.config)?.records;
    if records.is_empty() {
        bail!("no station of {} has a [station.site]", options.config.display());
    }
    let prepared = Utc::from(SystemClock::start().gps());
    let mut out = std::io::stdout().lock();
    for record in &records {
        let log = options.out.join(file_name(record, prepared));
        let xml = log.with_extension("xml");
        let texts = [(log, site_log(record, prepared, None)), (xml, geodesyml(record, prepared))];
        for (path, text) in texts {
            write_whole(path.clone(), text.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))?;
            writeln!(out, "{}", path.display())?;
        }
    }
    Ok(())
}
