//! Alarms of a simulated network: who is told, and after how many seconds.

use tianshu_gnss::coords::Enu;
use tianshu_simulator::fault::{Fault, StationFault, Which};
use tianshu_simulator::named::named;
use tianshu_station_monitor::alarm::group::{Message, Says};
use tianshu_station_monitor::alarm::kind::Kind;
use tianshu_station_monitor::quality::status::Light;

use crate::world::Watched;

mod world;

fn of(messages: &[(i64, Message)], kind: Kind, says: Says) -> Vec<(i64, Vec<String>)> {
    let stations = |message: &Message| {
        let names = message.alarms.iter().filter_map(|a| Some(a.key.station.as_ref()?.to_string()));
        names.collect()
    };
    messages
        .iter()
        .filter(|(_, message)| message.kind == kind && message.says == says)
        .map(|(second, message)| (*second, stations(message)))
        .collect()
}

#[test]
fn a_dead_station_is_red_within_five_seconds_and_a_dead_router_is_one_alarm_within_thirty() {
    let mut watched = Watched::new(named("quiet").unwrap(), 6, false);
    let mut messages = Vec::new();
    let (dies, returns) = (60, 160);
    let mut red_at = None;
    for second in 1..=260 {
        let is_dead = (dies..returns).contains(&second);
        let (_, told) = watched.step(|i| !(is_dead && i < 3));
        messages.extend(told.into_iter().map(|message| (second, message)));
        let statuses = watched.monitor.statuses(watched.now());
        let red = statuses.iter().filter(|s| s.light == Light::Red).count();
        if red > 0 {
            assert_eq!(red, 3, "those and no others, at {second} s");
            red_at.get_or_insert(second);
        }
    }
    // Their last epochs were of the second before.
    let red_after = red_at.expect("they turn red") - (dies - 1);
    assert!(red_after <= 5, "red after {red_after} s");
    let raised = of(&messages, Kind::Silent, Says::Raised);
    let [(at, stations)] = &raised[..] else { panic!("one message: {raised:?}") };
    assert_eq!(stations, &["S00", "S01", "S02"]);
    assert!(at - (dies - 1) <= 30, "alarmed after {} s", at - (dies - 1));
    let resolved = of(&messages, Kind::Silent, Says::Resolved);
    assert_eq!(resolved.len(), 1, "{resolved:?}");
    assert_eq!(messages.len(), 2, "nothing else is told: {messages:?}");
}

#[test]
fn when_nothing_comes_at_all_it_is_the_monitor_that_is_blind() {
    let mut watched = Watched::new(named("quiet").unwrap(), 3, false);
    let mut messages = Vec::new();
    for second in 1..=120 {
        let (_, told) = watched.step(|_| second < 40);
        messages.extend(told.into_iter().map(|message| (second, message)));
    }
    assert_eq!(of(&messages, Kind::Blind, Says::Raised).len(), 1, "{messages:?}");
    assert!(of(&messages, Kind::Silent, Says::Raised).is_empty(), "{messages:?}");
}

#[test]
fn a_stream_that_tells_other_things_than_the_configuration_is_named() {
    let at = |number, fault| StationFault { station: Which::Number(number), fault };
    let mut scenario = named("quiet").unwrap();
    let by = Enu { east_m: 0.0, north_m: 0.05, up_m: 0.0 };
    let descriptor = "TRM59800.00     SCIS".to_owned();
    scenario.faults =
        vec![at(1, Fault::WrongCoordinate { by }), at(2, Fault::WrongAntennaName { descriptor })];
    let mut watched = Watched::new(scenario, 3, false);
    let mut messages = Vec::new();
    for second in 1..=30 {
        let (_, told) = watched.step(|_| true);
        messages.extend(told.into_iter().map(|message| (second, message)));
    }
    assert_eq!(of(&messages, Kind::PlaceDiffers, Says::Raised)[0].1, ["S01"]);
    assert_eq!(of(&messages, Kind::EquipmentDiffers, Says::Raised)[0].1, ["S02"]);
    assert_eq!(messages.len(), 2, "{messages:?}");
}

#[test]
fn an_antenna_that_moves_by_three_centimetres_is_told_within_a_minute() {
    let moves = 300;
    let by = Enu { east_m: 0.030, north_m: 0.0, up_m: 0.0 };
    let fault = Fault::AntennaMoved { at_s: moves.into(), by };
    let mut scenario = named("quiet").unwrap();
    scenario.faults = vec![StationFault { station: Which::Number(4), fault }];
    let mut watched = Watched::new(scenario, 6, true);
    let mut told_at = None;
    for second in 1..=i64::from(moves) + 90 {
        let (_, messages) = watched.step(|_| true);
        for message in messages {
            assert_eq!(message.kind, Kind::Moved, "{message:?}");
            assert_eq!(message.alarms[0].key.station.as_ref().unwrap().as_str(), "S04");
            told_at.get_or_insert(second);
        }
        if told_at.is_some() {
            break;
        }
    }
    let after = told_at.expect("it is told") - i64::from(moves);
    assert!((0..=60).contains(&after), "told after {after} s");
}
