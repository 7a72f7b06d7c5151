//! Virtual reference stations: what a receiver at a rover's place would measure, without a seam.
//!
//! A virtual station is made from one real one, the master, and from what the network knows. What all virtual stations of a master have in
//! common is computed once ([`masters`]): its phases without their whole cycles, without its clock, without its own way and air. Each virtual
//! station ([`station`]) then adds its own way and air, and whole cycles of its own that never change while the network keeps its own: no
//! change of master, root, pivot, edge or ephemeris is seen in its phases.

mod arcs;
mod bridge;
mod channels;
pub mod choice;
mod clocks;
pub mod epoch;
pub mod masters;
mod ramps;
mod signals;
pub mod station;

#[cfg(test)]
mod tests;
