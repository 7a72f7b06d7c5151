//! Made-up input for the benchmarks: the same on every machine, and no recording needed.

pub mod synthetic;
