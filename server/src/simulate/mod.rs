//! The simulator as a command drives it: a world that is written to files, or played live through sockets.

pub(crate) mod files;
pub(crate) mod live;
pub(crate) mod pace;
pub(crate) mod ports;
pub(crate) mod rovers;
pub(crate) mod stream;
pub(crate) mod uploads;
