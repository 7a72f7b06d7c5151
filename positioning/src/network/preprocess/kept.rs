//! What outlasts a restart, and what ends arcs from outside: arcs that are taken over, and biases that are told.

use std::collections::BTreeMap;

use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::time::gps::GpsTime;

use crate::network::observed::{Channel, Group};
use crate::network::preprocess::{PhaseArc, Preprocessor, Raw};

/// An arc as it was before a restart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeptArc {
    /// Its number.
    pub number: u32,
    /// Whole cycles that were taken off its phase.
    pub aligned_cycles: i64,
    /// When it was seen last.
    pub last: GpsTime,
    /// The attribute of its signal.
    pub attribute: char,
    /// Its lock time then, s.
    pub lock_s: f64,
}

/// Arcs are taken over from before a restart for so long, s.
const KEPT_MAX_S: f64 = 900.0;
/// A lock time must exceed the time away by this, s (shared design, network solver, section 3.7).
const LOCK_MARGIN_S: f64 = 1.0;

impl Preprocessor {
    /// The station's arcs whose lock time is known, so that they can be taken over after a restart.
    pub fn keep(&self) -> impl Iterator<Item = (Channel, KeptArc)> + '_ {
        self.arcs.iter().filter_map(|(channel, arc)| {
            let PhaseArc { number, aligned_cycles, last, attribute, lock_s, .. } = *arc;
            Some((*channel, KeptArc { number, aligned_cycles, last, attribute, lock_s: lock_s? }))
        })
    }

    /// Takes arcs over from before a restart. Each goes on if the receiver's lock time says that it was never interrupted.
    pub fn take_over(&mut self, kept: BTreeMap<Channel, KeptArc>) {
        let highest = kept.values().map(|arc| arc.number).max().unwrap_or(0);
        self.next_arc = self.next_arc.max(highest);
        self.kept = kept;
    }

    /// Aligns its GLONASS phases by those biases from now on. Others than before end the arcs of its GLONASS phases, and those
    /// that were kept over a restart.
    pub fn set_glonass_biases(&mut self, biases: Option<GlonassBiases>) {
        if self.glonass_biases != biases {
            self.glonass_biases = biases;
            let is_other = |channel: &Channel| Group::of(channel.0) != Some(Group::Glonass);
            self.arcs.retain(|channel, _| is_other(channel));
            self.kept.retain(|channel, _| is_other(channel));
        }
    }

    /// What its GLONASS phases are aligned by; none where it is not known.
    pub fn glonass_biases(&self) -> Option<GlonassBiases> {
        self.glonass_biases
    }

    /// An arc from before a restart that has been tracked ever since.
    pub(super) fn taken_over(
        &self,
        time: GpsTime,
        channel: Channel,
        raw: &Raw,
    ) -> Option<PhaseArc> {
        let kept = self.kept.get(&channel)?;
        let away_s = (time - kept.last).seconds();
        let lock_s = raw.lock_s.filter(|_| !raw.slipped && away_s <= KEPT_MAX_S)?;
        // A lock time is told in steps, downwards: one that grew beyond the time away has begun before.
        let is_same = kept.attribute == raw.signal.attribute();
        (is_same && lock_s > away_s + LOCK_MARGIN_S && lock_s >= kept.lock_s).then_some(PhaseArc {
            number: kept.number,
            aligned_cycles: kept.aligned_cycles,
            last: time,
            attribute: kept.attribute,
            lock_s: Some(lock_s),
            phase_m: None,
            issue: 0,
        })
    }
}
