//! Robots of DingTalk (钉钉): a text into a group, signed where the robot asks for it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use tianshu_ntrip::credentials::Secret;
use tianshu_station_monitor::alarm::text::{Language, words};

use crate::json::alarms::{robot_answer, robot_text};
use crate::monitor::channel::http::Http;
use crate::monitor::channel::wecom::{PAUSE, shortened};
use crate::monitor::channel::{Deliver, Note, Undelivered};

/// What a message may have (DingTalk's documentation of custom robots: 20 000 bytes).
const BYTES_MAX: usize = 16_000;
/// The answers' codes for too many messages and a busy system (the same documentation).
const PASSING: [i64; 2] = [130_101, -1];

/// A robot.
pub(super) struct DingTalk {
    url: Secret,
    secret: Option<Secret>,
    http: Http,
}

impl DingTalk {
    /// At that address, which holds its token.
    pub(super) fn new(url: Secret, secret: Option<Secret>) -> Self {
        Self { url, secret, http: Http::new() }
    }
}

impl Deliver for DingTalk {
    fn deliver(&mut self, note: &Note, language: Language) -> Result<(), Undelivered> {
        let words = words(&note.message, language);
        let text = shortened(&format!("{}\n{}", words.title, words.body), BYTES_MAX);
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let url = match &self.secret {
            Some(secret) => signed(self.url.reveal(), secret.reveal(), since_1970.as_millis()),
            None => self.url.reveal().to_owned(),
        };
        let answer = self.http.post(&url, None, &robot_text(&text).to_string())?;
        robot_answer(&answer, &PASSING)
    }

    fn pause(&self) -> Duration {
        PAUSE
    }
}

/// The address with the time and the signature: HMAC-SHA256 of the time, a line feed and the secret, keyed by the secret, in base64.
pub(super) fn signed(url: &str, secret: &str, posix_ms: u128) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{posix_ms}\n{secret}").as_bytes());
    let sign = STANDARD.encode(tag.as_ref());
    // Of base64's letters these three mean something in an address.
    let sign = sign.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}timestamp={posix_ms}&sign={sign}")
}
