//! Which of the ephemerides that stations tell may be believed. One station's damaged or invented orbit would move the whole network.
//!
//! An ephemeris is believed when two stations told it bit for bit, or when one told it and nobody contradicted for [`ALONE_FOR`]; and
//! at once where nothing that holds is known of its satellite, as at a start. One whose orbit is farther than [`APART_MAX_M`] from the
//! orbit in use is refused while that one holds, and counted for its station: unless two stations agree on it and the one in use
//! was told by a single one, for then it is the one in use that was wrong.
//!
//! Pure: what was told and the time in, what is believed out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::kepler::GalileoMessage;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::uptime::Uptime;

use crate::network::topology::StationIndex;

/// A lonely ephemeris is believed if nobody contradicts for so long: stations repeat theirs every 30 s, so that everybody had two chances.
pub const ALONE_FOR: Duration = Duration::from_mins(1);
/// Two ephemerides of one satellite that both hold agree to a few metres, to ten across an upload; farther apart, one is wrong, m.
pub const APART_MAX_M: f64 = 20.0;
/// Believed ephemerides that are remembered of a satellite's message: the one in use, its successor, and those that laggards still repeat.
const BELIEVED_MAX: usize = 4;
/// Candidates that are remembered of a satellite's message. Beyond, the oldest goes: it may be told again.
const CANDIDATES_MAX: usize = 8;

/// What became of an ephemeris that a station told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Heard {
    /// It is believed from now on.
    Believed,
    /// It was believed already.
    Known,
    /// It waits for a second station, or for its time.
    Waits,
    /// It is not used: its orbit is so far from the one in use, m. One that describes no orbit at all is infinitely far.
    Refused(f64),
    /// It does not hold now.
    Stale,
}

/// The judge. Tell it everything by [`Judge::hear`], and ask it now and then by [`Judge::due`].
#[derive(Clone, Debug, Default)]
pub struct Judge {
    satellites: BTreeMap<Message, Known>,
    refused: BTreeMap<StationIndex, u64>,
}

/// A satellite and which of its messages: Galileo's two are different sets.
type Message = (Satellite, bool);

/// What is known of one.
#[derive(Clone, Debug, Default)]
struct Known {
    believed: Vec<Believed>,
    candidates: Vec<Candidate>,
}

#[derive(Clone, Debug)]
struct Believed {
    ephemeris: Arc<Ephemeris>,
    told_by: StationIndex,
    /// A second station has told the same.
    is_confirmed: bool,
}

#[derive(Clone, Debug)]
struct Candidate {
    ephemeris: Arc<Ephemeris>,
    told_by: StationIndex,
    /// Since when nobody has contradicted.
    quiet_since: Uptime,
}

impl Judge {
    /// A station told an ephemeris, at `now`, when GPS time was `time`.
    pub fn hear(
        &mut self,
        now: Uptime,
        time: GpsTime,
        station: StationIndex,
        ephemeris: &Arc<Ephemeris>,
    ) -> Heard {
        if !ephemeris.holds_at(time) {
            return Heard::Stale;
        }
        let known = self.satellites.entry(message(ephemeris)).or_default();
        known.contradict(now, ephemeris);
        if known.confirm(station, ephemeris) {
            return Heard::Known;
        }
        let seconded =
            known.candidates.iter().any(|c| c.told_by != station && *c.ephemeris == **ephemeris);
        if let Some(apart_m) = known.too_far(time, ephemeris, seconded) {
            let alone = !known.candidates.iter().any(|c| *c.ephemeris == **ephemeris);
            *self.refused.entry(station).or_default() += 1;
            // It is remembered all the same: a second station that tells it may show that the one in use is wrong.
            if alone && known.in_use(time).is_some_and(|b| !b.is_confirmed) && apart_m.is_finite() {
                known.wait(now, station, ephemeris);
            }
            return Heard::Refused(apart_m);
        }
        if seconded || known.in_use(time).is_none() {
            known.believe(time, station, ephemeris, seconded);
            return Heard::Believed;
        }
        known.wait(now, station, ephemeris);
        Heard::Waits
    }

    /// The ephemerides whose time alone is over: they are believed from now on.
    pub fn due(&mut self, now: Uptime, time: GpsTime) -> Vec<Arc<Ephemeris>> {
        let mut due = Vec::new();
        for known in self.satellites.values_mut() {
            known.candidates.retain(|c| c.ephemeris.holds_at(time));
            let patient = |c: &&Candidate| now - c.quiet_since >= ALONE_FOR;
            let over: Vec<Candidate> = known.candidates.iter().filter(patient).cloned().collect();
            for candidate in over {
                if known.too_far(time, &candidate.ephemeris, false).is_none() {
                    known.believe(time, candidate.told_by, &candidate.ephemeris, false);
                    due.push(candidate.ephemeris);
                }
            }
        }
        due
    }

    /// All that are believed and remembered.
    pub fn believed(&self) -> impl Iterator<Item = &Arc<Ephemeris>> {
        self.satellites.values().flat_map(|known| known.believed.iter().map(|b| &b.ephemeris))
    }

    /// How many ephemerides of each station were refused.
    pub fn refused(&self) -> &BTreeMap<StationIndex, u64> {
        &self.refused
    }
}

impl Known {
    /// The believed one that holds and whose time is nearest.
    fn in_use(&self, time: GpsTime) -> Option<&Believed> {
        let holds = self.believed.iter().filter(|b| b.ephemeris.holds_at(time));
        holds.min_by_key(|b| (time - b.ephemeris.reference_time()).abs())
    }

    /// Those that say something else of the same set begin to wait anew.
    fn contradict(&mut self, now: Uptime, ephemeris: &Ephemeris) {
        for candidate in &mut self.candidates {
            if is_same_set(&candidate.ephemeris, ephemeris) && *candidate.ephemeris != *ephemeris {
                candidate.quiet_since = now;
            }
        }
    }

    /// Whether this one is believed; a second station that tells it confirms it.
    fn confirm(&mut self, station: StationIndex, ephemeris: &Ephemeris) -> bool {
        let same = self.believed.iter_mut().find(|b| *b.ephemeris == *ephemeris);
        if let Some(known) = same {
            known.is_confirmed |= known.told_by != station;
            return true;
        }
        false
    }

    /// How far it is from the one in use, if that is too far, m.
    fn too_far(&self, time: GpsTime, ephemeris: &Ephemeris, seconded: bool) -> Option<f64> {
        let Ok(state) = ephemeris.state(time) else { return Some(f64::INFINITY) };
        let used = self.in_use(time)?;
        let apart_m = (state.position - used.ephemeris.state(time).ok()?.position).norm_m();
        let outvotes = seconded && !used.is_confirmed;
        // What is no number is too far as well.
        let agrees = apart_m <= APART_MAX_M;
        (!agrees && !outvotes).then_some(apart_m)
    }

    fn believe(
        &mut self,
        time: GpsTime,
        station: StationIndex,
        ephemeris: &Arc<Ephemeris>,
        is_confirmed: bool,
    ) {
        self.candidates.retain(|c| *c.ephemeris != **ephemeris);
        if is_confirmed && self.too_far(time, ephemeris, false).is_some() {
            self.believed.clear();
        }
        self.believed.retain(|b| !is_same_set(&b.ephemeris, ephemeris));
        if self.believed.len() >= BELIEVED_MAX {
            self.believed.remove(0);
        }
        let ephemeris = Arc::clone(ephemeris);
        self.believed.push(Believed { ephemeris, told_by: station, is_confirmed });
    }

    fn wait(&mut self, now: Uptime, station: StationIndex, ephemeris: &Arc<Ephemeris>) {
        if self.candidates.iter().any(|c| *c.ephemeris == **ephemeris) {
            return;
        }
        if self.candidates.len() >= CANDIDATES_MAX {
            self.candidates.remove(0);
        }
        let ephemeris = Arc::clone(ephemeris);
        self.candidates.push(Candidate { ephemeris, told_by: station, quiet_since: now });
    }
}

fn message(ephemeris: &Ephemeris) -> Message {
    let is_fnav = matches!(ephemeris, Ephemeris::Galileo(e) if e.message == GalileoMessage::FNav);
    (ephemeris.satellite(), is_fnav)
}

/// Whether two of one message are told under the same name, so that they should be the same.
fn is_same_set(one: &Ephemeris, other: &Ephemeris) -> bool {
    one.reference_time() == other.reference_time() && one.issue() == other.issue()
}

#[cfg(test)]
mod tests;
