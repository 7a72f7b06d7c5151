//! What happens between two looks at the accounts, and around a stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tianshu_caster::access::{Access, Answer, Asked, Grant, Revoked, Role, Verdict};
use tianshu_caster::config::{Limits, MountConfig, Offering};
use tianshu_caster::events::{EndReason, SessionNews};
use tianshu_ntrip::mountpoint::Mountpoint;
use tokio::sync::Semaphore;

use crate::support::{ANNA, Bench, frame, observations, settings, station_mount, two_relays};

/// Accounts that take their time, and are closed meanwhile.
#[derive(Default)]
struct SlowAccess {
    asked: AtomicBool,
    closed: AtomicBool,
    answers: Option<Semaphore>,
}

impl Access for SlowAccess {
    fn authenticate<'a>(&'a self, _: &'a Asked) -> Answer<'a> {
        Box::pin(async {
            self.asked.store(true, Ordering::SeqCst);
            if let Some(answers) = &self.answers {
                answers.acquire().await.unwrap().forget();
            }
            Verdict::Admitted(Grant::of(Some("anna".into())))
        })
    }

    fn may_stay(&self, _: &Grant, _: Role, _: &Mountpoint) -> Result<(), Revoked> {
        if self.closed.load(Ordering::SeqCst) { Err(Revoked::Removed) } else { Ok(()) }
    }

    fn is_open(&self, _: &Mountpoint) -> bool {
        false
    }
}

#[tokio::test]
async fn an_account_closed_while_it_logs_in_does_not_stay() {
    let access = Arc::new(SlowAccess { answers: Some(Semaphore::new(0)), ..SlowAccess::default() });
    let asked: Arc<dyn Access> = Arc::clone(&access) as _;
    let mut bench = Bench::start_asking(two_relays(), Limits::default(), None, Some(asked));
    bench.send("A", &[observations(1, 0)]);
    let _rover = bench.connect(&format!("GET /CLOSED HTTP/1.0\r\n{ANNA}\r\n")).await;
    while !access.asked.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    access.closed.store(true, Ordering::SeqCst);
    bench.caster.reload(&two_relays()).unwrap();
    access.answers.as_ref().unwrap().add_permits(1);
    assert_eq!(bench.end_reason().await, EndReason::Revoked(Revoked::Removed));
}

#[tokio::test]
async fn passwords_tried_at_the_sourcetable_count_as_logins() {
    let mut bench = Bench::start(two_relays());
    bench.send("A", &[observations(1, 0)]);
    // `anna:wrong` in base64.
    let wrong = "Authorization: Basic YW5uYTp3cm9uZw==\r\n";
    let ask = |headers: &str| format!("GET /?auth HTTP/1.0\r\n{headers}\r\n");
    let table = bench.connect(&ask(ANNA)).await.text_until_end().await;
    assert!(table.contains("STR;CLOSED;"), "{table}");
    assert_eq!(bench.caster.stats().logins_failed, 0);
    let table = bench.connect(&ask(wrong)).await.text_until_end().await;
    assert!(!table.contains("STR;CLOSED;") && table.contains("STR;OPEN;"), "{table}");
    bench.event(|news| matches!(news, SessionNews::Table).then_some(())).await;
    assert_eq!(bench.caster.stats().logins_failed, 1);
}

/// A table of a size that no socket buffers whole.
fn large_table() -> Offering {
    let words = "n".repeat(4000);
    let names: Vec<_> = (0..1500).map(|i| format!("M{i}")).collect();
    let mountpoints = names
        .iter()
        .map(|name| MountConfig { description: words.clone(), ..station_mount(name, "A", false) });
    Offering {
        stations: vec![settings("A", 22.84)],
        mountpoints: mountpoints.collect(),
        users: Vec::new(),
    }
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_peer_that_takes_no_answer() {
    let limits = Limits { stop_grace: Duration::from_millis(200), ..Limits::default() };
    let bench = Bench::start_with(large_table(), limits, None);
    bench.send("A", &[frame(1005)]);
    let _peer = bench.connect("GET / HTTP/1.0\r\n\r\n").await;
    while bench.caster.stats().tables_sent == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stations = Arc::downgrade(&bench.stations);
    let stopping = Instant::now();
    let Bench { caster, stations: kept, .. } = bench;
    caster.stop().await;
    drop(kept);
    // Whoever waits for the caster's parts (the bus, for its last sink) waits for every session.
    while stations.strong_count() > 0 {
        assert!(stopping.elapsed() < Duration::from_secs(10), "a session outlives the stop");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
