//! The shell around a session: reads, sends, waits, and does what the session decides. It has no opinions.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tianshu_gnss::event::DownReason;
use tianshu_gnss::time::uptime::Uptime;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::clock::SharedClock;
use crate::session::{Action, Session};
use crate::sink::EventSink;
use crate::snapshot::LinkSnapshot;

/// How much is read at once: an epoch of the largest station (five systems, MSM7) is below 8 KiB.
const READ_BYTES: usize = 16 * 1024;
/// How long the other side may take to accept a request or a position line of a few hundred bytes.
const SEND_MAX: Duration = Duration::from_secs(10);

/// Where operators read what a link is doing.
#[derive(Clone, Debug)]
pub struct Board(Arc<Mutex<LinkSnapshot>>);

impl Board {
    /// A board that shows this.
    pub fn new(snapshot: LinkSnapshot) -> Self {
        Self(Arc::new(Mutex::new(snapshot)))
    }

    /// What it shows now.
    pub fn read(&self) -> LinkSnapshot {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn show(&self, snapshot: LinkSnapshot) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}

/// A session with everything it needs to act.
pub(crate) struct Shell {
    pub(crate) session: Session,
    pub(crate) sink: EventSink,
    pub(crate) clock: SharedClock,
    pub(crate) board: Board,
    pub(crate) stop: CancellationToken,
}

/// How a connection came to its end.
pub(crate) enum Over<T> {
    /// The session wants to come back after this wait.
    Reconnect(Duration),
    /// The session does not come back by itself.
    Ended,
    /// A newcomer took its place.
    Replaced(T),
    /// The link was stopped.
    Stopped,
}

impl Shell {
    /// Runs one connection until it ends, or until the newcomer comes.
    pub(crate) async fn run<S, T>(
        &mut self,
        mut stream: S,
        newcomer: impl Future<Output = T>,
    ) -> Over<T>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stop = self.stop.clone();
        let mut newcomer = std::pin::pin!(newcomer);
        let mut buffer = vec![0; READ_BYTES];
        let actions = self.session.on_connected(self.clock.uptime(), self.clock.gps());
        let mut step = self.carry_out(actions, &mut stream).await;
        loop {
            if let Step::Closed(over) = step {
                return over.map_or(Over::Ended, Over::Reconnect);
            }
            let deadline = self.session.deadline();
            let wait = self.until(deadline);
            // The timer comes before the bytes, so that a flood of garbage cannot put it off.
            let actions = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.end(DownReason::Stopped, &mut stream).await;
                    return Over::Stopped;
                }
                next = &mut newcomer => {
                    self.end(DownReason::Replaced, &mut stream).await;
                    return Over::Replaced(next);
                }
                () = wait => self.session.on_timer(self.clock.uptime(), self.clock.gps()),
                read = stream.read(&mut buffer) => self.on_read(read, &buffer),
            };
            step = self.carry_out(actions, &mut stream).await;
        }
    }

    /// Waits until the deadline; for ever without one.
    pub(crate) fn until(&self, deadline: Option<Uptime>) -> impl Future<Output = ()> + use<> {
        let left = deadline.map(|deadline| deadline - self.clock.uptime());
        async move {
            match left {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Puts the events among these actions on the bus. For when there is no connection.
    pub(crate) fn emit(&mut self, actions: Vec<Action>) -> Option<Duration> {
        let mut reconnect = None;
        for action in actions {
            match action {
                Action::Emit(event) => {
                    self.sink.offer(event);
                }
                Action::Reconnect { after } => reconnect = Some(after),
                Action::Send(_) | Action::Close => {}
            }
        }
        self.board.show(self.session.snapshot());
        reconnect
    }

    /// The link is stopped while it has no connection.
    pub(crate) fn stopped(&mut self) {
        let (now, arrived) = (self.clock.uptime(), self.clock.gps());
        let actions = self.session.on_ended(DownReason::Stopped, now, arrived);
        self.emit(actions);
    }

    fn on_read(&mut self, read: std::io::Result<usize>, buffer: &[u8]) -> Vec<Action> {
        let (now, arrived) = (self.clock.uptime(), self.clock.gps());
        match read {
            Ok(0) => self.session.on_closed("the other side closed".to_owned(), now, arrived),
            Ok(bytes) => {
                let chunk = buffer.get(..bytes).unwrap_or_default();
                self.session.on_bytes(chunk, now, arrived)
            }
            Err(error) => self.session.on_closed(error.to_string(), now, arrived),
        }
    }

    async fn end<S: AsyncWrite + Unpin>(&mut self, reason: DownReason, stream: &mut S) {
        let (now, arrived) = (self.clock.uptime(), self.clock.gps());
        let actions = self.session.on_ended(reason, now, arrived);
        self.carry_out(actions, stream).await;
    }

    async fn carry_out<S>(&mut self, actions: Vec<Action>, stream: &mut S) -> Step
    where
        S: AsyncWrite + Unpin,
    {
        let mut left = VecDeque::from(actions);
        let mut closed = false;
        let mut reconnect = None;
        while let Some(action) = left.pop_front() {
            match action {
                Action::Emit(event) => {
                    self.sink.offer(event);
                }
                Action::Send(bytes) => {
                    if let Err(why) = send(stream, &bytes).await {
                        let (now, arrived) = (self.clock.uptime(), self.clock.gps());
                        left.extend(self.session.on_closed(why, now, arrived));
                    }
                }
                Action::Close => {
                    closed = true;
                    // A courtesy; the connection ends when the stream is dropped.
                    let _ = tokio::time::timeout(SEND_MAX, stream.shutdown()).await;
                }
                Action::Reconnect { after } => reconnect = Some(after),
            }
        }
        self.board.show(self.session.snapshot());
        if closed { Step::Closed(reconnect) } else { Step::Open }
    }
}

/// What came of a batch of actions.
enum Step {
    Open,
    Closed(Option<Duration>),
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Result<(), String> {
    let sending = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    match tokio::time::timeout(SEND_MAX, sending).await {
        Ok(sent) => sent.map_err(|error| error.to_string()),
        Err(_) => Err(format!("nothing could be sent for {} s", SEND_MAX.as_secs())),
    }
}
