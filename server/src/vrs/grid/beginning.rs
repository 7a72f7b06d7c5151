//! What a cell has told of itself, for rovers that come later: who and where its station is, and what else comes seldom.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use tianshu_caster::delivery::Delivery;
use tianshu_caster::source::Notice;
use tianshu_rtcm::frame::{Found, Frame, FrameDecoder};

/// Messages that hold until they come again (RTCM 10403.3, table 3.1-1): the reference point, antenna and receiver, the physical station, the
/// parameters, GLONASS biases. Ephemerides all come within half a minute.
const SELDOM: [u16; 8] = [1005, 1006, 1007, 1008, 1013, 1032, 1033, 1230];
/// Those that name the station's place.
const PLACES: [u16; 2] = [1005, 1006];

/// What was told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beginning {
    frames: BTreeMap<u16, Frame>,
    /// What serves.
    pub(super) serving: Option<Notice>,
}

impl Beginning {
    /// Takes in what goes to those who listen already.
    pub(super) fn note(&mut self, bytes: &Bytes) {
        for (number, frame) in seldom(bytes) {
            // What another station told of itself holds no more.
            if PLACES.contains(&number) {
                self.frames.retain(|_, before| before.station_id() == frame.station_id());
            }
            self.frames.insert(number, frame);
        }
    }

    /// A delivery as the first that a rover gets: what it does not tell of the station itself goes before it.
    pub(crate) fn before(&self, delivery: &Delivery) -> Delivery {
        let told: Vec<u16> = seldom(&delivery.bytes).map(|(number, _)| number).collect();
        let missing: Vec<&Frame> =
            self.frames.iter().filter(|(n, _)| !told.contains(n)).map(|(_, frame)| frame).collect();
        if missing.is_empty() {
            return delivery.clone();
        }
        let mut bytes = BytesMut::new();
        for frame in &missing {
            bytes.extend_from_slice(frame.as_bytes());
        }
        bytes.extend_from_slice(&delivery.bytes);
        let more = u32::try_from(missing.len()).unwrap_or(u32::MAX);
        Delivery {
            bytes: bytes.freeze(),
            frames: delivery.frames.saturating_add(more),
            ..delivery.clone()
        }
    }
}

/// The frames of those messages among a delivery's.
fn seldom(bytes: &Bytes) -> impl Iterator<Item = (u16, Frame)> {
    let mut decoder = FrameDecoder::new();
    decoder.push(bytes);
    std::iter::from_fn(move || decoder.next_found()).filter_map(|found| match found {
        Found::Frame(frame) => {
            let number = frame.message_number().filter(|number| SELDOM.contains(number))?;
            Some((number, frame))
        }
        Found::Noise(_) => None,
    })
}
