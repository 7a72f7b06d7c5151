//! The caster's counters.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows, counted from many threads.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, count: u64) {
        // Nothing else is ordered by a counter.
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it says.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters as sessions count.
        #[derive(Debug, Default)]
        pub struct Counters { $($(#[$doc])* pub $name: Counter,)* }

        /// What the counters say at one moment, and the sessions of that moment.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct CasterStats {
            $($(#[$doc])* pub $name: u64,)*
            /// Connections at this moment.
            pub connections: u64,
            /// Rovers that are served at this moment.
            pub rovers: u64,
            /// Stations that upload at this moment.
            pub uploads: u64,
        }

        impl Counters {
            /// What they say.
            pub fn snapshot(&self) -> CasterStats {
                CasterStats { $($name: self.$name.get(),)* ..CasterStats::default() }
            }
        }
    };
}

counters! {
    /// Connections that were accepted.
    connections_accepted,
    /// Connections closed at once because a limit was reached.
    connections_over_limit,
    /// Connections closed because no whole request or TLS handshake came in time.
    handshakes_too_slow,
    /// TLS handshakes that failed.
    tls_failed,
    /// TLS hellos on a port without TLS.
    tls_on_plain_port,
    /// Connections whose bytes were no request.
    not_requests,
    /// Sourcetables sent, those for unknown mountpoints included.
    tables_sent,
    /// Rovers let in.
    rover_logins,
    /// Stations let in.
    station_logins,
    /// Logins refused for their credentials.
    logins_failed,
    /// Logins refused because their account, or their address, guessed too often.
    logins_locked_out,
    /// Logins told to try later because too many passwords waited to be verified.
    logins_too_busy,
    /// Sessions that made room for a newer one of their account.
    sessions_displaced,
    /// Connections of proxies without a header, or of strangers at a listener for proxies.
    proxies_refused,
    /// Requests refused for any other reason.
    requests_refused,
    /// Frames sent to rovers.
    frames_sent,
    /// Bytes of frames sent to rovers.
    bytes_sent,
    /// Whole frames dropped because their rover did not keep up.
    frames_dropped,
    /// Rovers let go because they took no bytes.
    slow_rovers_let_go,
    /// Bytes received in uploads.
    upload_bytes,
    /// Session events that nobody took.
    events_dropped,
}
