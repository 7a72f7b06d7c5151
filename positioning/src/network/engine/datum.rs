//! The datum of the slant ionosphere: what all satellites of a group share goes on when satellites come and go.
//!
//! From levelled phases that part is known to nobody ([`crate::network::solution::air`]); with each satellite that rises or sets its estimate
//! jumps by decimetres to metres. Differences between satellites do not see it. A rover that compares two carriers of one satellite from one
//! epoch to the next, as RTKLIB does to find slips, sees it in all satellites of the group, and gives them all up.

use std::collections::BTreeMap;

use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::engine::fields::Field;
use crate::network::engine::trend::Trend;
use crate::network::median::median;
use crate::network::observed::Group;

/// What was taken off the ionosphere of each group so far, m on L1.
#[derive(Clone, Debug, Default)]
pub(super) struct Datum {
    groups_m: BTreeMap<Group, f64>,
    last: Option<GpsTime>,
}

/// What all satellites of a group seem to do beyond their rates within an epoch, m, before it is taken for the datum's: ten times what quiet air
/// does in a second, and a fifth of what is a slip to RTKLIB (`pos2-slipthres`, 0.05 m).
const JUMP_MIN_M: f64 = 0.01;
/// What was taken off is given back by so much, m/s, so that codes on two carriers stay near each other: a tenth of what the ionosphere does.
const RETURN_M_S: f64 = 0.0002;
/// After a longer gap nobody remembers, s: rovers have given their phases up.
const GAP_MAX_S: f64 = 60.0;

impl Datum {
    /// Takes off the ionosphere of an epoch, by station and satellite, what keeps it from going on as the epoch before.
    pub(super) fn hold(
        &mut self,
        time: GpsTime,
        before: &BTreeMap<Satellite, Field>,
        slant: &mut BTreeMap<(usize, Satellite), f64>,
    ) {
        let span_s = self.last.map_or(f64::INFINITY, |last| (time - last).seconds());
        self.last = Some(time);
        if !(0.0..=GAP_MAX_S).contains(&span_s) {
            self.groups_m.clear();
            return;
        }
        let mut steps: BTreeMap<(Group, Satellite), Vec<f64>> = BTreeMap::new();
        for ((station, satellite), value_m) in slant.iter() {
            let Some(field) = before.get(satellite) else { continue };
            let Some(before_m) = field.values_m.get(*station).copied().flatten() else { continue };
            let rate_m_s = field.trends.get(*station).map_or(0.0, Trend::rate_m_s);
            let step_m = value_m - (before_m + rate_m_s * span_s);
            steps.entry((field.group, *satellite)).or_default().push(step_m);
        }
        let mut groups: BTreeMap<Group, Vec<f64>> = BTreeMap::new();
        for ((group, _), of_satellite) in steps {
            groups.entry(group).or_default().extend(median(of_satellite));
        }
        for (group, of_group) in groups {
            let taken_m = self.groups_m.entry(group).or_insert(0.0);
            let step_m = median(of_group).map_or(0.0, |step_m| step_m - *taken_m);
            if step_m.abs() > JUMP_MIN_M {
                *taken_m += step_m;
            }
            *taken_m -= taken_m.signum() * taken_m.abs().min(RETURN_M_S * span_s);
        }
        for ((_, satellite), value_m) in slant.iter_mut() {
            let taken_m = Group::of(*satellite).and_then(|group| self.groups_m.get(&group));
            *value_m -= taken_m.copied().unwrap_or(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::time::gps::Interval;

    const STATIONS: usize = 4;

    /// Satellites in the sky of a network, and the ionosphere that is told of them.
    #[derive(Default)]
    struct Sky {
        datum: Datum,
        fields: BTreeMap<Satellite, Field>,
    }

    impl Sky {
        /// What is told at a second, of satellites with these values (the same at all stations), m.
        fn told(&mut self, second: i64, values: &[(&str, f64)]) -> BTreeMap<Satellite, f64> {
            let time = GpsTime::from_nanos(0) + Interval::from_seconds(second);
            let mut slant = BTreeMap::new();
            for (name, value_m) in values {
                let satellite: Satellite = name.parse().unwrap();
                slant.extend((0..STATIONS).map(|station| ((station, satellite), *value_m)));
            }
            self.datum.hold(time, &self.fields, &mut slant);
            self.fields.clear();
            let mut told = BTreeMap::new();
            for ((_, satellite), value_m) in slant {
                let group = Group::of(satellite).unwrap();
                let mut field = Field::new(group, 1.0, STATIONS, time);
                field.values_m = vec![Some(value_m); STATIONS];
                self.fields.insert(satellite, field);
                told.insert(satellite, value_m);
            }
            told
        }
    }

    #[test]
    fn a_satellite_that_comes_moves_no_other() {
        let mut sky = Sky::default();
        let before = sky.told(0, &[("E01", 1.0), ("E02", 2.0), ("E03", -3.0), ("G01", 5.0)]);
        // It is 8 m from the others' mean, and takes all of them along by 2 m.
        let after =
            sky.told(1, &[("E01", 3.0), ("E02", 4.0), ("E03", -1.0), ("E04", -6.0), ("G01", 5.0)]);
        for (satellite, value_m) in before {
            assert!(
                (after[&satellite] - value_m).abs() < 1e-3,
                "{satellite}: {}",
                after[&satellite]
            );
        }
        let fourth: Satellite = "E04".parse().unwrap();
        assert!((after[&fourth] + 8.0).abs() < 1e-3);
    }

    #[test]
    fn what_was_taken_off_is_given_back_slowly() {
        let mut sky = Sky::default();
        sky.told(0, &[("E01", 1.0), ("E02", 2.0), ("E03", 3.0)]);
        let mut last = 1.0;
        for second in 1..=1_200 {
            let told = sky.told(second, &[("E01", 1.2), ("E02", 2.2), ("E03", 3.2)]);
            let now = told[&"E01".parse().unwrap()];
            assert!((now - last).abs() <= RETURN_M_S + 1e-9);
            last = now;
        }
        assert!((last - 1.2).abs() < 1e-9, "{last}");
    }

    #[test]
    fn what_one_satellite_does_is_its_own() {
        let mut sky = Sky::default();
        sky.told(0, &[("C21", 1.0), ("C22", 2.0), ("C23", 3.0)]);
        let told = sky.told(1, &[("C21", 1.004), ("C22", 2.004), ("C23", 3.5)]);
        assert!((told[&"C23".parse().unwrap()] - 3.5).abs() < 1e-9);
        assert!(
            (told[&"C21".parse().unwrap()] - 1.004).abs() < 1e-9,
            "quiet air's own changes stay"
        );
    }

    #[test]
    fn after_a_minute_of_silence_it_begins_anew() {
        let mut sky = Sky::default();
        sky.told(0, &[("J01", 1.0), ("J02", 2.0)]);
        let told = sky.told(61, &[("J01", 4.0), ("J02", 5.0)]);
        assert!((told[&"J01".parse().unwrap()] - 4.0).abs() < 1e-9);
    }
}
