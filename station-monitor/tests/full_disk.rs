//! The archive on a disk that is really full: a small tmpfs, which is made larger while the archive runs. Needs the right to mount.

use std::path::{Path, PathBuf};
use std::process::Command;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::Metres;
use tianshu_station_monitor::archive::clickhouse::schema::Retention;
use tianshu_station_monitor::archive::embedded::read::EmbeddedStore;
use tianshu_station_monitor::archive::inspection::inspect;
use tianshu_station_monitor::archive::keeper::{ArchiveConfig, open};
use tianshu_station_monitor::archive::record::Record;
use tianshu_station_monitor::archive::scaled::ScaledEpoch;
use tianshu_station_monitor::archive::span::Span;
use tianshu_station_monitor::archive::spool::SpoolLimits;
use tianshu_station_monitor::archive::status::SharedStatus;
use tianshu_station_monitor::archive::store::ObservationStore;

/// A small disk; unmounted with this.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &Path) -> Option<Self> {
        let mounted = mount(&["-t", "tmpfs", "-o", "size=2m", "tmpfs"], folder);
        mounted.then(|| Self(folder.to_owned()))
    }

    fn enlarge(&self) {
        assert!(mount(&["-o", "remount,size=64m"], &self.0));
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        Command::new("umount").arg(&self.0).status().ok();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let ran = Command::new("mount").args(arguments).arg(folder).output();
    ran.is_ok_and(|ran| ran.status.success())
}

fn time(second: i64) -> GpsTime {
    GpsTime::from_week(2_400, Interval::from_seconds(second))
}

fn epoch(second: i64) -> ObsEpoch {
    let satellite = Satellite::new(Constellation::Gps, 7).expect("G07");
    let signal = Signal::from_code(Constellation::Gps, "1C").expect("1C");
    let mut o = Observation::of(satellite, signal);
    o.code = Some(Metres(20_000_000.0));
    ObsEpoch { time: time(second), observations: vec![o] }
}

#[test]
fn a_full_disk_costs_nothing_that_waits_and_is_used_again_when_it_has_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("small");
    std::fs::create_dir(&path).expect("a folder");
    let Some(disk) = Small::mount(&path) else {
        println!(
            "SKIPPED a_full_disk_costs_nothing_that_waits_and_is_used_again_when_it_has_room: no right to mount"
        );
        return;
    };
    let config = ArchiveConfig {
        folder: path.join("archive"),
        spool: SpoolLimits {
            bytes_max: 1 << 30,
            segment_bytes: 200_000,
            segment_age: Interval::from_seconds(600),
        },
        database: None,
        retention: Retention::default(),
    };
    let status = SharedStatus::default();
    let (mut keeper, mut tender) = open(&config, &status).expect("an archive");
    let station: tianshu_gnss::station::StationName = "FULL".parse().expect("a name");
    let mut failed = 0;
    // A frame of 1 kB a second: the disk is full in the second of two hours, while the first one is closed.
    for second in 0..7_200 {
        let record = Record::Epoch(station.clone(), ScaledEpoch::from(&epoch(second)));
        keeper.keep(&record).expect("room in memory");
        let frame = vec![0xd3; 1_000].into();
        let record = Record::Frame { station: station.clone(), arrived: time(second), frame };
        keeper.keep(&record).expect("room in memory");
        failed += u32::from(!keeper.commit(time(second)));
        if second % 100 == 0 {
            tender.tend(time(second));
        }
        if second == 6_000 {
            let told = status.snapshot();
            assert!(told.disk.is_some(), "{told:?}");
            disk.enlarge();
        }
    }
    assert!(failed > 1_000, "the disk was full for a while: {failed}");
    assert!(keeper.finish(time(7_200)));
    tender.tend(time(10_000));
    let told = status.snapshot();
    assert_eq!((&told.disk, &told.store, told.refused), (&None, &None, 0));
    assert_eq!((told.epochs, told.frames), (7_200, 7_200));
    assert_eq!(inspect(&config.folder, Span::ALWAYS, |_| {}).expect("an archive"), []);
    let store = EmbeddedStore::new(&config.folder);
    let epochs: Vec<_> = store
        .observations(&station, Span::ALWAYS)
        .expect("an archive")
        .map(|epoch| epoch.expect("an epoch"))
        .collect();
    assert_eq!(epochs, (0..7_200).map(epoch).collect::<Vec<_>>());
    assert_eq!(store.frames(&station, Span::ALWAYS).expect("an archive").count(), 7_200);
}
