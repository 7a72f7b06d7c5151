//! `tianshu network` behind its door: files in, epochs in the order of time through the solver, virtual stations and a report out.

pub(crate) mod antennas;
pub(crate) mod comparison;
pub(crate) mod coordinates;
pub(crate) mod excluded;
pub(crate) mod files;
pub(crate) mod heard;
pub(crate) mod places;
pub(crate) mod progress;
pub(crate) mod reasons;
pub(crate) mod report;
pub(crate) mod source;
pub(crate) mod stations;
pub(crate) mod summary;
pub(crate) mod systems;
pub(crate) mod virtual_file;
