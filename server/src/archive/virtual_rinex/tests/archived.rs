//! A simulated network in an archive, without waiting for it, and the configuration that finds it there. For tests, and for measurements.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_simulator::named::named;
use tianshu_simulator::network::Network;
use tianshu_simulator::product::rtcm::StationStream;
use tianshu_simulator::world::World;
use tianshu_station_monitor::archive::clickhouse::connection::ClickHouseConfig;
use tianshu_station_monitor::archive::clickhouse::schema::Retention;
use tianshu_station_monitor::archive::keeper::{ArchiveConfig, open};
use tianshu_station_monitor::archive::record::Record;
use tianshu_station_monitor::archive::scaled::ScaledEpoch;
use tianshu_station_monitor::archive::spool::SpoolLimits;
use tianshu_station_monitor::archive::status::SharedStatus;

/// What is archived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Archived<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) seed: u64,
    pub(crate) network: &'a Network,
    /// From the next full hour after the scenario's start on.
    pub(crate) seconds: i64,
    pub(crate) step_s: i64,
}

/// A frame arrives so long after its epoch.
const ARRIVES_AFTER: Interval = Interval::from_millis(200);
/// Seconds between two commits.
const COMMIT_EVERY_S: i64 = 10;

impl Archived<'_> {
    /// The first epoch.
    pub(crate) fn start(&self) -> anyhow::Result<GpsTime> {
        let start = named(self.scenario).context("a named scenario")?.start;
        let hour = Interval::from_seconds(3_600);
        let rounded = start.rounded_to(hour);
        Ok(if rounded < start { rounded + hour } else { rounded })
    }

    /// Archives it in a folder, or a database beside it; `tell` hears of each second.
    pub(crate) fn keep(
        &self,
        folder: &Path,
        database: Option<&ClickHouseConfig>,
        mut tell: impl FnMut(i64),
    ) -> anyhow::Result<()> {
        let start = self.start()?;
        let scenario = named(self.scenario).context("a named scenario")?.starting_at(start);
        let mut world = World::new(scenario, self.network, self.seed)?;
        let ids = 1..=u16::try_from(self.network.stations.len())?;
        let mut streams: Vec<StationStream> = ids.map(StationStream::new).collect();
        let config = ArchiveConfig {
            folder: folder.to_owned(),
            spool: SpoolLimits {
                bytes_max: 64 << 30,
                segment_bytes: 16 << 20,
                segment_age: Interval::from_seconds(10),
            },
            database: database.cloned(),
            retention: Retention::default(),
        };
        let (mut keeper, mut tender) = open(&config, &SharedStatus::default())?;
        for second in (0..self.seconds).step_by(usize::try_from(self.step_s)?) {
            let t = start + Interval::from_seconds(second);
            let (epoch, ephemerides) = (world.epoch(t), world.ephemerides(t));
            let mut keep =
                |record| keeper.keep(&record).ok().context("the spool takes nothing more");
            for (i, stream) in streams.iter_mut().enumerate() {
                let Some(observed) = &epoch.stations[i].observed else { continue };
                let station = &self.network.stations[i].name;
                let stated = world.stated(i).context("a station")?;
                let sent = stream.epoch(t, observed, &stated, &ephemerides);
                for frame in sent.frames {
                    let (arrived, frame) = (t + ARRIVES_AFTER, frame.into_bytes());
                    keep(Record::Frame { station: station.clone(), arrived, frame })?;
                }
                keep(Record::Epoch(station.clone(), ScaledEpoch::from(observed)))?;
            }
            if second % COMMIT_EVERY_S == 0 {
                ensure!(keeper.commit(t), "the disk takes nothing");
            }
            tell(second);
        }
        let end = start + Interval::from_seconds(self.seconds);
        keeper.finish(end);
        ensure!(tender.close_all(end), "the store takes nothing");
        Ok(())
    }

    /// The configuration of an archive of that folder, whose network is every station but those that are left out.
    pub(crate) fn config(&self, folder: &str, left_out: &[StationName]) -> String {
        let names = |s: &StationName| format!("\"{s}\"");
        let stations = self.network.stations.iter();
        let of_network: Vec<String> = stations
            .clone()
            .map(|s| &s.name)
            .filter(|s| !left_out.contains(s))
            .map(names)
            .collect();
        let mut text = format!(
            "[service]\nnetwork = \"Simulated\"\n[archive]\nfolder = \"{folder}\"\n\
             [network]\nsolve = true\ninterval_s = {}.0\nframe = \"the simulator's\"\nstations = [{}]\n",
            self.step_s,
            of_network.join(", ")
        );
        for station in stations {
            let place = station.place;
            let _ = write!(
                text,
                "[[station]]\nname = \"{}\"\nlink = \"tcp\"\naddress = \"127.0.0.1:1\"\nposition = [{:.12}, {:.12}, {:.4}]\n",
                station.name,
                place.latitude_deg(),
                place.longitude_deg(),
                place.height_m
            );
        }
        text
    }
}
