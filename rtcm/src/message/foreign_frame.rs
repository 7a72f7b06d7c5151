//! The bridge to `rtcm-rs`: frames of its making.
//!
//! Its encoder wraps values that do not fit and replaces characters it cannot write, without a word, so
//! whoever hands it a message has checked each value before.

use rtcm_rs::{Message as Theirs, MessageBuilder};

use crate::frame::Frame;

/// The frame of a message whose values have been checked.
pub(super) fn encode(message: &Theirs) -> Frame {
    let mut builder = MessageBuilder::new();
    let bytes = builder.build_message(message).expect("the values were checked against its fields");
    // The header of three bytes and the checksum of three are made anew around the payload.
    let payload = bytes.get(3..bytes.len().saturating_sub(3)).unwrap_or_default();
    Frame::from_payload(payload).expect("it cannot build more than one frame")
}
