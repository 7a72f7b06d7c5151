//! One simulated rover: connects, asks, reads, tells its position, comes again. A task of a few hundred bytes.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use tianshu_gnss::coords::Geodetic;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ingest::clock::{Clock, SystemClock};
use tianshu_ntrip::client::request::{Caster, Errand, gga_line};
use tianshu_ntrip::client::session::ClientSession;
use tianshu_ntrip::nmea::gga::Gga;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use crate::load::ledger::{Ledger, Now};
use crate::load::place::Draw;
use crate::load::plan::{Manner, Plan};
use crate::load::reception::{CAUSE_END_OF_RUN, Ending, Reception};

/// How long a connection may take to open, and then the caster to answer. Three SYNs (at 0, 1 and 3 s) fit into it.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Bytes taken by one read: an epoch of a large network fits, so that a delivery costs one system call.
const READ_BYTES: usize = 64 * 1024;
/// The receive buffer asked for by a rover that stops reading: the least there is, so that the caster notices soon.
const SLOW_RECEIVE_BYTES: u32 = 4096;
/// What a rover that stopped reading takes at the end: more than any caster should have kept for it.
const BEHIND_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The end of a stream that the rover wanted, to come again.
const CAUSE_CAME_AGAIN: &str = "came again";

/// What all rovers have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    /// What was asked.
    pub plan: Plan,
    /// What became of it.
    pub ledger: RefCell<Ledger>,
    /// When the run ends.
    pub ends: Instant,
    clock: SystemClock,
    /// One buffer for all reads: a read is taken in before the next one begins.
    scratch: RefCell<Vec<u8>>,
}

/// One rover.
struct Rover {
    number: u32,
    shared: Rc<Shared>,
    place: Geodetic,
    draw: Draw,
}

/// Why a rover woke.
enum Woke {
    Read(io::Result<Option<Ending>>),
    Timer,
}

impl Shared {
    /// A run that begins now.
    pub(crate) fn new(plan: Plan) -> Self {
        let ledger = RefCell::new(Ledger::new(plan.mounts.len()));
        let ends = Instant::now() + plan.lasts;
        let scratch = RefCell::new(vec![0; READ_BYTES]);
        Self { plan, ledger, ends, clock: SystemClock::start(), scratch }
    }

    /// The moment.
    pub(crate) fn now(&self) -> Now {
        Now { uptime: self.clock.uptime(), gps: self.clock.gps() }
    }
}

/// Lives through the run as that rover.
pub(crate) async fn run(shared: Rc<Shared>, number: u32) {
    let place = shared.plan.area.place(shared.plan.seed, number);
    // Another stream of numbers than the place's.
    let draw = Draw::of(!shared.plan.seed, number);
    let begins = shared.ends - shared.plan.lasts + shared.plan.begins(number);
    let mut rover = Rover { number, shared, place, draw };
    let mut next = begins.min(rover.shared.ends);
    let mut is_first = true;
    loop {
        sleep_until(next).await;
        if Instant::now() >= rover.shared.ends {
            return;
        }
        let leaves = rover.leaves(is_first);
        let ending = rover.connect_once(leaves, is_first).await;
        rover.count(ending, is_first);
        is_first = false;
        // One that was refused or dropped comes again when it would have left.
        let Some(again) = leaves else { return };
        next = again.max(Instant::now()).min(rover.shared.ends);
    }
}

impl Rover {
    /// When this stay ends, so that the rovers together come again at the rate asked for.
    fn leaves(&mut self, is_first: bool) -> Option<Instant> {
        let mean = self.shared.plan.stay?;
        let (low, high) = if is_first { (0.0, 1.0) } else { (0.5, 1.5) };
        Some(Instant::now() + mean.mul_f64(self.draw.between(low, high)))
    }

    fn count(&self, ending: Ending, is_first: bool) {
        let mut ledger = self.shared.ledger.borrow_mut();
        let (causes, cause) = match ending {
            Ending::Failed(cause) => (&mut ledger.failed, cause),
            Ending::Refused(answer) => (&mut ledger.refused, answer),
            Ending::Ended(cause) => (&mut ledger.ended, cause),
        };
        *causes.entry(cause).or_default() += 1;
        match ending {
            Ending::Ended(_) => ledger.open = ledger.open.saturating_sub(1),
            // Nobody waits for an answer to a silent rover.
            Ending::Failed(_) | Ending::Refused(_) => {
                let asked = self.shared.plan.manner(self.number) != Manner::Silent;
                ledger.storm.concluded += u64::from(is_first && asked);
            }
        }
    }

    async fn connect_once(&mut self, leaves: Option<Instant>, is_first: bool) -> Ending {
        let begun = self.shared.now().uptime;
        {
            let mut ledger = self.shared.ledger.borrow_mut();
            ledger.asked += 1;
            ledger.storm.begun = ledger.storm.begun.or(Some(begun));
        }
        let manner = self.shared.plan.manner(self.number);
        let until = (Instant::now() + ANSWER_MAX).min(self.shared.ends);
        let mut stream = match timeout_at(until, self.open(manner)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Ending::Failed(cause(&error)),
            Err(_) => return self.out_of_time("no connection in time"),
        };
        {
            let mut ledger = self.shared.ledger.borrow_mut();
            ledger.connected += 1;
            ledger.connect.count(self.shared.now().uptime - begun);
        }
        if manner == Manner::Silent {
            return self.stay_silent(stream, leaves, begun).await;
        }
        let session = self.session();
        let request = session.request();
        let plan = &self.shared.plan;
        let (mount, offset) = (plan.mount(self.number), plan.latency_offset);
        let mut reception = Reception::new(session, mount, offset, begun, is_first);
        match timeout_at(until, stream.write_all(&request)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Ending::Failed(cause(&error)),
            Err(_) => return self.out_of_time("no answer in time"),
        }
        let ending = self.listen(&mut stream, &mut reception, until, leaves).await;
        reception.finish(&mut self.shared.ledger.borrow_mut());
        ending
    }

    async fn open(&self, manner: Manner) -> io::Result<TcpStream> {
        let caster = self.shared.plan.caster;
        let socket = if caster.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        if manner == Manner::Slow {
            socket.set_recv_buffer_size(SLOW_RECEIVE_BYTES)?;
        }
        if let Some(source) = self.shared.plan.source(self.number) {
            socket.bind(SocketAddr::new(source, 0))?;
        }
        let stream = socket.connect(caster).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Reads until the stream ends, the rover leaves or the run is over.
    async fn listen(
        &mut self,
        stream: &mut TcpStream,
        reception: &mut Reception,
        answer_until: Instant,
        leaves: Option<Instant>,
    ) -> Ending {
        let stays_until = leaves.map_or(self.shared.ends, |leaves| leaves.min(self.shared.ends));
        let mut timer = std::pin::pin!(sleep_until(answer_until.min(stays_until)));
        let mut position_due = None;
        loop {
            let was_accepted = reception.is_accepted();
            match self.wait(stream, reception, timer.as_mut()).await {
                Woke::Read(Ok(Some(ending))) => return ending,
                Woke::Read(Ok(None)) if was_accepted || !reception.is_accepted() => continue,
                Woke::Read(Ok(None)) if self.shared.plan.manner(self.number) == Manner::Slow => {
                    return self.stop_reading(stream, reception, stays_until).await;
                }
                // The caster has just said yes.
                Woke::Read(Ok(None)) => position_due = self.first_position(stream),
                Woke::Read(Err(error)) if reception.is_accepted() => {
                    return Ending::Ended(cause(&error));
                }
                Woke::Read(Err(error)) => return Ending::Failed(cause(&error)),
                Woke::Timer => {
                    let now = Instant::now();
                    if now >= stays_until {
                        return self.leave(reception);
                    }
                    if !reception.is_accepted() {
                        return Ending::Failed("no answer in time");
                    }
                    let is_due = position_due.is_some_and(|due| due <= now);
                    position_due =
                        if is_due { self.next_position(stream, now) } else { position_due };
                }
            }
            let next = position_due.map_or(stays_until, |due: Instant| due.min(stays_until));
            timer.as_mut().reset(next);
        }
    }

    /// Waits for bytes or the timer. Bytes are taken in where they are read, so that no rover needs a buffer.
    async fn wait(
        &self,
        stream: &mut TcpStream,
        reception: &mut Reception,
        mut timer: Pin<&mut Sleep>,
    ) -> Woke {
        poll_fn(|cx| {
            let mut scratch = self.shared.scratch.borrow_mut();
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Pending => {
                    ready!(timer.as_mut().poll(cx));
                    Poll::Ready(Woke::Timer)
                }
                Poll::Ready(read) => {
                    let taken = read.map(|()| self.take(reception, buffer.filled()));
                    Poll::Ready(Woke::Read(taken))
                }
            }
        })
        .await
    }

    fn take(&self, reception: &mut Reception, bytes: &[u8]) -> Option<Ending> {
        let mut ledger = self.shared.ledger.borrow_mut();
        let now = self.shared.now();
        if bytes.is_empty() {
            Some(reception.on_close(&mut ledger, now))
        } else {
            reception.on_bytes(&mut ledger, now, bytes)
        }
    }

    /// The first position goes out with the answer; the second after a part of the interval that is the rover's own,
    /// so that rovers that connected together do not all speak together.
    fn first_position(&mut self, stream: &TcpStream) -> Option<Instant> {
        let interval = self.shared.plan.gga_interval?;
        self.send_position(stream);
        Some(Instant::now() + interval.mul_f64(self.draw.unit()))
    }

    fn next_position(&self, stream: &TcpStream, now: Instant) -> Option<Instant> {
        self.send_position(stream);
        self.shared.plan.gga_interval.map(|interval| now + interval)
    }

    fn send_position(&self, stream: &TcpStream) {
        let now = self.shared.now();
        // Seconds of the GPS day are near enough to UTC: no caster compares a position's time with its own.
        let of_day = u64::try_from(now.gps.time_of_week().nanos()).unwrap_or_default()
            / 1_000_000_000
            % 86_400;
        let line = gga_line(&Gga::at(self.place, Some(Duration::from_secs(of_day))));
        let sent = stream.try_write(&line).is_ok_and(|sent| sent == line.len());
        let mut ledger = self.shared.ledger.borrow_mut();
        if sent {
            ledger.positions_sent += 1;
        } else {
            ledger.positions_unsent += 1;
        }
    }

    /// Does what a rover does whose program hangs, and reads what is in store at the end.
    async fn stop_reading(
        &self,
        stream: &mut TcpStream,
        reception: &mut Reception,
        until: Instant,
    ) -> Ending {
        if self.shared.plan.gga_interval.is_some() {
            self.send_position(stream);
        }
        sleep_until(until).await;
        reception.read_after_pause();
        let mut taken = 0;
        while taken < BEHIND_BYTES_MAX {
            let read = {
                let mut scratch = self.shared.scratch.borrow_mut();
                let read = stream.try_read(&mut scratch);
                read.map(|read| {
                    taken += read;
                    self.take(reception, scratch.get(..read).unwrap_or_default())
                })
            };
            match read {
                Ok(None) => {}
                Ok(Some(ending)) => return ending,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Ending::Ended(cause(&error)),
            }
        }
        self.leave(reception)
    }

    /// Waits for the caster to lose patience.
    async fn stay_silent(
        &self,
        mut stream: TcpStream,
        leaves: Option<Instant>,
        begun: Uptime,
    ) -> Ending {
        let until = leaves.map_or(self.shared.ends, |leaves| leaves.min(self.shared.ends));
        let mut byte = [0];
        let read = tokio::io::AsyncReadExt::read(&mut stream, &mut byte);
        if timeout_at(until, read).await.is_err() {
            return Ending::Failed("silent to the end");
        }
        let held = self.shared.now().uptime - begun;
        self.shared.ledger.borrow_mut().silent_ended.count(held);
        Ending::Failed("silent, ended by the caster")
    }

    fn leave(&self, reception: &Reception) -> Ending {
        let is_end = Instant::now() >= self.shared.ends;
        let cause = if is_end { CAUSE_END_OF_RUN } else { CAUSE_CAME_AGAIN };
        if reception.is_accepted() { Ending::Ended(cause) } else { Ending::Failed(cause) }
    }

    fn out_of_time(&self, cause: &'static str) -> Ending {
        let is_end = Instant::now() >= self.shared.ends;
        Ending::Failed(if is_end { CAUSE_END_OF_RUN } else { cause })
    }

    fn session(&self) -> ClientSession {
        let plan = &self.shared.plan;
        let caster = Caster {
            host: plan.caster.ip().to_string(),
            port: plan.caster.port(),
            version: plan.version,
            credentials: plan.account.of(self.number),
        };
        let mount =
            plan.mounts.get(plan.mount(self.number)).expect("a turn is among the mountpoints");
        ClientSession::new(caster, Errand::Pull { mountpoint: mount.clone(), gga: None })
    }
}

/// An error's name in the report.
fn cause(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "reset by the caster",
        io::ErrorKind::TimedOut => "timed out",
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse => "no free port here",
        _ => "other error",
    }
}
