//! Alarms: what is wrong, who is told when, and in which words. Pure: statuses and `now` in, messages out; channels are elsewhere.
//!
//! - [`kind`]: what can be wrong, how bad it is, and how long it has to last.
//! - [`history`], [`rules`]: from statuses to conditions, by thresholds that follow from each station's own last days.
//! - [`machine`]: hold-down, flapping, acknowledgement, reminders.
//! - [`group`]: one message for what happens together.
//! - [`desk`]: all of it in one step.
//! - [`text`]: the words, Chinese and English.

pub mod desk;
pub mod group;
pub mod history;
pub mod kind;
pub mod machine;
pub mod rules;
pub mod text;
