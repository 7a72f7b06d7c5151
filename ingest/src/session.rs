//! Station sessions: what a link does next, decided from bytes, timers and `now`, without a socket.
//!
//! One session lives as long as its station is configured, over all connections. A shell opens connections,
//! reports what happens, and carries out the [`Action`]s in their order.
//!
//! Decisions:
//! - *Silence is the absence of whole frames*, not of bytes: a link full of garbage is as silent as a dead one.
//! - A link that goes down again for the same reason without having come up is no news; the snapshot counts it.
//! - A refusal says why. One that only a person can mend (a wrong password) waits the longest; one that may pass
//!   (an unknown mountpoint is how every caster calls a station that is offline) waits as after a failure.

use std::time::Duration;

use bytes::Bytes;
use tianshu_gnss::event::{DownReason, StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;

use crate::backoff::{Backoff, BackoffLimits};
use crate::decode::StreamDecoder;
use crate::greeting::{Greeter, Greeting, Reply};
use crate::messages::Heard;
use crate::snapshot::{LinkSnapshot, LinkState};

/// How long a caster may take for its answer. Casters that look up an account over the network were seen to
/// take a second or two; a caster that takes longer than this will not answer at all.
pub const GREETING_MAX: Duration = Duration::from_secs(15);

/// A link without a whole frame for so long is dead, unless the station is slower by configuration: four
/// epochs at the slowest usual interval of 15 s.
pub const SILENCE_DEFAULT: Duration = Duration::from_mins(1);

/// For how long an epoch waits for its missing messages. The messages of one epoch leave the receiver
/// together, so half a second covers a lost and repeated TCP segment on a good line, and at 1 Hz the next
/// epoch would close it soon after anyway.
pub const EPOCH_WAIT_DEFAULT: Duration = Duration::from_millis(500);

/// What a session needs to know.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The station whose stream this is.
    pub station: StationName,
    /// How the other side is greeted.
    pub greeter: Greeter,
    /// A link without a whole frame for so long is closed.
    pub silence: Duration,
    /// An epoch that is not complete after this is closed.
    pub epoch_wait: Duration,
    /// How to come back after a failure; absent where the other side has to come to us.
    pub reconnect: Option<BackoffLimits>,
}

/// What a shell shall do.
#[derive(Clone, Debug)]
pub enum Action {
    /// Put this on the bus.
    Emit(StationEvent),
    /// Send these bytes to the other side.
    Send(Bytes),
    /// Close the connection.
    Close,
    /// Open a new connection after this wait.
    Reconnect {
        /// The wait.
        after: Duration,
    },
}

/// One station's link.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    backoff: Backoff,
    greeter: Greeter,
    /// Outlives the connections, so that its counts do.
    decoder: StreamDecoder,
    state: State,
    snapshot: LinkSnapshot,
}

/// A link is in exactly one of these states.
#[derive(Debug)]
enum State {
    /// No connection.
    Down,
    /// Connected; the other side has to answer first.
    Greeting { greeting: Box<Greeting>, until: Uptime },
    /// Bytes flow.
    Up(Box<Flow>),
}

/// How long to wait before the next try.
#[derive(Clone, Copy, Debug)]
enum Patience {
    /// Longer with every failure.
    Growing,
    /// The longest.
    Longest,
}

/// A link that is up.
#[derive(Debug)]
struct Flow {
    greeting: Greeting,
    /// When the last whole frame came; before the first one, when the link came up.
    last_frame: Uptime,
    first_frame: Option<Uptime>,
    /// When the next position line is due upstream.
    position_due: Option<Uptime>,
}

impl Session {
    /// A session without a connection. The seed makes its waits its own, and repeatable.
    pub fn new(config: SessionConfig, seed: u64) -> Self {
        Self {
            backoff: Backoff::new(config.reconnect.unwrap_or_default(), seed),
            greeter: config.greeter.clone(),
            decoder: StreamDecoder::new(config.epoch_wait),
            snapshot: LinkSnapshot::new(config.station.clone()),
            state: State::Down,
            config,
        }
    }

    /// The shell begins to open a connection, or to wait for one.
    pub fn on_connecting(&mut self) {
        self.snapshot.state = LinkState::Connecting;
    }

    /// The shell could not open a connection. Where it was refused (a certificate that is not trusted), a person has
    /// to mend it.
    pub fn on_connect_failed(&mut self, reason: DownReason, arrived: GpsTime) -> Vec<Action> {
        let patience = match reason {
            DownReason::Refused(_) => Patience::Longest,
            _ => Patience::Growing,
        };
        self.down(reason, patience, arrived)
    }

    /// A connection is open.
    pub fn on_connected(&mut self, now: Uptime, arrived: GpsTime) -> Vec<Action> {
        let (greeting, hello) = self.greeter.begin(arrived);
        match hello {
            None => self.up(greeting, now, arrived),
            Some(hello) => {
                self.snapshot.state = LinkState::Greeting;
                let until = now + GREETING_MAX;
                self.state = State::Greeting { greeting: Box::new(greeting), until };
                vec![Action::Send(hello)]
            }
        }
    }

    /// Bytes came, cut anywhere.
    pub fn on_bytes(&mut self, bytes: &[u8], now: Uptime, arrived: GpsTime) -> Vec<Action> {
        self.snapshot.bytes += bytes.len() as u64;
        let replies = match &mut self.state {
            State::Down => return Vec::new(),
            State::Greeting { greeting, .. } => greeting.on_bytes(bytes),
            State::Up(flow) => flow.greeting.on_bytes(bytes),
        };
        let mut actions = Vec::new();
        for reply in replies {
            actions.extend(self.on_reply(reply, now, arrived));
        }
        actions
    }

    /// The other side closed the connection, or the network did.
    pub fn on_closed(&mut self, why: String, now: Uptime, arrived: GpsTime) -> Vec<Action> {
        let mut actions = Vec::new();
        let replies = match &mut self.state {
            State::Down => return Vec::new(),
            State::Greeting { greeting, .. } => greeting.on_closed(),
            State::Up(flow) => flow.greeting.on_closed(),
        };
        for reply in replies {
            actions.extend(self.on_reply(reply, now, arrived));
        }
        if !matches!(self.state, State::Down) {
            actions.extend(self.end(DownReason::Closed(why), Patience::Growing, now, arrived));
        }
        actions
    }

    /// Nobody wants this connection any more: the service stops, or a newer connection took its place.
    pub fn on_ended(&mut self, reason: DownReason, now: Uptime, arrived: GpsTime) -> Vec<Action> {
        let mut actions = self.end(reason, Patience::Growing, now, arrived);
        actions.retain(|action| !matches!(action, Action::Reconnect { .. }));
        self.snapshot.state = LinkState::Ended;
        actions
    }

    /// When [`Self::on_timer`] has something to do, if nothing comes before.
    pub fn deadline(&self) -> Option<Uptime> {
        match &self.state {
            State::Down => None,
            State::Greeting { until, .. } => Some(*until),
            State::Up(flow) => {
                let silent = Some(flow.last_frame + self.config.silence);
                let times = [silent, self.decoder.deadline(), flow.position_due];
                times.into_iter().flatten().min()
            }
        }
    }

    /// A deadline has come (or not: then nothing is done).
    pub fn on_timer(&mut self, now: Uptime, arrived: GpsTime) -> Vec<Action> {
        match &mut self.state {
            State::Greeting { until, .. } if *until <= now => {
                self.greeter.failed();
                let why = format!("no answer within {} s", GREETING_MAX.as_secs());
                self.end(DownReason::Closed(why), Patience::Growing, now, arrived)
            }
            State::Down | State::Greeting { .. } => Vec::new(),
            State::Up(_) => {
                let heard = self.decoder.on_timer(now);
                let mut actions = self.emit(heard, now);
                actions.extend(self.position(now, arrived));
                if self.is_silent(now) {
                    let silent_s = self.config.silence.as_secs();
                    actions.extend(self.end(
                        DownReason::Silent { silent_s },
                        Patience::Growing,
                        now,
                        arrived,
                    ));
                }
                actions
            }
        }
    }

    /// What operators see.
    pub fn snapshot(&self) -> LinkSnapshot {
        let mut snapshot = self.snapshot.clone();
        snapshot.found = self.decoder.counts();
        snapshot.unusable.clone_from(self.decoder.unusable());
        snapshot
    }

    fn on_reply(&mut self, reply: Reply, now: Uptime, arrived: GpsTime) -> Vec<Action> {
        match reply {
            Reply::Accepted { dialect } => {
                self.snapshot.dialect = Some(dialect);
                match std::mem::replace(&mut self.state, State::Down) {
                    State::Greeting { greeting, .. } => self.up(*greeting, now, arrived),
                    other => {
                        self.state = other;
                        Vec::new()
                    }
                }
            }
            Reply::Body(bytes) => {
                if !matches!(self.state, State::Up(_)) {
                    return Vec::new();
                }
                let heard = self.decoder.push(&bytes, now, arrived);
                self.emit(heard, now)
            }
            Reply::NotUnderstood => self.try_other_version(),
            Reply::Refused { why, for_good } => {
                self.greeter.refused();
                let patience = if for_good { Patience::Longest } else { Patience::Growing };
                self.end(DownReason::Refused(why), patience, now, arrived)
            }
            Reply::Ended(why) => {
                if matches!(self.state, State::Greeting { .. }) {
                    self.greeter.refused();
                }
                self.end(DownReason::Closed(why), Patience::Growing, now, arrived)
            }
        }
    }

    /// Begins again at once in the other version of the protocol, which is no news. The other version's failure is one,
    /// so the two do not alternate without a wait.
    fn try_other_version(&mut self) -> Vec<Action> {
        self.greeter.failed();
        self.state = State::Down;
        let after = Duration::ZERO;
        self.snapshot.state = LinkState::Waiting { after };
        vec![Action::Close, Action::Reconnect { after }]
    }

    fn up(&mut self, greeting: Greeting, now: Uptime, arrived: GpsTime) -> Vec<Action> {
        self.snapshot.state = LinkState::Up;
        self.snapshot.times_up += 1;
        self.state = State::Up(Box::new(Flow {
            position_due: greeting.position_interval().map(|_| now),
            greeting,
            last_frame: now,
            first_frame: None,
        }));
        vec![Action::Emit(self.event(arrived, StationNews::Up))]
    }

    /// Ends the connection: what the decoder still held comes out first, then the reason.
    fn end(
        &mut self,
        reason: DownReason,
        patience: Patience,
        now: Uptime,
        arrived: GpsTime,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        if matches!(self.state, State::Up(_)) {
            let heard = self.decoder.finish(now, arrived);
            actions.extend(self.emit(heard, now));
        }
        match std::mem::replace(&mut self.state, State::Down) {
            State::Down => {}
            State::Greeting { .. } => actions.push(Action::Close),
            State::Up(flow) => {
                let first = flow.first_frame.unwrap_or(flow.last_frame);
                self.backoff.flowed_for(flow.last_frame - first);
                // Going down after having been up is always news.
                self.snapshot.last_failure = None;
                actions.push(Action::Close);
            }
        }
        actions.extend(self.down(reason, patience, arrived));
        actions
    }

    /// Tells that the link is down, unless it was already for the same reason, and decides when to try again.
    fn down(&mut self, reason: DownReason, patience: Patience, arrived: GpsTime) -> Vec<Action> {
        let mut actions = Vec::new();
        self.snapshot.failures += 1;
        if self.snapshot.last_failure.as_ref() != Some(&reason) {
            let news = StationNews::Down(reason.clone());
            actions.push(Action::Emit(self.event(arrived, news)));
        }
        self.snapshot.last_failure = Some(reason);
        self.snapshot.state = LinkState::Ended;
        if self.config.reconnect.is_some() {
            let after = match patience {
                Patience::Growing => self.backoff.after_failure(),
                Patience::Longest => self.backoff.after_refusal(),
            };
            self.snapshot.state = LinkState::Waiting { after };
            actions.push(Action::Reconnect { after });
        }
        actions
    }

    fn emit(&mut self, heard: Vec<Heard>, now: Uptime) -> Vec<Action> {
        let mut actions = Vec::with_capacity(heard.len());
        for Heard { arrived, news } in heard {
            match &news {
                StationNews::Frame(_) => {
                    self.snapshot.last_frame = Some(arrived);
                    if let State::Up(flow) = &mut self.state {
                        flow.last_frame = now;
                        flow.first_frame.get_or_insert(now);
                    }
                }
                StationNews::Epoch(_) => self.snapshot.epochs += 1,
                _ => {}
            }
            actions.push(Action::Emit(self.event(arrived, news)));
        }
        actions
    }

    fn position(&mut self, now: Uptime, arrived: GpsTime) -> Option<Action> {
        let State::Up(flow) = &mut self.state else { return None };
        flow.position_due.filter(|&due| due <= now)?;
        flow.position_due = flow.greeting.position_interval().map(|interval| now + interval);
        flow.greeting.position_line(arrived).map(Action::Send)
    }

    fn is_silent(&self, now: Uptime) -> bool {
        matches!(&self.state, State::Up(flow) if flow.last_frame + self.config.silence <= now)
    }

    fn event(&self, arrived: GpsTime, news: StationNews) -> StationEvent {
        StationEvent { station: self.config.station.clone(), arrived, news }
    }
}

#[cfg(test)]
mod tests;
