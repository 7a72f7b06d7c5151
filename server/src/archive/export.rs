//! Taking things out of the archive: frames as they came, observations as lines or as a table.

use std::io::Write;

use anyhow::Context;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::utc::Civil;
use tianshu_station_monitor::archive::embedded::export::ParquetExport;
use tianshu_station_monitor::archive::embedded::raw::RawFrame;
use tianshu_station_monitor::archive::store::{Epochs, ReadError};

/// The columns of lines. What was not measured is empty.
const HEADINGS: [&str; 11] = [
    "gps_time",
    "satellite",
    "signal",
    "glonass_channel",
    "code_m",
    "phase_cycles",
    "doppler_hz",
    "cn0_dbhz",
    "lock_s",
    "half_cycle_ambiguous",
    "station",
];

/// Frames, one behind the other; gives how many.
pub(crate) fn frames(
    frames: impl Iterator<Item = Result<RawFrame, ReadError>>,
    out: &mut impl Write,
    mut told: impl FnMut(u64),
) -> anyhow::Result<u64> {
    let mut count = 0;
    for frame in frames {
        out.write_all(&frame?.frame)?;
        count += 1;
        told(count);
    }
    out.flush()?;
    Ok(count)
}

/// Observations as comma-separated values; gives how many epochs.
pub(crate) fn lines(
    station: &str,
    epochs: Epochs,
    out: &mut impl Write,
    mut told: impl FnMut(u64),
) -> anyhow::Result<u64> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(HEADINGS)?;
    let mut count = 0;
    for epoch in epochs {
        write_epoch(&mut writer, station, &epoch?)?;
        count += 1;
        told(count);
    }
    writer.flush()?;
    Ok(count)
}

fn write_epoch(
    writer: &mut csv::Writer<impl Write>,
    station: &str,
    epoch: &ObsEpoch,
) -> anyhow::Result<()> {
    let c = Civil::in_gps_time(epoch.time);
    let time = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}",
        c.year, c.month, c.day, c.hour, c.minute, c.second, c.nanos
    );
    let decimals = |value: Option<f64>| value.map(|v| format!("{v:.3}")).unwrap_or_default();
    for o in &epoch.observations {
        writer.write_record([
            time.clone(),
            o.satellite.to_string(),
            o.signal.to_string(),
            o.glonass_channel.map(|n| n.to_string()).unwrap_or_default(),
            decimals(o.code.map(|code| code.0)),
            decimals(o.phase.map(|phase| phase.0)),
            decimals(o.doppler.map(|doppler| doppler.0)),
            // Sixteenths have four decimals.
            o.cn0.map(|cn0| format!("{:.4}", cn0.0)).unwrap_or_default(),
            decimals(o.lock_time.map(|lock| lock.as_secs_f64())),
            o.half_cycle_ambiguous.to_string(),
            station.to_owned(),
        ])?;
    }
    Ok(())
}

/// Observations as a Parquet file; gives how many epochs.
pub(crate) fn table(
    epochs: Epochs,
    out: &mut (impl Write + Send),
    mut told: impl FnMut(u64),
) -> anyhow::Result<u64> {
    let mut export = ParquetExport::begin(out).context("cannot begin the table")?;
    let mut count = 0;
    for epoch in epochs {
        export.write(&epoch?)?;
        count += 1;
        told(count);
    }
    export.finish()?;
    Ok(count)
}
