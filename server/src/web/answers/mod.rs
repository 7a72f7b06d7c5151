//! The answers of the API, room by room. Each handler says what it needs of whom, and makes plain values of what the service publishes.

pub(crate) mod accounts;
pub(crate) mod alarms;
pub(crate) mod archive;
pub(crate) mod audit;
pub(crate) mod heatmap;
pub(crate) mod list;
pub(crate) mod map;
pub(crate) mod monitor_rovers;
pub(crate) mod network;
pub(crate) mod overview;
pub(crate) mod predicted;
pub(crate) mod refusals;
pub(crate) mod rovers;
pub(crate) mod series;
pub(crate) mod station;
pub(crate) mod stations;
pub(crate) mod status;
pub(crate) mod virtual_rinex;
pub(crate) mod why;
