//! The network solver's ground work: the stations' shape, and fields between them.

pub mod align;
pub mod edge;
pub mod interpolate;
pub mod levels;
pub mod observed;
pub mod plane;
pub mod preprocess;
pub mod solution;
pub mod topology;
pub mod troposphere;

#[cfg(test)]
pub(crate) mod testing;
