//! Ephemerides of archived frames, believed as the service believes them: when two stations agree, or nobody contradicts.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_positioning::network::ephemerides::{Heard, Judge};
use tianshu_positioning::network::topology::StationIndex;
use tianshu_station_monitor::products::kind::Span;

use crate::archive::virtual_rinex::NotMade;
use crate::files::source::ArchiveSource;

/// Stations tell each ephemeris once in half a minute: who begins knows what was told in the minute after, as one who ran already would.
const AHEAD: Interval = Interval::from_seconds(60);
/// Frames of so long are read at once: files of the archive hold an hour.
const READ: Interval = Interval::from_seconds(3_600);

/// What stations told of orbits, read on as time goes on.
pub(super) struct Orbits {
    source: ArchiveSource,
    judge: Judge,
    begun: GpsTime,
    end: GpsTime,
    /// Everything that arrived before is read.
    read_until: GpsTime,
    waiting: VecDeque<(GpsTime, StationIndex, Arc<Ephemeris>)>,
    /// How many were believed.
    pub believed: u64,
}

impl Orbits {
    /// What the source's stations told from a moment on until another; nothing is read yet.
    pub(super) fn begin(source: ArchiveSource, begun: GpsTime, end: GpsTime) -> Self {
        let judge = Judge::default();
        let end = end + AHEAD;
        Self { source, judge, begun, end, read_until: begun, waiting: VecDeque::new(), believed: 0 }
    }

    /// What is believed from that moment on, and was not before.
    pub(super) fn until(&mut self, now: GpsTime) -> Result<Vec<Arc<Ephemeris>>, NotMade> {
        let heard_until = now + AHEAD;
        while self.read_until <= heard_until && self.read_until < self.end {
            self.read_on()?;
        }
        let mut believed = Vec::new();
        while let Some((at, station, ephemeris)) =
            self.waiting.pop_front_if(|(at, ..)| *at <= heard_until)
        {
            let heard = self.judge.hear(self.uptime(at), at, station, &ephemeris);
            if heard == Heard::Believed {
                believed.push(ephemeris);
            }
        }
        believed.extend(self.judge.due(self.uptime(heard_until), heard_until));
        self.believed += believed.len() as u64;
        Ok(believed)
    }

    fn read_on(&mut self) -> Result<(), NotMade> {
        let span = Span { start: self.read_until, end: (self.read_until + READ).min(self.end) };
        let mut read = Vec::new();
        for (index, station) in StationIndex::all().zip(self.source.stations()) {
            for told in self.source.orbits(station, span)? {
                let (at, ephemeris) = told?;
                read.push((at, index, ephemeris));
            }
        }
        read.sort_by_key(|(at, station, _)| (*at, *station));
        self.waiting.extend(read);
        self.read_until = span.end;
        Ok(())
    }

    /// The judge's own clock.
    fn uptime(&self, at: GpsTime) -> Uptime {
        let since = u64::try_from((at - self.begun).nanos()).unwrap_or(0);
        Uptime::from_start(Duration::from_nanos(since))
    }
}
