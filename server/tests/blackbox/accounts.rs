//! Accounts of a store: made by the command line, used by rovers, changed while they stream.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::postgres_cluster::Cluster;
use crate::program::{Ran, eventually, run};
use crate::rover::{QUIET, Rover};
use crate::service::{Service, command, tianshu};
use crate::station::{Feed, Port};
use crate::stream::{made_stream, prologue};

/// A service with one station, whose accounts are in a store.
struct Door {
    service: Service,
    feed: Feed,
}

impl Door {
    /// The store's table, and whatever else stands before the stations.
    fn open(folder: TempDir, tables: &str) -> Self {
        let receiver = Port::open();
        let config = format!(
            "{tables}[[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\n\
             [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\n\
             [[mountpoint]]\nname = \"OTHER\"\nkind = \"station\"\nstation = \"S\"\n\
             [[user]]\nname = \"configured\"\npassword = \"secret\"\n",
            receiver.address()
        );
        let service = Service::start_with(folder, &config, &[]);
        let mut feed = receiver.accept();
        service.bring_up("OUT", || feed.send(&prologue()));
        Self { service, feed }
    }

    /// `tianshu user` on this service's store; the password goes to standard input.
    fn user(&self, arguments: &[&str]) -> Ran {
        user(&self.service.path(""), arguments, "secret\n")
    }

    #[track_caller]
    fn changed(&self, arguments: &[&str]) {
        good(&self.user(arguments));
    }

    fn ask(&self, user: &str, password: &str, mountpoint: &str, headers: &str) -> Rover {
        let request = request(user, password, mountpoint, headers);
        Rover::connect(self.service.address(), request.as_bytes())
    }

    /// The answer to a rover of NTRIP 2 that is refused.
    #[track_caller]
    fn refused(&self, user: &str, password: &str, headers: &str) -> String {
        self.ask(user, password, "OUT", headers).until_end()
    }

    /// Asks until a rover is let in: the service takes changes up within seconds.
    #[track_caller]
    fn let_in(&self, user: &str) -> Rover {
        eventually(&format!("{user} is let in"), || {
            let rover = self.ask(user, "secret", "OUT", "");
            rover.head().starts_with("HTTP/1.1 200 OK").then_some(rover)
        })
    }

    /// Asks until the answer holds these words.
    #[track_caller]
    fn is_refused(&self, user: &str, headers: &str, words: &[&str]) {
        eventually(&format!("{user} is told {words:?}"), || {
            let answer = self.ask(user, "secret", "OUT", headers).head_and_what_came();
            words.iter().all(|part| answer.contains(part)).then_some(())
        });
    }
}

impl Rover {
    /// The head and what is there of the body; a rover that is let in is not waited for.
    fn head_and_what_came(&self) -> String {
        if self.head().starts_with("HTTP/1.1 200") { String::new() } else { self.until_end() }
    }
}

fn request(user: &str, password: &str, mountpoint: &str, headers: &str) -> String {
    format!(
        "GET /{mountpoint} HTTP/1.1\r\nUser-Agent: NTRIP test/2\r\nNtrip-Version: Ntrip/2.0\r\n\
         Authorization: Basic {}\r\n{headers}\r\n",
        base64(&format!("{user}:{password}"))
    )
}

/// RFC 4648, section 4, written for one who trusts nobody's encoder.
pub(crate) fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut code = String::new();
    for three in text.as_bytes().chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for letter in 0..4 {
            let six = usize::try_from(bits >> (18 - 6 * letter) & 63).unwrap();
            code.push(if letter <= three.len() { LETTERS[six].into() } else { '=' });
        }
    }
    code
}

pub(crate) fn user(folder: &Path, arguments: &[&str], input: &str) -> Ran {
    let mut all = vec!["user", "--config", "tianshu.toml"];
    all.extend(arguments);
    command(folder, &all, input.as_bytes())
}

#[track_caller]
fn good(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

const SQLITE: &str = "[caster]\nlisten = [\"127.0.0.1:0\"]\n[accounts]\nsqlite = \"accounts.db\"\n";

/// A folder in which these accounts have been made, each by the words behind `user add`.
pub(crate) fn folder_with(tables: &str, accounts: &[&[&str]]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tianshu.toml"), tables).unwrap();
    for words in accounts {
        good(&user(folder.path(), &[&["add"], *words].concat(), "secret\n"));
    }
    folder
}

#[test]
fn accounts_are_used_changed_and_removed_while_the_service_runs() {
    let mut door = Door::open(folder_with(SQLITE, &[&["anna"]]), SQLITE);
    let rover = door.let_in("anna");
    drop(door.let_in("configured"));
    let answer = door.refused("anna", "wrong", "");
    assert!(
        answer.starts_with("HTTP/1.1 401 ") && answer.contains("password is wrong"),
        "{answer}"
    );
    // One more account, without a restart.
    door.changed(&["add", "bert"]);
    let bert = door.let_in("bert");
    // A disabled account's sessions end, with the reason in log, answer and stream; others go on.
    door.changed(&["disable", "anna"]);
    rover.until_end();
    assert!(text_of(&rover).contains("the account is disabled"));
    door.service.logged("ended: the account is disabled", 1);
    door.is_refused("anna", "", &["HTTP/1.1 403 ", "the account is disabled"]);
    door.feed.send(&made_stream(1, 5));
    eventually("bert goes on", || (!bert.body().is_empty()).then_some(()));
    door.changed(&["enable", "anna"]);
    let rover = door.let_in("anna");
    // A new password ends sessions of the old one, which is refused from then on.
    good(&user(&door.service.path(""), &["passwd", "anna"], "better\n"));
    rover.until_end();
    door.service.logged("ended: the account has a new password", 1);
    door.is_refused("anna", "", &["HTTP/1.1 401 "]);
    let better = door.ask("anna", "better", "OUT", "");
    assert!(better.head().starts_with("HTTP/1.1 200 "));
    door.changed(&["remove", "bert"]);
    bert.until_end();
    door.is_refused("bert", "", &["HTTP/1.1 401 "]);
    assert!(!better.has_ended());
    let log = door.service.log();
    for secret in ["better", "secret", "argon2id"] {
        assert!(!log.contains(secret), "{secret} in the log");
    }
}

/// What a rover got, as text where it is text.
fn text_of(rover: &Rover) -> String {
    String::from_utf8_lossy(&rover.body()).into_owned()
}

#[test]
fn each_refusal_is_told_in_its_own_words() {
    let guangxi = "box 20 104 26 112";
    let accounts: [&[&str]; 6] = [
        &["expired", "--valid-until", "2020-01-01"],
        &["early", "--valid-from", "2999-01-01T08:00:00Z"],
        &["elsewhere", "--mountpoint", "OTHER"],
        &["operator", "--role", "operator"],
        &["one", "--sessions", "1"],
        &["fenced", "--area", guangxi],
    ];
    let door = Door::open(folder_with(SQLITE, &accounts), SQLITE);
    let _one = door.let_in("one");
    // 30 N, 108 E.
    let far = "Ntrip-GGA: $GPGGA,000000.00,3000.0000,N,10800.0000,E,4,12,1.0,80.0,M,0.0,M,1.0,0000*46\r\n";
    for (user, headers, status, words) in [
        ("expired", "", "403", "the account has expired"),
        ("early", "", "403", "the account is not valid yet"),
        ("elsewhere", "", "403", "the account may not use this mountpoint"),
        ("operator", "", "403", "the account is not a rover's"),
        ("one", "", "503", "in use as often as it may be"),
        ("fenced", far, "403", "outside of the area"),
    ] {
        let answer = door.refused(user, "secret", headers);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{user}: {answer}");
        assert!(answer.contains(words), "{user}: {answer}");
        let in_one_line = |log: &str| {
            let of_it = format!("account=\"{user}\"");
            log.lines().any(|line| line.contains(&of_it) && line.contains(words))
        };
        eventually("the log tells it", || in_one_line(&door.service.log()).then_some(()));
    }
    // Who does not know the password is not told of it.
    assert!(door.refused("expired", "guess", "").starts_with("HTTP/1.1 401 "));
    // A NTRIP 1 rover gets the same words.
    let old =
        format!("GET /OUT HTTP/1.0\r\nAuthorization: Basic {}\r\n\r\n", base64("expired:secret"));
    let answer = Rover::connect(door.service.address(), old.as_bytes()).until_end();
    assert!(answer.starts_with("HTTP/1.0 403 ") && answer.contains("has expired"), "{answer}");
}

#[test]
fn a_rover_gets_nothing_before_it_is_inside_and_is_let_go_outside() {
    let accounts: [&[&str]; 1] = [&["fenced", "--area", "polygon 20 104 20 112 26 112 26 104"]];
    let mut door = Door::open(folder_with(SQLITE, &accounts), SQLITE);
    let mut rover = door.let_in("fenced");
    let free = door.let_in("configured");
    door.feed.send(&made_stream(1, 5));
    eventually("the station sends", || (!free.body().is_empty()).then_some(()));
    assert!(rover.body().is_empty(), "nothing before the rover tells where it is");
    rover.say(b"$GPGGA,000000.00,2200.0000,N,10800.0000,E,4,12,1.0,80.0,M,0.0,M,1.0,0000*45\r\n");
    eventually("corrections come inside", || {
        door.feed.send(&made_stream(1, 1));
        std::thread::sleep(Duration::from_millis(50));
        (!rover.body().is_empty()).then_some(())
    });
    rover.say(b"$GPGGA,000001.00,3000.0000,N,10800.0000,E,4,12,1.0,80.0,M,0.0,M,1.0,0000*47\r\n");
    rover.until_end();
    assert!(text_of(&rover).contains("outside of the area"), "the rover is told");
    door.service.logged("ended: the rover is outside of the area of its account", 1);
}

#[test]
fn sessions_are_limited_by_both_policies() {
    let accounts: [&[&str]; 2] = [
        &["refusing", "--sessions", "2"],
        &["dropping", "--sessions", "2", "--when-full", "drop-oldest"],
    ];
    let door = Door::open(folder_with(SQLITE, &accounts), SQLITE);
    let (first, second) = (door.let_in("refusing"), door.let_in("refusing"));
    let answer = door.refused("refusing", "secret", "");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    drop(first);
    let third = door.let_in("refusing");
    assert!(!second.has_ended() && !third.has_ended());

    let (oldest, middle) = (door.let_in("dropping"), door.let_in("dropping"));
    let newest = door.let_in("dropping");
    oldest.until_end();
    assert!(text_of(&oldest).contains("a newer session of the same account took its place"));
    door.service.logged("ended: a newer session of the same account took its place", 1);
    assert!(!middle.has_ended() && !newest.has_ended());
}

#[test]
fn who_guesses_is_locked_out_where_he_is() {
    let tables = "[caster]\nlisten = [\"127.0.0.1:0\"]\nproxy_listen = [\"127.0.0.1:0\"]\n\
                  trusted_proxies = [\"127.0.0.1\"]\n[accounts]\nsqlite = \"accounts.db\"\n";
    let door = Door::open(folder_with(tables, &[&["anna"]]), tables);
    let from = |address: &str, password: &str| {
        let header = format!("PROXY TCP4 {address} 127.0.0.1 4000 2101\r\n");
        let asked = header + &request("anna", password, "OUT", "");
        Rover::connect(door.service.last_address(), asked.as_bytes())
    };
    for guess in 0..5 {
        let answer = from("192.0.2.1", &format!("guess{guess}")).until_end();
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    let answer = from("192.0.2.1", "secret").until_end();
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("too many wrong"), "{answer}");
    door.service.logged("refused: too many wrong passwords, try again later", 1);
    let anna = from("192.0.2.2", "secret");
    assert!(anna.head().starts_with("HTTP/1.1 200 OK"), "she is elsewhere");
    assert!(door.service.log().contains("peer=192.0.2.2:4000"), "the log goes by the header");
}

#[test]
fn a_digest_is_told_what_is_taken() {
    let door = Door::open(folder_with(SQLITE, &[&["anna"]]), SQLITE);
    let digest = "GET /OUT HTTP/1.1\r\nNtrip-Version: Ntrip/2.0\r\nUser-Agent: NTRIP t\r\n\
                  Authorization: Digest username=\"anna\", realm=\"/OUT\", nonce=\"0\", uri=\"/OUT\", response=\"0\"\r\n\r\n";
    let answer = Rover::connect(door.service.address(), digest.as_bytes()).until_end();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("\r\nWWW-Authenticate: Basic realm=\"/OUT\"\r\n"), "{answer}");
    assert!(answer.contains("Only Basic authentication is taken here"), "{answer}");
}

/// The store's disk goes: who is known goes on and comes in, others are told to try later; and then it is back.
#[test]
fn a_store_that_is_lost_stops_changes_and_not_rovers() {
    let door = Door::open(folder_with(SQLITE, &[&["anna"]]), SQLITE);
    let rover = door.let_in("anna");
    let (file, away) = (door.service.path("accounts.db"), door.service.path("away.db"));
    std::fs::rename(&file, &away).unwrap();
    door.service.logged("ALARM: account store unreachable", 1);
    assert!(!rover.has_ended());
    drop(door.let_in("anna"));
    door.is_refused("perhaps-new", "", &["HTTP/1.1 503 ", "try again later"]);
    std::fs::rename(&away, &file).unwrap();
    door.service.logged("the account store is reached again", 1);
    door.is_refused("perhaps-new", "", &["HTTP/1.1 401 "]);
    assert!(!rover.has_ended());
}

#[test]
fn a_service_starts_without_its_store_and_finds_it_later() {
    let door = Door::open(folder_with(SQLITE, &[]), SQLITE);
    door.service.logged("there are no accounts yet", 1);
    drop(door.let_in("configured"));
    door.is_refused("anna", "", &["HTTP/1.1 503 "]);
    door.changed(&["add", "anna"]);
    drop(door.let_in("anna"));
}

#[test]
fn postgresql_serves_the_same_and_may_go_away() {
    let test = "postgresql_serves_the_same_and_may_go_away";
    let Some(cluster) = Cluster::start(test) else { return };
    let tables = format!(
        "[caster]\nlisten = [\"127.0.0.1:0\"]\n[accounts]\npostgres = \"{}\"\n",
        cluster.database()
    );
    let door = Door::open(folder_with(&tables, &[&["anna"], &["bert"]]), &tables);
    let (anna, bert) = (door.let_in("anna"), door.let_in("bert"));
    door.changed(&["disable", "anna"]);
    anna.until_end();
    door.is_refused("anna", "", &["HTTP/1.1 403 ", "the account is disabled"]);
    cluster.pause();
    door.service.logged("ALARM: account store unreachable", 1);
    assert_eq!(door.user(&["list"]).code, Some(1));
    drop(door.let_in("bert"));
    door.is_refused("perhaps-new", "", &["HTTP/1.1 503 "]);
    cluster.resume();
    door.service.logged("the account store is reached again", 1);
    door.changed(&["enable", "anna"]);
    drop(door.let_in("anna"));
    assert!(!bert.has_ended());
    println!("{test}: served, lost, found");
}

#[test]
fn accounts_move_between_stores_by_files() {
    let accounts: [&[&str]; 2] = [
        &[
            "anna",
            "--organisation",
            "Survey, \"one\"",
            "--sessions",
            "2",
            "--when-full",
            "drop-oldest",
        ],
        &["bert", "--valid-until", "2999-12-31", "--mountpoint", "OUT", "--area", "box -1 -1 1 1"],
    ];
    let folder = folder_with(SQLITE, &accounts);
    for file in ["all.csv", "all.json"] {
        good(&user(folder.path(), &["export", file], ""));
        let text = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(text.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !text.contains("secret"));
        let again = user(folder.path(), &["export", file], "");
        assert_eq!(again.code, Some(1), "an older file is not overwritten");
        let other = folder_with(SQLITE, &[]);
        let from = folder.path().join(file).display().to_string();
        good(&user(other.path(), &["import", &from], ""));
        let twice = user(other.path(), &["import", &from], "");
        assert!(twice.err.contains("already an account called anna"), "{}", twice.err);
        good(&user(other.path(), &["import", "--replace", &from], ""));
        good(&user(other.path(), &["export", file], ""));
        let copy = std::fs::read_to_string(other.path().join(file)).unwrap();
        assert_eq!(copy, text, "the same accounts");
    }
    let listed = user(folder.path(), &["list"], "");
    assert!(listed.out.contains("anna") && listed.out.contains("2, drop-oldest"), "{}", listed.out);
    assert!(!listed.out.contains("argon2"), "{}", listed.out);
}

#[test]
fn the_command_says_what_it_did_not_do() {
    let folder = folder_with(SQLITE, &[]);
    let check = |arguments: &[&str], input: &str, code: i32, words: &str| {
        let ran = user(folder.path(), arguments, input);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
    };
    check(&["list"], "", 1, "there are no accounts yet");
    check(&["add", "anna"], "\n", 1, "the password is empty");
    check(&["add", "a:b"], "x\n", 2, "is no name of an account");
    check(&["add", "anna", "--area", "circle 1 2"], "x\n", 2, "is no shape");
    check(&["add", "anna", "--password", "x"], "", 2, "unexpected argument");
    good(&user(folder.path(), &["add", "anna"], "x\n"));
    check(&["add", "anna"], "x\n", 1, "already an account called anna");
    check(&["disable", "bert"], "", 1, "no account called bert");
    check(&["set", "anna", "--when-full", "drop-oldest"], "", 1, "or no limit");
    check(
        &["set", "anna", "--valid-from", "2030-01-01", "--valid-until", "2029-01-01"],
        "",
        1,
        "end before",
    );
    let generated = user(folder.path(), &["add", "bert", "--generate"], "");
    good(&generated);
    assert_eq!(generated.out.trim().len(), 20, "the new password, once: {}", generated.out);
    std::fs::write(folder.path().join("none.toml"), "").unwrap();
    let mut none = tianshu();
    none.current_dir(folder.path()).args(["user", "list", "--config", "none.toml"]);
    let ran = run(&mut none, b"");
    assert!(ran.code == Some(1) && ran.err.contains("names no store"), "{}", ran.err);
}

/// Terms that change end a session, so that it comes again under the new ones; words do not.
#[test]
fn new_terms_end_sessions_and_new_words_do_not() {
    let door = Door::open(folder_with(SQLITE, &[&["anna"], &["bert"]]), SQLITE);
    let (anna, bert) = (door.let_in("anna"), door.let_in("bert"));
    door.changed(&["set", "bert", "--note", "moved", "--organisation", "B"]);
    door.changed(&["set", "anna", "--area", "box 20 104 26 112"]);
    anna.until_end();
    door.service.logged("ended: the account has a new area", 1);
    std::thread::sleep(QUIET);
    assert!(!bert.has_ended());
    door.changed(&["set", "bert", "--valid-until", "2020-01-01"]);
    bert.until_end();
    door.service.logged("ended: the account has expired", 1);
}
