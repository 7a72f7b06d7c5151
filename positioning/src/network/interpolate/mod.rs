//! Fields between the stations: what the stations measured, brought to any place, with an honest sigma.
//!
//! Values are normalised to the zenith before ([`shell`]). Weights depend on places alone, so one set serves all satellites that the
//! same stations see ([`kriging::WeightCache`]).

pub mod calibration;
pub mod covariance;
pub mod extent;
pub mod fit;
pub mod kriging;
pub mod leave_one_out;
pub mod shell;
pub mod surface;
pub mod wave;

#[cfg(test)]
mod tests;
