//! Satellites told and withheld, counted by the reason.

use std::collections::BTreeMap;

use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::satellite::Satellite;
use tianshu_positioning::network::observed::Group;
use tianshu_positioning::network::snapshot::{NetworkSnapshot, SatelliteCorrection};

/// Satellite-epochs: one satellite at one epoch counts one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reasons {
    /// Told to rovers.
    pub told: u64,
    /// Not told, by the reason in words.
    pub withheld: BTreeMap<String, u64>,
}

/// Seen by the master, but without a level there.
const NOT_LEVELLED: &str = "not levelled at its master";

impl Reasons {
    /// Counts the satellites of a snapshot: those that are withheld everywhere.
    pub(crate) fn add_everywhere(&mut self, snapshot: &NetworkSnapshot) {
        for field in snapshot.satellites.values() {
            self.add(field.withheld.map(|why| why.to_string()));
        }
    }

    /// Counts the satellites that the master of a virtual station saw.
    pub(crate) fn add_at(
        &mut self,
        measured: &ObsEpoch,
        corrections: &BTreeMap<Satellite, SatelliteCorrection>,
    ) {
        for (satellite, _) in measured.by_satellite() {
            if Group::of(satellite).is_none() {
                continue;
            }
            self.add(match corrections.get(&satellite) {
                Some(correction) => correction.withheld.map(|why| why.to_string()),
                None => Some(NOT_LEVELLED.to_owned()),
            });
        }
    }

    fn add(&mut self, why: Option<String>) {
        match why {
            Some(why) => *self.withheld.entry(why).or_default() += 1,
            None => self.told += 1,
        }
    }
}
