//! Mountpoints of kind *nearest*: which station a rover gets, and when that changes. Pure: distances in, a choice out.

pub mod position;
pub mod source;
pub mod stream;

use std::fmt;

use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;

use crate::config::NearestPolicy;
use crate::source::Withheld;

/// A healthy station, as seen from the rover.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Which station.
    pub station: StationName,
    /// How far it is, m.
    pub distance_m: f64,
}

/// The station that serves now.
#[derive(Clone, Copy, Debug)]
pub struct Incumbent<'s> {
    /// Which station.
    pub station: &'s StationName,
    /// Since when.
    pub since: Uptime,
}

/// What to do about a rover's station.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// Stay.
    Keep {
        /// A better station waits for the dwell time to end: look again then.
        look_again: Option<Uptime>,
    },
    /// Change to this one.
    Switch {
        /// The new one.
        to: Candidate,
        /// Why.
        reason: SwitchReason,
    },
    /// Nothing can be sent.
    Nothing(Withheld),
}

/// Why a rover gets another station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchReason {
    /// It had none.
    First,
    /// The one before died.
    StationDied,
    /// Another one is clearly nearer.
    Nearer,
}

impl SwitchReason {
    /// The reason in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::First => "the nearest healthy station",
            Self::StationDied => "the station before it died",
            Self::Nearer => "it is clearly nearer",
        }
    }
}

impl fmt::Display for SwitchReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Chooses among the healthy stations.
///
/// Equal distances go to the name that comes first, so that the choice does not depend on the order of the candidates. The
/// radius has a hysteresis too: an incumbent serves on until the rover is farther than radius plus margin.
pub fn choose(
    policy: &NearestPolicy,
    healthy: &[Candidate],
    incumbent: Option<Incumbent<'_>>,
    now: Uptime,
) -> Choice {
    let nearer = |a: &&Candidate, b: &&Candidate| {
        a.distance_m.total_cmp(&b.distance_m).then_with(|| a.station.cmp(&b.station))
    };
    let Some(best) = healthy.iter().min_by(nearer) else {
        return Choice::Nothing(Withheld::NoHealthyStation);
    };
    let present =
        incumbent.and_then(|i| healthy.iter().find(|c| &c.station == i.station).map(|c| (i, c)));
    let Some((incumbent, present)) = present else {
        if best.distance_m > policy.radius_max_m {
            return Choice::Nothing(Withheld::OutsideService { nearest_m: best.distance_m });
        }
        let reason =
            if incumbent.is_some() { SwitchReason::StationDied } else { SwitchReason::First };
        return Choice::Switch { to: best.clone(), reason };
    };
    if best.distance_m > policy.radius_max_m + policy.margin_m {
        return Choice::Nothing(Withheld::OutsideService { nearest_m: best.distance_m });
    }
    let margin_m = policy.margin_m.max(policy.margin_ratio * present.distance_m);
    if best.station == present.station || present.distance_m - best.distance_m <= margin_m {
        return Choice::Keep { look_again: None };
    }
    let dwelt = incumbent.since + policy.dwell_min;
    if now < dwelt {
        return Choice::Keep { look_again: Some(dwelt) };
    }
    Choice::Switch { to: best.clone(), reason: SwitchReason::Nearer }
}

#[cfg(test)]
mod tests;
