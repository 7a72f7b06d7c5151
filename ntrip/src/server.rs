//! The caster's end of a connection: what was asked for, and the exact bytes to answer.

pub mod answer;
pub mod mode;
pub mod request;
pub mod session;
