//! What a stream says beside observations: who it is, what stands behind it, and how far it may be believed.

use std::collections::BTreeMap;

use tianshu_caster::profile::{Extra, Profile};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::station::{Antenna, Receiver, ReferencePoint};
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::leap::offset_at_gps;
use tianshu_gnss::time::utc::Utc;
use tianshu_gnss::units::Metres;
use tianshu_positioning::network::products::residuals::{Residual, references, residuals};
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::glonass_bias::{CodePhaseBias, GlonassBiasMessage};
use tianshu_rtcm::message::network::epoch_s;
use tianshu_rtcm::message::network::physical::PhysicalStationMessage;
use tianshu_rtcm::message::network::residuals::{
    REFERENCES_MAX, ResidualsMessage, S_IC_MAX_MM, S_OC_MAX_MM, SATELLITES_MAX, SatelliteResidual,
};
use tianshu_rtcm::message::station::{EquipmentMessage, ReferencePointMessage};
use tianshu_rtcm::message::text::{
    ANNOUNCED_MAX, Announced, SystemParametersMessage, TEXT_BYTES_MAX, TEXT_CHARACTERS_MAX,
    TextMessage,
};

use crate::vrs::identity::Identity;

/// The antenna whose phase centre is its reference point in all directions (rcvr_ant.tab).
pub(crate) const NULL_ANTENNA: &str = "ADVNULLANTENNA  NONE";
/// 1970-01-01 as a modified Julian day.
const POSIX_MJD: i64 = 40_587;
const SECONDS_PER_DAY: i64 = 86_400;
/// DF219 and DF222 in ppm, DF220 in ppm: what they hold at most.
const GROWTH_MAX_PPM: [f64; 2] = [5.11, 10.23];

/// What the network knows behind a stream's epoch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// The network.
    pub snapshot: &'a NetworkSnapshot,
    /// Whose measurements the epoch is made of.
    pub master: StationIndex,
}

/// The ID by which a station of the network goes in messages: from 1 on, below those of virtual stations.
pub(crate) fn station_id(station: StationIndex) -> u16 {
    station.0.saturating_add(1)
}

/// 1005 or 1006. A place on Earth fits its fields. The indicators say which systems are served, not which are up at this epoch (RTCM 10403.3,
/// DF022 to DF024), so that the message does not change while its station stays.
pub(crate) fn reference_point(
    identity: &Identity,
    is_physical: bool,
    profile: &Profile,
) -> Option<Frame> {
    let has = |system| profile.systems.contains(&system);
    let message = ReferencePointMessage {
        station_id: identity.station_id,
        gps: has(Constellation::Gps),
        glonass: has(Constellation::Glonass),
        galileo: has(Constellation::Galileo),
        non_physical: !is_physical,
        single_oscillator: true,
        quarter_cycle: 1,
        point: ReferencePoint {
            place: identity.place,
            antenna_height_m: profile.has_height.then_some(0.0),
            itrf_year: 0,
        },
    };
    message.to_frame().ok()
}

/// 1007, 1008 or 1033; none for what is no equipment.
pub(crate) fn equipment(station_id: u16, extra: Extra) -> Option<Frame> {
    let serial = match extra {
        Extra::Antenna => None,
        Extra::AntennaSerial | Extra::Receiver => Some(String::new()),
        _ => return None,
    };
    let antenna = Antenna { descriptor: NULL_ANTENNA.to_owned(), setup_id: 0, serial };
    let receiver = (extra == Extra::Receiver).then(|| Receiver {
        descriptor: "TIANSHU VIRTUAL".to_owned(),
        firmware: env!("CARGO_PKG_VERSION").to_owned(),
        serial: String::new(),
    });
    EquipmentMessage { station_id, antenna, receiver }.to_frame().ok()
}

/// 1230 of a virtual station: its phases are aligned with its codes, and nothing had to be added for that. Of a station that stands there it
/// says that the biases are not known.
pub(crate) fn glonass_bias(station_id: u16, is_physical: bool) -> Option<Frame> {
    let known = CodePhaseBias::Known(Metres(0.0));
    let biases = [if is_physical { CodePhaseBias::Unknown } else { known }; 4];
    GlonassBiasMessage { station_id, aligned: !is_physical, biases }.to_frame().ok()
}

/// 1013: the leap seconds, and which messages come how often.
pub(crate) fn system_parameters(
    station_id: u16,
    time: GpsTime,
    messages: &[(u16, Option<u64>)],
) -> Option<Frame> {
    let (day_mjd, seconds_of_day) = day_and_seconds(time)?;
    let announced = messages.iter().take(ANNOUNCED_MAX).map(|(number, every_s)| Announced {
        number: *number,
        synchronous: true,
        interval_s: every_s.map(|seconds| seconds as f64),
    });
    let leap_seconds = u8::try_from(offset_at_gps(time).gps_minus_utc_s).ok();
    let announced = announced.collect();
    SystemParametersMessage { station_id, day_mjd, seconds_of_day, leap_seconds, announced }
        .to_frame()
        .ok()
}

/// 1029: a text for people, cut where the message ends.
pub(crate) fn notice(station_id: u16, time: GpsTime, text: &str) -> Option<Frame> {
    let (day_mjd, seconds_of_day) = day_and_seconds(time)?;
    let mut fitting = String::new();
    for letter in text.chars().take(TEXT_CHARACTERS_MAX) {
        if fitting.len() + letter.len_utf8() > TEXT_BYTES_MAX {
            break;
        }
        fitting.push(letter);
    }
    TextMessage { station_id, day_mjd, seconds_of_day, text: fitting }.to_frame().ok()
}

/// 1032: whose measurements they are, its place rounded so that nobody learns where the pillar stands.
pub(crate) fn physical_station(
    station_id: u16,
    known: &Known<'_>,
    rounding_m: f64,
) -> Option<Frame> {
    let place = known.snapshot.stations.get(known.master.position())?.place;
    let rounded = |metres: f64| {
        if rounding_m > 0.0 { (metres / rounding_m).round() * rounding_m } else { metres }
    };
    let [x, y, z] = place.xyz().map(rounded);
    let place = Ecef::new(x, y, z);
    let physical_id = self::station_id(known.master);
    PhysicalStationMessage { station_id, physical_id, itrf_year: 0, place }.to_frame().ok()
}

/// 1030, 1031, 1303 to 1305: the residuals of the satellites of an epoch, system by system.
pub(crate) fn network_residuals(
    identity: &Identity,
    known: &Known<'_>,
    epoch: &ObsEpoch,
) -> Vec<Frame> {
    let all = residuals(known.snapshot, known.master, identity.place);
    let references = references(known.snapshot).min(REFERENCES_MAX.into());
    let references = u8::try_from(references).unwrap_or(REFERENCES_MAX);
    let mut by_system: BTreeMap<Constellation, Vec<SatelliteResidual>> = BTreeMap::new();
    for (satellite, _) in epoch.by_satellite() {
        let Some(residual) = all.get(&satellite) else { continue };
        let of_system = by_system.entry(satellite.constellation()).or_default();
        if of_system.len() < SATELLITES_MAX {
            of_system.push(told(satellite.number(), residual));
        }
    }
    let message = |(constellation, satellites)| ResidualsMessage {
        constellation,
        epoch_s: epoch_s(constellation, epoch.time, 1_000),
        station_id: identity.station_id,
        references,
        satellites,
    };
    by_system.into_iter().filter_map(|of| message(of).to_frame().ok()).collect()
}

/// What is more than a field can say is told as the most.
fn told(number: u8, residual: &Residual) -> SatelliteResidual {
    let [od_max_ppm, id_max_ppm] = GROWTH_MAX_PPM;
    SatelliteResidual {
        number,
        s_oc_mm: (residual.geometric_m * 1e3).clamp(0.0, S_OC_MAX_MM),
        s_od_ppm: (residual.geometric_per_m * 1e6).clamp(0.0, od_max_ppm),
        // Heights are reduced by the network's own delays: no growth with them is known.
        s_oh_ppm: 0.0,
        s_ic_mm: (residual.ionospheric_m * 1e3).clamp(0.0, S_IC_MAX_MM),
        s_id_ppm: (residual.ionospheric_per_m * 1e6).clamp(0.0, id_max_ppm),
    }
}

/// The modified Julian day and the second of it in UTC; an inserted second is 86400.
fn day_and_seconds(time: GpsTime) -> Option<(u16, u32)> {
    let utc = Utc::from(time);
    let day = utc.posix_seconds().div_euclid(SECONDS_PER_DAY) + POSIX_MJD;
    let second = utc.posix_seconds().rem_euclid(SECONDS_PER_DAY) + i64::from(utc.in_leap_second());
    Some((u16::try_from(day).ok()?, u32::try_from(second).ok()?))
}
