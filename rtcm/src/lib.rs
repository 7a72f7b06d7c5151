//! RTCM 10403 ("RTCM 3") in and out, without IO.
//!
//! The way in: [`frame`] finds whole frames in any stream of bytes, [`msm`] reads their observations as
//! the raw integers of the standard, [`time`] makes their truncated times whole, [`epoch`] puts the
//! messages of one moment together. The way out: [`compose`] turns an epoch into frames through the same
//! codec. Beside it, [`message`] reads and writes what is no MSM, [`describe`] makes any frame readable, and
//! [`content`] learns what a stream contains.
#![warn(clippy::indexing_slicing)]

pub mod bits;
pub mod compose;
pub mod content;
pub mod describe;
pub mod epoch;
pub mod frame;
pub mod glonass_channels;
pub mod message;
pub mod msm;
pub mod time;
