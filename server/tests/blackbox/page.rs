//! The operators' page from outside: who may do what, and what nobody may see.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};

use crate::accounts::{folder_with, user};
use crate::browser::{Browser, LOOK_EVERY, management_of, page_of};
use crate::program::eventually;
use crate::rover::sourcetable;
use crate::service::{Service, command};
use crate::station::{Feed, Port};
use crate::stream::{epoch, joined};

/// Where the stations of these tests stand: no number of these occurs anywhere else.
const PLACES: [(f64, f64); 2] = [(23.718_281, 108.314_159), (23.577_215, 108.693_147)];
/// What an account's password is.
const PASSWORD: &str = "secret";
/// A station counts as dead so soon, and has to be red soon after.
const RED_WITHIN: Duration = Duration::from_secs(5);

/// A service with a page, two stations, and an account of every role.
struct Office {
    service: Service,
    feeds: Vec<Feed>,
}

/// The tables of such a service but for its stations.
fn tables(second_factor: bool) -> String {
    format!(
        "[caster]\nlisten = [\"127.0.0.1:0\"]\n[accounts]\nsqlite = \"accounts.db\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\nmanagement = \"127.0.0.1:0\"\nfolder = \"web\"\nsecond_factor = {second_factor}\n\
         [archive]\nfolder = \"archive\"\n"
    )
}

impl Office {
    fn open(second_factor: bool) -> Self {
        let accounts: [&[&str]; 5] = [
            &["ope", "--role", "operator"],
            &["man", "--role", "account-manager"],
            &["aud", "--role", "auditor"],
            &["res", "--role", "researcher"],
            &["rov"],
        ];
        let mut config = tables(second_factor);
        let folder = folder_with(&config, &accounts);
        let ports: Vec<Port> = PLACES.iter().map(|_| Port::open()).collect();
        for ((port, (north, east)), name) in ports.iter().zip(PLACES).zip(["S1", "S2"]) {
            write!(
                config,
                "[[station]]\nname = \"{name}\"\nlink = \"tcp\"\naddress = \"{}\"\nposition = [{north}, {east}, 100.0]\n\
                 [[mountpoint]]\nname = \"{name}\"\nkind = \"station\"\nstation = \"{name}\"\n",
                port.address()
            )
            .unwrap();
        }
        config += "[[mountpoint]]\nname = \"NEAREST\"\nkind = \"nearest\"\n";
        let service = Service::start_with(folder, &config, &[]);
        let feeds = ports.iter().map(Port::accept).collect();
        Self { service, feeds }
    }

    fn browser(&self, user: &str) -> Browser {
        Browser::logged_in(page_of(&self.service.program.out()), user, PASSWORD)
    }

    fn stranger(&self) -> Browser {
        Browser::at(page_of(&self.service.program.out()))
    }

    /// All stations say an epoch of now.
    fn say(&mut self) {
        for (feed, id) in self.feeds.iter_mut().zip(1..) {
            feed.send(&joined(&epoch(id, crate::monitor::second_of_week().max(14))));
        }
    }
}

/// Paths that can be read, and who may: operator, account manager, auditor, researcher, rover.
const READS: [(&str, [u16; 5]); 18] = [
    ("/api/v1/session", [200; 5]),
    ("/api/v1/overview", [200; 5]),
    ("/api/v1/map", [200, 200, 200, 200, 403]),
    ("/api/v1/stations", [200, 403, 200, 200, 403]),
    ("/api/v1/stations/S1", [200, 403, 200, 200, 403]),
    ("/api/v1/stations/S1/series?of=satellites&resolution=second", [200, 403, 200, 200, 403]),
    ("/api/v1/heatmap?of=slips&span=24h", [200, 403, 200, 200, 403]),
    ("/api/v1/network", [200, 403, 200, 403, 403]),
    ("/api/v1/monitor-rovers", [200, 403, 200, 403, 403]),
    ("/api/v1/rovers", [200; 5]),
    ("/api/v1/refusals", [200; 5]),
    ("/api/v1/alarms", [200, 403, 200, 403, 403]),
    ("/api/v1/accounts", [403, 200, 200, 403, 403]),
    ("/api/v1/audit", [403, 403, 200, 403, 403]),
    (
        "/api/v1/archive/calendar?station=S1&from=2026-01-01&until=2026-01-02",
        [200, 403, 200, 200, 403],
    ),
    ("/api/v1/virtual-rinex", [404, 403, 404, 404, 403]),
    ("/api/v1/network/predicted-error", [404, 403, 404, 403, 403]),
    ("/api/v1/map/boundaries", [404, 404, 404, 404, 403]),
];

#[test]
fn every_role_reads_what_it_may_and_nothing_else() {
    let mut office = Office::open(false);
    let people = ["ope", "man", "aud", "res", "rov"].map(|name| office.browser(name));
    eventually("the stations are heard", || {
        office.say();
        let told = people[0].get("/api/v1/stations").json();
        let lights = told["items"].as_array()?.iter().filter(|row| row["light"] == "green");
        (lights.count() == 2).then_some(())
    });
    for (path, wanted) in READS {
        let answers = people.each_ref().map(|browser| browser.get(path));
        let statuses = answers.each_ref().map(|answer| answer.status);
        assert_eq!(statuses, wanted, "{path}: {}", answers[0].body);
        let stranger = office.stranger().get(path);
        assert_eq!(stranger.status, 401, "{path}");
        assert_eq!(stranger.json()["code"], "unauthorized");
    }
    let [operator, manager, ..] = &people;
    let nothing = json!({ "name": "new" });
    let changes = ["ope", "aud", "res", "rov"]
        .map(|name| office.browser(name).ask("POST", "/api/v1/accounts", Some(&nothing)).status);
    assert_eq!(changes, [403; 4]);
    let unsigned = manager.without_token().ask("POST", "/api/v1/accounts", Some(&nothing));
    assert_eq!((unsigned.status, unsigned.json()["code"].as_str()), (403, Some("csrf")));
    assert!(operator.events(2_000).contains("event: overview"));
    assert_eq!(operator.get("/api/v1/nothing").status, 404);
    assert_eq!(operator.ask("PUT", "/api/v1/overview", None).status, 405);
}

#[test]
fn an_account_is_made_changed_used_and_removed_and_all_of_it_is_written_down() {
    let office = Office::open(false);
    let manager = office.browser("man");
    let asked = json!({ "name": "zhao", "role": "researcher", "note": "until spring" });
    let made = manager.ask("POST", "/api/v1/accounts", Some(&asked));
    assert_eq!(made.status, 201, "{}", made.body);
    let password = made.json()["password"].as_str().unwrap().to_owned();
    assert_eq!(manager.ask("POST", "/api/v1/accounts", Some(&asked)).status, 409);
    let page = page_of(&office.service.program.out());
    let zhao = eventually("the account is taken up", || {
        let mut browser = Browser::at(page);
        (browser.log_in("zhao", &password, None).status == 200).then_some(browser)
    });
    assert_eq!(zhao.get("/api/v1/stations").status, 200);
    let senseless = json!({ "valid_until": "some day" });
    assert_eq!(manager.ask("PATCH", "/api/v1/accounts/zhao", Some(&senseless)).status, 422);
    let disabled = json!({ "enabled": false });
    let changed = manager.ask("PATCH", "/api/v1/accounts/zhao", Some(&disabled));
    assert_eq!((changed.status, &changed.json()["note"]), (200, &json!("until spring")));
    eventually("the session of a disabled account ends", || {
        (zhao.get("/api/v1/stations").status == 401).then_some(())
    });
    assert_eq!(manager.ask("DELETE", "/api/v1/accounts/man", None).status, 409);
    assert_eq!(manager.ask("DELETE", "/api/v1/accounts/zhao", None).status, 204);
    assert_eq!(manager.ask("DELETE", "/api/v1/accounts/zhao", None).status, 404);
    let deeds = office.browser("aud").get("/api/v1/audit").json();
    let told: Vec<&str> = deeds["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|deed| deed["what"].as_str())
        .collect();
    for what in ["login", "account_made", "account_changed", "account_removed"] {
        assert!(told.contains(&what), "{what} in {told:?}");
    }
    assert!(!deeds.to_string().contains(&password));
}

#[test]
fn who_can_change_something_needs_a_second_factor_first() {
    let office = Office::open(true);
    let manager = office.browser("man");
    assert_eq!(manager.get("/api/v1/session").json()["second_factor"], "must_enrol");
    let asked = json!({ "name": "zhao" });
    let weak = manager.ask("POST", "/api/v1/accounts", Some(&asked));
    assert_eq!((weak.status, weak.json()["code"].as_str()), (401, Some("second_factor_required")));
    let offered = manager.ask("POST", "/api/v1/session/second-factor", None).json();
    let secret = offered["secret"].as_str().unwrap();
    assert!(offered["uri"].as_str().unwrap().contains(secret));
    let wrong = json!({ "code": "000000" });
    let refused = manager.ask("PUT", "/api/v1/session/second-factor", Some(&wrong));
    assert_eq!(refused.json()["code"], "second_factor_wrong", "one in a million is right");
    // From now on the password alone opens nothing; the right code is tested beside the factor itself.
    let auditor = office.browser("aud");
    assert_eq!(auditor.get("/api/v1/session").json()["second_factor"], "none");
}

#[test]
fn who_guesses_is_locked_out_at_the_page_too() {
    let office = Office::open(false);
    let mut guesser = office.stranger();
    let statuses: BTreeSet<u16> =
        (0..40).map(|n| guesser.log_in("ope", &format!("guess {n}"), None).status).collect();
    assert_eq!(statuses, BTreeSet::from([401, 429]));
    assert_eq!(guesser.log_in("ope", PASSWORD, None).status, 429, "the right one waits too");
}

#[test]
fn a_station_that_dies_is_red_on_the_page_within_five_seconds() {
    let mut office = Office::open(false);
    let operator = office.browser("ope");
    let light =
        |browser: &Browser| browser.get("/api/v1/stations").json()["items"][0]["light"].clone();
    for _ in 0..6 {
        office.say();
        std::thread::sleep(Duration::from_secs(1));
    }
    assert_eq!(light(&operator), "green", "{}", office.service.log());
    let last = Instant::now();
    while light(&operator) != "red" {
        assert!(last.elapsed() < 3 * RED_WITHIN, "it stays {}", light(&operator));
        std::thread::sleep(LOOK_EVERY);
    }
    println!("red after {:.1?} (wanted {RED_WITHIN:?})", last.elapsed());
}

#[test]
fn the_management_s_port_tells_figures_and_health() {
    let mut office = Office::open(false);
    office.say();
    let management = Browser::at(management_of(&office.service.program.out()));
    assert_eq!(management.get("/livez").status, 200);
    assert_eq!(management.get("/readyz").body, "ok\n");
    let figures = eventually("stations are told of", || {
        let told = management.get("/metrics").body;
        told.contains("tianshu_station_up{station=\"S1\"}").then_some(told)
    });
    assert!(figures.contains("# HELP tianshu_build_info"));
    assert!(figures.contains("process_resident_memory_bytes"));
    let public = office.stranger().get("/metrics").body;
    assert!(!public.contains("tianshu_"), "only the management may ask: {public}");
    check_by_promtool(&figures);
}

/// `promtool check metrics` has nothing to say, where it is installed.
fn check_by_promtool(figures: &str) {
    if !crate::program::is_installed("figures by promtool", "promtool") {
        return;
    }
    let mut promtool = std::process::Command::new("promtool");
    let ran = crate::program::run(promtool.args(["check", "metrics"]), figures.as_bytes());
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

/// Whether a text has numbers that put a reader within a kilometre of a place: both degrees, or the three coordinates.
fn tells(text: &str, (north, east): (f64, f64)) -> bool {
    /// A kilometre, in degrees of latitude, and of longitude at these latitudes.
    const NEAR_DEG: [f64; 2] = [0.009, 0.0098];
    let is_part = |c: char| c.is_ascii_digit() || ".-+".contains(c);
    let numbers: Vec<f64> =
        text.split(|c| !is_part(c)).filter_map(|word| word.parse().ok()).collect();
    let has = |value: f64, near: f64| numbers.iter().any(|number| (number - value).abs() < near);
    let place: Ecef = Geodetic::from_degrees(north, east, 100.0).to_ecef(GRS80);
    let degrees = has(north, NEAR_DEG[0]) && has(east, NEAR_DEG[1]);
    degrees || place.xyz().iter().all(|value| has(*value, 1_000.0))
}

/// Every path of the description, with something in its variable parts.
fn all_paths(description: &Json) -> Vec<String> {
    let parts = [("{name}", "S1"), ("{session}", "1"), ("{id}", "1")];
    let queries = [
        ("series", "?of=satellites&resolution=second"),
        ("heatmap", "?of=slips&span=24h"),
        ("calendar", "?station=S1&from=2026-01-01&until=2026-01-02"),
        ("/api/v1/why", "?account=rov"),
    ];
    let paths = description["paths"].as_object().unwrap().keys();
    paths
        .filter(|path| *path != "/api/v1/events")
        .map(|path| {
            let filled = parts.iter().fold(path.clone(), |path, (part, by)| path.replace(part, by));
            let query = queries.iter().find(|(end, _)| path.ends_with(end)).map_or("", |(_, q)| q);
            format!("{filled}{query}")
        })
        .collect()
}

#[test]
fn neither_a_stranger_nor_a_rover_s_account_learns_where_a_station_stands() {
    let mut office = Office::open(false);
    let operator = office.browser("ope");
    eventually("the stations are heard", || {
        office.say();
        let told = operator.get("/api/v1/stations").body;
        PLACES.iter().all(|place| tells(&told, *place)).then_some(())
    });
    let description = office.stranger().get("/api/v1/openapi.json").json();
    let mut paths = all_paths(&description);
    paths
        .extend(["/", "/files/", "/metrics", "/nothing", "/api/v1/stations/S9"].map(str::to_owned));
    let people = [("a stranger", office.stranger()), ("a rover", office.browser("rov"))];
    let (mut crawled, mut seen) = (0, BTreeSet::new());
    while let Some(path) = paths.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        for (who, browser) in &people {
            for method in ["GET", "POST", "PATCH", "DELETE"] {
                let answer = browser.ask(method, &path, None);
                crawled += 1;
                for place in PLACES {
                    assert!(!tells(&answer.body, place), "{who}, {method} {path}: {}", answer.body);
                }
                // The page's own files are followed.
                paths.extend(links(&answer.body));
            }
        }
    }
    let mut table = sourcetable(office.service.address());
    table += &String::from_utf8_lossy(
        &crate::rover::Rover::connect(office.service.address(), b"GET /S1 HTTP/1.1\r\n\r\n")
            .until_end()
            .into_bytes(),
    );
    for place in PLACES {
        assert!(!tells(&table, place), "{table}");
    }
    println!("{crawled} answers crawled");
    assert!(crawled > 200);
}

/// The page's own files that a text names.
fn links(text: &str) -> Vec<String> {
    let words = text.split(['"', '\'', '`', '(', ')', ' ']);
    let own = words.filter(|word| word.starts_with("/assets/") || word.starts_with("./assets/"));
    own.map(|word| word.trim_start_matches('.').to_owned()).collect()
}

#[test]
fn a_page_without_accounts_is_a_fault_of_the_configuration() {
    let folder = TempDir::new().unwrap();
    let text = "[web]\nlisten = \"127.0.0.1:0\"\nfolder = \"web\"\n";
    std::fs::write(folder.path().join("my.toml"), text).unwrap();
    let ran = command(folder.path(), &["check", "my.toml"], b"");
    assert_eq!(ran.code, Some(78));
    assert!(
        ran.err.contains("[accounts]") || ran.out.contains("[accounts]"),
        "{}{}",
        ran.out,
        ran.err
    );
    // The words for making an account are those of the documentation.
    std::fs::write(folder.path().join("tianshu.toml"), tables(true)).unwrap();
    let made = user(folder.path(), &["add", "wang", "--role", "operator"], "a good password\n");
    assert_eq!(made.code, Some(0), "{}", made.err);
}

/// schemathesis asks whatever the description allows, and what it does not; nothing may be a fault of ours or another answer than described.
#[test]
fn nothing_that_schemathesis_asks_is_answered_otherwise_than_described() {
    let Some(program) = schemathesis() else { return };
    let mut office = Office::open(false);
    office.say();
    let page = page_of(&office.service.program.out());
    // Changes of accounts are asked of the account manager, everything that can be read of the auditor.
    for who in ["aud", "man"] {
        let browser = office.browser(who);
        let (cookie, csrf) = browser.keys();
        let mut command = std::process::Command::new(&program);
        command.current_dir(office.service.path(""));
        command.args(["run", &format!("http://{page}/api/v1/openapi.json")]);
        command.args(["-H", &format!("Cookie: {cookie}"), "-H", &format!("X-CSRF-Token: {csrf}")]);
        // A session that ends itself would leave the rest without one; a stream of events never ends.
        command.args([
            "--exclude-path",
            "/api/v1/events",
            "--exclude-path-regex",
            "/api/v1/session$",
        ]);
        command.args([
            "--max-examples",
            "10",
            "--generation-deterministic",
            "--no-color",
            "--checks",
        ]);
        command.arg("not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance");
        let ran = crate::program::run(&mut command, b"");
        let summary = ran.out.split("SUMMARY").last().unwrap_or_default();
        println!("{who}: {summary}");
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    }
}

/// schemathesis beside the Python that the tests use, if it is installed.
fn schemathesis() -> Option<std::path::PathBuf> {
    let python = std::env::var_os("TIANSHU_PYTHON").unwrap_or_default();
    let beside = std::path::Path::new(&python).with_file_name("schemathesis");
    if beside.is_file() {
        return Some(beside);
    }
    println!("SKIPPED the API by schemathesis: it is not installed");
    None
}
