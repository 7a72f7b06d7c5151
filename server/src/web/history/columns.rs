//! A station's last hours, second by second, in columns.

use std::collections::VecDeque;

use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_station_monitor::quality::status::StationStatus;

/// A step of an offset, m: a tenth of a millimetre is less than phases tell, and ±3.2 m more than an antenna is off.
const OFFSET_STEP_M: f64 = 1e-4;
/// A step of a latency, s; the greatest is 65 s.
const LATENCY_STEP_S: f64 = 1e-3;
/// What is not known.
const UNKNOWN_OFFSET: i16 = i16::MIN;
const UNKNOWN_LATENCY: u16 = u16::MAX;

/// One second of one station. What is not known is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Second {
    /// Its epoch, whole seconds of GPS time.
    pub gps_s: i64,
    /// East, north, up of the coordinates by the network's phases, m.
    pub offset_m: [Option<f64>; 3],
    /// From the epoch to its arrival, s.
    pub latency_s: Option<f64>,
    /// Satellites that were observed.
    pub satellites: u8,
}

/// The last seconds.
#[derive(Clone, Debug)]
pub(crate) struct Seconds {
    most: usize,
    /// The first second that is kept.
    first_s: i64,
    offsets: [VecDeque<i16>; 3],
    latencies: VecDeque<u16>,
    satellites: VecDeque<u8>,
}

impl Second {
    /// What is true of a station now; none without an epoch.
    pub(crate) fn of(status: &StationStatus) -> Option<Self> {
        let newest = status.newest.as_ref()?;
        let displacement = status.network.as_ref().and_then(|network| network.displacement);
        let offset_m = displacement.map_or([None; 3], |d| d.offset_m.map(Some));
        let latency = status.last_arrival.map(|arrived| (arrived - newest.time).seconds());
        Some(Self {
            gps_s: whole_seconds(newest.time),
            offset_m,
            // The last arrival may belong to the epoch before the newest for a moment.
            latency_s: latency.filter(|latency_s| *latency_s >= 0.0),
            satellites: u8::try_from(newest.by_satellite().count()).unwrap_or(u8::MAX),
        })
    }
}

impl Seconds {
    /// None yet; so many are kept.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            first_s: 0,
            offsets: <[VecDeque<i16>; 3]>::default(),
            latencies: VecDeque::new(),
            satellites: VecDeque::new(),
        }
    }

    /// How many are kept.
    pub(crate) fn len(&self) -> usize {
        self.satellites.len()
    }

    /// Adds a second; one that is not newer than the newest says nothing new.
    pub(crate) fn push(&mut self, second: Second) {
        let next = self.first_s + i64::try_from(self.len()).unwrap_or(i64::MAX);
        let gap = if self.len() == 0 { 0 } else { second.gps_s - next };
        if gap < 0 {
            return;
        }
        if self.len() == 0 || gap >= i64::try_from(self.most).unwrap_or(i64::MAX) {
            *self = Self { first_s: second.gps_s, ..Self::new(self.most) };
        } else {
            (0..gap).for_each(|_| self.add(&Second::default()));
        }
        self.add(&second);
    }

    fn add(&mut self, second: &Second) {
        if self.len() >= self.most {
            for column in &mut self.offsets {
                column.pop_front();
            }
            self.latencies.pop_front();
            self.satellites.pop_front();
            self.first_s += 1;
        }
        for (column, offset_m) in self.offsets.iter_mut().zip(second.offset_m) {
            let steps = offset_m.map(|m| (m / OFFSET_STEP_M).round());
            let limit = f64::from(i16::MAX);
            #[expect(clippy::cast_possible_truncation, reason = "clamped to the type's range")]
            column.push_back(steps.map_or(UNKNOWN_OFFSET, |s| s.clamp(-limit, limit) as i16));
        }
        let steps = second.latency_s.map(|s| (s / LATENCY_STEP_S).round());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the type's range"
        )]
        let latency =
            steps.map_or(UNKNOWN_LATENCY, |s| s.clamp(0.0, f64::from(UNKNOWN_LATENCY - 1)) as u16);
        self.latencies.push_back(latency);
        self.satellites.push_back(second.satellites);
    }

    /// The seconds of `[from, until)`, oldest first; those without an epoch are there with nothing known.
    pub(crate) fn between(
        &self,
        from: GpsTime,
        until: GpsTime,
    ) -> impl ExactSizeIterator<Item = Second> + '_ {
        let place = |at: GpsTime| {
            let since = whole_seconds(at).saturating_sub(self.first_s);
            usize::try_from(since).unwrap_or(0).min(self.len())
        };
        let (first, end) = (place(from), place(until));
        (first..end.max(first)).map(|at| self.at(at))
    }

    fn at(&self, place: usize) -> Second {
        let offset = |column: &VecDeque<i16>| {
            column
                .get(place)
                .filter(|steps| **steps != UNKNOWN_OFFSET)
                .map(|steps| f64::from(*steps) * OFFSET_STEP_M)
        };
        let [east, north, up] = &self.offsets;
        let latency = self.latencies.get(place).filter(|steps| **steps != UNKNOWN_LATENCY);
        Second {
            gps_s: self.first_s + i64::try_from(place).unwrap_or(i64::MAX),
            offset_m: [offset(east), offset(north), offset(up)],
            latency_s: latency.map(|steps| f64::from(*steps) * LATENCY_STEP_S),
            satellites: self.satellites.get(place).copied().unwrap_or(0),
        }
    }
}

/// The moment of a whole second.
pub(crate) fn moment(gps_s: i64) -> GpsTime {
    GpsTime::from_nanos(0) + Interval::from_seconds(gps_s)
}

fn whole_seconds(at: GpsTime) -> i64 {
    (at - GpsTime::from_nanos(0)).nanos().div_euclid(1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(gps_s: i64, east_m: f64) -> Second {
        let offset_m = [Some(east_m), None, Some(-0.012_3)];
        Second { gps_s, offset_m, latency_s: Some(0.251), satellites: 32 }
    }

    fn all(seconds: &Seconds) -> Vec<Second> {
        seconds.between(moment(i64::from(i32::MIN)), moment(i64::from(i32::MAX))).collect()
    }

    #[test]
    fn seconds_come_back_to_a_tenth_of_a_millimetre() {
        let mut seconds = Seconds::new(10);
        seconds.push(second(100, 0.000_34));
        let kept = all(&seconds);
        assert_eq!(kept.len(), 1);
        assert!((kept[0].offset_m[0].expect("told") - 0.000_3).abs() < 1e-9);
        assert_eq!(kept[0].offset_m[1], None);
        assert!((kept[0].latency_s.expect("told") - 0.251).abs() < 1e-9);
        assert_eq!((kept[0].gps_s, kept[0].satellites), (100, 32));
    }

    #[test]
    fn a_gap_is_there_with_nothing_known() {
        let mut seconds = Seconds::new(10);
        for gps_s in [100, 103, 103, 102] {
            seconds.push(second(gps_s, 0.0));
        }
        let kept = all(&seconds);
        assert_eq!(kept.iter().map(|s| s.gps_s).collect::<Vec<_>>(), [100, 101, 102, 103]);
        assert_eq!(kept[1].latency_s, None);
        assert_eq!(seconds.between(moment(101), moment(103)).len(), 2);
    }

    #[test]
    fn only_the_last_seconds_are_kept_and_a_long_gap_begins_anew() {
        let mut seconds = Seconds::new(3);
        (100..105).for_each(|gps_s| seconds.push(second(gps_s, 0.0)));
        assert_eq!(all(&seconds).iter().map(|s| s.gps_s).collect::<Vec<_>>(), [102, 103, 104]);
        seconds.push(second(1_000_000, 0.0));
        assert_eq!(all(&seconds).iter().map(|s| s.gps_s).collect::<Vec<_>>(), [1_000_000]);
    }
}
