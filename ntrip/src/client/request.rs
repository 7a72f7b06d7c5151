//! What is asked of a caster, and the exact bytes that ask it.

use crate::credentials::Credentials;
use crate::head::header_value;
use crate::mountpoint::Mountpoint;
use crate::nmea::gga::Gga;
use crate::version::NtripVersion;

/// What we call ourselves. Casters of NTRIP 1 refuse agents that do not begin with `NTRIP` (docs/ntrip-in-the-field.md, note 4).
pub const USER_AGENT: &str = concat!("NTRIP Tianshu/", env!("CARGO_PKG_VERSION"));

/// Which version to speak to a caster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VersionChoice {
    /// NTRIP 1.
    V1,
    /// NTRIP 2; an ICY answer to a GET is taken nevertheless.
    V2,
    /// NTRIP 2 first; when the answer says that the caster does not know it, NTRIP 1 on a new connection.
    #[default]
    Auto,
}

impl VersionChoice {
    /// The version of the first request.
    pub fn first(self) -> NtripVersion {
        match self {
            Self::V1 => NtripVersion::V1,
            Self::V2 | Self::Auto => NtripVersion::V2,
        }
    }
}

/// A caster, as its client knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Caster {
    /// Host name or address; an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Which version to speak.
    pub version: VersionChoice,
    /// Who we are there. A SOURCE upload uses the password alone.
    pub credentials: Option<Credentials>,
}

/// What to do at a caster.
#[derive(Clone, Debug, PartialEq)]
pub enum Errand {
    /// Pull a stream.
    Pull {
        /// Which.
        mountpoint: Mountpoint,
        /// Where we are, for the `Ntrip-GGA` header of NTRIP 2. In NTRIP 1 send [`gga_line`] once accepted.
        gga: Option<Gga>,
    },
    /// Push a stream.
    Push {
        /// Under which name.
        mountpoint: Mountpoint,
        /// The line proposed for the sourcetable, or nothing.
        str_line: Option<String>,
    },
    /// Fetch the sourcetable.
    Table {
        /// What stands behind `?`, or nothing for the whole.
        query: Option<String>,
    },
}

/// The position as it is sent upstream on an accepted stream, in either version: a line with its end.
pub fn gga_line(gga: &Gga) -> Vec<u8> {
    format!("{gga}\r\n").into_bytes()
}

/// The request, to be sent in one write. `Host` and `Accept` stand in NTRIP 1 too: a Trimble caster did not answer
/// without them (docs/ntrip-in-the-field.md, note 41).
pub(crate) fn write(caster: &Caster, errand: &Errand, version: NtripVersion) -> Vec<u8> {
    let (method, target) = match (errand, version) {
        (Errand::Push { mountpoint, str_line }, NtripVersion::V1) => {
            return source(caster, mountpoint, str_line.as_deref());
        }
        (Errand::Push { mountpoint, .. }, NtripVersion::V2) => ("POST", format!("/{mountpoint}")),
        (Errand::Pull { mountpoint, .. }, _) => ("GET", format!("/{mountpoint}")),
        (Errand::Table { query: None }, _) => ("GET", "/".to_owned()),
        (Errand::Table { query: Some(query) }, _) => {
            ("GET", format!("/?{}", without_spaces(query)))
        }
    };
    let v2 = version == NtripVersion::V2;
    let protocol = if v2 { "HTTP/1.1" } else { "HTTP/1.0" };
    let mut lines =
        vec![format!("{method} {target} {protocol}"), format!("Host: {}", authority(caster))];
    if v2 {
        lines.push("Ntrip-Version: Ntrip/2.0".to_owned());
    }
    lines.push(format!("User-Agent: {USER_AGENT}"));
    if let Some(credentials) = &caster.credentials {
        lines.push(format!("Authorization: {}", credentials.to_header()));
    }
    match errand {
        Errand::Pull { gga: Some(gga), .. } if v2 => lines.push(format!("Ntrip-GGA: {gga}")),
        Errand::Push { str_line, .. } => {
            lines.extend(str_line.iter().map(|line| format!("Ntrip-STR: {}", header_value(line))));
            lines.push("Content-Type: gnss/data".to_owned());
            lines.push("Transfer-Encoding: chunked".to_owned());
        }
        _ => {}
    }
    lines.push("Accept: */*".to_owned());
    lines.push("Connection: close".to_owned());
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

/// An upload of NTRIP 1, in the form that every caster takes: with the slash, without a protocol (docs/ntrip-in-the-field.md, note 21).
fn source(caster: &Caster, mountpoint: &Mountpoint, str_line: Option<&str>) -> Vec<u8> {
    let password = caster.credentials.as_ref().map(|known| known.password().reveal());
    let password = header_value(password.unwrap_or_default());
    let str_line = header_value(str_line.unwrap_or_default());
    format!(
        "SOURCE {password} /{mountpoint}\r\nSource-Agent: {USER_AGENT}\r\nSTR: {str_line}\r\n\r\n"
    )
    .into_bytes()
}

fn authority(caster: &Caster) -> String {
    let host = header_value(&caster.host);
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    format!("{host}:{}", caster.port)
}

/// A query without what would end the request line.
fn without_spaces(query: &str) -> String {
    header_value(query).replace(' ', "%20")
}
