//! Tests of dialling on paused time: peers in memory, hours in milliseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::backoff::BackoffLimits;
use crate::clock::SteadyClock;
use crate::greeting::Greeter;
use crate::session::{Session, SessionConfig};
use crate::shell::Board;
use crate::sink::{EventSource, event_queue};
use crate::snapshot::LinkState;

const SILENCE: Duration = Duration::from_secs(20);

struct Rig {
    source: EventSource,
    stop: CancellationToken,
    board: Board,
    task: tokio::task::JoinHandle<()>,
    dials: Arc<AtomicU32>,
}

/// A link whose peer, at each dial, is given the other end of a pipe.
fn rig<F>(peer: impl Fn(DuplexStream) -> F + Send + Sync + 'static) -> Rig
where
    F: Future<Output = ()> + Send + 'static,
{
    let (sink, source) = event_queue(10_000);
    let config = SessionConfig {
        station: "TEST".parse().unwrap(),
        greeter: Greeter::Raw,
        silence: SILENCE,
        epoch_wait: Duration::from_millis(500),
        reconnect: Some(BackoffLimits::default()),
    };
    let session = Session::new(config, 5);
    let board = Board::new(session.snapshot());
    let stop = CancellationToken::new();
    let clock = Arc::new(SteadyClock::start(GpsTime::from_week(2400, Interval::ZERO)));
    let mut shell = Shell { session, sink, clock, board: board.clone(), stop: stop.clone() };
    let dials = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&dials);
    let task = tokio::spawn(async move {
        keep_up(&mut shell, || {
            count.fetch_add(1, Ordering::Relaxed);
            let (ours, theirs) = duplex(4096);
            tokio::spawn(peer(theirs));
            async { Ok(ours) }
        })
        .await;
    });
    Rig { source, stop, board, task, dials }
}

async fn next_down(source: &mut EventSource) -> (DownReason, GpsTime) {
    loop {
        let StationEvent { news, arrived, .. } = source.next().await.expect("a link that lives");
        if let StationNews::Down(reason) = news {
            return (reason, arrived);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_at_once_is_not_hammered() {
    let rig = rig(|pipe| async move { drop(pipe) });
    tokio::time::sleep(Duration::from_hours(1)).await;
    let dials = rig.dials.load(Ordering::Relaxed);
    // Once the ceiling of two minutes is reached, an hour holds 60 waits of one minute on average; before, some ten.
    assert!((31..=120).contains(&dials), "{dials} dials in an hour");
    assert_eq!(rig.board.read().failures, u64::from(dials));
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up() {
    let mut rig = rig(|pipe| async move {
        tokio::time::sleep(Duration::from_hours(5)).await;
        drop(pipe);
    });
    let started = Instant::now();
    let (reason, _) = next_down(&mut rig.source).await;
    assert_eq!(reason, DownReason::Silent { silent_s: 20 });
    assert_eq!(started.elapsed(), SILENCE);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_sends_garbage_for_ever_is_silent() {
    let mut rig = rig(|mut pipe| async move {
        while pipe.write_all(&[0x55; 300]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    let (reason, _) = next_down(&mut rig.source).await;
    assert_eq!(reason, DownReason::Silent { silent_s: 20 });
    assert!(rig.board.read().found.noise_bytes > 100_000);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_garbage_cannot_put_the_timer_off() {
    let mut rig = rig(|mut pipe| async move {
        while pipe.write_all(&[0x55; 4096]).await.is_ok() {
            tokio::time::advance(Duration::from_millis(5)).await;
        }
    });
    let (reason, _) = next_down(&mut rig.source).await;
    assert_eq!(reason, DownReason::Silent { silent_s: 20 });
}

#[tokio::test(start_paused = true)]
async fn a_link_stops_while_it_waits() {
    let mut rig = rig(|pipe| async move { drop(pipe) });
    next_down(&mut rig.source).await;
    assert!(matches!(rig.board.read().state, LinkState::Waiting { .. }));
    rig.stop.cancel();
    rig.task.await.unwrap();
    assert_eq!(next_down(&mut rig.source).await.0, DownReason::Stopped);
    assert_eq!(rig.board.read().state, LinkState::Ended);
}
