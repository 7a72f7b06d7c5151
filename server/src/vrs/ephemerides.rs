//! Ephemerides in turn: the ones that the corrections refer to, all within half a minute, new ones at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::ephemeris::EphemerisMessage;

use crate::vrs::profile::EPHEMERIDES_S;

/// New ephemerides that come at once at the same epoch; the others wait for the next one. Some 70 bytes each.
const NEW_MAX: usize = 8;

/// What was told when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    told: BTreeMap<Satellite, (GpsTime, Arc<Ephemeris>)>,
    last: Option<GpsTime>,
}

impl Round {
    /// The frames that are due of those ephemerides. The first epoch of a stream has none: observations go first.
    pub(crate) fn due(
        &mut self,
        now: GpsTime,
        used: &BTreeMap<Satellite, Arc<Ephemeris>>,
    ) -> Vec<Frame> {
        let Some(last) = self.last.replace(now) else { return Vec::new() };
        self.told.retain(|satellite, _| used.contains_key(satellite));
        let is_new = |satellite: &Satellite, ephemeris: &Arc<Ephemeris>| {
            self.told.get(satellite).is_none_or(|(_, told)| told != ephemeris)
        };
        let fresh = used.iter().filter(|(s, e)| is_new(s, e)).take(NEW_MAX);
        let mut due: Vec<Satellite> = fresh.map(|(satellite, _)| *satellite).collect();
        // So many that all have their turn in time.
        let span_s = (now - last).seconds().max(0.0);
        let share = used.len() as f64 * span_s / f64::from(EPHEMERIDES_S);
        let mut oldest: Vec<(GpsTime, Satellite)> =
            self.told.iter().map(|(satellite, (told, _))| (*told, *satellite)).collect();
        oldest.sort_unstable();
        let in_turn = oldest.into_iter().map(|(_, satellite)| satellite);
        let in_turn: Vec<_> = in_turn.filter(|satellite| !due.contains(satellite)).collect();
        due.extend(
            in_turn
                .into_iter()
                .zip(0_u32..)
                .take_while(|(_, i)| f64::from(*i) < share)
                .map(|(s, _)| s),
        );
        let mut frames = Vec::with_capacity(due.len());
        for satellite in due {
            let Some(ephemeris) = used.get(&satellite) else { continue };
            self.told.insert(satellite, (now, Arc::clone(ephemeris)));
            frames.extend(EphemerisMessage::of(ephemeris).ok().map(|message| message.to_frame()));
        }
        frames
    }
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::time::gps::Interval;
    use tianshu_rtcm::message::{Message, decode};
    use tianshu_simulator::named::named;
    use tianshu_simulator::network::{Network, NetworkStation};
    use tianshu_simulator::world::World;

    use super::*;

    fn ephemerides() -> BTreeMap<Satellite, Arc<Ephemeris>> {
        let scenario = named("quiet").unwrap();
        let start = scenario.start;
        let station = NetworkStation {
            name: "A".parse().unwrap(),
            place: tianshu_gnss::coords::Geodetic::from_degrees(23.0, 108.0, 100.0),
            region: String::new(),
        };
        let network = Network { name: "one".to_owned(), stations: vec![station] };
        let world = World::new(scenario, &network, 1).unwrap();
        let all = world.ephemerides(start);
        all.into_iter().map(|e| (e.satellite(), Arc::new(e))).collect()
    }

    fn told(frames: &[Frame]) -> Vec<Satellite> {
        let satellite = |frame| match decode(frame) {
            Ok(Message::Ephemeris(message)) => message.satellite().unwrap(),
            other => panic!("{other:?}"),
        };
        frames.iter().map(satellite).collect()
    }

    #[test]
    fn every_satellite_has_its_turn_within_half_a_minute_and_none_is_told_too_often() {
        let used = ephemerides();
        let begun = GpsTime::from_week(2410, Interval::from_seconds(439_800));
        for step in [1, 5] {
            let mut round = Round::default();
            let mut last: BTreeMap<Satellite, i64> = BTreeMap::new();
            let mut count = 0;
            for second in (0..180).step_by(step) {
                let frames = round.due(begun + Interval::from_seconds(second), &used);
                assert_eq!(frames.is_empty(), second == 0, "{second} s");
                for satellite in told(&frames) {
                    count += 1;
                    if let Some(before) = last.insert(satellite, second) {
                        assert!(second - before <= 35, "{satellite} after {} s", second - before);
                    }
                }
            }
            assert_eq!(last.len(), used.len());
            assert!(count < used.len() * 9, "{count} of {}", used.len());
        }
    }

    #[test]
    fn a_new_issue_is_told_at_once() {
        let mut used = ephemerides();
        let begun = GpsTime::from_week(2410, Interval::from_seconds(439_800));
        let mut round = Round::default();
        for second in 0..60 {
            round.due(begun + Interval::from_seconds(second), &used);
        }
        let satellite = "G05".parse().unwrap();
        let Some(Ephemeris::Gps(mut fresh)) = used.get(&satellite).map(|e| (**e).clone()) else {
            panic!("the world has G05")
        };
        fresh.iode = fresh.iode.wrapping_add(1);
        used.insert(satellite, Arc::new(Ephemeris::Gps(fresh)));
        let frames = round.due(begun + Interval::from_seconds(60), &used);
        assert_eq!(told(&frames)[0], satellite);
    }
}
