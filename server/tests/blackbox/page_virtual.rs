//! Virtual RINEX asked for over HTTP: whose the jobs are, what is refused, and what a job that cannot be made says.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use crate::accounts::folder_with;
use crate::browser::{Browser, page_of};
use crate::program::eventually;
use crate::service::Service;

const PATH: &str = "/api/v1/virtual-rinex";
const ACCOUNTS: [&[&str]; 4] = [
    &["lin", "--role", "researcher"],
    &["wei", "--role", "researcher"],
    &["aud", "--role", "auditor"],
    &["rov"],
];

/// A service with a page and an archive, and a network of three stations that say nothing, if it is to have one.
fn service(has_network: bool) -> Service {
    let mut config = "[caster]\nlisten = [\"127.0.0.1:0\"]\n[accounts]\nsqlite = \"accounts.db\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\nfolder = \"web\"\n[archive]\nfolder = \"archive\"\n"
        .to_owned();
    let folder = folder_with(&config, &ACCOUNTS);
    write!(config, "[network]\nsolve = {has_network}\n").expect("a string takes all");
    for (name, north, east) in [("S1", 23.0, 108.0), ("S2", 23.4, 108.0), ("S3", 23.0, 108.4)] {
        write!(
            config,
            "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"127.0.0.1:9\"\nposition = [{north}, {east}, 80.0]\n\
             [[mountpoint]]\nname = \"{name}\"\nkind = \"station\"\nstation = \"{name}\"\n"
        )
        .expect("a string takes all");
    }
    Service::start_with(folder, &config, &[])
}

fn browser(service: &Service, user: &str) -> Browser {
    Browser::logged_in(page_of(&service.program.out()), user, "secret")
}

fn asked() -> Json {
    json!({
        "latitude_deg": 23.1, "longitude_deg": 108.1, "height_m": 80.0,
        "from": "2026-04-20T08:00:00", "until": "2026-04-20T09:00:00",
    })
}

fn with(key: &str, value: Json) -> Json {
    let mut asked = asked();
    asked[key] = value;
    asked
}

#[test]
fn a_job_is_its_own_account_s_and_says_why_there_is_no_file() {
    let service = service(true);
    let (lin, wei) = (browser(&service, "lin"), browser(&service, "wei"));
    for (odd, status) in [
        (with("latitude_deg", json!(99.0)), 422),
        (with("from", json!("yesterday")), 400),
        (with("until", json!("2026-04-20T07:00:00")), 422),
        (with("interval_s", json!(0.3)), 422),
        (with("systems", json!("X")), 422),
        (with("place", json!("here")), 400),
        (with("stations", json!(1)), 422),
    ] {
        let refused = lin.ask("POST", PATH, Some(&odd));
        assert_eq!(refused.status, status, "{odd}: {}", refused.body);
    }
    assert_eq!(lin.get(PATH).json(), json!([]), "nothing of that was taken");
    let taken = lin.ask("POST", PATH, Some(&asked()));
    assert_eq!(taken.status, 202, "{}", taken.body);
    let number = taken.json()["number"].as_u64().unwrap();
    let own = format!("{PATH}/{number}");
    let ended = eventually("the job ends", || {
        let job = lin.get(&own).json();
        (job["state"] == "failed").then_some(job)
    });
    let why = ended["problem"].as_str().unwrap();
    assert!(why.contains("archived from 2026-04-20T08:00:00"), "{why}");
    assert_eq!((&ended["rinex"], &ended["progress"]), (&Json::Null, &Json::Null));
    assert_eq!(wei.get(&own).status, 404, "nobody else learns of it");
    assert_eq!(wei.get(PATH).json(), json!([]));
    assert_eq!(wei.ask("DELETE", &own, None).status, 404);
    for path in ["/virtual-rinex/", "/virtual-rinex/1/", "/virtual-rinex/search?from=2026-04-20"] {
        assert_eq!(lin.get(path).status, 404, "{path}");
    }
    assert_eq!(Browser::at(page_of(&service.program.out())).get("/virtual-rinex/1/x").status, 401);
    assert_eq!(browser(&service, "rov").ask("POST", PATH, Some(&asked())).status, 403);
    assert_eq!(lin.ask("DELETE", &own, None).status, 204);
    assert_eq!(lin.get(&own).status, 404);
    let deeds = browser(&service, "aud").get("/api/v1/audit").json().to_string();
    assert!(deeds.contains("virtual_rinex_asked") && deeds.contains("23.1,108.1,80"), "{deeds}");
}

#[test]
fn without_a_network_there_is_no_virtual_rinex() {
    let service = service(false);
    let lin = browser(&service, "lin");
    for refused in [lin.ask("POST", PATH, Some(&asked())), lin.get(PATH)] {
        assert_eq!((refused.status, &refused.json()["code"]), (404, &json!("unavailable")));
    }
}
