//! Quality of every station, satellite and signal, as a state machine fed by station events and `now`.
//!
//! - [`monitor`]: all stations together: events in, closed windows and a view out.
//! - [`station`]: one station; [`status`]: what is true of it now.
//! - [`receiver`]: what its receiver measures; [`windows`]: the minute, the hour and the day in progress.
//! - [`tally`]: what a minute, an hour or a day adds up to; [`summary`]: the same as plain numbers.
//! - [`arrivals`]: intervals, gaps and what was to be expected; [`latency`]: quantiles in bounded memory.
//! - [`arcs`]: phases that go on and slips; [`multipath`]: code against phases; [`air`]: how the ionosphere moves.
//! - [`sky`]: which satellites a station should see.
//! - [`site_log`]: what a stream tells of its station against what is known.

pub mod air;
pub mod arcs;
pub mod arrivals;
pub mod latency;
pub mod monitor;
pub mod multipath;
pub mod receiver;
pub mod scatter;
pub mod site_log;
pub mod sky;
pub mod station;
pub mod status;
pub mod summary;
pub mod tally;
pub mod windows;
