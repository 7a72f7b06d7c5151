//! The station monitor: what the network's stations measured, how well, and who has to be told.

pub mod alarm;
pub mod archive;
mod at_once;
pub mod file;
pub(crate) mod markup;
pub mod priority;
pub mod products;
pub mod quality;
pub mod web;
