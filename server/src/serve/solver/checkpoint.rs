//! The solver's checkpoint on disk: what it knows goes into a file now and then, so that a restart need not begin anew.
//!
//! Beside it lie the ephemerides in use, as RTCM: stations tell them over half a minute, and an arc whose satellite is nowhere is given up.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_positioning::network::engine::Engine;
use tianshu_positioning::network::ephemerides::Judge;
use tianshu_rtcm::frame::{Found, FrameDecoder};
use tianshu_rtcm::message::ephemeris::EphemerisMessage;
use tianshu_rtcm::message::{Message, decode};

/// Between two checkpoints: arcs that began since the last one have to be solved anew after a restart that was not in order.
const WRITE_EVERY: Duration = Duration::from_secs(30);

/// What the name of the file with the ephemerides ends with.
const EPHEMERIDES: &str = ".rtcm3";

/// Where an engine's knowledge is kept.
#[derive(Debug)]
pub(super) struct Checkpoint {
    path: PathBuf,
    written: Uptime,
    /// A fault is told once, until it is over.
    fails: bool,
}

impl Checkpoint {
    /// Lets the engine go on from the file, if there is a good one; what is wrong with it is told, and the engine begins anew.
    pub(super) fn resume(path: &Path, engine: &mut Engine, now: Uptime, time: GpsTime) -> Self {
        let checkpoint = Self { path: path.to_owned(), written: now, fails: false };
        let shown = path.display();
        match fs::read_to_string(path) {
            Ok(text) => match engine.resume(&text) {
                Ok(()) => {
                    let ephemerides = ephemerides(&beside(path, EPHEMERIDES), time);
                    let count = ephemerides.len();
                    for ephemeris in ephemerides {
                        engine.ephemeris(ephemeris);
                    }
                    tracing::info!(count, "the network goes on from its checkpoint {shown}");
                }
                Err(error) => tracing::warn!("the checkpoint {shown} is not used: {error}"),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!("the checkpoint {shown} cannot be read: {error}"),
        }
        checkpoint
    }

    /// Writes it, if it is time to.
    pub(super) fn keep(&mut self, engine: &Engine, judge: &Judge, now: Uptime) {
        if now - self.written >= WRITE_EVERY {
            self.written = now;
            self.write(engine, judge);
        }
    }

    /// Writes it now. The file is always a whole one: the new one takes the old one's place when it is complete.
    pub(super) fn write(&mut self, engine: &Engine, judge: &Judge) {
        let frames = judge.believed().filter_map(|e| EphemerisMessage::of(e).ok());
        let frames: Vec<u8> = frames.flat_map(|m| m.to_frame().as_bytes().to_vec()).collect();
        let written = replace(&beside(&self.path, EPHEMERIDES), &frames)
            .and_then(|()| replace(&self.path, engine.checkpoint().as_bytes()));
        if let Err(error) = &written
            && !self.fails
        {
            tracing::error!("the checkpoint {} cannot be written: {error}", self.path.display());
        }
        self.fails = written.is_err();
    }
}

/// The ephemerides in a file that hold at that time; none where there is no such file.
fn ephemerides(path: &Path, time: GpsTime) -> Vec<Arc<Ephemeris>> {
    let mut decoder = FrameDecoder::new();
    decoder.push(&fs::read(path).unwrap_or_default());
    decoder.finish();
    let mut all = Vec::new();
    while let Some(found) = decoder.next_found() {
        if let Found::Frame(frame) = found
            && let Ok(Message::Ephemeris(told)) = decode(&frame)
        {
            all.extend(told.resolve(time).ok().filter(|e| e.holds_at(time)).map(Arc::new));
        }
    }
    all
}

/// The file of that extension beside another one.
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(extension);
    beside.into()
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let beside = beside(path, ".new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::coords::{GRS80, Geodetic};
    use tianshu_positioning::network::engine::StationConfig;

    use super::*;

    fn engine() -> Engine {
        let station = StationConfig {
            name: "A".parse().unwrap(),
            place: Geodetic::from_degrees(23.0, 108.0, 80.0).to_ecef(GRS80),
            antenna: None,
        };
        Engine::new(vec![station]).unwrap()
    }

    #[test]
    fn it_is_written_in_time_and_whole_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("network.checkpoint");
        let at = |seconds| Uptime::from_start(Duration::from_secs(seconds));
        let (mut engine, judge) = (engine(), Judge::default());
        let time = GpsTime::from_nanos(0);
        let mut checkpoint = Checkpoint::resume(&path, &mut engine, at(0), time);
        checkpoint.keep(&engine, &judge, at(29));
        assert!(!path.exists());
        checkpoint.keep(&engine, &judge, at(30));
        assert_eq!(fs::read_to_string(&path).unwrap(), engine.checkpoint());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left there");
        Checkpoint::resume(&path, &mut engine, at(31), time);
        // A folder that is gone costs the file, not the solver.
        folder.close().unwrap();
        checkpoint.write(&engine, &judge);
        assert!(checkpoint.fails);
    }
}
