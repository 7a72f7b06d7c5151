//! Faults of rovers, each with its answer in both languages.

use std::collections::VecDeque;
use std::net::SocketAddr;

use tianshu_caster::access::Role;
use tianshu_caster::events::SessionId;
use tianshu_caster::ledger::SessionEnd;
use tianshu_gnss::coords::Geodetic;
use tianshu_ntrip::findings::Findings;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::nmea::gga::Gga;

use super::*;

fn at(seconds: u64) -> Uptime {
    Uptime::from_start(Duration::from_secs(seconds))
}

fn gga(quality: u8, satellites: u8) -> Gga {
    let place = Geodetic::from_degrees(23.0, 108.0, 80.0);
    Gga { quality, satellites: Some(satellites), ..Gga::at(place, None) }
}

/// A session that came a quarter of an hour ago, with a virtual station and a position of that quality.
fn session(quality: u8) -> SessionRecord {
    let virtual_station = Notice::ServingVirtual { station_id: 1_234, distance_m: 900.0 };
    SessionRecord {
        session: SessionId(7),
        peer: SocketAddr::from(([10, 0, 0, 7], 5_113)),
        role: Role::Rover,
        mountpoint: Mountpoint::new("VRS").expect("a name"),
        account: Some("anna".into()),
        agent: None,
        mode: String::new(),
        login: at(100),
        first_position: Some(at(101)),
        first_byte: Some(at(102)),
        first_fix: None,
        position: Some((at(990), gga(quality, 20))),
        silent_since: None,
        is_hasty: false,
        notices: VecDeque::from([(at(101), virtual_station)]),
        frames_dropped: 0,
        path: VecDeque::new(),
        end: None,
        revision: 0,
    }
}

const GOOD: Around = Around { base_silent_s: None, told: Some(30), rough: 0 };

fn code(record: &SessionRecord, around: Around) -> Code {
    of_session(record, around, at(1_000)).code
}

fn ended(record: SessionRecord, reason: EndReason) -> SessionRecord {
    let findings = Findings::default();
    let end = Some(SessionEnd { at: at(950), bytes: 1, frames: 1, findings, reason });
    SessionRecord { end, ..record }
}

fn refused(reason: Refused) -> Finding {
    let peer = SocketAddr::from(([10, 0, 0, 7], 5_113));
    let (mountpoint, account) = (None, Some("anna".to_owned()));
    of_refusal(&Refusal { session: SessionId(1), at: at(1), peer, mountpoint, account, reason })
}

#[test]
fn a_fixed_rover_has_every_step_behind_it() {
    let found = of_session(&session(4), GOOD, at(1_000));
    assert_eq!(found.code, Code::Fixed);
    assert!(found.steps.iter().all(|(_, state)| *state == State::Ok));
    assert_eq!(found.steps.len(), STEPS.len());
}

#[test]
fn a_rover_without_a_position_is_told_to_send_one() {
    let withheld = Notice::Withheld(Withheld::NoPosition);
    let silent = SessionRecord {
        position: None,
        first_position: None,
        notices: VecDeque::from([(at(100), withheld)]),
        ..session(0)
    };
    let found = of_session(&silent, Around::default(), at(1_000));
    assert_eq!(found.code, Code::NoPosition);
    assert!(sentence(&found, Language::English).contains("GGA"));
    assert!(sentence(&found, Language::Chinese).contains("GGA"));
    assert_eq!(found.steps[0], (Step::Login, State::Ok));
    assert_eq!(found.steps[1], (Step::Position, State::Bad));
    assert_eq!(found.steps[2], (Step::Area, State::Unknown));
}

#[test]
fn who_was_not_let_in_is_told_why() {
    let denied = |denial| refused(Refused::Denied(denial)).code;
    assert_eq!(denied(Denial::WrongPassword), Code::WrongPassword);
    assert_eq!(denied(Denial::Unusable(Unusable::Expired)), Code::Expired);
    assert_eq!(denied(Denial::Unusable(Unusable::NoRight)), Code::NoRight);
    assert_eq!(denied(Denial::OutsideArea), Code::AccountArea);
    assert_eq!(denied(Denial::SessionLimit), Code::TooManySessions);
    assert_eq!(refused(Refused::UnknownMountpoint).code, Code::OfflineMountpoint);
    let full = refused(Refused::Full("10 connections".to_owned()));
    assert!(sentence(&full, Language::English).contains("10 connections"));
}

#[test]
fn a_rover_outside_the_service_is_told_how_far_the_next_station_is() {
    let outside = Notice::Withheld(Withheld::OutsideService { nearest_m: 143_000.0 });
    let notices = VecDeque::from([(at(101), outside)]);
    let found = of_session(&SessionRecord { notices, ..session(1) }, GOOD, at(1_000));
    assert_eq!((found.code, found.figure), (Code::OutsideArea, Some(143.0)));
    assert!(sentence(&found, Language::Chinese).contains("143"));
    assert_eq!(found.steps[1], (Step::Position, State::Ok));
}

#[test]
fn a_station_that_is_silent_is_named_before_anything_behind_it() {
    let serving = Notice::Serving {
        station: "NANNING".parse().expect("a name"),
        distance_m: 9e3,
        reason: "nearest",
    };
    let notices = VecDeque::from([(at(101), serving)]);
    let record = SessionRecord { notices, frames_dropped: 3, ..session(5) };
    let around = Around { base_silent_s: Some(42.0), told: None, rough: 0 };
    assert_eq!(code(&record, around), Code::StaleStation);
    let dead = Notice::Withheld(Withheld::NoHealthyStation);
    let record = SessionRecord { notices: VecDeque::from([(at(101), dead)]), ..session(5) };
    assert_eq!(code(&record, GOOD), Code::StaleStation);
}

#[test]
fn few_satellites_and_rough_air_are_told_apart() {
    let few = Around { told: Some(3), ..GOOD };
    assert_eq!(code(&session(5), few), Code::FewSatellites);
    let own = SessionRecord { position: Some((at(990), gga(5, 4))), ..session(5) };
    assert_eq!(code(&own, GOOD), Code::FewSatellites);
    let rough = Around { told: Some(12), rough: 14, ..GOOD };
    assert_eq!(code(&session(5), rough), Code::IonosphereWithheld);
    let some = Around { told: Some(28), rough: 4, ..GOOD };
    assert_eq!(code(&session(5), some), Code::FloatOnly);
}

#[test]
fn a_rover_that_does_not_read_is_told_so_while_it_lasts_and_after() {
    let record = SessionRecord { frames_dropped: 12, ..session(5) };
    assert_eq!(code(&record, GOOD), Code::NotReading);
    assert_eq!(code(&ended(session(5), EndReason::TooSlow), GOOD), Code::NotReading);
}

#[test]
fn what_a_rover_makes_of_good_corrections_is_told_last() {
    assert_eq!(code(&session(1), GOOD), Code::SingleOnly);
    assert_eq!(code(&session(5), GOOD), Code::FloatOnly);
    let young = SessionRecord { login: at(985), first_byte: Some(at(986)), ..session(1) };
    assert_eq!(code(&young, GOOD), Code::Starting);
    let silent = SessionRecord { silent_since: Some(at(900)), ..session(4) };
    assert_eq!(code(&silent, GOOD), Code::Silent);
    assert_eq!(code(&ended(session(4), EndReason::PeerClosed), GOOD), Code::Ended);
}
