//! What one rover makes of a caster's bytes: decided here, without a socket.

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::client::answer::RefusedBy;
use tianshu_ntrip::client::session::{ClientEvent, ClientSession, StreamEnd};
use tianshu_rtcm::frame::{FRAME_BYTES_MAX, Found, FrameDecoder};

use crate::load::epoch_stamp::epoch_of;
use crate::load::ledger::{Data, Ledger, Now};

/// Stamps closer than this are of one epoch: receivers stamp GLONASS a few milliseconds off. 50 Hz is the fastest
/// that receivers send.
const EPOCH_APART_MIN: Interval = Interval::from_millis(15);
/// A stamp that lies further back is not late but the begin of a replay.
const LATE_MAX: Interval = Interval::from_seconds(10);

/// One connection after its request.
#[derive(Debug)]
pub(crate) struct Reception {
    session: ClientSession,
    /// Absent while no part of a frame waits, so that an idle rover holds no buffer.
    decoder: Option<Box<FrameDecoder>>,
    /// Bytes in the decoder: pushed, and neither in a frame nor in reported noise.
    undecided_bytes: usize,
    last_epoch: Option<GpsTime>,
    phase: Phase,
    mount: usize,
    /// Added to a stamp, it tells when the epoch was sent: not zero for replayed data.
    latency_offset: Interval,
    /// Whether the connection is the first of its rover.
    is_first: bool,
    begun: Uptime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Asked,
    Accepted,
    Receiving,
    /// Of a rover that stopped reading: counted by itself, and never timed.
    Behind,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It was never opened, or no answer came.
    Failed(&'static str),
    /// The caster said no.
    Refused(&'static str),
    /// An accepted stream ended.
    Ended(&'static str),
}

/// The cause of an end that the rover wanted.
pub(crate) const CAUSE_END_OF_RUN: &str = "end of run";

impl Reception {
    /// A connection whose request is about to be sent.
    pub(crate) fn new(
        session: ClientSession,
        mount: usize,
        latency_offset: Interval,
        begun: Uptime,
        is_first: bool,
    ) -> Self {
        let phase = Phase::Asked;
        let (decoder, undecided_bytes, last_epoch) = (None, 0, None);
        Self {
            session,
            decoder,
            undecided_bytes,
            last_epoch,
            phase,
            mount,
            latency_offset,
            is_first,
            begun,
        }
    }

    /// Whether the caster said yes.
    pub(crate) fn is_accepted(&self) -> bool {
        self.phase != Phase::Asked
    }

    /// The rover reads again after a long time: what comes now is old.
    pub(crate) fn read_after_pause(&mut self) {
        self.phase = Phase::Behind;
    }

    /// Takes bytes; gives the end that they mean.
    pub(crate) fn on_bytes(
        &mut self,
        ledger: &mut Ledger,
        now: Now,
        bytes: &[u8],
    ) -> Option<Ending> {
        let events = self.session.on_bytes(bytes);
        self.on_events(ledger, now, events)
    }

    /// The caster closed the connection.
    pub(crate) fn on_close(&mut self, ledger: &mut Ledger, now: Now) -> Ending {
        let events = self.session.on_end();
        let ending = self.on_events(ledger, now, events);
        ending.unwrap_or(Ending::Failed("closed without an answer"))
    }

    /// The connection is over: judges what is left of a frame.
    pub(crate) fn finish(&mut self, ledger: &mut Ledger) {
        let Some(decoder) = self.decoder.take().filter(|_| self.undecided_bytes > 0) else {
            return;
        };
        let data = self.data(ledger);
        if decoder.missing_bytes().is_some() && self.undecided_bytes < FRAME_BYTES_MAX {
            data.cut += 1;
        } else {
            data.torn += 1;
            data.noise_bytes += self.undecided_bytes as u64;
        }
    }

    fn on_events(
        &mut self,
        ledger: &mut Ledger,
        now: Now,
        events: Vec<ClientEvent>,
    ) -> Option<Ending> {
        for event in events {
            match event {
                ClientEvent::Accepted(_) => self.accepted(ledger, now),
                ClientEvent::Data(data) => self.on_data(ledger, now, &data),
                ClientEvent::Refused(RefusedBy::ClosedWithoutAnswer) => {
                    return Some(Ending::Failed("closed without an answer"));
                }
                ClientEvent::Refused(why) => return Some(Ending::Refused(answer(&why))),
                ClientEvent::Table(_) => return Some(Ending::Refused("sourcetable")),
                ClientEvent::Ended(end) => {
                    return Some(Ending::Ended(match end {
                        StreamEnd::LastChunk => "last chunk",
                        StreamEnd::Closed => "closed by the caster",
                        StreamEnd::Broken => "broken chunk",
                    }));
                }
            }
        }
        None
    }

    fn accepted(&mut self, ledger: &mut Ledger, now: Now) {
        self.phase = Phase::Accepted;
        ledger.accepted += 1;
        ledger.open += 1;
        ledger.accept.count(now.uptime - self.begun);
        if self.is_first {
            ledger.storm.concluded += 1;
            ledger.storm.accepted += 1;
            ledger.storm.last_accepted = Some(now.uptime);
        }
    }

    fn on_data(&mut self, ledger: &mut Ledger, now: Now, bytes: &[u8]) {
        if self.phase == Phase::Accepted {
            self.phase = Phase::Receiving;
            ledger.first_byte.count(now.uptime - self.begun);
        }
        let mut decoder = self.decoder.take().unwrap_or_default();
        decoder.push(bytes);
        self.data(ledger).bytes += bytes.len() as u64;
        self.undecided_bytes += bytes.len();
        while let Some(found) = decoder.next_found() {
            match found {
                Found::Noise(noise) => {
                    self.undecided_bytes -= noise.bytes as usize;
                    let data = self.data(ledger);
                    data.torn += 1;
                    data.noise_bytes += u64::from(noise.bytes);
                }
                Found::Frame(frame) => {
                    self.undecided_bytes -= frame.as_bytes().len();
                    self.data(ledger).frames += 1;
                    let sent_near = now.gps - self.latency_offset;
                    if let Some(epoch) = epoch_of(&frame, sent_near) {
                        self.on_epoch(ledger, now, epoch);
                    }
                }
            }
        }
        self.decoder = (self.undecided_bytes > 0).then_some(decoder);
    }

    fn on_epoch(&mut self, ledger: &mut Ledger, now: Now, epoch: GpsTime) {
        let before = self.last_epoch;
        let is_same_or_late = before
            .is_some_and(|before| epoch - before < EPOCH_APART_MIN && before - epoch < LATE_MAX);
        if is_same_or_late {
            return;
        }
        self.last_epoch = Some(epoch);
        if self.phase == Phase::Behind {
            ledger.slow.epochs += 1;
        } else {
            ledger.epoch(self.mount, now, epoch, before, epoch + self.latency_offset);
        }
    }

    fn data<'l>(&self, ledger: &'l mut Ledger) -> &'l mut Data {
        if self.phase == Phase::Behind { &mut ledger.slow } else { &mut ledger.data }
    }
}

/// A refusal's name in the report.
fn answer(why: &RefusedBy) -> &'static str {
    match why {
        RefusedBy::Unauthorized { .. } => "unauthorized",
        RefusedBy::Forbidden { .. } => "forbidden",
        RefusedBy::NoSuchMountpoint { .. } => "no such mountpoint",
        RefusedBy::TakenByOther { .. } => "taken",
        RefusedBy::Unavailable { .. } => "unavailable",
        RefusedBy::TryVersion1 { .. } | RefusedBy::Misunderstood { .. } => "misunderstood",
        RefusedBy::Redirected { .. } => "redirected",
        RefusedBy::NotNtrip { .. } => "not NTRIP",
        RefusedBy::ClosedWithoutAnswer => "closed without an answer",
    }
}

#[cfg(test)]
mod tests;
