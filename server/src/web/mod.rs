//! The operators' page: an API for it and for programs, events as they happen, health, and figures for Prometheus.

mod answers;
mod audit;
mod book;
mod error;
mod events;
mod extract;
pub(crate) mod facts;
mod failures;
mod health;
pub(crate) mod history;
mod login;
mod metrics;
mod moment;
mod page;
mod rights;
pub(crate) mod router;
pub(crate) mod rover_board;
pub(crate) mod service;
mod sessions;
mod totp;
mod who;
mod why;
