//! Precise orbits, and how far broadcast ones are from them.

pub(crate) mod errors;
pub(crate) mod sp3;
