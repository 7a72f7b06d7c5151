//! The network's solution of one epoch with all integers known: clocks, zenith delays, slant ionosphere, the frame of phases, by one file each.

pub mod air;
pub mod frame;
mod inverse;
pub mod links;
pub mod zenith;
