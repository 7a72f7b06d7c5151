//! The network's solution of one epoch with all integers known: clocks, zenith delays, slant ionosphere, by one file each.

pub mod air;
pub mod links;
pub mod zenith;
