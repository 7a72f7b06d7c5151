//! What a service says to people and schedules: 1029 (text) and 1013 (system parameters).

use rtcm_rs::Message as Theirs;
use rtcm_rs::msg::{Msg1013MsgId, Msg1013T, Msg1029T};
use rtcm_rs::util::DataVec;

use crate::frame::Frame;
use crate::message::data_field::{DataField, per, positive, unsigned};
use crate::message::station::STATION_ID;
use crate::message::{Unsendable, foreign_frame};

/// DF138 counts to 127 characters.
pub const TEXT_CHARACTERS_MAX: usize = 127;
/// DF139 counts to 255 bytes.
pub const TEXT_BYTES_MAX: usize = 255;
/// DF053 counts to 31 announced messages.
pub const ANNOUNCED_MAX: usize = 31;

const SECONDS_OF_DAY: DataField = unsigned(52, "seconds_of_day_s", 17);
const MESSAGE_NUMBER: DataField = unsigned(55, "message_number", 12);
const INTERVAL: DataField = positive(57, "transmission_interval_s", 16, per(10.0));
/// DF054 has 8 bits, of which 255 means "not told".
const LEAP_SECONDS_MAX: u8 = 254;

/// A text: 1029. Bounded by the message to 127 characters and 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextMessage {
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// Modified Julian day (DF051).
    pub day_mjd: u16,
    /// UTC seconds of the day (DF052).
    pub seconds_of_day: u32,
    /// The text, UTF-8.
    pub text: String,
}

/// System parameters: 1013.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemParametersMessage {
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// Modified Julian day (DF051).
    pub day_mjd: u16,
    /// UTC seconds of the day (DF052).
    pub seconds_of_day: u32,
    /// GPS time minus UTC, s (DF054).
    pub leap_seconds: Option<u8>,
    /// The messages that the stream promises.
    pub announced: Vec<Announced>,
}

/// A message that a stream promises.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Announced {
    /// Its number (DF055).
    pub number: u16,
    /// Whether it comes in step, not now and then (DF056).
    pub synchronous: bool,
    /// Every so many seconds (DF057), to 0.1 s.
    pub interval_s: Option<f64>,
}

impl TextMessage {
    /// The message as a frame.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        STATION_ID.raw_of(self.station_id.into())?;
        SECONDS_OF_DAY.raw_of(self.seconds_of_day.into())?;
        let (characters, bytes) = (self.text.chars().count(), self.text.len());
        if characters > TEXT_CHARACTERS_MAX {
            let length_max = TEXT_CHARACTERS_MAX;
            return Err(Unsendable::TextTooLong { df: 138, length: characters, length_max });
        }
        if bytes > TEXT_BYTES_MAX {
            let length_max = TEXT_BYTES_MAX;
            return Err(Unsendable::TextTooLong { df: 139, length: bytes, length_max });
        }
        Ok(foreign_frame::encode(&Theirs::Msg1029(Msg1029T {
            reference_station_id: self.station_id,
            modified_julian_day_number: self.day_mjd,
            seconds_of_day_s: self.seconds_of_day,
            text_str: self.text.as_str().into(),
        })))
    }

    pub(super) fn from_1029(m: &Msg1029T) -> Self {
        Self {
            station_id: m.reference_station_id,
            day_mjd: m.modified_julian_day_number,
            seconds_of_day: m.seconds_of_day_s,
            text: m.text_str.as_ref().to_owned(),
        }
    }
}

impl SystemParametersMessage {
    /// The message as a frame.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        STATION_ID.raw_of(self.station_id.into())?;
        SECONDS_OF_DAY.raw_of(self.seconds_of_day.into())?;
        if self.announced.len() > ANNOUNCED_MAX {
            let (count, count_max) = (self.announced.len(), ANNOUNCED_MAX);
            return Err(Unsendable::TooManyEntries { df: 53, count, count_max });
        }
        let mut announced = DataVec::new();
        for entry in &self.announced {
            MESSAGE_NUMBER.raw_of(entry.number.into())?;
            INTERVAL.raw_of(entry.interval_s.unwrap_or(0.0))?;
            #[expect(clippy::cast_possible_truncation, reason = "16 bits fit into an f32")]
            let interval = entry.interval_s.map(|seconds| seconds as f32);
            announced.push(Msg1013MsgId {
                message_id: entry.number,
                message_sync_flag: entry.synchronous.into(),
                message_transmission_interval_s: interval,
            });
        }
        Ok(foreign_frame::encode(&Theirs::Msg1013(Msg1013T {
            reference_station_id: self.station_id,
            modified_julian_day_number: self.day_mjd,
            seconds_of_day_s: self.seconds_of_day,
            leap_seconds_gps_utc_s: self.leap_seconds.filter(|&s| s <= LEAP_SECONDS_MAX),
            message_id_announcements: announced,
        })))
    }

    pub(super) fn from_1013(m: &Msg1013T) -> Self {
        let announced = m.message_id_announcements.iter().map(|entry| Announced {
            number: entry.message_id,
            synchronous: entry.message_sync_flag != 0,
            interval_s: entry
                .message_transmission_interval_s
                .map(|seconds| (f64::from(seconds) * 10.0).round() / 10.0),
        });
        Self {
            station_id: m.reference_station_id,
            day_mjd: m.modified_julian_day_number,
            seconds_of_day: m.seconds_of_day_s,
            leap_seconds: m.leap_seconds_gps_utc_s,
            announced: announced.collect(),
        }
    }
}
