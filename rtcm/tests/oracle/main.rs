//! Other people's decoders as judges: what they read from real recordings, and what we read, side by side.
//!
//! | module | judge | over |
//! | --- | --- | --- |
//! | [`pyrtcm`] | PyPI pyrtcm 1.2.1 | every frame and field of every file of `../shared/data/rtcm` |
//! | [`convbin`] | Debian RTKLIB 2.4.3 b34 | every observation, the whole way to pseudorange, cycles and hertz |
//! | [`gpsd_json`] | gpsd | what its JSON beside four recordings tells |
//! | [`inspectrtcm`] | a commercial decoder | every satellite of 1004 and 1012 in three recordings |
//! | [`rtcm_rs_text`] | rtcm-rs | every number of its 109 synthetic messages |
//! | [`network`] | pyrtcm and rtcm-rs | the network messages that we write |
//! | [`chunked_bodies`] | the same stream, plain | frames out of a chunked NTRIP body |
//!
//! Values are compared within half of the message's own resolution: a difference of one step is a fault.
#![expect(clippy::print_stdout, reason = "a test says what it skipped and how much it compared")]

mod chunked_bodies;
mod convbin;
mod described;
mod files;
mod gpsd_json;
mod inspectrtcm;
mod msm_fields;
mod network;
mod pyrtcm;
mod pyrtcm_dump;
mod rinex_text;
mod rtcm_rs_text;
mod tally;
