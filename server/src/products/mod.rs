//! Master stations with what their network adds: MAC and FKP, for receivers that make a virtual station by themselves.

pub(crate) mod frames;
pub(crate) mod source;
pub(crate) mod stream;

#[cfg(test)]
mod tests;
