//! Rovers' accounts that are kept in a database, and what a running caster makes of them.
//!
//! - [`account`], [`area`], [`password`]: what an account is.
//! - [`store`]: the one trait behind which SQLite and PostgreSQL keep accounts.
//! - [`follow`]: the thread that reads a store's changes into the [`directory`] that logins ask.
//! - [`verifier`], with [`recent`]: passwords, verified once and then remembered under a keyed hash.
//! - [`lockout`]: who guesses is not heard.
//!
//! A login never asks the database: it asks the directory, which holds every account in memory. A store that cannot be
//! reached therefore stops changes, not logins.

pub mod account;
pub mod area;
pub mod directory;
pub mod follow;
pub mod lockout;
pub mod password;
pub mod recent;
pub mod store;
pub mod verifier;
