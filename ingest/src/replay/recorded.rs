//! Replay of our own recordings: the recorded stamps set the pace, and what follows from the frames follows again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use tianshu_gnss::event::{DownReason, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_rtcm::frame::{Found as FoundInStream, FrameDecoder};

use crate::clock::interval;
use crate::messages::MessageDecoder;
use crate::recording::format::{Content, Record};
use crate::recording::reader::{Found, RecordReader};
use crate::replay::{Door, END, Halt, Pieces, ReplayConfig, ReplayFault};

/// One recording being replayed.
struct Recorded<'c> {
    only: Option<&'c StationName>,
    epoch_wait: Duration,
    stations: BTreeMap<StationName, MessageDecoder>,
    up: BTreeSet<StationName>,
    /// The latest stamp, and the same on a time line that never goes back.
    latest: Option<(GpsTime, Uptime)>,
}

pub(super) async fn replay(
    config: &ReplayConfig,
    path: &Path,
    door: &mut Door,
) -> Result<(), Halt> {
    let mut pieces = Pieces::open(path).await?;
    let mut reader = RecordReader::new();
    let mut recorded = Recorded {
        only: config.station.as_ref(),
        epoch_wait: config.epoch_wait,
        stations: BTreeMap::new(),
        up: BTreeSet::new(),
        latest: None,
    };
    loop {
        match pieces.next().await? {
            Some(piece) => reader.push(piece),
            None => reader.finish(),
        }
        let mut found_any = false;
        while let Some(found) = reader
            .next_found()
            .map_err(|fault| ReplayFault::Head { path: path.to_owned(), fault })?
        {
            found_any = true;
            if let Some(head) = reader.head() {
                recorded.epoch_wait = head.epoch_wait;
            }
            match found {
                Found::Record(record) => recorded.record(record, door).await?,
                Found::Damage { bytes } => door.summary.noise_bytes += bytes as u64,
                Found::TornTail { bytes } => door.summary.torn_bytes += bytes as u64,
            }
        }
        if reader.has_finished() && !found_any {
            return recorded.end(door).await;
        }
    }
}

impl Recorded<'_> {
    async fn record(&mut self, record: Record, door: &mut Door) -> Result<(), Halt> {
        let Record { station, arrived, content } = record;
        if self.only.is_some_and(|only| *only != station) {
            return Ok(());
        }
        let now = self.advance(arrived, door).await?;
        let messages = self
            .stations
            .entry(station.clone())
            .or_insert_with(|| MessageDecoder::new(self.epoch_wait));
        match content {
            Content::Up => {
                self.up.insert(station.clone());
                door.tell(&station, arrived, StationNews::Up).await
            }
            Content::Down(reason) => {
                let heard = messages.finish(arrived);
                self.up.remove(&station);
                door.tell_all(&station, heard).await?;
                door.tell(&station, arrived, StationNews::Down(reason)).await
            }
            Content::Frame(bytes) => {
                let mut frames = FrameDecoder::new();
                frames.push(&bytes);
                frames.finish();
                while let Some(found) = frames.next_found() {
                    match found {
                        FoundInStream::Frame(frame) => {
                            let heard = messages.take(frame, now, arrived);
                            door.tell_all(&station, heard).await?;
                        }
                        FoundInStream::Noise(noise) => {
                            door.summary.noise_bytes += u64::from(noise.bytes);
                        }
                    }
                }
                Ok(())
            }
        }
    }

    /// Goes on to a stamp; epochs that fall due on the way are told at their time, over all stations in order.
    async fn advance(&mut self, arrived: GpsTime, door: &mut Door) -> Result<Uptime, Halt> {
        let (before, since) = self.latest.unwrap_or((arrived, Uptime::START));
        let ahead = (arrived - before).max(Interval::ZERO);
        let now = since + Duration::from_nanos(ahead.nanos().unsigned_abs());
        while let Some((due, station)) = self.next_due().filter(|(due, _)| *due <= now) {
            door.until(before + interval(due - since)).await?;
            let heard = self.stations.get_mut(&station).map(|messages| messages.on_timer(due));
            door.tell_all(&station, heard.unwrap_or_default()).await?;
        }
        door.until(arrived).await?;
        self.latest = Some((arrived, now));
        Ok(now)
    }

    fn next_due(&self) -> Option<(Uptime, StationName)> {
        let due = |(name, messages): (&StationName, &MessageDecoder)| {
            messages.deadline().map(|due| (due, name.clone()))
        };
        self.stations.iter().filter_map(due).min()
    }

    /// Stations that were still up when the recording ended are told to be down: nothing more comes of them.
    async fn end(mut self, door: &mut Door) -> Result<(), Halt> {
        let Some((arrived, _)) = self.latest else { return Ok(()) };
        for (station, messages) in &mut self.stations {
            let heard = messages.finish(arrived);
            door.tell_all(station, heard).await?;
        }
        for station in &self.up {
            let news = StationNews::Down(DownReason::Closed(END.to_owned()));
            door.tell(station, arrived, news).await?;
        }
        Ok(())
    }
}
