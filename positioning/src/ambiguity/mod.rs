//! From real-valued ambiguities to integers.

pub mod lambda;
