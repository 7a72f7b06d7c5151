//! The service: who owns what, and which queue joins whom.

mod bus;
pub(crate) mod epoch;
mod findings;
pub(crate) mod links;
mod page;
mod recording;
mod report;
pub(crate) mod run;
pub(crate) mod service;
pub(crate) mod signals;
mod solver;
mod uploads;
