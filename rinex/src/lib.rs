//! RINEX files, read and written epoch by epoch.
//!
//! - [`unpack`]: the text behind a gzipped file.
//! - [`observation`]: observation files 2.10 to 4.0x, plain and in CRINEX 1 and 3, as `ObsEpoch`s.
//! - [`navigation`]: navigation files 2.x to 4.0x, as `Ephemeris`.
//! - [`antex`]: antenna calibrations, as `AntennaCalibration`.
//! - [`finding`]: what was wrong with a file, line by line. A broken line costs its epoch or record, never the file.
//! - [`mod@write`]: observation and navigation files 3.04 and 3.05, epoch by epoch.
//!
//! Everything here works on bytes in memory, or on a stream of them that the caller opened.

#![warn(clippy::indexing_slicing)]

pub mod antex;
pub mod finding;
pub mod label;
mod line;
pub mod navigation;
pub mod observation;
pub mod unpack;
pub mod write;
