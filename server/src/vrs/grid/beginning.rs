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
    /// Takes in what goes to those who listen already, and gives how many frames of it come seldom.
    pub(super) fn note(&mut self, bytes: &Bytes) -> usize {
        let mut count = 0;
        for frame in frames(bytes) {
            let Some(number) = seldom(&frame) else { continue };
            count += 1;
            // What another station told of itself holds no more.
            if PLACES.contains(&number) {
                self.frames.retain(|_, before| before.station_id() == frame.station_id());
            }
            self.frames.insert(number, frame);
        }
        count
    }

    /// A delivery as the first that a rover gets: everything that was told of the station itself, the newest of each and the place first, and
    /// then what the delivery tells beside.
    pub(crate) fn before(mut self, delivery: &Delivery) -> Delivery {
        let told = self.note(&delivery.bytes);
        if told == self.frames.len() {
            return delivery.clone();
        }
        let of_this = frames(&delivery.bytes).filter(|frame| seldom(frame).is_none());
        let mut bytes = BytesMut::new();
        let mut count = 0;
        for frame in self.frames.into_values().chain(of_this) {
            bytes.extend_from_slice(frame.as_bytes());
            count += 1;
        }
        Delivery { bytes: bytes.freeze(), frames: count, ..delivery.clone() }
    }
}

/// The number of a message among those that come seldom.
fn seldom(frame: &Frame) -> Option<u16> {
    frame.message_number().filter(|number| SELDOM.contains(number))
}

/// The frames of a delivery, which has nothing else.
fn frames(bytes: &Bytes) -> impl Iterator<Item = Frame> {
    let mut decoder = FrameDecoder::new();
    decoder.push(bytes);
    std::iter::from_fn(move || decoder.next_found()).filter_map(|found| match found {
        Found::Frame(frame) => Some(frame),
        Found::Noise(_) => None,
    })
}
