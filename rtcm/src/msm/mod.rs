//! Multiple signal messages, MSM1 to MSM7 of all seven systems (RTCM 10403.3, section 3.5.16), as raw
//! integers: our own codec, since observations are the hot path in both directions.

pub mod encode;
pub mod fields;
pub mod header;
pub mod lock_time;
pub mod message;
pub mod observation;
pub mod signal_ids;
