//! The desk's rules, and a job that cannot be met, with the real thread.

use std::time::{Duration, Instant};

use tianshu_gnss::coords::{GRS80, Geodetic};
use tianshu_ingest::clock::SystemClock;

use super::*;
use crate::config::read::from_text;
use crate::network::systems::of_letters;

const CONFIG: &str = r#"
[archive]
folder = "archive"
[network]
solve = true
[[station]]
name = "A"
link = "tcp"
address = "10.0.0.1:1"
position = [23, 108, 80]
[[station]]
name = "B"
link = "tcp"
address = "10.0.0.2:1"
position = [23.4, 108, 80]
[[station]]
name = "C"
link = "tcp"
address = "10.0.0.3:1"
position = [23, 108.4, 80]
"#;
/// No step of a test takes longer, on however loaded a machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Setting {
    folder: tempfile::TempDir,
    clock: SharedClock,
}

impl Setting {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(SystemClock::start()) }
    }

    fn ground(&self) -> Ground {
        Ground::of(&from_text(CONFIG, self.folder.path()).expect("a good configuration")).unwrap()
    }

    fn request(&self) -> Request {
        let until = self.clock.gps();
        Request {
            place: Geodetic::from_degrees(23.1, 108.1, 80.0).to_ecef(GRS80),
            from: until - Interval::from_seconds(600),
            until,
            interval: None,
            systems: of_letters("GEC").unwrap(),
            name: "VRS0".to_owned(),
            warm_up: Interval::ZERO,
            stations: 3,
        }
    }

    /// A desk whose thread does not run: jobs wait for ever.
    fn desk(&self) -> VirtualJobs {
        let folder = self.folder.path().join("virtual");
        VirtualJobs(Arc::new(Shared {
            folder,
            clock: Arc::clone(&self.clock),
            book: Mutex::default(),
            changed: Condvar::new(),
            _own_folder: None,
        }))
    }
}

#[test]
fn an_account_sees_and_removes_its_own_jobs_alone() {
    let setting = Setting::new();
    let desk = setting.desk();
    let (lin, wei): (Arc<str>, Arc<str>) = ("lin".into(), "wei".into());
    let ask = |owner: &Arc<str>| desk.ask(owner, setting.request(), setting.ground()).unwrap().0;
    let numbers = [&lin, &wei, &lin].map(|owner| ask(owner).number);
    assert_eq!(numbers, [1, 2, 3]);
    let own: Vec<_> = desk.of("lin").iter().map(|(job, before)| (job.number, *before)).collect();
    assert_eq!(own, [(3, 2), (1, 0)], "the newest first, with how many are before it");
    assert!(desk.find("wei", 1).is_none() && !desk.remove("wei", 1));
    assert!(desk.remove("lin", 1) && !desk.remove("lin", 1));
    assert_eq!(desk.find("lin", 3).map(|(_, before)| before), Some(1));
}

#[test]
fn an_account_has_a_bound_and_so_have_all() {
    let setting = Setting::new();
    let desk = setting.desk();
    let ask = |owner: &str| desk.ask(&owner.into(), setting.request(), setting.ground());
    for _ in 0..OPEN_PER_ACCOUNT_MAX {
        assert!(ask("lin").is_ok());
    }
    assert_eq!(ask("lin").err(), Some(NotTaken::OwnFull));
    let others = (WAITING_MAX - OPEN_PER_ACCOUNT_MAX).div_ceil(OPEN_PER_ACCOUNT_MAX);
    for n in 0..others {
        for _ in 0..OPEN_PER_ACCOUNT_MAX {
            assert!(ask(&format!("other{n}")).is_ok());
        }
    }
    assert_eq!(ask("one more").err(), Some(NotTaken::Full));
    assert!(desk.remove("lin", 1));
    assert!(ask("lin").is_ok(), "whoever calls one off may ask again");
}

#[test]
fn what_ended_is_kept_for_some_days_and_in_bounds() {
    let setting = Setting::new();
    let desk = setting.desk();
    let now = setting.clock.gps();
    let end = |number: u64, at: GpsTime| {
        let mut book = desk.lock();
        let job = book.jobs.iter_mut().find(|job| job.number == number).unwrap();
        (job.state, job.ended) = (State::Failed("a reason".to_owned()), Some(at));
        drop(book);
        std::fs::create_dir_all(desk.folder_of(number)).unwrap();
    };
    let ask = || desk.ask(&"lin".into(), setting.request(), setting.ground()).unwrap().0.number;
    let old = ask();
    end(old, now - ENDED_KEPT - Interval::from_seconds(1));
    assert!(desk.find("lin", old).is_none() && !desk.folder_of(old).exists());
    let first = ask();
    end(first, now);
    for _ in 0..ENDED_MAX {
        end(ask(), now);
    }
    let kept = desk.of("lin");
    assert_eq!((kept.len(), desk.folder_of(first).exists()), (ENDED_MAX, false));
}

#[test]
fn a_job_without_an_archive_fails_with_a_reason_and_leaves_nothing() {
    let setting = Setting::new();
    let left = setting.folder.path().join("virtual/7");
    std::fs::create_dir_all(&left).unwrap();
    let clock = Arc::clone(&setting.clock);
    let running = RunningJobs::start(Some(setting.folder.path()), clock).unwrap();
    assert!(!left.exists(), "what is left of a run before belongs to nobody");
    let desk = running.desk();
    let (asked, _) = desk.ask(&"lin".into(), setting.request(), setting.ground()).unwrap();
    let begun = Instant::now();
    let state = loop {
        let (job, _) = desk.find("lin", asked.number).unwrap();
        if job.state.is_ended() {
            break job.state;
        }
        assert!(begun.elapsed() < PATIENCE, "{:?}", job.state);
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(matches!(&state, State::Failed(why) if why.contains("archived")), "{state:?}");
    assert!(!desk.folder_of(asked.number).exists());
    running.stop();
}
