//! Uploads: a station that pushes its stream to our caster. The caster has taken off the protocol; the bytes come here.
//!
//! Each upload has a session and a task of its own, as its time limits go on while nothing is pushed. Pushing never
//! waits: the caster's connection must stay responsive, and a task that cannot keep up with one station is stuck.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tianshu_gnss::event::DownReason;
use tianshu_gnss::station::StationName;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::SharedClock;
use crate::greeting::Greeter;
use crate::session::{Session, SessionConfig};
use crate::shell::{Board, Shell};
use crate::sink::EventSink;
use crate::snapshot::LinkSnapshot;

/// Pieces that wait for an upload's task. A station pushes a few a second; a task sixty-four behind is stuck.
pub const PIECES_QUEUED_MAX: usize = 64;

/// The time limits of uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadLimits {
    /// An upload without a whole frame for so long is closed.
    pub silence: Duration,
    /// An epoch that is not complete after this is closed.
    pub epoch_wait: Duration,
}

/// Where uploads are taken in. Cheap to clone.
#[derive(Clone)]
pub struct Intake(Arc<Shared>);

struct Shared {
    sink: EventSink,
    clock: SharedClock,
    limits: UploadLimits,
    holders: Mutex<HashMap<StationName, Holder>>,
}

/// The upload that a station has now, or had last.
#[derive(Clone)]
struct Holder {
    board: Board,
    replace: CancellationToken,
    gone: CancellationToken,
}

/// One upload. Dropping it closes it.
#[derive(Debug)]
pub struct UploadLink {
    pieces: mpsc::Sender<Bytes>,
    ending: Arc<Mutex<Option<DownReason>>>,
    gone: CancellationToken,
}

/// Why an upload takes no more bytes. Close the connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadEnded {
    /// The link has ended.
    #[error("the upload has ended: {0}")]
    Ended(DownReason),
    /// Its task does not keep up.
    #[error("{PIECES_QUEUED_MAX} pieces wait already; this machine does not keep up")]
    Behind,
}

impl Intake {
    /// Takes uploads in and puts what they say on this bus.
    pub fn new(sink: EventSink, clock: SharedClock, limits: UploadLimits) -> Self {
        Self(Arc::new(Shared { sink, clock, limits, holders: Mutex::default() }))
    }

    /// A station begins to push. An upload that it has already is replaced: its line was lost, and the new one knows.
    /// Must be called within a runtime.
    pub fn open(&self, station: &StationName) -> UploadLink {
        let shared = &self.0;
        let UploadLimits { silence, epoch_wait } = shared.limits;
        let session = SessionConfig {
            station: station.clone(),
            greeter: Greeter::Raw,
            silence,
            epoch_wait,
            reconnect: None,
        };
        let session = Session::new(session, 0);
        let holder = Holder {
            board: Board::new(session.snapshot()),
            replace: CancellationToken::new(),
            gone: CancellationToken::new(),
        };
        let before = lock(&shared.holders).insert(station.clone(), holder.clone());
        let (pieces, coming) = mpsc::channel(PIECES_QUEUED_MAX);
        let ending = Arc::new(Mutex::new(None));
        let upload = Upload {
            shell: Shell {
                session,
                sink: shared.sink.clone(),
                clock: Arc::clone(&shared.clock),
                board: holder.board,
                stop: holder.replace,
            },
            coming,
            ending: Arc::clone(&ending),
        };
        let gone = holder.gone.clone();
        tokio::spawn(async move {
            if let Some(before) = before {
                before.replace.cancel();
                before.gone.cancelled().await;
            }
            // Also a panic must not leave a successor waiting.
            let _gone = gone.drop_guard();
            upload.run().await;
        });
        UploadLink { pieces, ending, gone: holder.gone }
    }

    /// What the stations' uploads are doing, or were doing when they ended, by station.
    pub fn snapshots(&self) -> Vec<LinkSnapshot> {
        let mut all: Vec<_> = lock(&self.0.holders).values().map(|h| h.board.read()).collect();
        all.sort_by(|a, b| a.station.cmp(&b.station));
        all
    }
}

impl std::fmt::Debug for Intake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Intake").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl UploadLink {
    /// The next bytes, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), UploadEnded> {
        match self.pieces.try_send(Bytes::copy_from_slice(bytes)) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(UploadEnded::Behind),
            Err(mpsc::error::TrySendError::Closed(_)) => {
                let reason = lock(&self.ending).clone();
                let unknown = || DownReason::Closed("the upload's task has gone".to_owned());
                Err(UploadEnded::Ended(reason.unwrap_or_else(unknown)))
            }
        }
    }

    /// Waits until the link has ended by itself (silence, or a newer upload): the connection can be closed then.
    pub async fn ended(&self) -> DownReason {
        self.gone.cancelled().await;
        let unknown = || DownReason::Closed("the upload's task has gone".to_owned());
        lock(&self.ending).clone().unwrap_or_else(unknown)
    }

    /// The connection has ended, for this reason.
    pub fn close(self, reason: DownReason) {
        lock(&self.ending).get_or_insert(reason);
    }
}

/// The task's side of an upload.
struct Upload {
    shell: Shell,
    coming: mpsc::Receiver<Bytes>,
    ending: Arc<Mutex<Option<DownReason>>>,
}

impl Upload {
    async fn run(mut self) {
        let replaced = self.shell.stop.clone();
        let clock = Arc::clone(&self.shell.clock);
        let now = || (clock.uptime(), clock.gps());
        let (uptime, gps) = now();
        let actions = self.shell.session.on_connected(uptime, gps);
        self.shell.emit(actions);
        while let Some(deadline) = self.shell.session.deadline() {
            let wait = self.shell.until(Some(deadline));
            let actions = tokio::select! {
                biased;
                () = replaced.cancelled() => {
                    let (uptime, gps) = now();
                    self.shell.session.on_ended(DownReason::Replaced, uptime, gps)
                }
                () = wait => {
                    let (uptime, gps) = now();
                    self.shell.session.on_timer(uptime, gps)
                }
                piece = self.coming.recv() => {
                    let (uptime, gps) = now();
                    match piece {
                        Some(piece) => self.shell.session.on_bytes(&piece, uptime, gps),
                        None => self.shell.session.on_ended(self.reason(), uptime, gps),
                    }
                }
            };
            self.shell.emit(actions);
        }
        if let Some(reason) = self.shell.session.snapshot().last_failure {
            *lock(&self.ending) = Some(reason);
        }
    }

    fn reason(&self) -> DownReason {
        let unsaid = || DownReason::Closed("the upload was closed".to_owned());
        lock(&self.ending).clone().unwrap_or_else(unsaid)
    }
}

/// What is behind these locks is replaced whole, so a panic elsewhere cannot leave it half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::event::StationNews;
    use tianshu_gnss::time::gps::{GpsTime, Interval};
    use tianshu_rtcm::frame::Frame;

    use super::*;
    use crate::clock::SteadyClock;
    use crate::sink::{EventSource, event_queue};
    use crate::snapshot::LinkState;

    fn intake() -> (Intake, EventSource) {
        let (sink, source) = event_queue(100);
        let clock = Arc::new(SteadyClock::start(GpsTime::from_week(2400, Interval::ZERO)));
        let silence = Duration::from_secs(20);
        let limits = UploadLimits { silence, epoch_wait: Duration::from_millis(500) };
        (Intake::new(sink, clock, limits), source)
    }

    async fn told(source: &mut EventSource) -> String {
        let event = source.next().await.unwrap();
        match event.news {
            StationNews::Up => format!("{} up", event.station),
            StationNews::Down(reason) => format!("{} down: {reason}", event.station),
            StationNews::Frame(frame) => format!("{} frame of {}", event.station, frame.len()),
            other => format!("{other:?}"),
        }
    }

    fn frame() -> Vec<u8> {
        Frame::from_payload(&[0xFF, 0xE0, 7]).unwrap().as_bytes().to_vec()
    }

    #[tokio::test(start_paused = true)]
    async fn pushed_bytes_become_frames_until_the_caster_closes() {
        let (intake, mut source) = intake();
        let mut link = intake.open(&"UP01".parse().unwrap());
        for piece in frame().chunks(4) {
            link.push(piece).unwrap();
        }
        assert_eq!(told(&mut source).await, "UP01 up");
        assert_eq!(told(&mut source).await, "UP01 frame of 9");
        link.push(&frame()).unwrap();
        link.close(DownReason::Closed("end of the POST".to_owned()));
        assert_eq!(told(&mut source).await, "UP01 frame of 9", "what was pushed is not lost");
        assert_eq!(told(&mut source).await, "UP01 down: closed: end of the POST");
        assert_eq!(intake.snapshots()[0].state, LinkState::Ended);
    }

    #[tokio::test(start_paused = true)]
    async fn a_newer_upload_takes_the_place_of_the_older() {
        let (intake, mut source) = intake();
        let mut old = intake.open(&"UP01".parse().unwrap());
        assert_eq!(told(&mut source).await, "UP01 up");
        let mut new = intake.open(&"UP01".parse().unwrap());
        assert_eq!(old.ended().await, DownReason::Replaced);
        assert_eq!(told(&mut source).await, "UP01 down: replaced by a newer link");
        assert_eq!(told(&mut source).await, "UP01 up");
        assert_eq!(old.push(&frame()), Err(UploadEnded::Ended(DownReason::Replaced)));
        new.push(&frame()).unwrap();
        assert_eq!(told(&mut source).await, "UP01 frame of 9");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_upload_ends() {
        let (intake, mut source) = intake();
        let link = intake.open(&"UP01".parse().unwrap());
        assert_eq!(link.ended().await, DownReason::Silent { silent_s: 20 });
        assert_eq!(told(&mut source).await, "UP01 up");
        assert_eq!(told(&mut source).await, "UP01 down: silent for 20 s");
    }

    #[tokio::test(start_paused = true)]
    async fn pushing_never_waits() {
        let (intake, _source) = intake();
        let mut link = intake.open(&"UP01".parse().unwrap());
        let outcome = (0..=PIECES_QUEUED_MAX).map(|_| link.push(&frame())).find(Result::is_err);
        assert_eq!(outcome, Some(Err(UploadEnded::Behind)), "the task had no chance to run");
    }
}
