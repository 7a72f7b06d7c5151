//! What the tests on real baselines share.

pub(crate) mod data;
pub(crate) mod judge;
pub(crate) mod receiver;
