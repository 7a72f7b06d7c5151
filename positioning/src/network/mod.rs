//! The network solver's ground work: the stations' shape, and fields between them.

pub mod align;
pub mod interpolate;
pub mod plane;
pub mod topology;
pub mod troposphere;
