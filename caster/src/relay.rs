//! Mountpoints of kind *station* and *upload*: the station's bytes exactly as they were received, whole frames only.
//!
//! A rover gets everything from the next whole frame on and nothing else: what the station did not send is not sent either,
//! so that the mountpoint is the station, byte for byte. Rovers that should get the reference point at once, or stay
//! served when the station dies, use a nearest mountpoint.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_ntrip::sourcetable::stream::StreamEntry;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::delivery::Batch;
use crate::source::{
    Availability, CorrectionSource, CorrectionStream, Next, OpenRefusal, OpenStream, RoverFacts,
    StreamItem,
};
use crate::stations::{Feed, Stations};
use crate::table::{Described, describe_station};

/// The mountpoints that relay one station each.
pub struct RelaySource {
    stations: Arc<Stations>,
    mounts: BTreeMap<Mountpoint, RelayMount>,
    idle_max: Duration,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct RelayMount {
    /// Whose bytes it gives.
    pub station: StationName,
    /// What the sourcetable says of it beside its content.
    pub described: Described,
}

impl RelaySource {
    /// The source of these mountpoints. A rover is let go when its station sends nothing for `idle_max`.
    pub fn new(
        stations: Arc<Stations>,
        mounts: BTreeMap<Mountpoint, RelayMount>,
        idle_max: Duration,
    ) -> Self {
        Self { stations, mounts, idle_max }
    }

    fn is_sending(&self, station: &StationName) -> bool {
        self.stations.view().get(station).is_some_and(|view| view.sending)
    }
}

impl CorrectionSource for RelaySource {
    fn availability(&self, mountpoint: &Mountpoint) -> Availability {
        match self.mounts.get(mountpoint) {
            None => Availability::Unknown,
            Some(mount) if self.is_sending(&mount.station) => Availability::Live,
            Some(_) => Availability::Offline,
        }
    }

    fn records(&self, now: Uptime) -> Vec<StreamEntry> {
        let live = self.mounts.iter().filter(|(_, mount)| self.is_sending(&mount.station));
        live.filter_map(|(mountpoint, mount)| {
            self.stations.with_state(&mount.station, |state| {
                describe_station(mountpoint, &mount.described, &mount.station, state, now)
            })
        })
        .collect()
    }

    fn open(&self, mountpoint: &Mountpoint, _: &RoverFacts) -> Result<OpenStream, OpenRefusal> {
        let mount = self.mounts.get(mountpoint);
        let mount = mount.ok_or_else(|| OpenRefusal::Offline("it was taken away".to_owned()))?;
        let view = self.stations.view();
        let station = view.get(&mount.station).filter(|view| view.sending);
        let station = station
            .ok_or_else(|| OpenRefusal::Offline(format!("station {} is silent", mount.station)))?;
        Ok(Box::new(RelayStream {
            batches: station.feed.subscribe(),
            feed: Arc::clone(&station.feed),
            next_frame: None,
            idle_max: self.idle_max,
        }))
    }
}

struct RelayStream {
    feed: Arc<Feed>,
    batches: Receiver<Batch>,
    next_frame: Option<u64>,
    idle_max: Duration,
}

impl CorrectionStream for RelayStream {
    fn next(&mut self) -> Next<'_> {
        Box::pin(async {
            loop {
                match self.batches.recv().await {
                    Ok(batch) => {
                        let due = self.next_frame.unwrap_or(batch.first_frame);
                        // What was delivered otherwise meanwhile.
                        if batch.next_frame() <= due {
                            continue;
                        }
                        self.next_frame = Some(batch.next_frame());
                        return StreamItem::Delivery(batch.deliver(due));
                    }
                    // The next batch tells by its number how many frames that were.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return StreamItem::Ended,
                }
            }
        })
    }

    fn rover_told(&mut self, _: &Gga, _: Uptime) {}

    fn shared_feed(&self) -> Option<(&Arc<Feed>, u64)> {
        Some((&self.feed, self.next_frame?))
    }

    fn delivered_below(&mut self, next_frame: u64) {
        self.next_frame = Some(next_frame);
    }

    fn patience(&self) -> Duration {
        self.idle_max
    }
}
