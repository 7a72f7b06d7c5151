//! Wishes that are taken, and wishes that are refused with a reason.

use clap::Parser;

use super::*;
use crate::cli::{Arguments, Command};

fn plan(more: &str) -> anyhow::Result<Plan> {
    let line = format!("tianshu load --caster 127.0.0.1:2101 {more}");
    let Command::Load(options) = Arguments::try_parse_from(line.split_whitespace())?.command else {
        panic!("another command");
    };
    Plan::new(&options)
}

#[track_caller]
fn check_refused(more: &str, expected: &str) {
    let error = format!("{:#}", plan(more).unwrap_err());
    assert!(error.contains(expected), "{error}");
}

#[test]
fn nonsense_is_refused_with_a_reason() {
    check_refused("--mount M --rovers 0", "--rovers 0 is not from 1 to 60000");
    check_refused("--mount M --rovers 5 --slow 3 --silent 3", "are more than --rovers 5");
    check_refused("--mount M --rate 0", "--rate 0 is not from 0.001 to 50000");
    check_refused("--mount M --rovers 30000", "add --sources 2");
    check_refused("--mount M --gga-interval 0.001", "--gga-interval 0.001 is not from 0.05");
    check_refused("--mount a;b", "--mount a;b");
    check_refused("--mount M --user a:b", "colon");
    check_refused("--mount M --area 1,2,0,3", "the northern edge is not north");
    check_refused("--mount M --place 1,2", "--place 1,2 is not LAT,LON,HEIGHT");
    check_refused("--mount M --feed 127.0.0.1:0 --feed-bytes 5000", "--feed-bytes 5000");
}

#[test]
fn only_this_machine_is_loaded() {
    for caster in ["192.0.2.7:2101", "[2001:db8::1]:2101", "0.0.0.0:2101"] {
        let refused = loopback(caster).unwrap_err().to_string();
        assert!(refused.contains("not this machine"), "{refused}");
    }
    assert_eq!(loopback("127.0.0.9:5").unwrap().to_string(), "127.0.0.9:5");
    assert_eq!(loopback("[::1]:5").unwrap().to_string(), "[::1]:5");
}

#[test]
fn rovers_take_their_turns() {
    let plan = plan(
        "--mount A,B,C --rovers 10 --silent 2 --slow 3 --rate 100 --sources 4 --user-prefix r --reconnect 5",
    )
    .unwrap();
    let manners = [0, 1, 2, 4, 5, 9].map(|rover| plan.manner(rover));
    let (silent, slow, good) = (Manner::Silent, Manner::Slow, Manner::Good);
    assert_eq!(manners, [silent, silent, slow, slow, good, good]);
    assert_eq!([0, 1, 2, 3].map(|rover| plan.mount(rover)), [0, 1, 2, 0]);
    assert_eq!(plan.begins(50), Duration::from_millis(500));
    assert_eq!(plan.source(5).map(|source| source.to_string()).as_deref(), Some("127.0.0.2"));
    assert_eq!(plan.account.of(0).unwrap().user(), "r1");
    assert_eq!(plan.stay, Some(Duration::from_secs(2)));
}
