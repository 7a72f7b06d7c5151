//! The caster on the loopback: real sockets, port 0, every wait bounded.

#[cfg(test)]
mod movement;
#[cfg(test)]
mod races;
#[cfg(test)]
mod rovers;
#[cfg(test)]
mod support;
