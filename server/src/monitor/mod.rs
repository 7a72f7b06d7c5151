//! The station monitor in the service: a thread that listens to the bus, publishes what is true, and tells who has to know.

mod acknowledged;
pub(crate) mod channel;
mod figures;
mod heartbeat;
pub(crate) mod service;
mod status_file;
pub(crate) mod view;
mod worker;
