//! The archive as commands ask it.

pub(crate) mod export;
pub(crate) mod moment;
