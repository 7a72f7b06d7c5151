//! The ledger of sessions: who was served, from login to first fix to end, kept from the sessions' own events.
//!
//! What "why has this rover no fix?" is answered from. It decides nothing and waits for nobody: whoever holds it feeds it events in order.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::findings::Findings;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::nmea::gga::Gga;

use crate::access::Role;
use crate::events::{EndReason, Refused, SessionEvent, SessionId, SessionNews};
use crate::source::Notice;

/// Ended sessions that are remembered: a day of a service with some thousand rovers. The oldest is forgotten first.
pub const ENDED_MAX: usize = 10_000;
/// Refusals that are remembered; the oldest is forgotten first, so that a flood of them displaces no session.
pub const REFUSALS_MAX: usize = 2_000;
/// Decisions of a session's stream that are remembered; the oldest is forgotten first.
pub const NOTICES_MAX: usize = 8;

/// Positions of a session that are remembered: half an hour of those that are told of. The oldest is forgotten first.
pub const PATH_MAX: usize = 60;

/// A position of a session that was told of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathPoint {
    /// When.
    pub at: Uptime,
    /// Degrees north.
    pub latitude_deg: f64,
    /// Degrees east.
    pub longitude_deg: f64,
    /// What it said of its fix, as a GGA does.
    pub quality: u8,
}

/// What is known of one session of somebody who was let in.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Which session.
    pub session: SessionId,
    /// Who is at the other end.
    pub peer: SocketAddr,
    /// Rover or station.
    pub role: Role,
    /// Where.
    pub mountpoint: Mountpoint,
    /// Under which account.
    pub account: Option<Arc<str>>,
    /// Its software.
    pub agent: Option<String>,
    /// How it is spoken to, and why.
    pub mode: String,
    /// When it was let in.
    pub login: Uptime,
    /// When it first told a position.
    pub first_position: Option<Uptime>,
    /// When the first corrections left.
    pub first_byte: Option<Uptime>,
    /// When it first said that its integers are fixed.
    pub first_fix: Option<Uptime>,
    /// The last position that was told of it, and when: at most 30 s older than its newest while it tells any.
    pub position: Option<(Uptime, Gga)>,
    /// Since when it tells no position any more.
    pub silent_since: Option<Uptime>,
    /// Whether it tells positions more often than anybody needs.
    pub is_hasty: bool,
    /// The last decisions of its stream.
    pub notices: VecDeque<(Uptime, Notice)>,
    /// Frames that were dropped because it did not keep up, as far as told.
    pub frames_dropped: u64,
    /// The last positions that were told of it.
    pub path: VecDeque<PathPoint>,
    /// How it ended; none while it lasts.
    pub end: Option<SessionEnd>,
    /// The ledger's count of changes when it changed last.
    pub revision: u64,
}

/// How a session ended.
#[derive(Clone, Debug)]
pub struct SessionEnd {
    /// When.
    pub at: Uptime,
    /// Bytes of corrections sent, or of observations received.
    pub bytes: u64,
    /// Frames sent; 0 for uploads.
    pub frames: u64,
    /// What was odd in the peer's bytes.
    pub findings: Findings,
    /// Why.
    pub reason: EndReason,
}

/// Somebody who was not let in.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Which connection.
    pub session: SessionId,
    /// When.
    pub at: Uptime,
    /// Who.
    pub peer: SocketAddr,
    /// Where it wanted to go.
    pub mountpoint: Option<String>,
    /// As whom.
    pub account: Option<String>,
    /// Why.
    pub reason: Refused,
}

/// All sessions that last, and the newest of those that ended or never began.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    open: BTreeMap<SessionId, SessionRecord>,
    ended: VecDeque<SessionRecord>,
    refusals: VecDeque<Refusal>,
    revision: u64,
}

impl Ledger {
    /// Takes what happened. Gives the record of a session that has just ended.
    ///
    /// News of a session whose login was never heard of say nothing, as events may be dropped.
    pub fn on_event(&mut self, event: &SessionEvent) -> Option<&SessionRecord> {
        let at = event.at;
        self.revision += 1;
        let revision = self.revision;
        match &event.news {
            SessionNews::Login { .. } => {
                let begun = begun(event).map(|record| SessionRecord { revision, ..record });
                self.open.extend(begun.map(|record| (event.session, record)));
            }
            SessionNews::Refused { mountpoint, account, reason } => {
                let refusal = Refusal {
                    session: event.session,
                    at,
                    peer: event.peer,
                    mountpoint: mountpoint.clone(),
                    account: account.clone(),
                    reason: reason.clone(),
                };
                push_bounded(&mut self.refusals, refusal, REFUSALS_MAX);
            }
            SessionNews::Ended { bytes, frames, dropped, findings, reason } => {
                let mut record = self.open.remove(&event.session)?;
                (record.frames_dropped, record.revision) = (*dropped, revision);
                let (bytes, frames, findings) = (*bytes, *frames, findings.clone());
                let reason = reason.clone();
                record.end = Some(SessionEnd { at, bytes, frames, findings, reason });
                push_bounded(&mut self.ended, record, ENDED_MAX);
                return self.ended.back();
            }
            news => {
                if let Some(record) = self.open.get_mut(&event.session) {
                    record.on_news(news, at);
                    record.revision = revision;
                }
            }
        }
        None
    }

    /// How many changes there were: whatever changes from now on has a greater revision.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The sessions that last, oldest first.
    pub fn open(&self) -> impl ExactSizeIterator<Item = &SessionRecord> {
        self.open.values()
    }

    /// The sessions that ended, newest first.
    pub fn ended(&self) -> impl ExactSizeIterator<Item = &SessionRecord> {
        self.ended.iter().rev()
    }

    /// Who was not let in, newest first.
    pub fn refusals(&self) -> impl ExactSizeIterator<Item = &Refusal> {
        self.refusals.iter().rev()
    }

    /// One session, whether it lasts or not.
    pub fn session(&self, id: SessionId) -> Option<&SessionRecord> {
        self.open.get(&id).or_else(|| self.ended().find(|record| record.session == id))
    }
}

/// The record of a session that begins.
fn begun(event: &SessionEvent) -> Option<SessionRecord> {
    let SessionNews::Login { role, mountpoint, account, agent, mode } = &event.news else {
        return None;
    };
    Some(SessionRecord {
        session: event.session,
        peer: event.peer,
        role: *role,
        mountpoint: mountpoint.clone(),
        account: account.clone(),
        agent: agent.clone(),
        mode: mode.clone(),
        login: event.at,
        first_position: None,
        first_byte: None,
        first_fix: None,
        position: None,
        silent_since: None,
        is_hasty: false,
        notices: VecDeque::new(),
        frames_dropped: 0,
        path: VecDeque::new(),
        end: None,
        revision: 0,
    })
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, max: usize) {
    if queue.len() >= max {
        queue.pop_front();
    }
    queue.push_back(item);
}

impl SessionRecord {
    fn on_news(&mut self, news: &SessionNews, at: Uptime) {
        match news {
            SessionNews::FirstPosition(gga) => {
                self.first_position = Some(at);
                self.told(gga, at);
            }
            SessionNews::FirstFix(gga) => {
                self.first_fix = Some(at);
                self.told(gga, at);
            }
            SessionNews::Position(gga) | SessionNews::Quality { now: gga, .. } => {
                self.told(gga, at);
            }
            SessionNews::FallsSilent => self.silent_since = Some(at),
            SessionNews::TooManyPositions => self.is_hasty = true,
            SessionNews::FirstByte => self.first_byte = Some(at),
            SessionNews::Notice(notice) => {
                push_bounded(&mut self.notices, (at, notice.clone()), NOTICES_MAX);
            }
            SessionNews::FallsBehind { frames } => self.frames_dropped += frames,
            SessionNews::Login { .. }
            | SessionNews::Refused { .. }
            | SessionNews::Table
            | SessionNews::Ended { .. } => {}
        }
    }

    fn told(&mut self, gga: &Gga, at: Uptime) {
        if let Some(place) = gga.place {
            let (latitude_deg, longitude_deg) = (place.latitude_deg, place.longitude_deg);
            let point = PathPoint { at, latitude_deg, longitude_deg, quality: gga.quality };
            push_bounded(&mut self.path, point, PATH_MAX);
        }
        self.position = Some((at, gga.clone()));
        self.silent_since = None;
    }

    /// What the last position says of the fix, as a GGA does: 0 none, 1 single, 2 differential, 4 fixed, 5 float.
    pub fn quality(&self) -> Option<u8> {
        self.position.as_ref().map(|(_, gga)| gga.quality)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tianshu_gnss::coords::Geodetic;

    use super::*;
    use crate::source::Withheld;

    fn event(session: u64, second: u64, news: SessionNews) -> SessionEvent {
        let at = Uptime::from_start(Duration::from_secs(second));
        let peer = SocketAddr::from(([127, 0, 0, 1], 2_101));
        SessionEvent { session: SessionId(session), at, peer, news }
    }

    fn login() -> SessionNews {
        SessionNews::Login {
            role: Role::Rover,
            mountpoint: Mountpoint::new("VRS").expect("a name"),
            account: Some("anna".into()),
            agent: None,
            mode: String::new(),
        }
    }

    fn ended() -> SessionNews {
        let (findings, reason) = (Findings::default(), EndReason::PeerClosed);
        SessionNews::Ended { bytes: 5_000, frames: 20, dropped: 2, findings, reason }
    }

    fn gga(quality: u8) -> Gga {
        Gga { quality, ..Gga::at(Geodetic::from_degrees(23.0, 108.0, 80.0), None) }
    }

    #[test]
    fn a_session_is_told_from_its_login_to_its_end() {
        let mut ledger = Ledger::default();
        let withheld = SessionNews::Notice(Notice::Withheld(Withheld::NoPosition));
        let quality = SessionNews::Quality { from: 4, now: gga(5) };
        let news = [
            (10, login()),
            (10, withheld),
            (11, SessionNews::FirstPosition(gga(1))),
            (12, SessionNews::FirstByte),
            (15, SessionNews::FirstFix(gga(4))),
            (40, quality),
        ];
        for (second, news) in news {
            assert!(ledger.on_event(&event(7, second, news)).is_none());
        }
        assert_eq!(ledger.open().len(), 1);
        assert_eq!(ledger.session(SessionId(7)).and_then(SessionRecord::quality), Some(5));
        let record = ledger.on_event(&event(7, 60, ended())).expect("it ended").clone();
        let seconds = |at: Option<Uptime>| at.map(|at| (at - record.login).as_secs());
        let firsts = [record.first_position, record.first_byte, record.first_fix];
        assert_eq!(firsts.map(seconds), [Some(1), Some(2), Some(5)]);
        let end = record.end.as_ref().expect("how");
        assert_eq!((end.bytes, seconds(Some(end.at))), (5_000, Some(50)));
        assert_eq!((ledger.open().len(), ledger.ended().len()), (0, 1));
    }

    #[test]
    fn what_ended_long_ago_is_forgotten_and_what_lasts_is_not() {
        let mut ledger = Ledger::default();
        ledger.on_event(&event(1, 0, login()));
        for session in 2..=ENDED_MAX as u64 + 10 {
            ledger.on_event(&event(session, session, login()));
            ledger.on_event(&event(session, session, ended()));
        }
        assert_eq!((ledger.open().len(), ledger.ended().len()), (1, ENDED_MAX));
        assert!(ledger.session(SessionId(1)).is_some());
        assert!(ledger.session(SessionId(2)).is_none());
    }

    #[test]
    fn a_flood_of_refusals_displaces_only_refusals() {
        let mut ledger = Ledger::default();
        ledger.on_event(&event(1, 0, login()));
        for session in 2..=REFUSALS_MAX as u64 + 100 {
            let (mountpoint, account, reason) = (None, None, Refused::UnknownMountpoint);
            ledger.on_event(&event(
                session,
                1,
                SessionNews::Refused { mountpoint, account, reason },
            ));
        }
        assert_eq!((ledger.open().len(), ledger.refusals().len()), (1, REFUSALS_MAX));
        let newest = ledger.refusals().next().map(|refusal| refusal.session.0);
        assert_eq!(newest, Some(REFUSALS_MAX as u64 + 100));
    }

    #[test]
    fn news_of_a_session_whose_login_was_lost_say_nothing() {
        let mut ledger = Ledger::default();
        ledger.on_event(&event(3, 0, SessionNews::FirstByte));
        assert!(ledger.on_event(&event(3, 1, ended())).is_none());
        assert_eq!((ledger.open().len(), ledger.ended().len()), (0, 0));
    }
}
