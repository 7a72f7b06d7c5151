//! The reference rover: one baseline by double differences, float by a Kalman filter, fixed by LAMBDA.
//!
//! The order of an epoch is that of a textbook (Teunissen & Montenbruck 2017, Springer Handbook of GNSS, chapter 26): satellites
//! common to both ends, single differences, slips, time update, double differences, float, integers.

mod arcs;
pub mod config;
mod difference;
mod double;
mod filter;
mod fix;
pub mod solution;
pub mod solver;
