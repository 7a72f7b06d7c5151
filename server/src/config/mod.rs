//! The configuration: read key by key from TOML, every fault told at once, understood before anything starts.

pub(crate) mod accounts;
pub(crate) mod alarm_channel;
pub(crate) mod archive;
pub(crate) mod caster;
pub(crate) mod complaint;
pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod kind;
pub(crate) mod monitor;
pub(crate) mod monitor_rover;
pub(crate) mod mountpoint;
pub(crate) mod network;
pub(crate) mod profile;
pub(crate) mod read;
pub(crate) mod scenario;
mod scenario_parts;
pub(crate) mod secret;
pub(crate) mod section;
pub(crate) mod service;
pub(crate) mod site;
pub(crate) mod solver;
pub(crate) mod station;
#[cfg(test)]
mod tests;
pub(crate) mod user;
pub(crate) mod web;
