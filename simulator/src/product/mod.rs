//! What a world is written as: RINEX files and RTCM streams.

pub mod rinex;
pub mod rtcm;
