//! Tests of the session: made-up bytes at made-up times, no socket.

use proptest::prelude::*;
use tianshu_gnss::time::gps::Interval;
use tianshu_rtcm::frame::Frame;

use tianshu_ntrip::client::request::{Caster, VersionChoice};
use tianshu_ntrip::mountpoint::Mountpoint;

use super::*;
use crate::greeting::NtripGreeter;

const START: GpsTime = GpsTime::from_week(2400, Interval::ZERO);

fn at(seconds: f64) -> Uptime {
    Uptime::from_start(Duration::from_secs_f64(seconds))
}

fn gps(seconds: f64) -> GpsTime {
    START + Interval::from_seconds_f64(seconds)
}

fn config() -> SessionConfig {
    SessionConfig {
        station: "TEST".parse().unwrap(),
        greeter: Greeter::Raw,
        silence: Duration::from_secs(20),
        epoch_wait: EPOCH_WAIT_DEFAULT,
        reconnect: Some(BackoffLimits::default()),
    }
}

fn connected() -> Session {
    let mut session = Session::new(config(), 1);
    session.on_connecting();
    assert_eq!(told(&session.on_connected(at(0.0), gps(0.0))), ["up"]);
    session
}

/// A frame of a message that nobody knows, with so many bytes behind its number (4094).
fn frame(bytes: usize) -> Vec<u8> {
    let mut payload = vec![0xFF, 0xE0];
    payload.resize(2 + bytes, 7);
    Frame::from_payload(&payload).unwrap().as_bytes().to_vec()
}

/// The actions in words.
fn told(actions: &[Action]) -> Vec<String> {
    actions.iter().map(word).collect()
}

fn word(action: &Action) -> String {
    match action {
        Action::Emit(event) => match &event.news {
            StationNews::Up => "up".to_owned(),
            StationNews::Down(reason) => format!("down: {reason}"),
            StationNews::Frame(bytes) => format!("frame of {}", bytes.len()),
            other => format!("{other:?}"),
        },
        Action::Send(bytes) => format!("send {}", String::from_utf8_lossy(bytes)),
        Action::Close => "close".to_owned(),
        Action::Reconnect { .. } => "reconnect".to_owned(),
    }
}

#[test]
fn a_frame_comes_out_as_it_came_in() {
    let mut session = connected();
    let mut bytes = b"noise".to_vec();
    bytes.extend(frame(10));
    let actions = session.on_bytes(&bytes, at(1.0), gps(1.0));
    assert_eq!(told(&actions), ["frame of 18"]);
    let Action::Emit(event) = &actions[0] else { panic!("an event: {actions:?}") };
    assert_eq!(event.arrived, gps(1.0));
    let snapshot = session.snapshot();
    assert_eq!((snapshot.found.frames, snapshot.found.noise_bytes), (1, 5));
    assert_eq!((snapshot.bytes, snapshot.last_frame), (23, Some(gps(1.0))));
}

#[test]
fn a_silent_link_is_closed_and_tried_again() {
    let mut session = connected();
    assert_eq!(session.deadline(), Some(at(20.0)));
    session.on_bytes(&frame(3), at(5.0), gps(5.0));
    assert_eq!(session.deadline(), Some(at(25.0)), "a frame puts the end of patience off");
    assert!(session.on_timer(at(24.9), gps(24.9)).is_empty());
    let actions = session.on_timer(at(25.0), gps(25.0));
    assert_eq!(told(&actions), ["close", "down: silent for 20 s", "reconnect"]);
    assert_eq!(session.deadline(), None);
    assert!(matches!(session.snapshot().state, LinkState::Waiting { .. }));
}

#[test]
fn a_link_full_of_garbage_is_silent() {
    let mut session = connected();
    for second in 1..20 {
        let now = f64::from(second);
        assert!(session.on_bytes(&[0x55; 900], at(now), gps(now)).is_empty());
    }
    let actions = session.on_timer(at(20.0), gps(20.0));
    assert_eq!(told(&actions), ["close", "down: silent for 20 s", "reconnect"]);
    assert_eq!(session.snapshot().found.noise_bytes, 19 * 900);
}

#[test]
fn garbage_that_comes_after_the_deadline_does_not_put_it_off() {
    let mut session = connected();
    session.on_bytes(&[0x55; 900], at(30.0), gps(30.0));
    assert!(session.deadline() <= Some(at(30.0)), "the shell's next timer ends the link");
}

#[test]
fn a_false_start_holds_a_frame_back_for_the_stall_limit_only() {
    let mut session = connected();
    let mut bytes = vec![0xD3, 0x03, 0xFF]; // claims 1023 bytes that never come
    bytes.extend(frame(10));
    assert!(session.on_bytes(&bytes, at(1.0), gps(1.0)).is_empty());
    assert_eq!(session.deadline(), Some(at(4.0)));
    let actions = session.on_timer(at(4.2), gps(4.2));
    assert_eq!(told(&actions), ["frame of 18"]);
    let Action::Emit(event) = &actions[0] else { panic!("an event: {actions:?}") };
    assert_eq!(event.arrived, gps(4.0), "stamped with the moment at which it fell due");
    assert_eq!(session.snapshot().found.truncated, 1);
}

#[test]
fn a_closed_link_gives_what_it_held_back_before_it_goes_down() {
    let mut session = connected();
    let mut bytes = vec![0xD3, 0x03, 0xFF];
    bytes.extend(frame(10));
    session.on_bytes(&bytes, at(1.0), gps(1.0));
    let actions = session.on_closed("end of stream".to_owned(), at(1.5), gps(1.5));
    assert_eq!(
        told(&actions),
        ["frame of 18", "close", "down: closed: end of stream", "reconnect"]
    );
}

#[test]
fn failing_again_for_the_same_reason_is_no_news() {
    let mut session = Session::new(config(), 1);
    let fail = |session: &mut Session, why: &str| {
        session.on_connecting();
        told(&session.on_connect_failed(DownReason::Closed(why.to_owned()), gps(0.0)))
    };
    assert_eq!(
        fail(&mut session, "connection refused"),
        ["down: closed: connection refused", "reconnect"]
    );
    assert_eq!(fail(&mut session, "connection refused"), ["reconnect"]);
    assert_eq!(fail(&mut session, "no route"), ["down: closed: no route", "reconnect"]);
    assert_eq!(session.snapshot().failures, 3);
    session.on_connected(at(9.0), gps(9.0));
    let actions = session.on_closed("no route".to_owned(), at(9.0), gps(9.0));
    assert_eq!(told(&actions), ["close", "down: closed: no route", "reconnect"], "it was up");
}

#[test]
fn an_ended_session_does_not_come_back() {
    let mut session = connected();
    let actions = session.on_ended(DownReason::Stopped, at(1.0), gps(1.0));
    assert_eq!(told(&actions), ["close", "down: stopped"]);
    assert_eq!(session.snapshot().state, LinkState::Ended);
    assert!(session.on_bytes(&frame(3), at(2.0), gps(2.0)).is_empty());
}

#[test]
fn a_session_without_reconnect_waits_to_be_called() {
    let mut session = Session::new(SessionConfig { reconnect: None, ..config() }, 1);
    session.on_connected(at(0.0), gps(0.0));
    let actions = session.on_closed("gone".to_owned(), at(1.0), gps(1.0));
    assert_eq!(told(&actions), ["close", "down: closed: gone"]);
}

/// The waits of a link that is accepted and closed `cycle_s` later, with one frame at either end of the cycle.
fn waits(cycle_s: f64) -> Vec<Duration> {
    let mut session = Session::new(config(), 42);
    let mut waits = Vec::new();
    for _ in 0..30 {
        session.on_connected(at(0.0), gps(0.0));
        session.on_bytes(&frame(3), at(0.0), gps(0.0));
        session.on_bytes(&frame(3), at(cycle_s), gps(cycle_s));
        for action in session.on_closed("gone".to_owned(), at(cycle_s), gps(cycle_s)) {
            if let Action::Reconnect { after } = action {
                waits.push(after);
            }
        }
    }
    waits
}

#[test]
fn only_a_steady_flow_resets_the_waits() {
    let longest = |waits: Vec<Duration>| waits.into_iter().max().unwrap();
    assert!(longest(waits(19.0)) > Duration::from_mins(1), "one frame and a close is a failure");
    assert!(longest(waits(61.0)) <= Duration::from_secs(2), "a minute of frames is a success");
}

/// The waits of an NTRIP link whose caster answers so, each time on a new connection.
fn waits_of_answer(answer: &[u8]) -> Vec<Duration> {
    let caster = Caster {
        host: "caster.example".to_owned(),
        port: 2101,
        version: VersionChoice::V2,
        credentials: None,
    };
    let mountpoint = Mountpoint::new("LD000").unwrap();
    let greeter = Greeter::Ntrip(Box::new(NtripGreeter::new(caster, mountpoint, None)));
    let mut session = Session::new(SessionConfig { greeter, ..config() }, 3);
    let mut waits = Vec::new();
    for _ in 0..3 {
        session.on_connected(at(0.0), gps(0.0));
        for action in session.on_bytes(answer, at(0.0), gps(0.0)) {
            if let Action::Reconnect { after } = action {
                waits.push(after);
            }
        }
    }
    waits
}

#[test]
fn a_refusal_for_good_waits_the_longest_and_others_grow() {
    let longest = BackoffLimits::default().longest;
    for wait in waits_of_answer(b"HTTP/1.1 401 Unauthorized\r\n\r\n") {
        assert!(wait >= longest.mul_f64(0.9), "{wait:?} after a wrong password");
    }
    let waits = waits_of_answer(b"HTTP/1.1 404 Not Found\r\n\r\n");
    assert_eq!(waits.len(), 3);
    assert!(
        waits.iter().all(|wait| *wait <= Duration::from_secs(8)),
        "{waits:?}: it may come back"
    );
}

#[test]
fn a_caster_that_does_not_answer_is_left() {
    let caster = Caster {
        host: "caster.example".to_owned(),
        port: 2101,
        version: VersionChoice::Auto,
        credentials: None,
    };
    let mountpoint = Mountpoint::new("LD000").unwrap();
    let greeter = Greeter::Ntrip(Box::new(NtripGreeter::new(caster, mountpoint, None)));
    let mut session = Session::new(SessionConfig { greeter, ..config() }, 3);
    let asked = told(&session.on_connected(at(0.0), gps(0.0)));
    assert!(asked[0].contains("Ntrip/2.0"), "{asked:?}");
    assert_eq!(session.deadline(), Some(at(15.0)));
    let actions = session.on_timer(at(15.0), gps(15.0));
    assert_eq!(told(&actions), ["close", "down: closed: no answer within 15 s", "reconnect"]);
    let asked = told(&session.on_connected(at(20.0), gps(20.0)));
    assert!(!asked[0].contains("Ntrip/2.0"), "the other version is tried: {asked:?}");
}

proptest! {
    #[test]
    fn events_do_not_depend_on_chunking(
        pieces in prop::collection::vec((0..40_usize, prop::collection::vec(any::<u8>(), 0..30)), 0..8),
        size in 1..64_usize,
    ) {
        let stream: Vec<u8> = pieces.into_iter().flat_map(|(n, noise)| [noise, frame(n)].concat()).collect();
        let run = |chunks: &mut dyn Iterator<Item = &[u8]>| {
            let mut session = connected();
            let mut actions = Vec::new();
            for chunk in chunks {
                actions.extend(session.on_bytes(chunk, at(1.0), gps(1.0)));
            }
            actions.extend(session.on_closed("end".to_owned(), at(1.0), gps(1.0)));
            (told(&actions), session.snapshot().found)
        };
        prop_assert_eq!(run(&mut std::iter::once(stream.as_slice())), run(&mut stream.chunks(size)));
    }

    #[test]
    fn any_bytes_at_any_time_leave_the_session_alive(
        chunks in prop::collection::vec((0..30_u32, prop::collection::vec(any::<u8>(), 0..200)), 0..30),
    ) {
        let mut session = connected();
        let mut now = 0.0;
        for (pause_s, bytes) in chunks {
            now += f64::from(pause_s);
            session.on_timer(at(now), gps(now));
            session.on_bytes(&bytes, at(now), gps(now));
            if session.deadline().is_none() {
                session.on_connected(at(now), gps(now));
            }
        }
    }
}
