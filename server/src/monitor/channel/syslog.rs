//! Syslog as RFC 5424 writes it, over UDP (RFC 5426) or TCP (RFC 6587, with counted octets).

use std::io::Write;
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use tianshu_gnss::time::utc::Utc;
use tianshu_station_monitor::alarm::group::Says;
use tianshu_station_monitor::alarm::kind::Severity;
use tianshu_station_monitor::alarm::text::{Language, words};

use crate::address::Host;
use crate::monitor::channel::wecom::shortened;
use crate::monitor::channel::{Deliver, Note, Undelivered};

/// What every receiver should take (RFC 5424, section 6.1: 2048 octets).
const BYTES_MAX: usize = 2_048;
/// For a connection, and for each write.
const STEP_MAX: Duration = Duration::from_secs(5);
/// The facility local0 (RFC 5424, table 1).
const LOCAL0: u8 = 16;

/// A syslog server.
pub(super) struct Syslog {
    server: Host,
    over_tcp: bool,
}

impl Syslog {
    /// That server.
    pub(super) fn new(server: Host, over_tcp: bool) -> Self {
        Self { server, over_tcp }
    }

    fn send(&self, line: &str) -> std::io::Result<()> {
        let mut addresses = (self.server.name.as_str(), self.server.port).to_socket_addrs()?;
        let nowhere = || std::io::Error::new(std::io::ErrorKind::NotFound, "it has no address");
        let address = addresses.next().ok_or_else(nowhere)?;
        if self.over_tcp {
            let mut socket = TcpStream::connect_timeout(&address, STEP_MAX)?;
            socket.set_write_timeout(Some(STEP_MAX))?;
            socket.write_all(format!("{} {line}", line.len()).as_bytes())
        } else {
            let here = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            UdpSocket::bind(here)?.send_to(line.as_bytes(), address).map(drop)
        }
    }
}

impl Deliver for Syslog {
    fn deliver(&mut self, note: &Note, language: Language) -> Result<(), Undelivered> {
        let line = line(note, language);
        self.send(&line).map_err(|why| Undelivered::Later(why.to_string()))
    }
}

/// The message as one line.
pub(super) fn line(note: &Note, language: Language) -> String {
    let message = &note.message;
    // RFC 5424, table 2.
    let severity = match (message.says, message.kind.severity()) {
        (Says::Resolved, _) => 6,
        (_, Severity::Critical) => 2,
        (_, Severity::Warning) => 4,
        (_, Severity::Notice) => 5,
    };
    let c = Utc::from(note.at).civil();
    let time = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    );
    let words = words(message, language);
    let text = format!("{}; {}", words.title, words.body.trim().replace('\n', "; "));
    let head = format!(
        "<{}>1 {time} - tianshu - {} - \u{feff}",
        LOCAL0 * 8 + severity,
        message.kind.name()
    );
    shortened(&format!("{head}{text}"), BYTES_MAX)
}
