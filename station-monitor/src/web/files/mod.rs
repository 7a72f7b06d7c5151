//! The archive's files for download: plain HTTP that browsers, `curl -C -` and `wget -m` know.
//!
//! - [`path`] says which file a request means, [`conditions`] what of it is to be sent, [`date`] reads and writes HTTP's dates.
//! - [`index`] lists a folder, [`search`] finds files over all folders.
//! - [`rights`] is who may have what; the caller decides.
//! - [`answer`] puts them together.

pub mod answer;
pub mod conditions;
pub mod date;
pub mod index;
pub mod path;
pub mod rights;
pub mod search;
