//! The watch over a rover's positions: what it tells of its fix, and what is odd in how it tells it. Pure: it is told the time.

use std::time::Duration;

use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::nmea::gga::Gga;

/// A rover's position is reported to the operators at most so often, however often it is told.
pub const POSITION_EVERY: Duration = Duration::from_secs(30);
/// A change of the fix quality is reported at most so often: a rover at the edge of a fix changes every second.
pub const QUALITY_EVERY: Duration = Duration::from_secs(5);
/// Without a position for so long a rover counts as silent: three times what the most patient rovers keep (docs/ntrip-in-the-field.md
/// tells of intervals up to a minute).
pub const SILENT_AFTER: Duration = Duration::from_mins(3);
/// More positions than so many within [`RATE_OVER`] are more than anybody needs: five a second.
pub const RATE_MAX: u32 = 50;
/// Over so long the rate is counted.
pub const RATE_OVER: Duration = Duration::from_secs(10);
/// The quality of a GGA that means fixed integers (NMEA 0183, sentence GGA).
const FIXED: u8 = 4;

/// What the watch saw in a position, or in its absence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// The first sentence at all.
    First,
    /// It is time to tell the operators where the rover is.
    Due,
    /// The first sentence that says fixed.
    FirstFix,
    /// Another fix quality than was told last.
    Quality {
        /// What was told last.
        from: u8,
        /// What it is now.
        to: u8,
    },
    /// More than [`RATE_MAX`] positions within [`RATE_OVER`]; seen once in a session.
    TooOften,
    /// No position for [`SILENT_AFTER`]; seen once until one comes.
    Silent,
}

/// What is remembered of a rover's positions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watch {
    heard: Option<Uptime>,
    /// Since when positions are counted, and how many came.
    counted: Option<(Uptime, u32)>,
    is_hasty: bool,
    reported: Option<Uptime>,
    quality: Option<(Uptime, u8)>,
    was_fixed: bool,
    is_silent: bool,
}

impl Watch {
    /// The rover tells a position. What is to be told of it, in order; at most four things.
    pub fn on_position(&mut self, gga: &Gga, now: Uptime) -> Vec<Seen> {
        let mut seen = Vec::new();
        if self.heard.is_none() {
            seen.push(Seen::First);
            self.reported = Some(now);
        } else if self.reported.is_none_or(|last| now - last >= POSITION_EVERY) {
            seen.push(Seen::Due);
            self.reported = Some(now);
        }
        self.heard = Some(now);
        self.is_silent = false;
        if gga.quality == FIXED && !self.was_fixed {
            self.was_fixed = true;
            seen.push(Seen::FirstFix);
        }
        seen.extend(self.quality_of(gga, now));
        seen.extend(self.rate_at(now));
        seen
    }

    fn quality_of(&mut self, gga: &Gga, now: Uptime) -> Option<Seen> {
        let to = gga.quality;
        match self.quality {
            None => {
                self.quality = Some((now, to));
                None
            }
            Some((last, from)) if from != to && now - last >= QUALITY_EVERY => {
                self.quality = Some((now, to));
                Some(Seen::Quality { from, to })
            }
            Some(_) => None,
        }
    }

    fn rate_at(&mut self, now: Uptime) -> Option<Seen> {
        let (since, count) =
            self.counted.filter(|(since, _)| now - *since < RATE_OVER).unwrap_or((now, 0));
        self.counted = Some((since, count + 1));
        let is_new = count >= RATE_MAX && !self.is_hasty;
        self.is_hasty |= is_new;
        is_new.then_some(Seen::TooOften)
    }

    /// When it counts as silent if it tells no position until then.
    pub fn silent_at(&self) -> Option<Uptime> {
        self.heard.filter(|_| !self.is_silent).map(|heard| heard + SILENT_AFTER)
    }

    /// Time passes.
    pub fn on_time(&mut self, now: Uptime) -> Option<Seen> {
        let heard = self.heard?;
        if self.is_silent || now - heard < SILENT_AFTER {
            return None;
        }
        self.is_silent = true;
        Some(Seen::Silent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::coords::Geodetic;

    fn at(seconds: u64) -> Uptime {
        Uptime::from_start(Duration::from_secs(seconds))
    }

    fn gga(latitude_deg: f64, quality: u8) -> Gga {
        Gga { quality, ..Gga::at(Geodetic::from_degrees(latitude_deg, 108.0, 80.0), None) }
    }

    #[test]
    fn a_rover_is_told_of_when_it_comes_when_it_is_fixed_and_every_half_minute() {
        let mut watch = Watch::default();
        assert_eq!(watch.on_position(&gga(23.0, 1), at(0)), [Seen::First]);
        assert_eq!(watch.on_position(&gga(23.0, 1), at(1)), []);
        let fixed = [Seen::FirstFix, Seen::Quality { from: 1, to: 4 }];
        assert_eq!(watch.on_position(&gga(23.0, 4), at(6)), fixed);
        assert_eq!(watch.on_position(&gga(23.0, 4), at(29)), []);
        assert_eq!(watch.on_position(&gga(23.0, 4), at(30)), [Seen::Due]);
    }

    #[test]
    fn a_quality_that_flickers_is_told_of_every_five_seconds_at_most() {
        let mut watch = Watch::default();
        watch.on_position(&gga(23.0, 4), at(0));
        let told = (1..=20).flat_map(|s| {
            let quality = if s % 2 == 1 { 5 } else { 4 };
            watch.on_position(&gga(23.0, quality), at(s))
        });
        let told = told.filter(|seen| matches!(seen, Seen::Quality { .. })).count();
        assert_eq!(told, 4);
    }

    #[test]
    fn who_tells_more_than_five_positions_a_second_is_told_of_once() {
        let mut watch = Watch::default();
        let mut told = |every_ms: u64, seconds: u64, from_s: u64| {
            let positions = 0..seconds * 1_000 / every_ms;
            let all = positions.flat_map(|n| {
                let now = Uptime::from_start(Duration::from_millis(from_s * 1_000 + n * every_ms));
                watch.on_position(&gga(23.0, 1), now)
            });
            all.filter(|seen| *seen == Seen::TooOften).count()
        };
        assert_eq!(told(200, 60, 0), 0);
        assert_eq!(told(100, 60, 100), 1);
    }

    #[test]
    fn a_rover_that_falls_silent_is_told_of_once() {
        let mut watch = Watch::default();
        assert_eq!(watch.on_time(at(900)), None);
        watch.on_position(&gga(23.0, 1), at(900));
        assert_eq!(watch.on_time(at(1_079)), None);
        assert_eq!(watch.on_time(at(1_080)), Some(Seen::Silent));
        assert_eq!(watch.on_time(at(1_081)), None);
        watch.on_position(&gga(23.0, 1), at(1_100));
        assert_eq!(watch.on_time(at(1_280)), Some(Seen::Silent));
    }
}
