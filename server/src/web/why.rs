//! Why has this rover no fix? A chain of rules over what is known of one session, which ends in one plain sentence. Pure.
//!
//! The rules are asked in the order in which a fix comes about: let in, position told, inside the service, a base that lives, satellites in
//! common, quiet air, bytes taken, integers fixed. The first that fails is the answer.

mod words;

use std::time::Duration;

use serde::Serialize;
use tianshu_caster::access::{Denial, Revoked};
use tianshu_caster::accounts::directory::Unusable;
use tianshu_caster::events::{EndReason, Refused};
use tianshu_caster::ledger::{Refusal, SessionRecord};
use tianshu_caster::source::{Notice, Withheld};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_station_monitor::alarm::text::Language;
use utoipa::ToSchema;

pub(crate) use crate::web::why::words::sentence;
use crate::web::why::words::step_text;

/// A session so young is only beginning.
const BEGINNING: Duration = Duration::from_secs(30);
/// A rover that still says "single" so long after its first corrections does not use them.
const USES_WITHIN: Duration = Duration::from_mins(1);
/// Satellites in common with the base below which no receiver fixes.
const COMMON_MIN: usize = 5;
/// Corrections older than this are of no use to a receiver's integers, s.
const AGE_MAX_S: f64 = 15.0;
/// A station that has been silent for so long is not worth waiting for, s.
const SILENT_MAX_S: f64 = 5.0;
/// Beside this share of satellites withheld for the ionosphere, it is the reason, 1.
const ROUGH_SHARE: f64 = 0.5;

/// The answers. They never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// It has one.
    Fixed,
    /// It tells no position.
    NoPosition,
    /// Its receiver has no fix of its own: it sees too few satellites.
    NoReceiverFix,
    /// The password is wrong.
    WrongPassword,
    /// There is no such account, or none was named.
    UnknownAccount,
    /// The account has expired.
    Expired,
    /// The account is disabled, or was taken away or changed.
    Disabled,
    /// The account is not valid yet.
    NotYetValid,
    /// The account may not use this mountpoint.
    NoRight,
    /// The account is used as often as it may be.
    TooManySessions,
    /// Too many wrong passwords.
    LockedOut,
    /// The rover is outside of the service's area.
    OutsideArea,
    /// The rover is outside of its account's area.
    AccountArea,
    /// There is no such mountpoint, or it has nothing to send.
    OfflineMountpoint,
    /// The station that serves, or all of them, send nothing.
    StaleStation,
    /// Too few satellites in common with the base.
    FewSatellites,
    /// The ionosphere is too rough where the rover is.
    IonosphereWithheld,
    /// The rover does not take the bytes that are sent.
    NotReading,
    /// The rover gets corrections and does not use them.
    SingleOnly,
    /// The rover uses corrections and has not fixed its integers.
    FloatOnly,
    /// It has only begun.
    Starting,
    /// It tells positions no more.
    Silent,
    /// The session ended.
    Ended,
    /// Refused for another reason.
    Refused,
}

/// How a step of the chain stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It is as it should be.
    Ok,
    /// It is what is wrong.
    Bad,
    /// It cannot be told, or was not reached.
    Unknown,
}

/// The steps, in the order in which a fix comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Let in.
    Login,
    /// Its position told.
    Position,
    /// Inside the service.
    Area,
    /// A base that lives.
    Station,
    /// Satellites in common.
    Satellites,
    /// The air.
    Ionosphere,
    /// The bytes taken.
    Delivery,
    /// Integers fixed.
    Fix,
}

/// A step as it was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StepView {
    step: Step,
    state: State,
    text: String,
}

/// What is known around a session at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Around {
    /// For how long the station that serves has been silent, s; none if no station serves or nothing is known of it.
    pub base_silent_s: Option<f64>,
    /// Satellites that could be told to it now; none if the network does not tell.
    pub told: Option<usize>,
    /// Of the satellites over it, those withheld because of the ionosphere.
    pub rough: usize,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// The answer.
    pub code: Code,
    /// The steps, in order.
    pub steps: Vec<(Step, State)>,
    /// A number of the answer's words: seconds, kilometres or satellites.
    pub figure: Option<f64>,
    /// Words of others, as they were said.
    pub said: Option<String>,
}

/// Why a session that was let in has no fix.
pub(crate) fn of_session(record: &SessionRecord, around: Around, now: Uptime) -> Finding {
    let mut chain = Chain::default();
    chain.good(Step::Login);
    if let Some(end) = &record.end
        && let Some(found) = of_end(&end.reason)
    {
        return chain.bad(found.0, found.1, None, Some(end.reason.to_string()));
    }
    let age = record.end.as_ref().map_or(now, |end| end.at) - record.login;
    if record.quality() == Some(4) && record.silent_since.is_none() && record.end.is_none() {
        return Chain::all_good();
    }
    let served_without_position =
        record.notices.iter().any(|(_, notice)| matches!(notice, Notice::Serving { .. }));
    if record.position.is_none() && !served_without_position {
        let is_young = age < BEGINNING / 3 && record.end.is_none();
        let code = if is_young { Code::Starting } else { Code::NoPosition };
        return chain.bad(Step::Position, code, Some(age.as_secs_f64()), None);
    }
    if let Some(since) = record.silent_since.filter(|_| record.end.is_none()) {
        let silent_s = (now - since).as_secs_f64();
        return chain.bad(Step::Position, Code::Silent, Some(silent_s), None);
    }
    if let Some(found) = of_withheld(record) {
        if found.0 != Step::Position {
            chain.good(Step::Position);
        }
        if found.0 == Step::Station {
            chain.good(Step::Area);
        }
        return chain.bad(found.0, found.1, found.2, None);
    }
    chain.good(Step::Position);
    chain.good(Step::Area);
    of_service(chain, record, around, age)
}

/// The steps behind the area: base, satellites, air, bytes and integers.
fn of_service(mut chain: Chain, record: &SessionRecord, around: Around, age: Duration) -> Finding {
    if let Some(silent_s) = around.base_silent_s.filter(|silent_s| *silent_s > SILENT_MAX_S) {
        return chain.bad(Step::Station, Code::StaleStation, Some(silent_s), None);
    }
    chain.good(Step::Station);
    // What does not arrive is worse than what is sent.
    if record.frames_dropped > 0 && record.end.is_none() {
        let dropped = record.frames_dropped as f64;
        return chain.bad(Step::Delivery, Code::NotReading, Some(dropped), None);
    }
    let told = around.told;
    let over = told.map(|told| told + around.rough);
    if let (Some(told), Some(over)) = (told, over)
        && around.rough > 0
        && (around.rough as f64 >= ROUGH_SHARE * over as f64 || told < COMMON_MIN)
    {
        chain.good(Step::Satellites);
        let rough = around.rough as f64;
        return chain.bad(Step::Ionosphere, Code::IonosphereWithheld, Some(rough), None);
    }
    let own = record.position.as_ref().and_then(|(_, gga)| gga.satellites).map(usize::from);
    let common = match (told, own) {
        (Some(told), Some(own)) => Some(told.min(own)),
        (told, own) => told.or(own),
    };
    if let Some(common) = common.filter(|common| *common < COMMON_MIN) {
        return chain.bad(Step::Satellites, Code::FewSatellites, Some(common as f64), None);
    }
    chain.good_if(Step::Satellites, common.is_some());
    chain.good_if(Step::Ionosphere, told.is_some());
    let age_s = record.position.as_ref().and_then(|(_, gga)| gga.correction_age_s);
    let is_young = age < BEGINNING;
    match (record.quality(), record.first_byte) {
        _ if is_young => chain.bad(Step::Fix, Code::Starting, Some(age.as_secs_f64()), None),
        (Some(4), _) => Chain::all_good(),
        (_, None) => chain.bad(Step::Delivery, Code::StaleStation, None, None),
        (Some(5), Some(_)) => {
            chain.good(Step::Delivery);
            chain.bad(Step::Fix, Code::FloatOnly, age_s, None)
        }
        (Some(2), Some(_)) if age_s.is_none_or(|age_s| age_s <= AGE_MAX_S) => {
            chain.good(Step::Delivery);
            chain.bad(Step::Fix, Code::FloatOnly, age_s, None)
        }
        (_, Some(first)) if age > USES_WITHIN + (first - record.login) => {
            chain.good(Step::Delivery);
            chain.bad(Step::Fix, Code::SingleOnly, age_s, None)
        }
        _ => chain.bad(Step::Fix, Code::Starting, Some(age.as_secs_f64()), None),
    }
}

/// Why somebody was not let in.
pub(crate) fn of_refusal(refusal: &Refusal) -> Finding {
    let said = Some(refusal.reason.to_string());
    Chain::default().bad(Step::Login, refusal_code(&refusal.reason), None, said)
}

/// The code of a refusal.
pub(crate) fn refusal_code(reason: &Refused) -> Code {
    match reason {
        Refused::UnknownMountpoint | Refused::Offline(_) => Code::OfflineMountpoint,
        Refused::Denied(denial) => match denial {
            Denial::NoCredentials | Denial::UnknownAccount => Code::UnknownAccount,
            Denial::WrongPassword => Code::WrongPassword,
            Denial::Unusable(why) => unusable_code(*why),
            Denial::OutsideArea => Code::AccountArea,
            Denial::SessionLimit => Code::TooManySessions,
            Denial::LockedOut => Code::LockedOut,
            Denial::Busy | Denial::AccountsUnreachable => Code::Refused,
        },
        Refused::MountpointTaken
        | Refused::Full(_)
        | Refused::NotARequest(_)
        | Refused::TooSlow
        | Refused::Tls(_)
        | Refused::Proxy(_)
        | Refused::Gone => Code::Refused,
    }
}

fn unusable_code(why: Unusable) -> Code {
    match why {
        Unusable::Disabled => Code::Disabled,
        Unusable::NotYetValid => Code::NotYetValid,
        Unusable::Expired => Code::Expired,
        Unusable::NotARover | Unusable::NoRight => Code::NoRight,
    }
}

/// What an end says by itself; none where what went before says more.
fn of_end(reason: &EndReason) -> Option<(Step, Code)> {
    Some(match reason {
        EndReason::TooSlow => (Step::Delivery, Code::NotReading),
        EndReason::Idle => (Step::Station, Code::StaleStation),
        EndReason::OutsideArea => (Step::Area, Code::AccountArea),
        EndReason::NoPosition => (Step::Position, Code::NoPosition),
        EndReason::Displaced => (Step::Login, Code::TooManySessions),
        EndReason::MountpointRemoved => (Step::Station, Code::OfflineMountpoint),
        EndReason::Revoked(Revoked::Unusable(why)) => (Step::Login, unusable_code(*why)),
        EndReason::Revoked(_) => (Step::Login, Code::Disabled),
        EndReason::PeerClosed | EndReason::Broken(_) | EndReason::Stopping => {
            (Step::Delivery, Code::Ended)
        }
        EndReason::SilentUpload
        | EndReason::UploadEnded
        | EndReason::UploadBroken
        | EndReason::UploadRefused(_)
        | EndReason::Replaced => return None,
    })
}

/// What is withheld now, if anything is: the last decision of the stream that serves or withholds.
fn of_withheld(record: &SessionRecord) -> Option<(Step, Code, Option<f64>)> {
    let last = record.notices.iter().rev().find_map(|(_, notice)| match notice {
        Notice::Withheld(why) => Some(Some(why)),
        Notice::Serving { .. } | Notice::ServingVirtual { .. } => Some(None),
        Notice::NoVirtual(_) | Notice::PositionJump { .. } => None,
    })??;
    Some(match last {
        Withheld::NoPosition => (Step::Position, Code::NoPosition, None),
        Withheld::NoFix => (Step::Position, Code::NoReceiverFix, None),
        Withheld::OutsideService { nearest_m } => {
            (Step::Area, Code::OutsideArea, Some(nearest_m / 1e3))
        }
        Withheld::NoHealthyStation => (Step::Station, Code::StaleStation, None),
    })
}

/// The steps so far.
#[derive(Default)]
struct Chain(Vec<(Step, State)>);

const STEPS: [Step; 8] = [
    Step::Login,
    Step::Position,
    Step::Area,
    Step::Station,
    Step::Satellites,
    Step::Ionosphere,
    Step::Delivery,
    Step::Fix,
];

impl Chain {
    fn good(&mut self, step: Step) {
        self.0.push((step, State::Ok));
    }

    fn good_if(&mut self, step: Step, is_known: bool) {
        self.0.push((step, if is_known { State::Ok } else { State::Unknown }));
    }

    fn all_good() -> Finding {
        let steps = STEPS.into_iter().map(|step| (step, State::Ok)).collect();
        Finding { code: Code::Fixed, steps, figure: None, said: None }
    }

    fn bad(&self, step: Step, code: Code, figure: Option<f64>, said: Option<String>) -> Finding {
        let steps = STEPS.into_iter().map(|each| {
            let known = self.0.iter().find(|(known, _)| *known == each).map(|(_, state)| *state);
            let state = if each == step { State::Bad } else { known.unwrap_or(State::Unknown) };
            (each, state)
        });
        Finding { code, steps: steps.collect(), figure, said }
    }
}

impl Finding {
    /// The steps in words.
    pub(crate) fn steps(&self, language: Language) -> Vec<StepView> {
        let told = self.steps.iter().map(|(step, state)| StepView {
            step: *step,
            state: *state,
            text: step_text(*step, *state, language).to_owned(),
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests;
