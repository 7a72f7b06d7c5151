//! Navigation files: header and ephemerides.

mod accuracy;
pub mod header;
pub mod reader;
mod record;
