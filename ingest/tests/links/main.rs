//! Links against real sockets on loopback: what each shell puts on the bus.
#![expect(clippy::unwrap_used, reason = "a panic here is the test's verdict")]
#![expect(clippy::print_stdout, reason = "a test says what it skipped and how much it compared")]

mod ntrip;
mod peers;
mod raw;
mod recordings;
mod tls;
