//! The bridge from `rtcm-rs`: which of its messages becomes which of ours.

use rtcm_rs::{Message as Theirs, MessageFrame};

use crate::frame::Frame;
use crate::message::Message;
use crate::message::station::{EquipmentMessage, ReferencePointMessage};
use crate::message::text::{SystemParametersMessage, TextMessage};

/// What came of asking.
pub(super) enum Foreign {
    Message(Message),
    NotOurs,
    Malformed,
}

pub(super) fn decode(frame: &Frame) -> Foreign {
    let Ok(theirs) = MessageFrame::new(frame.as_bytes()) else { return Foreign::Malformed };
    Foreign::Message(match theirs.get_message() {
        Theirs::Msg1005(m) => Message::ReferencePoint(ReferencePointMessage::from_1005(&m)),
        Theirs::Msg1006(m) => Message::ReferencePoint(ReferencePointMessage::from_1006(&m)),
        Theirs::Msg1007(m) => Message::Equipment(EquipmentMessage::from_1007(&m)),
        Theirs::Msg1008(m) => Message::Equipment(EquipmentMessage::from_1008(&m)),
        Theirs::Msg1013(m) => Message::SystemParameters(SystemParametersMessage::from_1013(&m)),
        Theirs::Msg1029(m) => Message::Text(TextMessage::from_1029(&m)),
        Theirs::Msg1033(m) => Message::Equipment(EquipmentMessage::from_1033(&m)),
        Theirs::Corrupt | Theirs::Empty => return Foreign::Malformed,
        _ => return Foreign::NotOurs,
    })
}
