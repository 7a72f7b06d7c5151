//! Time: one scale inside, the others at the edges.

pub mod gps;
pub mod leap;
pub mod scales;
pub mod uptime;
pub mod utc;
