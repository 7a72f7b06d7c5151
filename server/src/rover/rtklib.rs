//! RTKLIB's `rtkrcv` beside our own engine: a program of others that solves the same rover with the same stream.
//!
//! It reads and writes TCP on this machine alone: both its inputs are ports of ours, and its output comes to a third.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use tempfile::TempDir;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Civil;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Frames that wait for `rtkrcv`; of more it loses the oldest, as over a bad line.
const FRAMES_WAITING_MAX: usize = 256;
/// A program that ended is started again after this time.
const AGAIN_AFTER: Duration = Duration::from_secs(30);
/// It is given so long to end by itself before it is ended.
const ENDS_WITHIN: Duration = Duration::from_secs(3);
/// The longest line of its output, bytes; it writes some 140.
const LINE_MAX: usize = 1_024;

/// A running `rtkrcv`, and the ports that feed it.
pub(crate) struct Rtklib {
    rover: broadcast::Sender<Bytes>,
    base: broadcast::Sender<Bytes>,
    tasks: Vec<JoinHandle<()>>,
}

/// A position as it was solved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Solved {
    /// The epoch.
    pub at: GpsTime,
    /// The antenna reference point.
    pub place: Ecef,
    /// As a GGA says it: 4 fixed, 5 float, 2 differential, 1 single.
    pub quality: u8,
}

impl Rtklib {
    /// Opens the ports and starts the program, again and again until it is stopped. Must be called within a runtime.
    pub(crate) fn start(
        stop: CancellationToken,
        told: impl Fn(Solved) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no folder for its settings")?;
        let (rover, rover_at, serving_rover) = port(&stop)?;
        let (base, base_at, serving_base) = port(&stop)?;
        let (listener, out_at) = listen()?;
        let text = settings([rover_at, base_at, out_at]);
        std::fs::write(folder.path().join("rtkrcv.conf"), text).context("its settings")?;
        let reading = tokio::spawn(read(listener, stop.clone(), told));
        let running = tokio::spawn(keep_running(folder, stop));
        let tasks = vec![serving_rover, serving_base, reading, running];
        Ok(Self { rover, base, tasks })
    }

    /// A frame of the rover's own receiver.
    pub(crate) fn rover(&self, frame: Bytes) {
        // Nobody may be connected yet.
        let _ = self.rover.send(frame);
    }

    /// A frame of the stream that it uses.
    pub(crate) fn base(&self, frame: Bytes) {
        let _ = self.base.send(frame);
    }

    /// Waits for the end, after it was stopped.
    pub(crate) async fn stopped(self) {
        drop((self.rover, self.base));
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// The options that rovers in the field usually have (docs/network.md, the rovers' campaign).
fn settings([rover, base, out]: [SocketAddr; 3]) -> String {
    format!(
        "pos1-posmode=kinematic\npos1-frequency=l1+2\npos1-navsys=41\npos1-elmask=10\npos1-ionoopt=off\npos1-tropopt=saas\n\
         pos2-armode=continuous\npos2-gloarmode=off\npos2-arthres=3\npos2-arlockcnt=30\npos2-arelmask=15\n\
         out-solformat=llh\nout-degform=deg\nout-timesys=gpst\nout-timeform=hms\nant2-postype=rtcm\n\
         inpstr1-type=tcpcli\ninpstr1-path={rover}\ninpstr1-format=rtcm3\n\
         inpstr2-type=tcpcli\ninpstr2-path={base}\ninpstr2-format=rtcm3\n\
         outstr1-type=tcpcli\noutstr1-path={out}\noutstr1-format=llh\n\
         misc-navmsgsel=rover\nmisc-svrcycle=50\nmisc-timeout=0\n"
    )
}

fn listen() -> anyhow::Result<(TcpListener, SocketAddr)> {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener = std::net::TcpListener::bind(here).context("no port for rtkrcv")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((TcpListener::from_std(listener)?, address))
}

/// A port that gives whoever connects what is sent from then on.
fn port(
    stop: &CancellationToken,
) -> anyhow::Result<(broadcast::Sender<Bytes>, SocketAddr, JoinHandle<()>)> {
    let (listener, address) = listen()?;
    let (sender, _) = broadcast::channel::<Bytes>(FRAMES_WAITING_MAX);
    let (frames, stop) = (sender.clone(), stop.clone());
    let task = tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = stop.cancelled() => return,
            };
            let Ok((mut stream, _)) = accepted else { continue };
            let mut frames = frames.subscribe();
            let give = async {
                loop {
                    match frames.recv().await {
                        Ok(frame) if stream.write_all(&frame).await.is_err() => return,
                        Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                        Err(broadcast::error::RecvError::Closed) => return,
                    }
                }
            };
            tokio::select! {
                () = give => {}
                () = stop.cancelled() => return,
            }
        }
    });
    Ok((sender, address, task))
}

async fn keep_running(folder: TempDir, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let started = Command::new("rtkrcv")
            .args(["-s", "-d", "/dev/null", "-o", "rtkrcv.conf"])
            .current_dir(folder.path())
            // At the end of its console it would stop.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        match started {
            Ok(mut child) => {
                let console = child.stdin.take();
                tokio::select! {
                    ended = child.wait() => tracing::warn!(?ended, "rtkrcv ended"),
                    () = stop.cancelled() => {
                        drop(console);
                        let _ = child.start_kill();
                        let _ = timeout(ENDS_WITHIN, child.wait()).await;
                        return;
                    }
                }
            }
            Err(error) => {
                tracing::error!("rtkrcv (Debian package rtklib) cannot be started: {error}");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN_AFTER) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn read(listener: TcpListener, stop: CancellationToken, told: impl Fn(Solved)) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((stream, _)) = accepted else { continue };
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            let next = tokio::select! {
                next = reader.read_until(b'\n', &mut line) => next,
                () = stop.cancelled() => return,
            };
            if !matches!(next, Ok(1..=LINE_MAX)) {
                break;
            }
            if let Some(solved) = std::str::from_utf8(&line).ok().and_then(solved) {
                told(solved);
            }
        }
    }
}

/// A line of its output: date, time, degrees north and east, height, quality.
fn solved(line: &str) -> Option<Solved> {
    let mut words = line.split_whitespace();
    let (date, clock) = (words.next()?, words.next()?);
    let mut date = date.split('/').map(str::parse::<u16>);
    let mut clock = clock.split(':');
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (hour, minute) = (clock.next()?.parse().ok()?, clock.next()?.parse().ok()?);
    let second: f64 = clock.next()?.parse().ok()?;
    let civil = Civil {
        year: year.into(),
        month: u8::try_from(month).ok()?,
        day: u8::try_from(day).ok()?,
        hour,
        minute,
        second: 0,
        nanos: 0,
    };
    let at = civil.gps_time()? + Interval::from_seconds_f64(second);
    let mut number = || words.next()?.parse::<f64>().ok();
    let (north, east, height_m) = (number()?, number()?, number()?);
    let quality = match words.next()? {
        // RTKLIB counts in another order than a GGA (manual of 2.4.2, appendix B.1).
        "1" => 4,
        "2" => 5,
        "4" => 2,
        _ => 1,
    };
    let place = Geodetic::from_degrees(north, east, height_m).to_ecef(GRS80);
    Some(Solved { at, place, quality })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_rtkrcv_is_read_with_its_quality() {
        let line =
            "2026/11/27 04:00:01.000   23.000000000  108.000000000    80.0000   1  18   0.0050";
        let read = solved(line).expect("a solution");
        assert_eq!(read.quality, 4);
        let civil = Civil::in_gps_time(read.at);
        assert_eq!((civil.day, civil.hour, civil.second), (27, 4, 1));
        let place = read.place.to_geodetic(GRS80);
        assert!((place.latitude_deg() - 23.0).abs() < 1e-9 && (place.height_m - 80.0).abs() < 1e-4);
    }

    #[test]
    fn headings_and_halves_are_no_solutions() {
        for line in ["% program   : RTKLIB", "", "2026/11/27 04:00", "2026/13/27 04:00:01 1 2 3 1"]
        {
            assert_eq!(solved(line), None, "{line}");
        }
    }
}
