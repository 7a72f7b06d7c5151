//! Channels: each a thread with a bounded queue and bounded retries, so that one that hangs delays no other.

mod dingtalk;
pub(crate) mod http;
mod mail;
mod syslog;
#[cfg(test)]
mod tests;
mod webhook;
mod wecom;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tianshu_gnss::time::gps::GpsTime;
use tianshu_station_monitor::alarm::group::Message;
use tianshu_station_monitor::alarm::kind::Severity;
use tianshu_station_monitor::alarm::text::Language;

use crate::config::alarm_channel::{ChannelConfig, Way};
use crate::monitor::view::ChannelState;

/// Messages that wait for a channel: an outage of the channel of ten minutes with a message every ten seconds.
const WAITING_MAX: usize = 64;
/// A message that could not be delivered for so long is given up: what it said is old by then, and the next one says what is true.
const GIVE_UP_AFTER: Duration = Duration::from_mins(10);
/// The first wait before a message is tried again; it doubles with every try,
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// up to this.
const RETRY_LONGEST: Duration = Duration::from_mins(1);
/// The longest sleep between two looks at the wish to stop.
const NAP: Duration = Duration::from_millis(100);

/// A message on its way.
#[derive(Clone, Debug)]
struct Note {
    message: Arc<Message>,
    at: GpsTime,
}

/// What a channel does with a message.
trait Deliver: Send {
    /// Delivers it in that language.
    fn deliver(&mut self, note: &Note, language: Language) -> Result<(), Undelivered>;

    /// The least time between two messages.
    fn pause(&self) -> Duration {
        Duration::ZERO
    }
}

/// Why a message was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undelivered {
    /// It may be later.
    #[error("{0}")]
    Later(String),
    /// It never will: a person has to look at the configuration.
    #[error("{0}")]
    Never(String),
}

/// All channels.
pub(super) struct Channels(Vec<Channel>);

/// The sending end of one.
struct Channel {
    name: String,
    severity_min: Severity,
    notes: SyncSender<Note>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    delivered: AtomicU64,
    given_up: AtomicU64,
    stop: AtomicBool,
}

impl Channels {
    /// Starts the threads.
    pub(super) fn start(configs: &[ChannelConfig]) -> anyhow::Result<Self> {
        let mut all = Vec::new();
        for config in configs {
            let (notes, waiting) = sync_channel(WAITING_MAX);
            let counts = Arc::new(Counts::default());
            let worker = Courier {
                name: config.name.clone(),
                language: config.language,
                counts: Arc::clone(&counts),
                way: way(config),
            };
            std::thread::Builder::new()
                .name(format!("alarm {}", config.name).chars().take(15).collect())
                .spawn(move || worker.run(&waiting))?;
            let (name, severity_min) = (config.name.clone(), config.severity_min);
            all.push(Channel { name, severity_min, notes, counts });
        }
        Ok(Self(all))
    }

    /// Tells everybody who wants to know; the log always.
    pub(super) fn tell(&self, message: &Arc<Message>, at: GpsTime) {
        let words = tianshu_station_monitor::alarm::text::words(message, Language::English);
        tracing::warn!("alarm: {}; {}", words.title, words.body.trim().replace('\n', "; "));
        for channel in &self.0 {
            if message.kind.severity() < channel.severity_min {
                continue;
            }
            let note = Note { message: Arc::clone(message), at };
            if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) =
                channel.notes.try_send(note)
            {
                channel.counts.given_up.fetch_add(1, Ordering::Relaxed);
                tracing::error!(channel = channel.name, "its queue is full: a message is given up");
            }
        }
    }

    /// How they do.
    pub(super) fn states(&self) -> Vec<ChannelState> {
        let state = |channel: &Channel| ChannelState {
            name: channel.name.clone(),
            delivered: channel.counts.delivered.load(Ordering::Relaxed),
            given_up: channel.counts.given_up.load(Ordering::Relaxed),
        };
        self.0.iter().map(state).collect()
    }

    /// Ends them: what is being sent may end, what waits is given up.
    pub(super) fn stop(self) {
        for channel in &self.0 {
            channel.counts.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn way(config: &ChannelConfig) -> Box<dyn Deliver> {
    match &config.way {
        Way::Mail(mail) => Box::new(mail::Mail::new(mail.clone())),
        Way::Webhook { url, token } => {
            Box::new(webhook::Webhook::new(config.name.clone(), url.clone(), token.clone()))
        }
        Way::WeCom { url } => Box::new(wecom::WeCom::new(url.clone())),
        Way::DingTalk { url, secret } => {
            Box::new(dingtalk::DingTalk::new(url.clone(), secret.clone()))
        }
        Way::Syslog { server, over_tcp } => {
            Box::new(syslog::Syslog::new(server.clone(), *over_tcp))
        }
    }
}

/// A channel's thread.
struct Courier {
    name: String,
    language: Language,
    counts: Arc<Counts>,
    way: Box<dyn Deliver>,
}

impl Courier {
    fn run(mut self, waiting: &Receiver<Note>) {
        while let Ok(note) = waiting.recv() {
            if self.stops() {
                return;
            }
            match self.deliver(&note) {
                Ok(()) => {
                    self.counts.delivered.fetch_add(1, Ordering::Relaxed);
                }
                Err(why) => {
                    self.counts.given_up.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(channel = self.name, "a message is given up: {why}");
                }
            }
            self.sleep(self.way.pause());
        }
    }

    /// Tries until it is delivered, hopeless, or old.
    fn deliver(&mut self, note: &Note) -> Result<(), Undelivered> {
        let begun = Instant::now();
        let mut wait = RETRY_FIRST;
        loop {
            match self.way.deliver(note, self.language) {
                Err(Undelivered::Later(why))
                    if begun.elapsed() + wait < GIVE_UP_AFTER && !self.stops() =>
                {
                    tracing::warn!(channel = self.name, again_in = ?wait, "not delivered: {why}");
                    self.sleep(wait);
                    wait = (2 * wait).min(RETRY_LONGEST);
                }
                done => return done,
            }
        }
    }

    fn sleep(&self, span: Duration) {
        let begun = Instant::now();
        while !self.stops() && begun.elapsed() < span {
            std::thread::sleep(NAP.min(span));
        }
    }

    fn stops(&self) -> bool {
        self.counts.stop.load(Ordering::Relaxed)
    }
}
