//! Antenna calibrations in ANTEX 1.3 and 1.4, as the IGS publishes them (igs14.atx, igs20.atx).

mod frequency;
pub mod reader;
