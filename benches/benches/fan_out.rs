//! One station's epoch to many rovers: from the caster's table of stations through real sockets on the
//! loopback, until the last rover has read the last byte. Caster and rovers share the machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tianshu_benches::synthetic::msm7_frame;
use tianshu_caster::caster::{Caster, Parts};
use tianshu_caster::clock::Clock;
use tianshu_caster::config::{
    CasterConfig, CasterIdentity, Limits, ListenerConfig, MountConfig, MountKind, Offering,
};
use tianshu_caster::stations::Stations;
use tianshu_caster::upload::{UploadLink, UploadRefusal, UploadSink};
use tianshu_gnss::event::{StationEvent, StationNews};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_ntrip::mountpoint::Mountpoint;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// Each rover takes two sockets here; ten thousand need a second machine.
const ROVERS: [usize; 2] = [100, 1000];

/// The answer of NTRIP 1 to a rover.
const ANSWER: &[u8] = b"ICY 200 OK\r\n\r\n";

/// A caster with a station and its rovers.
struct Bench {
    caster: Caster,
    stations: Arc<Stations>,
    clock: Clock,
    epoch: Vec<StationEvent>,
    waiting: Arc<Waiting>,
    rovers: usize,
}

/// How many rovers have not got the epoch yet.
#[derive(Default)]
struct Waiting {
    rovers: AtomicUsize,
    none_left: Notify,
}

impl Bench {
    async fn start(rovers: usize) -> Self {
        let (clock, stations) = (Clock::start(), Arc::new(Stations::new()));
        let parts = Parts {
            stations: Arc::clone(&stations),
            clock,
            sink: Arc::new(NoUploads),
            sources: Vec::new(),
            access: None,
            accounts: None,
            password_threads: 1,
        };
        let (caster, mut events) =
            Caster::start(config(rovers), parts).expect("the loopback is there");
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        // GPS, GLONASS, Galileo and BeiDou of one second: about 3 kB.
        let frame = msm7_frame(21, 3).into_bytes();
        let told = || StationNews::Frame(frame.clone());
        let arrived = GpsTime::from_nanos(0);
        let epoch = (0..4).map(|_| StationEvent { station: station(), arrived, news: told() });
        let epoch: Vec<_> = epoch.collect();
        let waiting = Arc::new(Waiting::default());
        stations.on_events(&epoch, clock.now());
        for _ in 0..rovers {
            let mut socket =
                TcpStream::connect(caster.addresses()[0]).await.expect("the caster listens");
            socket.write_all(b"GET /A HTTP/1.0\r\n\r\n").await.expect("the caster reads");
            let mut answer = vec![0; ANSWER.len()];
            socket.read_exact(&mut answer).await.expect("the caster answers");
            assert_eq!(answer, ANSWER);
            let bytes = 4 * frame.len();
            tokio::spawn(rove(socket, bytes, Arc::clone(&waiting)));
        }
        Self { caster, stations, clock, epoch, waiting, rovers }
    }

    /// Sends the epoch so many times, each when all have the one before.
    async fn run(&self, epochs: u64) -> Duration {
        let begun = Instant::now();
        for _ in 0..epochs {
            self.waiting.rovers.store(self.rovers, Ordering::Release);
            self.stations.on_events(&self.epoch, self.clock.now());
            self.waiting.none_left.notified().await;
        }
        begun.elapsed()
    }
}

/// Reads epochs of so many bytes for ever.
async fn rove(mut socket: TcpStream, bytes: usize, waiting: Arc<Waiting>) {
    let mut epoch = vec![0; bytes];
    while socket.read_exact(&mut epoch).await.is_ok() {
        if waiting.rovers.fetch_sub(1, Ordering::AcqRel) == 1 {
            waiting.none_left.notify_one();
        }
    }
}

fn config(rovers: usize) -> CasterConfig {
    let mount = MountConfig {
        mountpoint: Mountpoint::new("A").expect("the name is short and plain"),
        kind: MountKind::Station { station: station() },
        needs_account: false,
        description: String::new(),
    };
    let address = "127.0.0.1:0".parse().expect("an address of the loopback");
    CasterConfig {
        listeners: vec![ListenerConfig { address, tls: None, proxies: None }],
        identity: CasterIdentity {
            host: "localhost".to_owned(),
            port: 2101,
            operator: String::new(),
            network: String::new(),
            country: "CHN".to_owned(),
            place_deg: (0.0, 0.0),
            web: None,
        },
        limits: Limits { connections_per_address_max: rovers, ..Limits::default() },
        offering: Offering { mountpoints: vec![mount], ..Offering::default() },
    }
}

fn station() -> StationName {
    "A".parse().expect("the name is short and plain")
}

/// Nobody uploads here.
struct NoUploads;

impl UploadSink for NoUploads {
    fn open(&self, _: &StationName) -> Result<Box<dyn UploadLink>, UploadRefusal> {
        unreachable!("the bench offers no mountpoint for uploads")
    }
}

fn fan_out(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let mut group = criterion.benchmark_group("fan_out");
    group.sample_size(20);
    for rovers in ROVERS {
        let bench = runtime.block_on(Bench::start(rovers));
        group.throughput(Throughput::Elements(rovers as u64));
        group.bench_function(BenchmarkId::from_parameter(rovers), |bencher| {
            bencher.iter_custom(|epochs| runtime.block_on(bench.run(epochs)));
        });
        runtime.block_on(bench.caster.stop());
    }
    group.finish();
}

criterion_group!(benches, fan_out);
criterion_main!(benches);
