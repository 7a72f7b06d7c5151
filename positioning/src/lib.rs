//! From observations to places.
//!
//! - [`model`]: what lies between a satellite and an antenna: range, troposphere, ionosphere, noise.
//! - [`signals`]: which of a satellite's signals to use.
//! - [`track`]: a receiver's satellites with their states at transmission.
//! - [`spp`]: single point positioning.
//! - [`ambiguity`]: integers from real numbers.
//! - [`rtk`]: the reference rover: one baseline, float and fixed.
//! - [`network`]: many stations together: their shape, and the fields between them.
//! - [`vrs`]: virtual reference stations from what the network knows.
//! - [`pos_format`]: solutions in the columns of RTKLIB's `.pos` files.
//!
//! Nothing here performs IO, reads a clock or draws a random number.

pub mod ambiguity;
pub mod model;
pub mod network;
pub mod pos_format;
pub mod rtk;
pub mod signals;
pub mod spp;
pub mod track;
pub mod vrs;
