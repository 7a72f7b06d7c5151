//! Rovers of our own: the mind that computes, and the independent rovers by which a running service judges itself.

pub(crate) mod mind;
pub(crate) mod monitor;
mod rtklib;
pub(crate) mod stream;
pub(crate) mod watch;
