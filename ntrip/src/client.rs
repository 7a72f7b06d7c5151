//! The rover's and the station's end of a connection to a caster: pulling, pushing, asking for the table.

pub mod answer;
pub(crate) mod icy;
pub(crate) mod refusal;
pub mod request;
pub mod session;
