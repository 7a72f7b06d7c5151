//! The NTRIP caster: listeners, sessions, mountpoints, access and fan-out.
//!
//! - [`caster`]: the whole of it, as the server holds it. [`config`]: what it is told.
//! - [`source`]: the one trait through which corrections come; [`delivery`]: whole frames that leave together.
//! - [`stations`]: the live table of stations; [`relay`] and [`nearest`]: the mountpoints made from it.
//! - [`upload`]: stations that push; where their bytes go is told through a trait.
//! - [`profile`]: what a computed stream consists of.
//! - [`access`], [`throttle`], [`admission`]: who may come in, how often, and how many. [`accounts`]: accounts of a database.
//! - [`listener`], [`proxy`], [`tls`], [`session`]: sockets, and one task per connection.
//! - `lanes`: rovers that keep up, served past their tasks. `members`: who is in. [`table`]: the sourcetable. [`events`], [`ledger`], [`stats`]: what operators see.
//!
//! The caster knows users and mountpoints, and no mathematics beyond the distance between two places.
#![warn(clippy::indexing_slicing)]

pub mod access;
pub mod accounts;
pub mod admission;
pub mod caster;
pub mod clock;
pub mod config;
pub mod control;
pub mod delivery;
pub mod events;
pub(crate) mod lanes;
pub mod ledger;
pub mod listener;
mod locked;
pub(crate) mod members;
pub mod nearest;
pub mod profile;
pub mod proxy;
pub mod registry;
pub mod relay;
pub mod session;
pub mod source;
pub mod stations;
pub mod stats;
pub mod table;
pub mod throttle;
pub mod tls;
pub mod upload;
