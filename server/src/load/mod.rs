//! The load generator: many rovers on the loopback, and what became of them.
//!
//! One thread drives all rovers, each a small task without a read buffer of its own, because the generator shares the
//! machine with the server whose cost it measures. [`plan`] is what was asked, [`run`] does it, [`report`] tells it.
//! What a rover's bytes mean ([`reception`]) is decided without sockets or clocks.

pub(crate) mod descriptors;
pub(crate) mod epoch_stamp;
pub(crate) mod feed;
pub(crate) mod histogram;
pub(crate) mod ledger;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod process;
pub(crate) mod recent_epochs;
pub(crate) mod reception;
pub(crate) mod report;
pub(crate) mod rover;
pub(crate) mod run;
pub(crate) mod table;
