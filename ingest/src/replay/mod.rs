//! Replay: recorded files enter at the same door as live stations, at any speed.
//!
//! A file is either a recording of ours ([`crate::recording`]) or plain RTCM; which, its first bytes say. Times are
//! those of the recording, never of this machine's clock, so the same file gives the same events each time.

pub mod pace;
mod plain;
mod recorded;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tianshu_gnss::event::{DownReason, StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::messages::Heard;
use crate::recording::format::{HeadFault, MAGIC};
use crate::shell::Board;
use crate::sink::{EventSink, Offered};
use crate::snapshot::{LinkSnapshot, LinkState};
use pace::{Pace, Speed};

/// The most files of one folder: more than a year of hourly files.
pub const FILES_MAX: usize = 10_000;
/// How much is read at once.
const READ_BYTES: usize = 64 * 1024;
/// The pause between two passes of a repeated replay, so that listeners notice the end.
const REPEAT_PAUSE: Duration = Duration::from_secs(1);
/// What listeners are told when a recording ends while its link is up.
const END: &str = "end of the recording";

/// What is replayed, and how.
#[derive(Clone, Debug)]
pub struct ReplayConfig {
    /// A file, or a folder whose files are read in the order of their names.
    pub path: PathBuf,
    /// The station. Of a recording of several stations it is the one that is replayed, or all without it; plain RTCM
    /// does not name its station, so there it must be given.
    pub station: Option<StationName>,
    /// When a plain RTCM file approximately begins, right to less than half a week (half a day where it begins with
    /// GLONASS legacy messages). A recording of ours knows its times.
    pub starts_near: Option<GpsTime>,
    /// How fast.
    pub speed: Speed,
    /// Whether to begin again at the end.
    pub repeat: bool,
    /// An epoch of a plain file that is not complete after this is closed. A recording of ours has its own limit.
    pub epoch_wait: Duration,
}

/// Why a replay cannot go on. Each asks the operator for another file or setting.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFault {
    /// The file or folder cannot be read.
    #[error("{path} cannot be read", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder has no files.
    #[error("{path} holds no files", path = path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// The folder has more files than [`FILES_MAX`].
    #[error("{path} holds more than {FILES_MAX} files: name a smaller folder", path = path.display())]
    TooManyFiles {
        /// Which.
        path: PathBuf,
    },
    /// A recording that cannot be read.
    #[error("{path}: {fault}", path = path.display())]
    Head {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        fault: HeadFault,
    },
    /// A plain file without a station's name or approximate time.
    #[error(
        "{path} is plain RTCM: the station's name and the approximate time of its begin are needed",
        path = path.display()
    )]
    NotDescribed {
        /// Which.
        path: PathBuf,
    },
}

/// What a replay gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplaySummary {
    /// Files read, each pass counted.
    pub files: u64,
    /// Frames given.
    pub frames: u64,
    /// Epochs given.
    pub epochs: u64,
    /// Bytes of plain files outside of frames, and damaged bytes of recordings.
    pub noise_bytes: u64,
    /// Bytes of the torn records at the ends of recordings.
    pub torn_bytes: u64,
}

/// Replays until the end, or until it is stopped or nobody listens any more; all of these are no faults.
pub async fn replay(
    config: &ReplayConfig,
    sink: &EventSink,
    stop: &CancellationToken,
) -> Result<ReplaySummary, ReplayFault> {
    let mut door = Door::new(config, sink.clone(), stop.clone(), None);
    run(config, &mut door).await.map(|()| door.summary)
}

/// Replays as a station's link, with a board for operators.
pub(crate) async fn run_link(
    config: ReplayConfig,
    sink: EventSink,
    stop: CancellationToken,
    board: Board,
) {
    let mut door = Door::new(&config, sink, stop, Some(board.clone()));
    let outcome = run(&config, &mut door).await;
    let mut snapshot = board.read();
    snapshot.state = LinkState::Ended;
    if let (Err(fault), Some(station)) = (outcome, config.station) {
        let why = chain(&fault);
        tracing::error!(%station, %why, "a replay could not go on");
        let reason = DownReason::Refused(why);
        snapshot.last_failure = Some(reason.clone());
        let arrived = config.starts_near.unwrap_or(GpsTime::from_nanos(0));
        door.sink.offer(StationEvent { station, arrived, news: StationNews::Down(reason) });
    }
    board.show(snapshot);
}

async fn run(config: &ReplayConfig, door: &mut Door) -> Result<(), ReplayFault> {
    loop {
        let before = door.summary.frames;
        match pass(config, door).await {
            Err(Halt::Interrupted) => return Ok(()),
            Err(Halt::Fault(fault)) => return Err(fault),
            // A file without a frame would be read again and again for nothing.
            Ok(()) if !config.repeat || door.summary.frames == before => return Ok(()),
            Ok(()) => {}
        }
        tokio::select! {
            () = door.stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(REPEAT_PAUSE) => door.pace = Pace::new(config.speed),
        }
    }
}

/// All files once. Plain files in a row are one stream; each recording stands for itself.
async fn pass(config: &ReplayConfig, door: &mut Door) -> Result<(), Halt> {
    let mut stream = None;
    for path in files(&config.path)? {
        door.summary.files += 1;
        if is_recording(&path).await? {
            recorded::replay(config, &path, door).await?;
            continue;
        }
        let plain = match stream.take() {
            Some(plain) => plain,
            None => plain::PlainStream::begin(config, &path, door).await?,
        };
        stream = Some(plain.file(&path, door).await?);
    }
    match stream {
        Some(plain) => plain.end(door).await,
        None => Ok(()),
    }
}

/// Why a pass ended before its end.
enum Halt {
    /// It was stopped, or nobody listens.
    Interrupted,
    Fault(ReplayFault),
}

impl From<ReplayFault> for Halt {
    fn from(fault: ReplayFault) -> Self {
        Self::Fault(fault)
    }
}

/// The way out: events wait for their time and for room.
struct Door {
    sink: EventSink,
    stop: CancellationToken,
    pace: Pace,
    started: Instant,
    summary: ReplaySummary,
    snapshot: Option<(Board, LinkSnapshot)>,
}

impl Door {
    fn new(
        config: &ReplayConfig,
        sink: EventSink,
        stop: CancellationToken,
        board: Option<Board>,
    ) -> Self {
        Self {
            sink,
            stop,
            pace: Pace::new(config.speed),
            started: Instant::now(),
            summary: ReplaySummary::default(),
            snapshot: board.map(|board| (board.clone(), board.read())),
        }
    }

    /// Waits until it is time for what was recorded at `t`.
    async fn until(&mut self, t: GpsTime) -> Result<(), Halt> {
        let due = self.pace.due(t, Uptime::from_start(self.started.elapsed()));
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Halt::Interrupted),
            () = tokio::time::sleep_until(self.started + due.since_start()) => Ok(()),
        }
    }

    async fn tell_all(&mut self, station: &StationName, heard: Vec<Heard>) -> Result<(), Halt> {
        for one in heard {
            self.tell(station, one.arrived, one.news).await?;
        }
        Ok(())
    }

    /// Puts news on the bus as soon as there is room.
    async fn tell(
        &mut self,
        station: &StationName,
        arrived: GpsTime,
        news: StationNews,
    ) -> Result<(), Halt> {
        match &news {
            StationNews::Frame(_) => self.summary.frames += 1,
            StationNews::Epoch(_) => self.summary.epochs += 1,
            _ => {}
        }
        self.show(arrived, &news);
        let event = StationEvent { station: station.clone(), arrived, news };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Halt::Interrupted),
            offered = self.sink.send(event) => match offered {
                Offered::NoReader => Err(Halt::Interrupted),
                Offered::Kept | Offered::DroppedOldest => Ok(()),
            },
        }
    }

    fn show(&mut self, arrived: GpsTime, news: &StationNews) {
        let Some((board, snapshot)) = &mut self.snapshot else { return };
        match news {
            StationNews::Up => {
                snapshot.state = LinkState::Up;
                snapshot.times_up += 1;
            }
            StationNews::Down(reason) => {
                snapshot.state = LinkState::Ended;
                snapshot.last_failure = Some(reason.clone());
            }
            StationNews::Frame(frame) => {
                snapshot.last_frame = Some(arrived);
                snapshot.bytes += frame.len() as u64;
                snapshot.found.frames += 1;
                snapshot.found.frame_bytes += frame.len() as u64;
                snapshot.found.noise_bytes = self.summary.noise_bytes;
            }
            StationNews::Epoch(_) => snapshot.epochs += 1,
            _ => return,
        }
        board.show(snapshot.clone());
    }
}

/// A file piece by piece.
struct Pieces<'p> {
    path: &'p Path,
    file: File,
    buffer: Vec<u8>,
}

impl<'p> Pieces<'p> {
    async fn open(path: &'p Path) -> Result<Self, ReplayFault> {
        let file = File::open(path).await.map_err(|source| unreadable(path, source))?;
        Ok(Self { path, file, buffer: vec![0; READ_BYTES] })
    }

    /// The next piece; none at the end.
    async fn next(&mut self) -> Result<Option<&[u8]>, ReplayFault> {
        let read = self.file.read(&mut self.buffer).await;
        let bytes = read.map_err(|source| unreadable(self.path, source))?;
        Ok(self.buffer.get(..bytes).filter(|piece| !piece.is_empty()))
    }
}

async fn is_recording(path: &Path) -> Result<bool, ReplayFault> {
    let mut pieces = Pieces::open(path).await?;
    Ok(pieces.next().await?.is_some_and(|piece| piece.starts_with(&MAGIC)))
}

/// The file itself, or the files of the folder in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, ReplayFault> {
    let failed = |source| unreadable(path, source);
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().is_file() {
            files.push(entry.path());
        }
        if files.len() > FILES_MAX {
            return Err(ReplayFault::TooManyFiles { path: path.to_owned() });
        }
    }
    files.sort();
    if files.is_empty() { Err(ReplayFault::Empty { path: path.to_owned() }) } else { Ok(files) }
}

fn unreadable(path: &Path, source: io::Error) -> ReplayFault {
    ReplayFault::Unreadable { path: path.to_owned(), source }
}

/// The fault with its causes.
fn chain(fault: &ReplayFault) -> String {
    let source = std::error::Error::source(fault);
    source.map_or_else(|| fault.to_string(), |source| format!("{fault}: {source}"))
}

#[cfg(test)]
mod tests;
