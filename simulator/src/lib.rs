//! A world with known truth: satellites, atmosphere, receivers, links and their faults, all from one seed.
//!
//! - [`scenario`], [`named`]: what can be set, and settings with names.
//! - [`network`]: the stations, wherever they were read from; [`rovers`]: where rovers stand among them.
//! - [`world`]: both together, advanced epoch by epoch; [`truth`] is kept beside every epoch.
//! - [`sky`]: true orbits and clocks, and the ephemerides that are broadcast about them.
//! - [`air`]: the delays of ionosphere and troposphere at any place and time.
//! - [`receiver`]: what a receiver makes of it: noise, multipath, clocks, arcs, slips, biases.
//! - [`product`]: RINEX files and RTCM streams.
//! - [`fault`], [`link`]: what goes wrong at stations and on the way.
//!
//! Nothing here performs IO or reads a clock. The same scenario, network, seed and epochs give the same
//! values to the last bit: every purpose draws from a random stream of its own ([`random`]), so that a
//! station that is added or left out does not change the others.

pub mod air;
pub mod fault;
pub mod link;
pub mod motion;
pub mod named;
pub mod network;
pub mod product;
pub mod random;
pub mod receiver;
pub mod rovers;
pub mod scenario;
pub mod site;
pub mod sky;
pub mod truth;
pub mod world;
