//! Messages: what a frame says, each number as its own type.
//!
//! MSM, ephemerides, legacy observations, network messages and 1230 are read by our own tables, bit for bit; the other messages
//! through `rtcm-rs` (docs/decisions/0002-rtcm-rs.md says why). Numbers not listed pass through as
//! [`Message::Other`]. A message shorter than its fields is [`Corrupt`]; bytes behind the last field are
//! tolerated, since later issues of the standard append fields.

pub mod data_field;
pub mod ephemeris;
mod foreign;
mod foreign_frame;
pub mod glonass_bias;
pub mod legacy;
pub mod name;
pub mod network;
pub mod station;
pub mod text;

use crate::bits::PastEnd;
use crate::frame::Frame;
use crate::msm;
use crate::msm::header::msm_kind;
use crate::msm::message::Msm;
use ephemeris::EphemerisMessage;
use glonass_bias::GlonassBiasMessage;
use legacy::LegacyMessage;
use network::fkp::GradientsMessage;
use network::mac::{AuxiliaryStationMessage, CorrectionDifferencesMessage};
use network::physical::PhysicalStationMessage;
use network::residuals::ResidualsMessage;
use station::{EquipmentMessage, ReferencePointMessage};
use text::{SystemParametersMessage, TextMessage};

/// What a frame says.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// Observations: MSM1 to MSM7 of any system.
    Msm(Msm),
    /// Observations: 1001 to 1004, 1009 to 1012.
    Legacy(LegacyMessage),
    /// Antenna reference point: 1005, 1006.
    ReferencePoint(ReferencePointMessage),
    /// Antenna and receiver: 1007, 1008, 1033.
    Equipment(EquipmentMessage),
    /// System parameters: 1013.
    SystemParameters(SystemParametersMessage),
    /// A broadcast ephemeris: 1019, 1020, 1041, 1042 (63), 1044, 1045, 1046.
    Ephemeris(EphemerisMessage),
    /// A text for people: 1029.
    Text(TextMessage),
    /// GLONASS code-phase biases: 1230.
    GlonassBias(GlonassBiasMessage),
    /// Network residuals: 1030, 1031, 1303, 1304, 1305.
    Residuals(ResidualsMessage),
    /// The physical station behind a computed one: 1032.
    PhysicalStation(PhysicalStationMessage),
    /// An auxiliary station's place: 1014.
    AuxiliaryStation(AuxiliaryStationMessage),
    /// Differences of corrections between master and auxiliary: 1015 to 1017, 1037 to 1039.
    CorrectionDifferences(CorrectionDifferencesMessage),
    /// Gradients around a station: 1034, 1035.
    Gradients(GradientsMessage),
    /// Any other message; it passes through untouched.
    Other {
        /// Its number.
        number: u16,
    },
}

/// A message that does not say what its number promises. A finding: it is counted, and the stream goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message {}: {reason}", number.map_or_else(|| "without a number".to_owned(), |n| n.to_string()))]
pub struct Corrupt {
    /// The message number; none where the payload is too short for one.
    pub number: Option<u16>,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The payload has fewer than the 12 bits of a number.
    #[error("the payload is too short for a message number")]
    NoNumber,
    /// The payload ends before the message's fields do.
    #[error(transparent)]
    Short(#[from] PastEnd),
    /// An MSM whose masks and length do not agree.
    #[error(transparent)]
    Msm(#[from] msm::message::Corrupt),
    /// The payload ends before the message's fields do, or a text breaks its bounds or its encoding.
    #[error(
        "the payload of {bytes} bytes is too short, or a text in it is longer than allowed or no text"
    )]
    Malformed {
        /// How long the payload is.
        bytes: usize,
    },
}

/// A value that a message has no way to say.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unsendable {
    /// A number is outside of its field's range.
    #[error(transparent)]
    Field(#[from] data_field::DoesNotFit),
    /// No message of that kind tells of the system.
    #[error("there is no such message for {constellation}")]
    NoMessage {
        /// The system.
        constellation: tianshu_gnss::constellation::Constellation,
    },
    /// A text is too long.
    #[error("the text of {length} is longer than the {length_max} that DF{df:03} can say")]
    TextTooLong {
        /// The counting data field.
        df: u16,
        /// The text's length in what the field counts.
        length: usize,
        /// The longest.
        length_max: usize,
    },
    /// A name contains a character outside of ISO 8859-1, or a control character.
    #[error("{text:?} cannot be written in printable ISO 8859-1")]
    NotLatin {
        /// The text.
        text: String,
    },
    /// A list is too long.
    #[error("{count} entries are more than the {count_max} that DF{df:03} can say")]
    TooManyEntries {
        /// The counting data field.
        df: u16,
        /// How many there are.
        count: usize,
        /// How many there can be.
        count_max: usize,
    },
}

impl Message {
    /// The message number.
    pub fn number(&self) -> u16 {
        match self {
            Self::Msm(msm) => msm.header.message_number(),
            Self::Legacy(m) => m.number(),
            Self::ReferencePoint(m) => m.number(),
            Self::Equipment(m) => m.number(),
            Self::SystemParameters(_) => 1013,
            Self::Ephemeris(m) => m.number(),
            Self::Text(_) => 1029,
            Self::GlonassBias(_) => 1230,
            Self::Residuals(m) => m.number(),
            Self::PhysicalStation(_) => 1032,
            Self::AuxiliaryStation(_) => 1014,
            Self::CorrectionDifferences(m) => m.number(),
            Self::Gradients(m) => m.number(),
            Self::Other { number } => *number,
        }
    }
}

/// Reads what a frame says.
pub fn decode(frame: &Frame) -> Result<Message, Corrupt> {
    let number =
        frame.message_number().ok_or(Corrupt { number: None, reason: Reason::NoNumber })?;
    let corrupt = |reason| Corrupt { number: Some(number), reason };
    let payload = frame.payload();
    if msm_kind(number).is_some() {
        let msm = Msm::decode(payload).map_err(|reason| corrupt(reason.into()))?;
        return Ok(Message::Msm(msm));
    }
    if let Some(read) = EphemerisMessage::read(number, payload) {
        return read.map(Message::Ephemeris).map_err(|reason| corrupt(reason.into()));
    }
    if let Some(read) = LegacyMessage::read(number, payload) {
        return read.map(Message::Legacy).map_err(|reason| corrupt(reason.into()));
    }
    if number == 1230 {
        let read = GlonassBiasMessage::read(payload);
        return read.map(Message::GlonassBias).map_err(|reason| corrupt(reason.into()));
    }
    if let Some(read) = network_message(number, payload) {
        return read.map_err(|reason| corrupt(reason.into()));
    }
    match foreign::decode(frame) {
        foreign::Foreign::Message(message) => Ok(message),
        foreign::Foreign::NotOurs => Ok(Message::Other { number }),
        foreign::Foreign::Malformed => Err(corrupt(Reason::Malformed { bytes: payload.len() })),
    }
}

/// Reads a network message; `None` where the number is that of another message.
fn network_message(number: u16, payload: &[u8]) -> Option<Result<Message, PastEnd>> {
    Some(match number {
        1014 => AuxiliaryStationMessage::read(payload).map(Message::AuxiliaryStation),
        1032 => PhysicalStationMessage::read(payload).map(Message::PhysicalStation),
        1015..=1017 | 1037..=1039 => {
            CorrectionDifferencesMessage::read(number, payload)?.map(Message::CorrectionDifferences)
        }
        1034 | 1035 => GradientsMessage::read(number, payload)?.map(Message::Gradients),
        _ => ResidualsMessage::read(number, payload)?.map(Message::Residuals),
    })
}

#[cfg(test)]
mod tests;
