//! Webhooks in the form of Prometheus' Alertmanager, version 4, which most tools for alarms read.

use tianshu_ntrip::credentials::Secret;
use tianshu_station_monitor::alarm::text::Language;

use crate::json::alarms::webhook;
use crate::monitor::channel::http::Http;
use crate::monitor::channel::{Deliver, Note, Undelivered};

/// A webhook.
pub(super) struct Webhook {
    name: String,
    url: String,
    token: Option<Secret>,
    http: Http,
}

impl Webhook {
    /// To that address.
    pub(super) fn new(name: String, url: String, token: Option<Secret>) -> Self {
        Self { name, url, token, http: Http::new() }
    }
}

impl Deliver for Webhook {
    fn deliver(&mut self, note: &Note, language: Language) -> Result<(), Undelivered> {
        let body = webhook(&note.message, &self.name, language).to_string();
        let token = self.token.as_ref().map(Secret::reveal);
        self.http.post(&self.url, token, &body).map(drop)
    }
}
