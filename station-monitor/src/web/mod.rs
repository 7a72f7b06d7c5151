//! What the station monitor offers over HTTP.

pub mod files;
pub mod serve;
