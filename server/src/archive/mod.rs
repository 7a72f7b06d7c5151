//! The archive as commands ask it.

pub(crate) mod export;
pub(crate) mod moment;
pub(crate) mod rinex;
pub(crate) mod virtual_rinex;
