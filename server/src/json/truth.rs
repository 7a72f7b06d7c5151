//! The truth of a simulated world as JSON: one document, with one line for each epoch.

use std::io::{self, Write};

use serde_json::{Value as Json, json};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_simulator::network::Network;
use tianshu_simulator::truth::{ChannelTruth, LinkTruth, ReceiverTruth};
use tianshu_simulator::world::{SiteEpoch, World, WorldEpoch};

/// A file that is being written.
pub(crate) struct TruthFile<W> {
    out: W,
    is_first: bool,
}

impl<W: Write> TruthFile<W> {
    /// Begins the document: what world it is, and where everybody says to be.
    pub(crate) fn begin(
        mut out: W,
        world: &World,
        network: &Network,
        seed: u64,
    ) -> io::Result<Self> {
        let scenario = world.scenario();
        let stations = network.stations.iter().enumerate().map(|(number, station)| {
            json!({
                "name": station.name.as_str(),
                "region": station.region,
                "ecef_m": station.ecef().xyz(),
                "told_ecef_m": world.stated(number).map(|stated| stated.point.place.xyz()),
            })
        });
        let stations: Vec<Json> = stations.collect();
        let rovers: Vec<&str> = world.rovers().map(StationName::as_str).collect();
        write!(
            out,
            "{{\"scenario\":{},\"seed\":{seed},\"network\":{},\"start\":{},\n\"stations\":{},\n\"rovers\":{},\n\"epochs\":[",
            json!(scenario.name),
            json!(network.name),
            time(scenario.start),
            Json::from(stations),
            json!(rovers),
        )?;
        Ok(Self { out, is_first: true })
    }

    /// Appends what is true at an epoch.
    pub(crate) fn epoch(&mut self, epoch: &WorldEpoch) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.is_first, false) { "" } else { "," };
        let receivers: Vec<Json> = epoch.stations.iter().chain(&epoch.rovers).map(site).collect();
        let object = json!({ "time": time(epoch.time), "receivers": receivers });
        write!(self.out, "{comma}\n{object}")
    }

    /// Ends the document.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        writeln!(self.out, "\n]}}")?;
        self.out.flush()
    }
}

/// GPS week and seconds of it: no leap second comes between a reader and the number.
fn time(t: GpsTime) -> Json {
    json!({ "gps_week": t.week(), "tow_s": t.time_of_week().seconds() })
}

fn site(site: &SiteEpoch) -> Json {
    json!({
        "name": site.name.as_str(),
        "powered": site.observed.is_some(),
        "linked": site.linked,
        "truth": site.truth.as_ref().map(receiver),
    })
}

fn receiver(truth: &ReceiverTruth) -> Json {
    let ReceiverTruth { received, place, velocity_m_s, clock_s, links, channels } = truth;
    json!({
        "received": time(*received),
        "ecef_m": Ecef::xyz(*place),
        "velocity_m_s": velocity_m_s,
        "clock_s": clock_s,
        "links": links.iter().map(link).collect::<Vec<_>>(),
        "channels": channels.iter().map(channel).collect::<Vec<_>>(),
    })
}

fn link(truth: &LinkTruth) -> Json {
    json!({
        "satellite": truth.satellite.to_string(),
        "range_m": truth.range_m,
        "elevation_rad": truth.elevation_rad,
        "azimuth_rad": truth.azimuth_rad,
        "troposphere_m": truth.troposphere_m,
        "slant_tecu": truth.slant_tecu,
        "disturbance": truth.disturbance,
        "satellite_clock_s": truth.satellite_clock_s,
    })
}

fn channel(truth: &ChannelTruth) -> Json {
    json!({
        "satellite": truth.satellite.to_string(),
        "signal": truth.signal.to_string(),
        "integer": truth.integer,
        "half_missing": truth.half_missing,
        "slips": truth.slips,
        "code_bias_m": truth.code_bias_m,
        "phase_bias_cycles": truth.phase_bias_cycles,
        "code_error_m": truth.code_error_m,
        "phase_error_m": truth.phase_error_m,
    })
}
