//! The archive in a ClickHouse database: the tables, the delivery of what the spool holds, and questions.

pub mod connection;
pub mod deliver;
mod native;
mod new_block;
pub mod read;
pub mod schema;
