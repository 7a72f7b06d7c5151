//! The demonstration: a simulated network, the real service, and rovers that judge what it gives them.

pub(crate) mod page;
pub(crate) mod rover;
pub(crate) mod show;
