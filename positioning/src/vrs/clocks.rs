//! A receiver's clocks, one for each carrier: what all satellites of a group share in an epoch.

use std::collections::BTreeMap;

use crate::network::observed::Group;
use crate::network::solution::frame::robust_mean;
use crate::vrs::epoch::{Draft, MasterEpoch, Whole};

/// Carriers that see the ionosphere alike to this are one.
const SAME_CARRIER: f64 = 1e-6;

/// A receiver's clocks on the two carriers of each group's foundation.
pub(super) struct Clocks(BTreeMap<Group, [Option<OnCarrier>; 2]>);

/// A value on a carrier, and how much of L1's ionosphere that sees.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnCarrier {
    metres: f64,
    ionosphere: f64,
}

impl Clocks {
    /// Those of an epoch whose whole cycles have been taken off.
    pub(super) fn of(made: &MasterEpoch, drafts: &[Draft]) -> Self {
        let mut phases: BTreeMap<Group, [Vec<f64>; 2]> = BTreeMap::new();
        let mut carriers: BTreeMap<Group, [f64; 2]> = BTreeMap::new();
        for draft in drafts {
            let foundation = draft.group.foundation();
            for channel in &made.channels[draft.channels.clone()] {
                let band = channel.signal.band();
                let Some(place) = foundation.iter().position(|of| *of == band) else { continue };
                let value_m = made.snapshot.frame.value_m((draft.satellite, band));
                if let Some((phase, value_m)) = channel.phase.as_ref().zip(value_m)
                    && matches!(phase.whole, Whole::Network(_))
                {
                    let clock_m = phase.value_m - value_m;
                    phases.entry(draft.group).or_default()[place].push(clock_m);
                    carriers.entry(draft.group).or_default()[place] = channel.ionosphere;
                }
            }
        }
        let of_group = |(group, values): (Group, [Vec<f64>; 2])| {
            let mut on = values.into_iter().zip(carriers[&group]).map(|(values, ionosphere)| {
                let metres = robust_mean(values.into_iter())?;
                Some(OnCarrier { metres, ionosphere })
            });
            (group, [on.next().flatten(), on.next().flatten()])
        };
        Self(phases.into_iter().map(of_group).collect())
    }

    /// A satellite's values on the two carriers.
    pub(super) fn satellite(&self, made: &MasterEpoch, draft: &Draft) -> Option<[OnCarrier; 2]> {
        let [first, second] = *self.0.get(&draft.group)?;
        let (a, b) = (first?.ionosphere, second?.ionosphere);
        let value = |band, ionosphere| {
            let metres = made.snapshot.frame.value_m((draft.satellite, band))?;
            Some(OnCarrier { metres, ionosphere })
        };
        let [first, second] = draft.group.foundation();
        Some([value(first, a)?, value(second, b)?])
    }

    /// That of a carrier which sees so much of the ionosphere: on a line through the two of the foundation, since whatever is shared by all
    /// satellites, and be it an ionosphere, is a clock.
    ///
    /// GLONASS' carriers of one band see the ionosphere each a little else, and have one clock; it has none between its bands.
    pub(super) fn at(&self, group: Group, band: char, ionosphere: f64) -> Option<f64> {
        let [first, second] = *self.0.get(&group)?;
        if group == Group::Glonass {
            let [one, other] = group.foundation();
            let of_band = match band {
                band if band == one => first,
                band if band == other => second,
                _ => None,
            };
            return of_band.map(|clock| clock.metres);
        }
        match (first, second) {
            (Some(first), Some(second)) => Some(first.towards(second, ionosphere)),
            (first, second) => Some(first.or(second)?.metres),
        }
    }
}

impl OnCarrier {
    /// On the line through two carriers; on each of them exactly what it has.
    pub(super) fn towards(self, second: Self, ionosphere: f64) -> f64 {
        let (a, b) = (self.ionosphere, second.ionosphere);
        if (ionosphere - b).abs() < SAME_CARRIER {
            return second.metres;
        }
        if (ionosphere - a).abs() < SAME_CARRIER {
            return self.metres;
        }
        self.metres + (second.metres - self.metres) * (ionosphere - a) / (b - a)
    }
}
