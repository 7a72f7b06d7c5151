//! A link: when, and whether, bytes that were sent arrive. A pure function of time, bytes and seed.

use bytes::Bytes;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::random::{Key, Stream};

/// What a link is like. Shares are between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkSettings {
    /// Median delay, ms.
    pub median_delay_ms: f64,
    /// Spread of the delay: the standard deviation of its natural logarithm.
    pub delay_spread: f64,
    /// Share of chunks that never arrive.
    pub loss: f64,
    /// Share of chunks that arrive twice.
    pub duplication: f64,
    /// Share of chunks of which only the beginning arrives.
    pub tearing: f64,
    /// Cuts per hour.
    pub cuts_per_hour: f64,
    /// Mean length of a cut, s.
    pub cut_mean_s: f64,
}

/// A link from a station to the service, in use.
#[derive(Clone, Debug)]
pub struct Link {
    settings: LinkSettings,
    random: Stream,
    /// Nothing overtakes: the link is a stream of bytes.
    last_arrival: Option<GpsTime>,
    last_sent: Option<GpsTime>,
    cut_until: Option<GpsTime>,
}

/// Something that comes out of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When.
    pub at: GpsTime,
    /// What.
    pub what: Delivered,
}

/// What comes out of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// Bytes, in the order in which they were sent.
    Bytes(Bytes),
    /// The link breaks: a reader sees the connection end.
    Cut,
    /// The link is there again.
    Restored,
}

impl LinkSettings {
    /// A link that delivers everything at once.
    pub const PERFECT: Self = Self {
        median_delay_ms: 0.0,
        delay_spread: 0.0,
        loss: 0.0,
        duplication: 0.0,
        tearing: 0.0,
        cuts_per_hour: 0.0,
        cut_mean_s: 0.0,
    };

    /// A station on a mobile network: tenths of a second, now and then much more.
    pub const MOBILE: Self = Self {
        median_delay_ms: 120.0,
        delay_spread: 0.5,
        cuts_per_hour: 0.05,
        cut_mean_s: 15.0,
        ..Self::PERFECT
    };
}

impl Link {
    /// A link in order.
    pub fn new(settings: LinkSettings, key: Key) -> Self {
        let random = key.of("link").stream();
        Self { settings, random, last_arrival: None, last_sent: None, cut_until: None }
    }

    /// What comes out of the link because `bytes` were sent at `sent`. Moments of sending do not go back.
    pub fn carry(&mut self, sent: GpsTime, bytes: &Bytes) -> Vec<Delivery> {
        let mut out = Vec::new();
        self.cut(sent, &mut out);
        if self.cut_until.is_some() {
            return out;
        }
        let s = self.settings;
        let delay_ms = s.median_delay_ms * (s.delay_spread * self.random.normal()).exp();
        let [lost, twice, torn] =
            [s.loss, s.duplication, s.tearing].map(|share| self.random.uniform() < share);
        let share = self.random.uniform();
        if lost {
            return out;
        }
        let arrival = sent + Interval::from_seconds_f64(delay_ms * 1e-3);
        let at = self.last_arrival.map_or(arrival, |last| arrival.max(last));
        self.last_arrival = Some(at);
        let arriving = if torn { bytes.slice(..part(bytes.len(), share)) } else { bytes.clone() };
        for _ in 0..=u32::from(twice) {
            out.push(Delivery { at, what: Delivered::Bytes(arriving.clone()) });
        }
        out
    }

    /// Ends a cut, or begins one, by the lot.
    fn cut(&mut self, sent: GpsTime, out: &mut Vec<Delivery>) {
        let span_s = self.last_sent.map_or(0.0, |last| (sent - last).seconds());
        self.last_sent = Some(sent);
        if let Some(until) = self.cut_until.filter(|until| *until <= sent) {
            self.cut_until = None;
            self.last_arrival = Some(until);
            out.push(Delivery { at: until, what: Delivered::Restored });
        }
        let begins = self.random.happens(self.settings.cuts_per_hour / 3_600.0, span_s);
        let lasts_s = self.random.exponential(self.settings.cut_mean_s);
        if begins && self.cut_until.is_none() {
            self.cut_until = Some(sent + Interval::from_seconds_f64(lasts_s));
            let at = self.last_arrival.map_or(sent, |last| sent.max(last));
            out.push(Delivery { at, what: Delivered::Cut });
        }
    }
}

/// So many bytes of `len` that at least one is missing and, if possible, one is left.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share below 1 of a length is a length"
)]
fn part(len: usize, share: f64) -> usize {
    let kept = (len as f64 * share) as usize;
    kept.max(1).min(len.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(settings: LinkSettings, seed: u64) -> Vec<Delivery> {
        let mut link = Link::new(settings, Key::root(seed));
        let start = GpsTime::from_week(2410, Interval::ZERO);
        (0..2_000_u32)
            .flat_map(|i| {
                let sent = start + Interval::from_seconds(i64::from(i));
                link.carry(sent, &Bytes::from(i.to_be_bytes().to_vec()))
            })
            .collect()
    }

    #[test]
    fn a_perfect_link_changes_nothing() {
        let out = through(LinkSettings::PERFECT, 1);
        assert_eq!(out.len(), 2_000);
        assert_eq!(out[7].what, Delivered::Bytes(Bytes::from_static(&[0, 0, 0, 7])));
        assert_eq!(out[7].at, GpsTime::from_week(2410, Interval::from_seconds(7)));
    }

    #[test]
    fn a_bad_link_loses_tears_doubles_and_breaks_but_never_reorders() {
        let bad = LinkSettings {
            loss: 0.1,
            duplication: 0.1,
            tearing: 0.1,
            cuts_per_hour: 30.0,
            cut_mean_s: 10.0,
            ..LinkSettings::MOBILE
        };
        let out = through(bad, 5);
        assert!(out.windows(2).all(|pair| pair[0].at <= pair[1].at), "something overtook");
        let cuts = out.iter().filter(|d| d.what == Delivered::Cut).count();
        let torn =
            out.iter().filter(|d| matches!(&d.what, Delivered::Bytes(b) if b.len() < 4)).count();
        assert!(cuts > 3 && (100..300).contains(&torn), "{cuts} cuts, {torn} torn");
        assert_eq!(out, through(bad, 5), "the same seed");
    }
}
