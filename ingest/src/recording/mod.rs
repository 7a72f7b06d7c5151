//! Recordings: what passed the door of the bus, kept with its arrival stamps. The format stands in docs/formats.md.

pub mod format;
pub mod reader;
pub mod writer;
