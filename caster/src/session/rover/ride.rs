//! A session whose deliveries go through a lane: it hears its rover, keeps the time, and takes over again when the lane is over.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use crate::events::{EndReason, SessionNews};
use crate::lanes::{self, lane::Lane};
use crate::session::fence::Fence;
use crate::session::rover::{Account, hear, write};
use crate::session::wire::{Wire, read_with};
use crate::session::{Session, broken};
use crate::source::CorrectionStream;

/// Leaves the deliveries to a lane, where that can be, for as long as the rover keeps up. Tells when the last one left, if it was so.
pub(super) async fn ride<W: Wire>(
    session: &mut Session<'_>,
    wire: &mut W,
    stream: &mut dyn CorrectionStream,
    fence: &mut Fence,
    account: &mut Account,
) -> Result<Option<Instant>, EndReason> {
    let Some(lane) = enter(session, wire, stream, fence, account) else { return Ok(None) };
    let ended = listen(session, wire, stream, fence, account, &lane).await;
    let left = lane.leave();
    account.bytes += left.tally.bytes;
    account.frames += left.tally.frames;
    stream.delivered_below(left.tally.next_frame);
    let mut last = left.tally.last;
    if let Some(rest) = left.rest {
        // Half a frame never stays, not even at the end.
        write(session, wire, &rest.framed).await?;
        account.bytes += rest.bytes;
        account.frames += rest.frames;
        session.shared.counters.bytes_sent.add(rest.bytes);
        session.shared.counters.frames_sent.add(rest.frames);
        last = Instant::now();
    }
    ended.map(|()| Some(last))
}

/// A lane, for a rover that keeps up, on a socket of its own, whose stream is the same for all.
fn enter<W: Wire>(
    session: &Session<'_>,
    wire: &W,
    stream: &dyn CorrectionStream,
    fence: &Fence,
    account: &Account,
) -> Option<Arc<Lane>> {
    let is_usual = account.frames > 0 && !account.behind && fence.is_open();
    let (feed, next_frame) = stream.shared_feed().filter(|_| is_usual)?;
    let lane = Lane::new(wire.writer()?, session.protocol.is_chunked(), next_frame);
    lanes::enter(session.shared, feed, &lane).then_some(lane)
}

/// Until the lane hands its rover back, or the session ends.
async fn listen<W: Wire>(
    session: &mut Session<'_>,
    wire: &mut W,
    stream: &mut dyn CorrectionStream,
    fence: &mut Fence,
    account: &mut Account,
    lane: &Lane,
) -> Result<(), EndReason> {
    let control = Arc::clone(&session.control);
    let ended = control.ended();
    let back = lane.handed_back();
    let timer = sleep_until(due(session, stream, account, lane));
    tokio::pin!(ended, back, timer);
    loop {
        let protocol = &mut session.protocol;
        let heard = tokio::select! {
            biased;
            () = ended.as_mut() => return Err(control.reason()),
            () = back.as_mut() => return Ok(()),
            read = read_with(wire, |bytes| protocol.on_bytes(bytes)) => match read {
                Ok(Some(events)) => events,
                Ok(None) => return Err(EndReason::PeerClosed),
                Err(error) => return Err(broken(&error)),
            },
            () = timer.as_mut() => Vec::new(),
        };
        hear(session, stream, fence, account, heard)?;
        if account.watch.on_time(session.shared.clock.now()).is_some() {
            session.report(SessionNews::FallsSilent);
        }
        if timer.is_elapsed() {
            if lane.tally().last + stream.patience() <= Instant::now() {
                return Err(EndReason::Idle);
            }
            timer.as_mut().reset(due(session, stream, account, lane));
        }
    }
}

/// When there is something to look after although nothing comes: the end of the patience with the station, or with the rover's silence.
fn due(
    session: &Session<'_>,
    stream: &dyn CorrectionStream,
    account: &Account,
    lane: &Lane,
) -> Instant {
    let idle = lane.tally().last + stream.patience();
    let silent = account.watch.silent_at();
    let silent = silent.map(|at| Instant::now() + (at - session.shared.clock.now()));
    silent.map_or(idle, |silent| silent.min(idle))
}
