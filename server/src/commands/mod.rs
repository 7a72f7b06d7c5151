//! The commands of the program, one file each.

pub(crate) mod archive;
pub(crate) mod check;
pub(crate) mod decode;
pub(crate) mod demo;
mod export;
pub(crate) mod load;
pub(crate) mod network;
pub(crate) mod openapi;
pub(crate) mod quality;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod simulate;
pub(crate) mod sitelogs;
pub(crate) mod solve;
pub(crate) mod user;
pub(crate) mod virtual_rinex;
