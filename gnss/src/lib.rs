//! The vocabulary of Tianshu: every type that crosses a crate boundary.
//!
//! - [`time`]: one time inside, [`time::gps::GpsTime`]; UTC, BDT, GST and GLONASS time at the edges.
//! - [`constellation`], [`satellite`], [`signal`]: who transmits what on which carrier.
//! - [`units`], [`constants`]: lengths, cycles, frequencies, and the numbers of the standards.
//! - [`coords`], [`frame`]: places and displacements, and the reference frame they are told in.
//! - [`observation`]: what a receiver measured at one epoch.
//! - [`glonass_bias`]: what aligns its GLONASS phases with those of other receivers.
//! - [`antenna`]: where antennas' phase centres are.
//! - [`station`], [`event`]: reference stations, and what is heard of them.
//! - [`ephemeris`]: broadcast orbits and clocks, and where a satellite is.
//!
//! Nothing here performs IO, reads a clock or draws a random number.

pub mod antenna;
pub mod constants;
pub mod constellation;
pub mod coords;
pub mod ephemeris;
pub mod event;
pub mod frame;
pub mod glonass_bias;
pub mod observation;
pub mod satellite;
pub mod signal;
pub mod station;
pub mod time;
pub mod units;
