//! Which messages a profile means, and how often they come.

use tianshu_caster::profile::{Extra, Observations, Profile};
use tianshu_gnss::constellation::Constellation;
use tianshu_rtcm::message::network::residuals::ResidualsMessage;
use tianshu_rtcm::msm::header::msm_number;

/// Between two 1005 or 1006, s (shared design, network solver, section 6.6, as all intervals here).
pub(crate) const REFERENCE_POINT_S: u16 = 5;
/// Between two 1007, 1008, 1033 and 1230, s.
pub(crate) const EQUIPMENT_S: u16 = 30;
/// Between two 1032, s.
pub(crate) const PHYSICAL_S: u16 = 10;
/// Between two 1013, s.
pub(crate) const PARAMETERS_S: u16 = 60;
/// Between two messages of residuals, s.
pub(crate) const RESIDUALS_S: u16 = 10;
/// Within this time a rover gets the ephemerides of all satellites, s.
pub(crate) const EPHEMERIDES_S: u16 = 30;

/// The message of a system's ephemerides. Galileo's is that of I/NAV; 1045 comes where the network has nothing but F/NAV.
fn ephemeris_number(constellation: Constellation) -> Option<u16> {
    Some(match constellation {
        Constellation::Gps => 1019,
        Constellation::Glonass => 1020,
        Constellation::BeiDou => 1042,
        Constellation::Qzss => 1044,
        Constellation::Galileo => 1046,
        Constellation::Sbas | Constellation::Navic => return None,
    })
}

/// The message of a system's observations, if the profile can tell them.
fn observations_number(observations: Observations, constellation: Constellation) -> Option<u16> {
    match (observations, constellation) {
        (Observations::Msm(level), _) => Some(msm_number(constellation, level)),
        (Observations::Legacy, Constellation::Gps) => Some(1004),
        (Observations::Legacy, Constellation::Glonass) => Some(1012),
        (Observations::Legacy, _) => None,
    }
}

/// The messages of a stream, with their intervals in seconds, where epochs come every `interval_s`.
pub(crate) fn messages(profile: &Profile, interval_s: u64) -> Vec<(u16, Option<u64>)> {
    let slow = |number: u16, every_s: u16| (number, Some(u64::from(every_s).max(interval_s)));
    let mut all = vec![slow(if profile.has_height { 1006 } else { 1005 }, REFERENCE_POINT_S)];
    let systems = || profile.systems.iter().copied();
    for extra in &profile.extras {
        match extra {
            Extra::Antenna => all.push(slow(1007, EQUIPMENT_S)),
            Extra::AntennaSerial => all.push(slow(1008, EQUIPMENT_S)),
            Extra::Receiver => all.push(slow(1033, EQUIPMENT_S)),
            Extra::PhysicalStation => all.push(slow(1032, PHYSICAL_S)),
            Extra::GlonassBias if profile.systems.contains(&Constellation::Glonass) => {
                all.push(slow(1230, EQUIPMENT_S));
            }
            Extra::GlonassBias => {}
            Extra::SystemParameters => all.push(slow(1013, PARAMETERS_S)),
            Extra::Texts => all.push((1029, None)),
            Extra::Ephemerides => {
                all.extend(systems().filter_map(ephemeris_number).map(|n| slow(n, EPHEMERIDES_S)));
            }
            Extra::Residuals => all.extend(
                systems().filter_map(ResidualsMessage::number_of).map(|n| slow(n, RESIDUALS_S)),
            ),
        }
    }
    let observed = systems().filter_map(|s| observations_number(profile.observations, s));
    all.extend(observed.map(|number| (number, Some(interval_s))));
    all
}

#[cfg(test)]
mod tests {
    use tianshu_rtcm::msm::header::MsmLevel;

    use super::*;

    #[track_caller]
    fn check(profile: &Profile, interval_s: u64, expected: &[(u16, u64)]) {
        let told: Vec<_> =
            messages(profile, interval_s).into_iter().map(|(n, s)| (n, s.unwrap())).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_it_will_send_is_listed() {
        let systems = [Constellation::Gps, Constellation::BeiDou].into();
        let mut profile = Profile::msm(MsmLevel::Msm7, systems);
        check(&profile, 1, &[(1006, 5), (1008, 30), (1033, 30), (1077, 1), (1127, 1)]);
        profile.has_height = false;
        profile.extras = [Extra::Ephemerides, Extra::Residuals, Extra::GlonassBias].into();
        check(
            &profile,
            15,
            &[(1005, 15), (1019, 30), (1042, 30), (1030, 15), (1303, 15), (1077, 15), (1127, 15)],
        );
        profile.observations = Observations::Legacy;
        profile.systems = [Constellation::Gps, Constellation::Glonass].into();
        profile.extras =
            [Extra::Antenna, Extra::PhysicalStation, Extra::GlonassBias, Extra::SystemParameters]
                .into();
        check(
            &profile,
            1,
            &[(1005, 5), (1007, 30), (1032, 10), (1230, 30), (1013, 60), (1004, 1), (1012, 1)],
        );
    }
}
