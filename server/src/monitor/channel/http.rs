//! Calls over HTTP, with TLS where the address says so: a request, a short answer, and a bound on everything.

use std::time::Duration;

use ureq::Agent;

use crate::monitor::channel::Undelivered;

/// From the first look-up of the name to the last byte of the answer.
const CALL_MAX: Duration = Duration::from_secs(10);
/// What is read of an answer: those of robots have some hundred bytes.
const ANSWER_BYTES_MAX: u64 = 16 * 1024;

/// A client.
pub(crate) struct Http(Agent);

impl Http {
    /// A client that follows no redirections: an alarm goes where the configuration says, or nowhere.
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(CALL_MAX))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        Self(config.into())
    }

    /// Calls an address.
    pub(crate) fn get(&self, url: &str) -> Result<(), Undelivered> {
        let answer = self.0.get(url).call().map_err(|why| later(&why))?;
        judge(answer.status().as_u16())
    }

    /// Sends a JSON text. Tells what came back.
    pub(crate) fn post(
        &self,
        url: &str,
        token: Option<&str>,
        json: &str,
    ) -> Result<String, Undelivered> {
        let mut request = self.0.post(url).header("Content-Type", "application/json");
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut answer = request.send(json).map_err(|why| later(&why))?;
        judge(answer.status().as_u16())?;
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        body.map_err(|why| later(&why))
    }
}

/// An error's words. The address is not among them: it may hold a robot's key.
fn later(why: &ureq::Error) -> Undelivered {
    Undelivered::Later(match why {
        ureq::Error::BadUri(_) => "its address cannot be called".to_owned(),
        other => other.to_string(),
    })
}

/// Whether a status says that it was taken. Too many requests and the server's own troubles pass.
fn judge(status: u16) -> Result<(), Undelivered> {
    match status {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500..=599 => Err(Undelivered::Later(format!("HTTP status {status}"))),
        _ => Err(Undelivered::Never(format!("HTTP status {status}"))),
    }
}
