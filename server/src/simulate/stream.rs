//! What the stations of a world send, epoch by epoch, as bytes.

use bytes::Bytes;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_simulator::fault::Fault;
use tianshu_simulator::network::Network;
use tianshu_simulator::product::rtcm::StationStream;
use tianshu_simulator::world::{World, WorldEpoch};

/// The streams of all stations.
pub(crate) struct Streams {
    stations: Vec<Station>,
    /// What all satellites broadcast now, and the half minute for which that was asked.
    broadcast: Vec<Ephemeris>,
    asked_at: Option<i64>,
    refused: u64,
}

struct Station {
    stream: StationStream,
    /// Whether it sends ephemerides of its own time instead of those in force.
    is_stale: bool,
}

/// Ephemerides change every half hour at most; asking anew this often is soon enough, and costs little.
const ASK_EVERY_NANOS: i64 = 30_000_000_000;
/// Station identifiers are 12 bits wide (RTCM 10403.3, DF003).
const STATION_IDS: usize = 4_096;

impl Streams {
    /// Streams that begin. Stations are numbered from 1 in the network's order.
    pub(crate) fn new(world: &World, network: &Network) -> Self {
        let faults = &world.scenario().faults;
        let is_stale = |number: usize| {
            faults.iter().any(|f| {
                matches!(f.fault, Fault::StaleEphemeris { .. })
                    && f.station.find(network) == Some(number)
            })
        };
        let stations = (0..network.stations.len())
            .map(|number| {
                let id = u16::try_from((number + 1) % STATION_IDS).unwrap_or_default();
                Station { stream: StationStream::new(id), is_stale: is_stale(number) }
            })
            .collect();
        Self { stations, broadcast: Vec::new(), asked_at: None, refused: 0 }
    }

    /// What each station sends of an epoch; empty while its power is off.
    pub(crate) fn epoch(&mut self, world: &World, epoch: &WorldEpoch) -> Vec<Bytes> {
        self.ask(world, epoch.time);
        let mut all = Vec::with_capacity(self.stations.len());
        for (number, (station, site)) in self.stations.iter_mut().zip(&epoch.stations).enumerate() {
            let (Some(observed), Some(stated)) = (&site.observed, world.stated(number)) else {
                all.push(Bytes::new());
                continue;
            };
            let own = station.is_stale.then(|| world.ephemerides_of(number, epoch.time));
            let ephemerides = own.as_deref().unwrap_or(&self.broadcast);
            let sent = station.stream.epoch(epoch.time, observed, &stated, ephemerides);
            self.refused += u64::from(sent.refused);
            all.push(sent.bytes());
        }
        all
    }

    /// Messages that could not be said, because a fault made a coordinate or an orbit impossible.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    fn ask(&mut self, world: &World, t: GpsTime) {
        let now = t.nanos().div_euclid(ASK_EVERY_NANOS);
        if self.asked_at != Some(now) {
            self.broadcast = world.ephemerides(t);
            self.asked_at = Some(now);
        }
    }
}
