//! `[[alarm_channel]]`: where alarms go.

use std::path::Path;

use tianshu_ntrip::credentials::Secret;
use tianshu_station_monitor::alarm::kind::Severity;
use tianshu_station_monitor::alarm::text::Language;

use crate::address::Host;
use crate::config::document::unnamed;
use crate::config::secret;
use crate::config::section::Section;

/// A channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChannelConfig {
    /// Its name, for the log.
    pub name: String,
    /// How it is reached.
    pub way: Way,
    /// In which language it is told.
    pub language: Language,
    /// What is less severe is not told.
    pub severity_min: Severity,
}

/// The ways of telling.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Way {
    /// By e-mail.
    Mail(MailConfig),
    /// By a POST in the form of Alertmanager's webhooks.
    Webhook {
        /// Where.
        url: String,
        /// A token that is sent as `Authorization: Bearer`.
        token: Option<Secret>,
    },
    /// By a robot of WeCom.
    WeCom {
        /// Its address, with the key.
        url: Secret,
    },
    /// By a robot of DingTalk.
    DingTalk {
        /// Its address, with the token.
        url: Secret,
        /// By which what is sent is signed, where the robot asks for it.
        secret: Option<Secret>,
    },
    /// To a syslog server.
    Syslog {
        /// Where.
        server: Host,
        /// Over TCP instead of UDP.
        over_tcp: bool,
    },
}

/// A mail server and who writes to whom.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MailConfig {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub security: Security,
    /// As whom.
    pub login: Option<(String, Secret)>,
    /// Whom it is from.
    pub from: String,
    /// Whom it is for.
    pub to: Vec<String>,
}

/// How a connection to a mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting in clear text; without it nothing is sent.
    StartTls,
    /// Not at all.
    Plain,
}

#[derive(Clone, Copy)]
enum Kind {
    Mail,
    Webhook,
    WeCom,
    DingTalk,
    Syslog,
}

/// The ways as they are written.
const KINDS: [(&str, Kind); 5] = [
    ("mail", Kind::Mail),
    ("webhook", Kind::Webhook),
    ("wecom", Kind::WeCom),
    ("dingtalk", Kind::DingTalk),
    ("syslog", Kind::Syslog),
];

/// The severities as they are written.
const SEVERITIES: [(&str, Severity); 3] = [
    ("notice", Severity::Notice),
    ("warning", Severity::Warning),
    ("critical", Severity::Critical),
];

/// The ports of submission with TLS (RFC 8314) and with STARTTLS (RFC 6409), and of plain SMTP.
const fn usual_port(security: Security) -> u64 {
    match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::Plain => 25,
    }
}

/// Reads one table.
pub(crate) fn read(mut section: Section<'_>, folder: &Path) -> ChannelConfig {
    let name = section.required("name", |s| s.text("name"));
    let kind = section.required("kind", |s| s.word("kind", &KINDS));
    let languages = [("zh", Language::Chinese), ("en", Language::English)];
    let language = section.word("language", &languages).unwrap_or(Language::Chinese);
    let severity_min = section.word("severity_min", &SEVERITIES).unwrap_or(Severity::Notice);
    let way = match kind {
        Some(Kind::Mail) => mail(&mut section, folder),
        Some(Kind::Webhook) => {
            let url = section.required("url", |s| web_address(s, "url"));
            let token = secret::read(&mut section, folder);
            url.map(|url| Way::Webhook { url, token })
        }
        Some(Kind::WeCom) => {
            let url = section.required("url", |s| web_address(s, "url"));
            url.map(|url| Way::WeCom { url: Secret::new(url) })
        }
        Some(Kind::DingTalk) => {
            let url = section.required("url", |s| web_address(s, "url"));
            let secret = secret::read(&mut section, folder);
            url.map(|url| Way::DingTalk { url: Secret::new(url), secret })
        }
        Some(Kind::Syslog) => {
            let transports = [("udp", false), ("tcp", true)];
            let over_tcp = section.word("transport", &transports).unwrap_or(false);
            let server = section.required("address", |s| s.parsed::<Host>("address"));
            server.map(|found| Way::Syslog { server: found.value, over_tcp })
        }
        None => None,
    };
    let at = section.place();
    let name = name.map_or_else(|| unnamed(&at), |found| found.value.to_owned());
    if kind.is_some() {
        section.close();
    }
    // What could not be read is a fault already; something possible takes its place.
    let nowhere = Way::Webhook { url: "http://localhost/".to_owned(), token: None };
    ChannelConfig { name, way: way.unwrap_or(nowhere), language, severity_min }
}

fn mail(section: &mut Section<'_>, folder: &Path) -> Option<Way> {
    let securities =
        [("tls", Security::Tls), ("starttls", Security::StartTls), ("plain", Security::Plain)];
    let host = section.required("host", |s| s.text("host"));
    let security = section.word("security", &securities).unwrap_or(Security::Tls);
    let port = section.integer_or("port", 1..=65_535, usual_port(security));
    let user = section.text("user").map(|found| found.value.to_owned());
    let login = user.map(|user| (user, secret::required(section, folder)));
    let from = section.required("from", |s| s.parsed::<MailAddress>("from"));
    let to = section.required("to", |s| s.list::<MailAddress>("to")).unwrap_or_default();
    let at = section.place();
    if to.is_empty() {
        section.complain(&at, "a mail channel writes to somebody: to = [\"ops@example.cn\"]");
    }
    Some(Way::Mail(MailConfig {
        host: host?.value.to_owned(),
        port: u16::try_from(port).unwrap_or(u16::MAX),
        security,
        login,
        from: from?.value.0,
        to: to.into_iter().map(|found| found.value.0).collect(),
    }))
}

/// An address of e-mail, with or without a name before it.
struct MailAddress(String);

impl std::str::FromStr for MailAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<lettre::message::Mailbox>() {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(why) => Err(format!("{text:?} is no mail address: {why}")),
        }
    }
}

/// An address of the web.
pub(crate) fn web_address(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    let found = section.text(key)?;
    let is_one = found.value.parse::<ureq::http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|h| !h.is_empty())
    });
    if !is_one {
        section
            .complain(&found.at, format!("{key} begins with http:// or https:// and names a host"));
    }
    is_one.then(|| found.value.to_owned())
}
