//! Observation files: header, epochs, and CRINEX on the way.

mod body;
pub mod code;
mod compact;
mod crinex;
pub mod header;
mod plain;
pub mod reader;
