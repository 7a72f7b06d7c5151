//! A bridge from the caster to `rtkrcv`, which cannot speak NTRIP in Debian's version: a rover's session, its bytes at a local port.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tianshu_gnss::coords::{Ecef, GRS80};
use tianshu_gnss::time::gps::GpsTime;
use tianshu_ntrip::nmea::gga::Gga;
use tianshu_rtcm::frame::{Found, FrameDecoder};

use crate::live::here;
use crate::live::tap::{Tap, moment, now};

/// World seconds between positions, as of a rover that moves.
const GGA_EVERY_S: f64 = 1.0;
/// A caster that says nothing for so long ends the rover's session.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// What was heard of the caster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) delays_s: Vec<f64>,
    pub(crate) stations_changed: usize,
}

/// A port at which `rtkrcv` waits for a base.
pub(crate) struct Bridge {
    listener: TcpListener,
    heard: Arc<Mutex<Heard>>,
}

impl Bridge {
    /// Opens the port.
    pub(crate) fn open() -> anyhow::Result<Self> {
        Ok(Self { listener: TcpListener::bind(here(0))?, heard: Arc::default() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        here(self.listener.local_addr().map(|at| at.port()).unwrap_or_default())
    }

    /// Connects the rover to the caster; from now on its bytes come out of the port.
    pub(crate) fn connect(
        &self,
        caster: SocketAddr,
        mountpoint: &str,
        rover: &Tap,
        speed: f64,
    ) -> anyhow::Result<()> {
        let out = self.asked().context("rtkrcv does not ask for its base")?;
        let mut session = TcpStream::connect(caster).context("the caster does not answer")?;
        session.set_read_timeout(Some(SILENCE_MAX))?;
        write!(session, "GET /{mountpoint} HTTP/1.0\r\nUser-Agent: NTRIP campaign\r\n\r\n")?;
        let mut answer = [0; 14];
        session.read_exact(&mut answer)?;
        ensure!(answer == *b"ICY 200 OK\r\n\r\n", "the caster refuses: {}", answer.escape_ascii());
        let talking = session.try_clone()?;
        let asked = rover.clone();
        std::thread::spawn(move || tell_positions(talking, &asked, speed));
        let heard = Arc::clone(&self.heard);
        let began =
            Began { real: Instant::now(), world: rover.newest().unwrap_or_else(now), speed };
        std::thread::spawn(move || carry(session, out, &heard, &began));
        Ok(())
    }

    /// Whoever asked last: one that waited for long may have hung up and come again.
    fn asked(&self) -> anyhow::Result<TcpStream> {
        let (mut last, _) = self.listener.accept()?;
        self.listener.set_nonblocking(true)?;
        while let Ok((newer, _)) = self.listener.accept() {
            last = newer;
        }
        last.set_nonblocking(false)?;
        Ok(last)
    }

    /// What was heard so far.
    pub(crate) fn heard(self) -> Heard {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The world's time by this machine's.
struct Began {
    real: Instant,
    world: GpsTime,
    speed: f64,
}

impl Began {
    /// From an epoch to now, s of the world.
    fn since(&self, epoch: GpsTime) -> f64 {
        if (self.speed - 1.0).abs() < 1e-9 {
            (now() - epoch).seconds()
        } else {
            self.real.elapsed().as_secs_f64() * self.speed - (epoch - self.world).seconds()
        }
    }
}

/// Sends where the rover is until the session ends.
fn tell_positions(mut session: TcpStream, rover: &Tap, speed: f64) {
    loop {
        if let Some(place) = rover.place() {
            let sentence = format!("{}\r\n", Gga::at(rounded(place), None));
            if session.write_all(sentence.as_bytes()).is_err() {
                return;
            }
        }
        std::thread::sleep(Duration::from_secs_f64(GGA_EVERY_S / speed));
    }
}

/// A rover knows where it is to some metres until it is fixed.
fn rounded(place: Ecef) -> tianshu_gnss::coords::Geodetic {
    let at = place.to_geodetic(GRS80);
    let coarse = |deg: f64| (deg * 2e4).round() / 2e4;
    tianshu_gnss::coords::Geodetic::from_degrees(
        coarse(at.latitude_deg()),
        coarse(at.longitude_deg()),
        at.height_m.round(),
    )
}

/// Carries the caster's bytes to `rtkrcv`, and looks at them on the way.
fn carry(mut session: TcpStream, mut out: TcpStream, heard: &Mutex<Heard>, began: &Began) {
    let mut decoder = FrameDecoder::new();
    let mut buffer = [0; 8192];
    let (mut last, mut station) = (None, None);
    while let Ok(count @ 1..) = session.read(&mut buffer) {
        if out.write_all(&buffer[..count]).is_err() {
            return;
        }
        decoder.push(&buffer[..count]);
        while let Some(found) = decoder.next_found() {
            let Found::Frame(frame) = found else { continue };
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(epoch) = moment(&frame, last.unwrap_or(began.world))
                && last != Some(epoch)
            {
                last = Some(epoch);
                heard.delays_s.push(began.since(epoch));
            }
            let of = frame.station_id();
            if station != of {
                heard.stations_changed += usize::from(station.is_some());
                station = of;
            }
        }
    }
}
