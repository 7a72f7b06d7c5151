//! The network solver: from stations' epochs to whole cycles over the whole network, and to what any place between them would measure.

pub mod align;
pub mod edge;
pub mod engine;
pub mod ephemerides;
pub mod interpolate;
pub mod levels;
pub mod local;
pub(crate) mod median;
pub mod noise;
pub mod observed;
pub mod plane;
pub mod preprocess;
pub mod products;
pub mod snapshot;
pub mod solution;
pub mod topology;
pub mod troposphere;

#[cfg(test)]
pub(crate) mod testing;
