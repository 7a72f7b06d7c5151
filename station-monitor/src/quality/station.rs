//! One station: its events in, closed spans out, and its status whenever it is asked.

use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::event::StationNews;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_positioning::network::topology::StationIndex;

use crate::quality::arrivals::{Arrival, Arrivals};
use crate::quality::receiver::Receiver;
use crate::quality::site_log::{SiteLog, Told};
use crate::quality::sky::{Sky, Visible};
use crate::quality::status::{InNetwork, Light, Link, StationStatus};
use crate::quality::summary::{Span, Summary};
use crate::quality::windows::{GRACE, JUMP_MAX, Windows};

/// A time tag that is farther than this from its arrival is not of now: no link is so slow, no clock that anybody may use so wrong.
pub const TAG_APART_MAX: Interval = Interval::from_seconds(60);
/// A dead station is told after three epochs and half a second, but not before this, so that the page, which looks once a second, shows it within five: a lost TCP segment comes again within two or three seconds.
pub const DEAD_AFTER_MIN: Duration = Duration::from_millis(3_500);
/// Beyond three of its intervals, a station is given so long for what a line delays.
const LATE_BY: Duration = Duration::from_millis(500);
/// A station whose interval nobody knows yet is given so long.
pub const DEAD_AFTER_UNKNOWN: Duration = Duration::from_secs(30);
/// A stream without a configured place may tell one that moves by this much before its satellites' ways are computed anew, m.
const PLACE_MOVES_M: f64 = 10.0;
/// Usable epochs less than this share of the expected ones in a minute make a station yellow.
const COMPLETE_MIN: f64 = 0.9;

/// A station being watched.
#[derive(Clone, Debug)]
pub struct Station {
    index: StationIndex,
    log: SiteLog,
    begun: Uptime,
    link: Link,
    told: Told,
    arrivals: Arrivals,
    windows: Windows,
    receiver: Option<Receiver>,
    /// The last event, on both time lines: this station's time goes on from there.
    heard: Option<(Uptime, GpsTime)>,
    /// The last usable epoch.
    usable: Option<(Uptime, GpsTime)>,
    newest: Option<Arc<ObsEpoch>>,
    time_is_wrong: bool,
    network: Option<InNetwork>,
}

impl Station {
    /// A station of which nothing is heard yet.
    pub fn new(index: StationIndex, log: SiteLog, now: Uptime) -> Self {
        let receiver = log.place.map(|place| Receiver::new(index, place));
        Self {
            index,
            begun: now,
            link: Link::Unknown,
            told: Told::default(),
            arrivals: Arrivals::new(log.interval),
            windows: Windows::new(log.station.clone()),
            receiver,
            heard: None,
            usable: None,
            newest: None,
            time_is_wrong: false,
            network: None,
            log,
        }
    }

    /// Its number, by which it is told from others.
    pub fn index(&self) -> StationIndex {
        self.index
    }

    /// What is known of it.
    pub fn log(&self) -> &SiteLog {
        &self.log
    }

    /// Takes another log; what was measured stays, unless it was measured from another place.
    pub fn change_to(&mut self, log: SiteLog) {
        let moved = log.place != self.log.place;
        self.log = log;
        if moved && let Some(place) = self.log.place {
            self.receiver = Some(Receiver::new(self.index, place));
        }
    }

    /// Takes what was heard of it, but for ephemerides, which are the sky's. Spans that it ends are added to `out`.
    pub fn take(
        &mut self,
        now: Uptime,
        arrived: GpsTime,
        news: &StationNews,
        sky: &mut Sky,
        out: &mut Vec<Arc<Summary>>,
    ) {
        self.hear(now, arrived);
        match news {
            StationNews::Up => self.link = Link::Up,
            StationNews::Down(reason) => self.link = Link::Down(reason.clone()),
            StationNews::Epoch(epoch) => self.epoch(now, arrived, epoch, sky, out),
            StationNews::ReferencePoint(point) => {
                self.told.point = Some(*point);
                self.stand_at(point.place);
            }
            StationNews::Antenna(antenna) => self.told.antenna = Some(Arc::clone(antenna)),
            StationNews::Receiver(receiver) => self.told.receiver = Some(Arc::clone(receiver)),
            StationNews::Frame(_) | StationNews::Ephemeris(_) | StationNews::GlonassBiases(_) => {}
        }
    }

    /// Takes what the network says of it at one of its epochs.
    pub fn in_network(&mut self, said: InNetwork) {
        if let Some(displacement) = said.displacement.filter(|_| self.windows.are_open()) {
            let means = &mut self.windows.minute().offset_m;
            for (mean, offset_m) in means.iter_mut().zip(displacement.offset_m) {
                mean.add(offset_m);
            }
        }
        self.network = Some(said);
    }

    /// Closes what ends by the clock alone.
    pub fn tick(&mut self, now: Uptime, out: &mut Vec<Arc<Summary>>) {
        let Some((heard, arrived)) = self.heard else { return };
        let nanos = i64::try_from((now - heard).as_nanos()).unwrap_or(i64::MAX / 4);
        let here = arrived + Interval::from_nanos(nanos.min(i64::MAX / 4));
        self.close_until(here - GRACE, out);
    }

    /// Closes everything, as at the end of a file.
    pub fn finish(&mut self, out: &mut Vec<Arc<Summary>>) {
        let Some(last) = self.arrivals.last().filter(|_| self.windows.are_open()) else { return };
        if let Some(receiver) = &mut self.receiver {
            receiver.end(self.windows.minute());
        }
        let until = last + self.arrivals.interval().unwrap_or(Interval::from_nanos(1));
        self.windows.close_all(until, &self.arrivals, out);
    }

    /// What is true of it now.
    pub fn status(&self, now: Uptime) -> StationStatus {
        let of = |span| self.windows.closed(span).cloned();
        let multipath = self.receiver.iter().flat_map(Receiver::multipath);
        let mut status = StationStatus {
            station: self.log.station.clone(),
            light: Light::Green,
            link: self.link.clone(),
            silent_for: self.usable.map(|(last, _)| now - last),
            dead_after: self.dead_after(),
            last_arrival: self.usable.map(|(_, arrived)| arrived),
            interval: self.arrivals.interval(),
            newest: self.newest.clone(),
            visible: Arc::new(
                self.receiver.as_ref().map(|r| r.visible().clone()).unwrap_or_default(),
            ),
            time_is_wrong: self.time_is_wrong,
            minute: of(Span::Minute),
            hour: of(Span::Hour),
            day: of(Span::Day),
            multipath_m: multipath.filter_map(|(s, m)| Some((s, m.deviation()?))).collect(),
            gaps: self.arrivals.gaps().copied().collect(),
            mismatches: self.log.differences(&self.told),
            network: self.network.clone(),
        };
        status.light = self.light(now, &status);
        status
    }

    fn light(&self, now: Uptime, status: &StationStatus) -> Light {
        let patience = status.dead_after;
        match status.silent_for {
            None if now - self.begun <= patience => return Light::Grey,
            None => return Light::Red,
            Some(silent) if silent > patience => return Light::Red,
            Some(_) => {}
        }
        let minute = status.minute.as_ref().and_then(|m| m.completeness());
        let doubted = status.network.as_ref().is_some_and(|n| n.doubt.is_some());
        let is_well = minute.is_none_or(|share| share >= COMPLETE_MIN)
            && status.mismatches.is_empty()
            && !doubted
            && !status.time_is_wrong;
        if is_well { Light::Green } else { Light::Yellow }
    }

    fn dead_after(&self) -> Duration {
        let by_interval = self.arrivals.interval().map_or(DEAD_AFTER_UNKNOWN, |interval| {
            let third = Duration::from_nanos(interval.nanos().unsigned_abs()).saturating_mul(3);
            DEAD_AFTER_MIN.max(third + LATE_BY)
        });
        self.log.dead_after.unwrap_or(by_interval)
    }

    /// Follows the time of arrivals. Recordings that are played again jump back; nothing is counted across that.
    fn hear(&mut self, now: Uptime, arrived: GpsTime) {
        let jumped = self.heard.is_some_and(|(_, last)| last - arrived > TAG_APART_MAX);
        if jumped {
            self.windows.abandon();
            self.arrivals.restart();
        }
        self.heard = Some((now, arrived));
    }

    fn epoch(
        &mut self,
        now: Uptime,
        arrived: GpsTime,
        epoch: &Arc<ObsEpoch>,
        sky: &mut Sky,
        out: &mut Vec<Arc<Summary>>,
    ) {
        self.time_is_wrong = (arrived - epoch.time).abs() > TAG_APART_MAX;
        if self.time_is_wrong {
            self.windows.minute().unusable += 1;
            return;
        }
        let arrival = self.arrivals.take(epoch.time);
        if arrival == Arrival::Repeated {
            self.windows.minute().unusable += 1;
            return;
        }
        self.windows.begin(epoch.time);
        self.close_until(epoch.time, out);
        self.usable = Some((now, arrived));
        self.newest = Some(Arc::clone(epoch));
        let minute = self.windows.minute();
        if let Arrival::Behind(gap) = arrival {
            minute.gaps += 1;
            minute.longest_gap = minute.longest_gap.max(gap.missing);
        }
        if epoch.time < self.windows.minute_from() {
            self.windows.minute().unusable += 1;
            return;
        }
        let minute = self.windows.minute();
        minute.epochs += 1;
        minute.latency.add(arrived - epoch.time);
        if let Some(receiver) = &mut self.receiver {
            receiver.take(epoch, sky, minute);
        }
    }

    /// Closes the minutes that end until then.
    fn close_until(&mut self, time: GpsTime, out: &mut Vec<Arc<Summary>>) {
        if !self.windows.are_open() {
            return;
        }
        if time - self.windows.minute_from() > JUMP_MAX {
            self.windows.abandon();
            self.windows.begin(time);
            return;
        }
        while self.windows.minute_until() <= time {
            let until = self.windows.minute_until();
            if let Some(receiver) = &mut self.receiver {
                receiver.end_minute(until, self.windows.minute());
            }
            self.windows.close_minute(&self.arrivals, out);
        }
    }

    /// Takes the place that the stream tells, where none is configured.
    fn stand_at(&mut self, place: Ecef) {
        let is_earthly = (6.3e6..6.4e6).contains(&place.radius_m());
        let stands = self.receiver.as_ref().map(Receiver::place);
        let stays = stands.is_some_and(|at| (place - at).norm_m() <= PLACE_MOVES_M);
        if self.log.place.is_none() && is_earthly && !stays {
            self.receiver = Some(Receiver::new(self.index, place));
        }
    }

    /// The satellites that it should see.
    pub fn visible(&self) -> Option<&Visible> {
        self.receiver.as_ref().map(Receiver::visible)
    }
}
