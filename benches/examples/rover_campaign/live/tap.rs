//! A tap on a rover's stream: where the rover truly is, epoch by epoch.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::utc::Utc;
use tianshu_rtcm::frame::{Found, Frame, FrameDecoder};
use tianshu_rtcm::message::{Message, decode};
use tianshu_rtcm::msm::header::msm_kind;
use tianshu_rtcm::time::resolve_msm;

/// The true places of a rover, growing as it tells them.
#[derive(Clone, Default)]
pub(crate) struct Tap(Arc<Mutex<BTreeMap<GpsTime, Ecef>>>);

impl Tap {
    /// Listens to a rover from now on.
    pub(crate) fn begin(address: SocketAddr) -> anyhow::Result<Self> {
        let tap = Self::default();
        let kept = tap.clone();
        let mut stream = TcpStream::connect(address)?;
        std::thread::spawn(move || {
            let mut reading = Reading { near: now(), ..Reading::default() };
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                reading.decoder.push(&buffer[..count]);
                while let Some(found) = reading.decoder.next_found() {
                    if let Found::Frame(frame) = found {
                        kept.take(&mut reading, &frame);
                    }
                }
            }
        });
        Ok(tap)
    }

    fn take(&self, reading: &mut Reading, frame: &Frame) {
        match decode(frame) {
            Ok(Message::ReferencePoint(point)) => reading.place = Some(point.point.place),
            Ok(Message::Msm(msm)) => {
                let time = resolve_msm(reading.near, &msm.header);
                if let (Some(time), Some(place)) = (time, reading.place) {
                    reading.near = time;
                    self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(time, place);
                }
            }
            _ => {}
        }
    }

    /// All places so far.
    pub(crate) fn track(&self) -> BTreeMap<GpsTime, Ecef> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last epoch.
    pub(crate) fn newest(&self) -> Option<GpsTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().next_back().copied()
    }

    /// Where it is.
    pub(crate) fn place(&self) -> Option<Ecef> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().next_back().copied()
    }
}

/// A stream being read.
struct Reading {
    decoder: FrameDecoder,
    place: Option<Ecef>,
    near: GpsTime,
}

impl Default for Reading {
    fn default() -> Self {
        Self { decoder: FrameDecoder::new(), place: None, near: GpsTime::from_nanos(0) }
    }
}

/// GPS time by this machine's clock.
pub(crate) fn now() -> GpsTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let posix_s = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    GpsTime::from(Utc::from_posix(posix_s, since.subsec_nanos()))
}

/// The moment of an observation message, if it is one.
pub(crate) fn moment(frame: &Frame, near: GpsTime) -> Option<GpsTime> {
    msm_kind(frame.message_number()?)?;
    match decode(frame) {
        Ok(Message::Msm(msm)) => resolve_msm(near, &msm.header),
        _ => None,
    }
}
