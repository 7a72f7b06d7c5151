//! The embedded archive: Parquet files of a station and an hour each, raw frames beside them, and a small index. No server.

pub mod closing;
pub mod export;
mod figures;
pub mod index;
pub(super) mod parquet;
mod pending;
pub mod raw;
pub mod read;
pub(super) mod table;
