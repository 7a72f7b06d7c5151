//! Rovers of a live world at ports of their own: what they measure, and with it where they truly are.

use std::sync::Arc;

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_simulator::link::{Delivered, Delivery};
use tianshu_simulator::product::rtcm::StationStream;
use tianshu_simulator::site::Stated;
use tokio::sync::mpsc;

use crate::simulate::live::{LiveRover, LiveStation, RECEIVER_DELAY, RoverEpoch};

/// Deliveries that wait for a rover's port; what is measured after that waits in the world's own queue.
const DELIVERIES_WAITING_MAX: usize = 4;

/// A rover's stream in progress.
struct Telling {
    stream: StationStream,
    stated: Stated,
    broadcast: Vec<Ephemeris>,
}

/// The rovers as something that a port can serve; the first has that station ID. Must be called within a runtime.
///
/// Each epoch carries a 1006 with the antenna's true place at that moment: whoever judges the rover needs no other file.
pub(crate) fn as_stations(
    rovers: impl IntoIterator<Item = (LiveRover, Stated)>,
    first_id: u16,
) -> Vec<LiveStation> {
    (first_id..).zip(rovers).map(|(id, (rover, stated))| as_station(rover, stated, id)).collect()
}

fn as_station(rover: LiveRover, stated: Stated, id: u16) -> LiveStation {
    let LiveRover { name, mut epochs } = rover;
    let (told, deliveries) = mpsc::channel(DELIVERIES_WAITING_MAX);
    let stream = StationStream::new(id).telling_its_place_at_every_epoch();
    let mut telling = Telling { stream, stated, broadcast: Vec::new() };
    tokio::spawn(async move {
        while let Some(epoch) = epochs.recv().await {
            // A port that is gone ends the rover.
            if told.send(telling.epoch(epoch)).await.is_err() {
                return;
            }
        }
    });
    LiveStation { name, deliveries }
}

impl Telling {
    fn epoch(&mut self, epoch: RoverEpoch) -> Delivery {
        if let Some(broadcast) = epoch.ephemerides {
            self.broadcast =
                broadcast.iter().map(|one| Ephemeris::clone(Arc::as_ref(one))).collect();
        }
        self.stated.point.place = epoch.truth.place;
        let t = epoch.observed.time;
        let sent = self.stream.epoch(t, &epoch.observed, &self.stated, &self.broadcast);
        Delivery { at: t + RECEIVER_DELAY, what: Delivered::Bytes(sent.bytes()) }
    }
}
