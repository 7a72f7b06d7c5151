//! The sourcetable, written from what the streams really contain.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Geodetic, WGS84};
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ntrip::mountpoint::Mountpoint;
use tianshu_ntrip::sourcetable::Sourcetable;
use tianshu_ntrip::sourcetable::caster::{CasterEntry, NetworkEntry};
use tianshu_ntrip::sourcetable::record::Authentication;
use tianshu_ntrip::sourcetable::stream::StreamEntry;
use tianshu_rtcm::content::format_details;

use crate::config::CasterIdentity;
use crate::stations::Stations;
use crate::stations::state::StationState;

/// What makes the streams, in the field "generator".
pub const GENERATOR: &str = concat!("Tianshu ", env!("CARGO_PKG_VERSION"));

/// A virtual station has two carriers or more: a network is not solved on one.
const CARRIERS_OF_VIRTUAL: u8 = 2;

/// What the sourcetable says of a mountpoint beside its content.
#[derive(Clone, Debug)]
pub struct Described {
    /// Words for people; empty takes what is known of the station.
    pub description: String,
    /// Whether a rover needs an account.
    pub needs_account: bool,
    /// The network's name.
    pub network: String,
    /// ISO 3166, three letters.
    pub country: String,
}

/// A sourcetable as it is sent.
#[derive(Debug)]
pub struct TableSnapshot {
    /// Its records.
    pub table: Sourcetable,
    /// The whole of it as text.
    pub text: Arc<str>,
    /// The mountpoints in it.
    pub mountpoints: Vec<Mountpoint>,
    /// When it was written.
    pub written: Uptime,
}

impl TableSnapshot {
    /// Writes the table of these streams.
    pub fn write(identity: &CasterIdentity, streams: &[StreamEntry], now: Uptime) -> Self {
        let any_open = streams.iter().any(|s| s.authentication == Some(Authentication::None));
        let mut records = vec![caster(identity), network(identity, any_open)];
        records.extend(streams.iter().map(StreamEntry::to_record));
        let table = Sourcetable::new(records);
        let text = table.to_string().into();
        let mountpoints = streams.iter().map(|stream| stream.mountpoint.clone()).collect();
        Self { table, text, mountpoints, written: now }
    }
}

/// The record of a mountpoint that relays a station.
pub fn describe_station(
    mountpoint: &Mountpoint,
    described: &Described,
    station: &StationName,
    state: &StationState,
    now: Uptime,
) -> StreamEntry {
    let content = state.content();
    let place = state.place().map(|place| place.to_geodetic(WGS84));
    let words = [described.description.as_str(), state.settings().map_or("", |s| &s.description)];
    let words = words.into_iter().find(|words| !words.is_empty()).unwrap_or(station.as_str());
    StreamEntry {
        identifier: words.to_owned(),
        format_details: content.format_details(),
        carrier: Some(content.carriers()),
        nav_system: names(&content.systems()),
        latitude_deg: place.map(|place| one_decimal(place.latitude_deg())),
        longitude_deg: place.map(|place| one_decimal(place.longitude_deg())),
        needs_gga: Some(false),
        bitrate: content.bits_per_second(now),
        ..common(mountpoint, described)
    }
}

/// The record of a nearest mountpoint: what all its stations have in common is what a rover can rely on.
pub fn describe_nearest(
    mountpoint: &Mountpoint,
    described: &Described,
    stations: &Stations,
    healthy: &[StationName],
    now: Uptime,
) -> StreamEntry {
    let facts: Vec<_> = healthy
        .iter()
        .filter_map(|name| {
            stations.with_state(name, |state| {
                let content = state.content();
                Facts {
                    systems: content.systems(),
                    carriers: content.carriers(),
                    messages: content.messages(),
                    bits_per_second: content.bits_per_second(now),
                    place: state.place().map(|place| place.to_geodetic(WGS84)),
                }
            })
        })
        .collect();
    let in_all = |system: &Constellation| facts.iter().all(|f| f.systems.contains(system));
    let systems: Vec<_> = Constellation::ALL.into_iter().filter(in_all).collect();
    let count = facts.len().max(1) as f64;
    let places = facts.iter().filter_map(|f| f.place);
    let (latitude, longitude) = places.fold((0.0, 0.0), |(latitude, longitude), place| {
        (latitude + place.latitude_deg() / count, longitude + place.longitude_deg() / count)
    });
    let words = match described.description.as_str() {
        "" => "nearest station",
        words => words,
    };
    StreamEntry {
        identifier: words.to_owned(),
        format_details: format_details(in_common(&facts)),
        carrier: facts.iter().map(|f| f.carriers).min(),
        nav_system: names(&systems),
        latitude_deg: Some(one_decimal(latitude)),
        longitude_deg: Some(one_decimal(longitude)),
        needs_gga: Some(true),
        bitrate: facts.iter().filter_map(|f| f.bits_per_second).max(),
        ..common(mountpoint, described)
    }
}

/// The record of a mountpoint of virtual stations: what they will send, and the middle of the network.
pub fn describe_virtual(
    mountpoint: &Mountpoint,
    described: &Described,
    systems: &[Constellation],
    messages: BTreeMap<u16, Option<u64>>,
    middle: Option<Geodetic>,
) -> StreamEntry {
    let words = match described.description.as_str() {
        "" => "virtual station",
        words => words,
    };
    StreamEntry {
        identifier: words.to_owned(),
        format_details: format_details(messages),
        carrier: Some(CARRIERS_OF_VIRTUAL),
        nav_system: names(systems),
        latitude_deg: middle.map(|place| one_decimal(place.latitude_deg())),
        longitude_deg: middle.map(|place| one_decimal(place.longitude_deg())),
        needs_gga: Some(true),
        is_network: Some(true),
        ..common(mountpoint, described)
    }
}

/// What is told of one station of a nearest mountpoint.
struct Facts {
    systems: Vec<Constellation>,
    carriers: u8,
    messages: BTreeMap<u16, Option<u64>>,
    bits_per_second: Option<u32>,
    place: Option<Geodetic>,
}

/// The messages that every station sends, each as seldom as the station that sends it least, s.
fn in_common(facts: &[Facts]) -> BTreeMap<u16, Option<u64>> {
    let Some((first, others)) = facts.split_first() else { return BTreeMap::new() };
    let mut messages = first.messages.clone();
    for other in others {
        messages.retain(|number, _| other.messages.contains_key(number));
        for (number, interval_s) in &mut messages {
            *interval_s = (*interval_s).max(other.messages.get(number).copied().flatten());
        }
    }
    messages
}

fn common(mountpoint: &Mountpoint, described: &Described) -> StreamEntry {
    let authentication =
        if described.needs_account { Authentication::Basic } else { Authentication::None };
    StreamEntry {
        format: "RTCM 3.3".to_owned(),
        network: described.network.clone(),
        country: described.country.clone(),
        is_network: Some(false),
        generator: GENERATOR.to_owned(),
        compression: "none".to_owned(),
        authentication: Some(authentication),
        fee: Some(false),
        ..StreamEntry::named(mountpoint.clone())
    }
}

fn caster(identity: &CasterIdentity) -> tianshu_ntrip::sourcetable::record::Record {
    CasterEntry {
        host: identity.host.clone(),
        port: Some(identity.port),
        identifier: identity.network.clone(),
        operator: identity.operator.clone(),
        takes_gga: Some(true),
        country: identity.country.clone(),
        latitude_deg: Some(one_decimal(identity.place_deg.0)),
        longitude_deg: Some(one_decimal(identity.place_deg.1)),
        fallback_host: "0.0.0.0".to_owned(),
        fallback_port: Some(0),
        misc: String::new(),
    }
    .to_record()
}

fn network(
    identity: &CasterIdentity,
    any_open: bool,
) -> tianshu_ntrip::sourcetable::record::Record {
    let web = identity.web.clone().unwrap_or_else(|| "none".to_owned());
    NetworkEntry {
        identifier: identity.network.clone(),
        operator: identity.operator.clone(),
        authentication: Some(if any_open { Authentication::None } else { Authentication::Basic }),
        fee: Some(false),
        web_network: web.clone(),
        web_streams: web,
        web_registration: "none".to_owned(),
        misc: String::new(),
    }
    .to_record()
}

fn names(systems: &[Constellation]) -> String {
    let mut text = String::new();
    for system in systems {
        let separator = if text.is_empty() { "" } else { "+" };
        let _ = write!(text, "{separator}{}", system.sourcetable_name());
    }
    text
}

/// One decimal is about 11 km: enough to choose a stream, too little to survey our stations by.
fn one_decimal(degrees: f64) -> f64 {
    (degrees * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station(messages: &[(u16, Option<u64>)]) -> Facts {
        Facts {
            systems: vec![Constellation::Gps],
            carriers: 2,
            messages: messages.iter().copied().collect(),
            bits_per_second: None,
            place: None,
        }
    }

    #[test]
    fn a_nearest_mountpoint_promises_what_all_its_stations_send() {
        let facts = [
            station(&[(1006, Some(10)), (1077, Some(1)), (1087, Some(1))]),
            station(&[(1006, None), (1077, Some(5)), (1230, Some(30))]),
        ];
        assert_eq!(format_details(in_common(&facts)), "1006(10),1077(5)");
        assert_eq!(format_details(in_common(&[])), "");
    }
}
