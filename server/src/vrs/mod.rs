//! Virtual stations for rovers: from what the network knows at an epoch to whole frames of a station at the rover's own place.

pub(crate) mod cost;
pub(crate) mod desk;
pub(crate) mod encode;
pub(crate) mod ephemerides;
pub(crate) mod grid;
pub(crate) mod identity;
pub(crate) mod profile;
pub(crate) mod slow;
pub(crate) mod source;
pub(crate) mod stream;
pub(crate) mod switch;
