//! Files for researchers in the service: made of the archive by a thread of their own, hour by hour and day by day, and downloaded.

pub(crate) mod download;
mod rights;
pub(crate) mod service;
pub(crate) mod source;
#[cfg(test)]
mod tests;
mod worker;
