//! A rover's session: let in, then whole frames out and positions in, until one side ends it.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use tianshu_ntrip::nmea::gga::Gga;
use tianshu_ntrip::server::request::StreamRequest;
use tianshu_ntrip::server::session::{Chunking, ServerEvent};
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::text::TextMessage;
use tokio::time::{Instant, sleep_until, timeout};

use crate::access::{Denial, Proof, Role};
use crate::accounts::follow::posix_now;
use crate::delivery::Delivery;
use crate::events::{EndReason, Refused, SessionNews};
use crate::members::{Member, SessionPlace};
use crate::session::fence::Fence;
use crate::session::watch::{Seen, Watch};
use crate::session::wire::{Wire, read_with, write_all};
use crate::session::{Session, broken};
use crate::source::{CorrectionStream, OpenRefusal, RoverFacts, StreamItem};

mod ride;

/// The Modified Julian Day of 1970-01-01.
const POSIX_EPOCH_MJD: i64 = 40_587;
/// Of POSIX time, which knows no leap seconds.
const SECONDS_OF_DAY: i64 = 86_400;

/// What a session did so far.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
    bytes: u64,
    frames: u64,
    dropped: u64,
    /// Since when frames are being dropped; told once per run.
    behind: bool,
    watch: Watch,
}

/// What woke the session.
enum Woken {
    Item(StreamItem),
    Heard(Vec<ServerEvent>),
    Idle,
    End(EndReason),
}

pub(crate) async fn run<W: Wire>(session: &mut Session<'_>, wire: &mut W, request: StreamRequest) {
    let mountpoint = request.mountpoint.clone();
    let Opened { mut stream, place, mut fence } = match open(session, &request).await {
        Ok(opened) => opened,
        Err(reason) => {
            session.refuse(wire, Some(mountpoint.to_string()), reason).await;
            return;
        }
    };
    session.shared.counters.rover_logins.add(1);
    let accepted = session.protocol.accept(Chunking::WhenSpoken);
    session.report(SessionNews::Login {
        role: Role::Rover,
        mountpoint,
        account: place.account(),
        agent: request.peer.agent,
        mode: session.protocol.mode().map(|mode| mode.to_string()).unwrap_or_default(),
    });
    let mut account = Account::default();
    if let Some(gga) = &request.initial_gga {
        report_position(session, &mut account, gga);
    }
    let reason = match write(session, wire, &accepted).await {
        Ok(()) => relay(session, wire, stream.as_mut(), &mut fence, &mut account).await,
        Err(reason) => reason,
    };
    drop(place);
    farewell(session, wire, &reason).await;
    let Account { bytes, frames, dropped, .. } = account;
    let findings = session.protocol.findings().clone();
    session.report(SessionNews::Ended { bytes, frames, dropped, findings, reason });
}

/// What a rover has that is let in.
struct Opened {
    stream: Box<dyn CorrectionStream>,
    place: SessionPlace,
    fence: Fence,
}

/// Is there such a mountpoint, may this rover read it, is there a stream for it?
async fn open(session: &Session<'_>, request: &StreamRequest) -> Result<Opened, Refused> {
    let offered = session.shared.offered();
    session.availability(&request.mountpoint)?;
    let proof = request.credentials.clone().map_or(Proof::Nothing, Proof::Basic);
    let grant = session.admit(Role::Rover, &request.mountpoint, proof).await?;
    let now = session.shared.clock.now();
    let mut fence = Fence::new(grant.area.clone(), now, session.shared.limits.position_wait_max);
    if let Some(gga) = &request.initial_gga
        && fence.on_position(gga, now).is_err()
    {
        return Err(Refused::Denied(Denial::OutsideArea));
    }
    let facts = RoverFacts {
        account: grant.account.clone(),
        peer: session.peer,
        agent: request.peer.agent.clone(),
        gga: request.initial_gga.clone(),
        now,
    };
    let stream =
        session.shared.open(&request.mountpoint, &facts).map_err(|refusal| match refusal {
            OpenRefusal::Offline(why) => Refused::Offline(why),
            OpenRefusal::Full(why) => Refused::Full(why),
        })?;
    let mountpoint = request.mountpoint.clone();
    let control = Arc::clone(&session.control);
    let member = Member { role: Role::Rover, mountpoint, grant, control };
    let place = session.shared.enter(session.id, member, &offered).map_err(Refused::Denied)?;
    Ok(Opened { stream, place, fence })
}

async fn relay<W: Wire>(
    session: &mut Session<'_>,
    wire: &mut W,
    stream: &mut dyn CorrectionStream,
    fence: &mut Fence,
    account: &mut Account,
) -> EndReason {
    let early: Vec<_> = session.early.drain(..).collect();
    if let Err(reason) = hear(session, stream, fence, account, early) {
        return reason;
    }
    let mut last_delivery = Instant::now();
    let control = Arc::clone(&session.control);
    let idle = sleep_until(last_delivery + stream.patience());
    tokio::pin!(idle);
    loop {
        let protocol = &mut session.protocol;
        let woken = tokio::select! {
            biased;
            () = control.ended() => Woken::End(control.reason()),
            // Before the peer's own bytes, so that a peer that never stops talking is served all the same.
            item = stream.next() => Woken::Item(item),
            read = read_with(wire, |bytes| protocol.on_bytes(bytes)) => match read {
                Ok(Some(events)) => Woken::Heard(events),
                Ok(None) => Woken::End(EndReason::PeerClosed),
                Err(error) => Woken::End(broken(&error)),
            },
            () = idle.as_mut() => Woken::Idle,
        };
        match woken {
            Woken::End(reason) => return reason,
            Woken::Heard(events) => {
                if let Err(reason) = hear(session, stream, fence, account, events) {
                    return reason;
                }
            }
            Woken::Item(StreamItem::Ended) => return EndReason::MountpointRemoved,
            Woken::Item(StreamItem::Notice(notice)) => session.report(SessionNews::Notice(notice)),
            Woken::Item(StreamItem::Delivery(delivery)) => {
                last_delivery = Instant::now();
                if account.watch.on_time(session.shared.clock.now()).is_some() {
                    session.report(SessionNews::FallsSilent);
                }
                let delivered = match fence.lets_through(session.shared.clock.now()) {
                    Ok(true) => deliver(session, wire, account, &delivery).await,
                    Ok(false) => Ok(()),
                    Err(reason) => Err(reason),
                };
                let ridden = match delivered {
                    Ok(()) => ride::ride(session, wire, stream, fence, account).await,
                    Err(reason) => Err(reason),
                };
                match ridden {
                    Ok(last) => last_delivery = last.unwrap_or(last_delivery),
                    Err(reason) => return reason,
                }
            }
            Woken::Idle => {
                let due = last_delivery + stream.patience();
                if due <= Instant::now() {
                    return EndReason::Idle;
                }
                idle.as_mut().reset(due);
            }
        }
    }
}

/// Sends a delivery in one write, unless it has become too old while the rover did not keep up.
async fn deliver<W: Wire>(
    session: &Session<'_>,
    wire: &mut W,
    account: &mut Account,
    delivery: &Delivery,
) -> Result<(), EndReason> {
    let age = session.shared.clock.now() - delivery.ready;
    let is_stale = age > session.shared.limits.backlog_age_max;
    let stale = if is_stale { u64::from(delivery.frames) } else { 0 };
    let dropped = delivery.dropped_before + stale;
    if dropped > 0 {
        account.dropped += dropped;
        session.shared.counters.frames_dropped.add(dropped);
        if !account.behind {
            session.report(SessionNews::FallsBehind { frames: dropped });
        }
    }
    account.behind = dropped > 0;
    if is_stale {
        return Ok(());
    }
    let framed = session.protocol.frame(&delivery.bytes);
    write(session, wire, &framed).await?;
    if account.frames == 0 {
        session.report(SessionNews::FirstByte);
    }
    let bytes = delivery.bytes.len() as u64;
    account.bytes += bytes;
    account.frames += u64::from(delivery.frames);
    session.shared.counters.bytes_sent.add(bytes);
    session.shared.counters.frames_sent.add(u64::from(delivery.frames));
    Ok(())
}

/// Writes whole frames. When the session is ended meanwhile, they are still finished, within the grace of a stop.
async fn write<W: Wire>(
    session: &Session<'_>,
    wire: &mut W,
    bytes: &[u8],
) -> Result<(), EndReason> {
    let writing = write_all(wire, bytes);
    tokio::pin!(writing);
    // Nearly always the socket takes it at once, and nothing has to be watched meanwhile.
    let at_once = poll_fn(|context| Poll::Ready(writing.as_mut().poll(context))).await;
    if let Poll::Ready(written) = at_once {
        return written.map_err(|error| broken(&error));
    }
    let limits = &session.shared.limits;
    let written = tokio::select! {
        biased;
        written = timeout(limits.slow_rover_timeout, writing.as_mut()) => written,
        () = session.control.ended() => {
            let _ = timeout(limits.stop_grace, writing.as_mut()).await;
            return Err(session.control.reason());
        }
    };
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(broken(&error)),
        Err(_) => {
            session.shared.counters.slow_rovers_let_go.add(1);
            Err(EndReason::TooSlow)
        }
    }
}

/// Takes what came in one read. Of several positions the last counts: a peer that floods us with them makes us choose
/// its station once per read, not once per sentence.
fn hear(
    session: &Session<'_>,
    stream: &mut dyn CorrectionStream,
    fence: &mut Fence,
    account: &mut Account,
    events: Vec<ServerEvent>,
) -> Result<(), EndReason> {
    let told = events.into_iter().rev().find_map(|event| match event {
        ServerEvent::Gga(gga) => Some(gga),
        _ => None,
    });
    if let Some(gga) = told {
        let now = session.shared.clock.now();
        report_position(session, account, &gga);
        fence.on_position(&gga, now)?;
        stream.rover_told(&gga, now);
    }
    Ok(())
}

/// Tells a rover whose account is what ended its session, as a text in its own stream (RTCM 1029): nothing else reaches a
/// receiver by then. Receivers that show no texts skip it.
async fn farewell<W: Wire>(session: &Session<'_>, wire: &mut W, reason: &EndReason) {
    let is_about_the_account = matches!(
        reason,
        EndReason::Revoked(_)
            | EndReason::Displaced
            | EndReason::OutsideArea
            | EndReason::NoPosition
    );
    if !is_about_the_account {
        return;
    }
    let Some(frame) = text_frame(&reason.to_string()) else { return };
    let framed = session.protocol.frame(&frame);
    // Who takes no more bytes will not read this either.
    let _ = timeout(session.shared.limits.stop_grace, write_all(wire, &framed)).await;
}

fn text_frame(text: &str) -> Option<bytes::Bytes> {
    let now = posix_now();
    let day_mjd = u16::try_from(POSIX_EPOCH_MJD + now.div_euclid(SECONDS_OF_DAY)).ok()?;
    let seconds_of_day = u32::try_from(now.rem_euclid(SECONDS_OF_DAY)).ok()?;
    let message = TextMessage { station_id: 0, day_mjd, seconds_of_day, text: text.to_owned() };
    message.to_frame().ok().map(Frame::into_bytes)
}

fn report_position(session: &Session<'_>, account: &mut Account, gga: &Gga) {
    let now = session.shared.clock.now();
    for seen in account.watch.on_position(gga, now) {
        session.report(match seen {
            Seen::First => SessionNews::FirstPosition(gga.clone()),
            Seen::Due => SessionNews::Position(gga.clone()),
            Seen::FirstFix => SessionNews::FirstFix(gga.clone()),
            Seen::Quality { from, .. } => SessionNews::Quality { from, now: gga.clone() },
            Seen::TooOften => SessionNews::TooManyPositions,
            Seen::Silent => SessionNews::FallsSilent,
        });
    }
}
