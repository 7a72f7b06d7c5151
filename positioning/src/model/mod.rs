//! What lies between a satellite's antenna and a receiver's, and where the latter stands.

pub mod antenna;
pub mod beidou2;
pub mod ionosphere;
pub mod luminary;
pub mod noise;
pub mod place;
pub mod range;
pub mod tide;
pub mod troposphere;
