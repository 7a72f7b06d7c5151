//! The station monitor: what the network's stations measured, how well, and who has to be told.

pub mod products;
pub mod web;
