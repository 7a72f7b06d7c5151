//! E-mail over SMTP, with TLS unless the configuration says otherwise.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message as Mail822, SmtpTransport, Transport};
use tianshu_station_monitor::alarm::text::{Language, words};

use crate::config::alarm_channel::{MailConfig, Security};
use crate::monitor::channel::{Deliver, Note, Undelivered};

/// For each step of the conversation: servers look up who calls before they greet.
const STEP_MAX: Duration = Duration::from_secs(30);

/// A mail server.
pub(super) struct Mail {
    config: MailConfig,
}

impl Mail {
    /// That server. It is called for each message anew: alarms are rare, and idle connections end.
    pub(super) fn new(config: MailConfig) -> Self {
        Self { config }
    }

    fn transport(&self) -> Result<SmtpTransport, lettre::transport::smtp::Error> {
        let MailConfig { host, port, security, login, .. } = &self.config;
        let builder = match security {
            Security::Tls => SmtpTransport::relay(host)?,
            Security::StartTls => SmtpTransport::starttls_relay(host)?,
            Security::Plain => SmtpTransport::builder_dangerous(host),
        };
        let mut builder = builder.port(*port).timeout(Some(STEP_MAX));
        if let Some((user, password)) = login {
            let password = password.reveal().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(builder.build())
    }

    fn letter(&self, note: &Note, language: Language) -> anyhow::Result<Mail822> {
        let words = words(&note.message, language);
        let mut builder = Mail822::builder().from(self.config.from.parse::<Mailbox>()?);
        for to in &self.config.to {
            builder = builder.to(to.parse::<Mailbox>()?);
        }
        let builder = builder.subject(words.title).header(ContentType::TEXT_PLAIN);
        Ok(builder.body(words.body)?)
    }
}

impl Deliver for Mail {
    fn deliver(&mut self, note: &Note, language: Language) -> Result<(), Undelivered> {
        let letter = self.letter(note, language);
        let letter = letter.map_err(|why| Undelivered::Never(why.to_string()))?;
        let told = |why: lettre::transport::smtp::Error| {
            let said = why.to_string();
            if why.is_permanent() { Undelivered::Never(said) } else { Undelivered::Later(said) }
        };
        self.transport().map_err(told)?.send(&letter).map_err(told)?;
        Ok(())
    }
}
