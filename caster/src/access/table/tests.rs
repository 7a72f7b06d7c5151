//! Who is let in, and with which reason others are not.

use std::net::{IpAddr, Ipv4Addr};

use tianshu_ntrip::credentials::Secret;

use super::*;
use crate::config::{MountConfig, UploadCredentials, UserConfig};

fn mount(name: &str) -> Mountpoint {
    Mountpoint::new(name).unwrap()
}

fn offering() -> Offering {
    let station: tianshu_gnss::station::StationName = "ST01".parse().unwrap();
    let relay = |name: &str, needs_account| MountConfig {
        mountpoint: mount(name),
        kind: MountKind::Station { station: station.clone() },
        needs_account,
        description: String::new(),
    };
    let credentials =
        UploadCredentials { user: "st01".to_owned(), password: Secret::new("pushed") };
    let upload = MountConfig {
        kind: MountKind::Upload { station: station.clone(), credentials },
        ..relay("UP", true)
    };
    let user = |name: &str, mountpoints| UserConfig {
        name: name.to_owned(),
        password: Secret::new(format!("{name}-secret")),
        mountpoints,
    };
    Offering {
        stations: Vec::new(),
        mountpoints: vec![relay("CLOSED", true), relay("OPEN", false), upload],
        users: vec![user("anna", None), user("ben", Some([mount("OPEN")].into()))],
    }
}

fn decide(role: Role, mountpoint: &str, proof: Proof) -> String {
    let access = TableAccess::new(&offering()).unwrap();
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    match access.decide(&Asked { role, mountpoint: mount(mountpoint), proof, peer }) {
        Verdict::Admitted(grant) => grant.account.as_deref().unwrap_or("(open)").to_owned(),
        Verdict::Denied(denial) => format!("{denial:?}"),
    }
}

fn basic(user: &str, password: &str) -> Proof {
    Proof::Basic(Credentials::new(user, password).unwrap())
}

#[track_caller]
fn check_rover(mountpoint: &str, proof: Proof, expected: &str) {
    assert_eq!(decide(Role::Rover, mountpoint, proof), expected, "{mountpoint}");
}

#[track_caller]
fn check_station(mountpoint: &str, proof: Proof, expected: &str) {
    assert_eq!(decide(Role::Station, mountpoint, proof), expected, "{mountpoint}");
}

#[test]
fn rovers_are_let_in_by_account_and_right() {
    check_rover("CLOSED", basic("anna", "anna-secret"), "anna");
    check_rover("CLOSED", basic("anna", "wrong"), "WrongPassword");
    check_rover("CLOSED", basic("anna", ""), "WrongPassword");
    check_rover("CLOSED", basic("carl", ""), "UnknownAccount");
    check_rover("CLOSED", basic("ben", "ben-secret"), "Unusable(NoRight)");
    check_rover("CLOSED", Proof::Nothing, "NoCredentials");
    check_rover("OPEN", basic("ben", "ben-secret"), "ben");
    check_rover("OPEN", basic("carl", "x"), "(open)");
    check_rover("OPEN", Proof::Nothing, "(open)");
}

#[test]
fn stations_are_let_in_by_their_own_password_in_every_form() {
    check_station("UP", basic("st01", "pushed"), "st01");
    check_station("UP", Proof::PasswordOnly(Secret::new("pushed")), "st01");
    check_station("UP", Proof::PasswordOnly(Secret::new("st01:pushed")), "st01");
    check_station("UP", Proof::PasswordOnly(Secret::new("st02:pushed")), "WrongPassword");
    check_station("UP", basic("st02", "pushed"), "UnknownAccount");
    check_station("UP", basic("anna", "anna-secret"), "UnknownAccount");
    check_station("UP", Proof::Nothing, "NoCredentials");
    check_station("CLOSED", basic("st01", "pushed"), "UnknownAccount");
    check_station("CLOSED", Proof::PasswordOnly(Secret::new("")), "UnknownAccount");
}
