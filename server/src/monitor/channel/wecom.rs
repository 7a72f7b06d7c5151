//! Robots of WeCom (企业微信): a text into a group.

use std::time::Duration;

use tianshu_ntrip::credentials::Secret;
use tianshu_station_monitor::alarm::text::{Language, words};

use crate::json::alarms::{robot_answer, robot_text};
use crate::monitor::channel::http::Http;
use crate::monitor::channel::{Deliver, Note, Undelivered};

/// What a text may have (WeCom's documentation of group robots: 2048 bytes).
const BYTES_MAX: usize = 2_048;
/// Robots take 20 messages a minute at most.
pub(super) const PAUSE: Duration = Duration::from_secs(3);
/// The answer's code for too many messages (WeCom's list of global error codes); it passes, and -1, the system is busy, too.
const PASSING: [i64; 2] = [45_009, -1];

/// A robot.
pub(super) struct WeCom {
    url: Secret,
    http: Http,
}

impl WeCom {
    /// At that address, which holds its key.
    pub(super) fn new(url: Secret) -> Self {
        Self { url, http: Http::new() }
    }
}

impl Deliver for WeCom {
    fn deliver(&mut self, note: &Note, language: Language) -> Result<(), Undelivered> {
        let words = words(&note.message, language);
        let text = shortened(&format!("{}\n{}", words.title, words.body), BYTES_MAX);
        let answer = self.http.post(self.url.reveal(), None, &robot_text(&text).to_string())?;
        robot_answer(&answer, &PASSING)
    }

    fn pause(&self) -> Duration {
        PAUSE
    }
}

/// The beginning of a text that has at most so many bytes.
pub(super) fn shortened(text: &str, bytes_max: usize) -> String {
    text[..text.floor_char_boundary(bytes_max)].to_owned()
}
