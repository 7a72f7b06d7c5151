//! Files for researchers: RINEX with what belongs to it, made of what the archive holds.
//!
//! - [`kind`] says which files there are and what they are called, [`schedule`] when each is due.
//! - [`source`] is what they are made of, [`station`] what they say of a station, [`face`] what a header says of it.
//! - [`observation`] and [`navigation`] write one file each; [`packing`] packs them, [`quality`] counts what is in it.
//! - [`work`] makes many at a time; [`disk`] sees to it that each is there whole or not at all, [`manifest`] tells of it.
//! - [`sitelog`] and [`geodesyml`] tell of the station itself.

pub mod disk;
pub mod face;
pub mod geodesyml;
pub mod identity;
pub mod json;
pub mod kind;
pub mod manifest;
pub mod navigation;
pub mod observation;
pub mod packing;
pub mod quality;
pub mod schedule;
pub mod sitelog;
pub mod source;
pub mod station;
pub mod work;
