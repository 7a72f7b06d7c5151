//! The whole program from outside: the real binary on loopback, stations on one side, rovers on the other.
//!
//! Nothing here looks into the program. Ports are free ones, every wait is for a condition and bounded, and
//! where others' software or the recordings of `../shared/data` are missing a test says by name that it was
//! skipped.
//!
//! | module | shows |
//! | --- | --- |
//! | [`relay`] | every way in, every way out, byte for byte |
//! | [`clients`] | RTKLIB, pygnssutils and gpsd read and upload |
//! | [`nearest`] | the nearest station serves, and another one when it dies |
//! | [`monitor`] | who is told when a station dies |
//! | [`vrs`] | a virtual station at the rover's place, when the network is solved |
//! | [`products`] | MAC and FKP for receivers of the old school |
//! | [`hostile`], [`refusals`] | streams and peers that are broken |
//! | [`configurations`] | configurations that are broken |
//! | [`reload_and_stop`] | SIGHUP and SIGTERM |
//! | [`commands`] | the other commands |
//! | [`accounts`] | accounts of a store, made and changed while rovers stream |
//! | [`archive`] | what stations send, kept and taken out |
//! | [`page`], [`page_why`], [`page_rovers`] | the operators' page: rights, secrets, figures, why a rover has no fix, and rovers that judge the service |
//! | [`proxies`] | the PROXY protocol, and IPv6 |
//! | [`tls`] | NTRIP over TLS, as caster and as client |

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod archive;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod configurations;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod monitor;
#[cfg(test)]
mod nearest;
#[cfg(test)]
mod page;
#[cfg(test)]
mod page_rovers;
mod page_virtual;
#[cfg(test)]
mod page_why;
#[cfg(test)]
#[path = "../../../caster/tests/accounts/postgres_cluster.rs"]
mod postgres_cluster;
#[cfg(test)]
mod products;
#[cfg(test)]
mod program;
#[cfg(test)]
mod proxies;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod reload_and_stop;
#[cfg(test)]
mod rover;
#[cfg(test)]
mod service;
#[cfg(test)]
mod station;
#[cfg(test)]
mod stream;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod vrs;
