//! Configurations that cannot be used: refused with exit code 78, and every fault told with its line.

use std::fs;

use crate::service::command;

/// The exit code for a configuration that cannot be used (`EX_CONFIG` of BSD's sysexits).
const EXIT_CONFIG: i32 = 78;

/// A station in the way that needs the least.
const A: &str = "[[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"10.0.0.1:1\"\n";

/// A text, and for each fault its line and a part of what is told.
type Broken = (&'static str, &'static [(usize, &'static str)]);

/// Faults of syntax, and of keys and tables that there are not.
const SYNTAX: &[Broken] = &[
    ("[caster\n", &[(1, "not TOML")]),
    ("[service]\nhost = \"a\"\nhost = \"b\"\n", &[(3, "not TOML")]),
    ("[service]\nhost = \"a\n", &[(2, "not TOML")]),
    ("[service]\n\nhost =\n", &[(3, "not TOML")]),
    ("[server]\n", &[(1, "there is no table `server`")]),
    ("port = 1\n[user]\nname = \"u\"\n", &[(1, "there is no table `port`"), (2, "write [[user]]")]),
    ("[[caster]]\n", &[(1, "write [caster]")]),
    ("station = 5\n", &[(1, "write [[station]]")]),
    ("[caster]\nlistn = []\n", &[(2, "is `listen` meant?")]),
    ("[service]\ncolour = \"red\"\n", &[(2, "has no key `colour`")]),
];

/// Faults of the service's own tables.
const SERVICE: &[Broken] = &[
    ("[service]\ncountry = \"China\"\n", &[(2, "three capital letters")]),
    ("[service]\nport = 0\n", &[(2, "from 1 to 65535")]),
    ("[service]\nport = \"2101\"\n", &[(2, "port must be a whole number")]),
    ("[service]\nplace = [91.0, 0.0]\n", &[(2, "within ±90 and ±180")]),
    ("[service]\nplace = [1.0]\n", &[(2, "a list of 2 numbers")]),
    ("[caster]\nlisten = \"127.0.0.1:2101\"\n", &[(2, "a list of texts")]),
    ("[caster]\nlisten = [\"localhost\", 5]\n", &[(2, "texts in quotes"), (2, "listen: ")]),
    ("[caster]\nlisten = []\n", &[(1, "nobody could connect")]),
    ("[caster]\ntls_listen = [\"127.0.0.1:0\"]\n", &[(1, "tls_certificates and tls_key")]),
    (
        "[caster]\ntls_certificates = \"a.pem\"\ntls_key = \"b.pem\"\n",
        &[(2, "there is no file"), (3, "there is no file")],
    ),
    ("[caster]\nconnections_max = -1\n", &[(2, "from 1 to 1000000")]),
    ("[caster]\nhead_timeout_s = nan\n", &[(2, "head_timeout_s must be a number")]),
    ("[caster]\nstop_grace_s = true\n", &[(2, "not true")]),
    ("[caster]\nproxy_listen = [\"127.0.0.1:0\"]\n", &[(1, "need trusted_proxies")]),
    ("[caster]\ntrusted_proxies = [\"10.0.0.1\"]\n", &[(1, "nothing else does")]),
    (
        "[caster]\nproxy_listen = [\"127.0.0.1:0\"]\ntrusted_proxies = [\"proxy\"]\n",
        &[(3, "is no address range")],
    ),
    ("[accounts]\nsqlite = \"a.db\"\npostgres = \"host=a\"\n", &[(3, "either sqlite or postgres")]),
    ("[accounts]\npostgres = \"http://u:hushhush@h\"\n", &[(2, "it is written as postgres://")]),
    ("[accounts]\nsqlite = \"a.db\"\npassword = \"p\"\n", &[(2, "has no password")]),
    (
        "[accounts]\npassword = \"p\"\npassword_threads = 0\n",
        &[(1, "no postgres"), (3, "from 1 to 64")],
    ),
];

/// Faults of stations.
const STATIONS: &[Broken] = &[
    ("[[station]]\n", &[(1, "has no `link`"), (1, "has no `name`")]),
    ("[[station]]\nname = \"A\"\nlink = \"serial\"\n", &[(3, "\"serial\" is not known here")]),
    ("[[station]]\nname = \"A B\"\nlink = \"tcp\"\n", &[(1, "no `address`"), (2, "\"A B\"")]),
    (
        "[[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"10.0.0.1\"\n",
        &[(4, "is not host:port")],
    ),
    (
        "[[station]]\nname = \"A\"\nlink = \"ntrip\"\nurl = \"http://h/M\"\n",
        &[(4, "does not begin with ntrip://")],
    ),
    (
        "[[station]]\nname = \"A\"\nlink = \"ntrip\"\nurl = \"ntrip://h\"\nversion = \"3\"\n",
        &[(4, "does not end with a mountpoint"), (5, "\"3\" is not known here")],
    ),
    (
        "[[station]]\nname = \"A\"\nlink = \"ntrip\"\nurl = \"ntrip://h/M\"\nuser = \"a:b\"\npassword = \"p\"\n\
         password_file = \"q\"\n",
        &[(5, "no colon"), (7, "not both")],
    ),
    (
        "[[station]]\nname = \"A\"\nlink = \"listen\"\nlisten = \"5018\"\nallow = [\"10.0.0.0/99\"]\n",
        &[(4, "listen: "), (5, "allow: ")],
    ),
    (
        "[[station]]\nname = \"A\"\nlink = \"replay\"\nfile = \"none.rtcm3\"\nspeed = -1\nloop = 1\nstart = \"today\"\n",
        &[(4, "no file"), (5, "speed"), (6, "true or false"), (7, "start: ")],
    ),
    ("[[station]]\nname = \"A\"\nlink = \"replay\"\n", &[(1, "has no `file`")]),
    (
        "[[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"h:1\"\nretry_min_s = 9\nretry_max_s = 2\n",
        &[(1, "retry_min_s is longer than retry_max_s")],
    ),
    (
        "[[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"h:1\"\nposition = [22.0, 400.0, 0.0]\n",
        &[(5, "no place on Earth")],
    ),
    (
        "[[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"h:1\"\nfile = \"x\"\nepoch_wait_s = 0\n",
        &[(5, "has no key `file`"), (6, "epoch_wait_s must be")],
    ),
    ("[[station]]\nname = \"A\"\nlink = \"upload\"\n", &[(1, "it needs one [[mountpoint]]")]),
];

/// Faults of mountpoints and users, and names that refer to nothing. A station A stands in the first four lines.
const OFFERS: &[Broken] = &[
    ("[[mountpoint]]\n", &[(5, "has no `kind`"), (5, "has no `name`")]),
    ("[[mountpoint]]\nname = \"M\"\nkind = \"vrs2\"\n", &[(7, "\"vrs2\" is not known here")]),
    ("[[mountpoint]]\nname = \"M/1\"\nkind = \"station\"\nstation = \"A\"\n", &[(6, "\"M/1\"")]),
    (
        "[[mountpoint]]\nname = \"M\"\nkind = \"station\"\nstation = \"B\"\n",
        &[(8, "no [[station]] is called B")],
    ),
    (
        "[[mountpoint]]\nname = \"M\"\nkind = \"nearest\"\nstations = [\"A\", \"B\"]\nmargin_m = -2\n",
        &[(8, "no [[station]] is called B"), (9, "margin_m must be")],
    ),
    (
        "[[mountpoint]]\nname = \"M\"\nkind = \"upload\"\nstation = \"A\"\n",
        &[(5, "a password is missing"), (8, "station A has a link of its own")],
    ),
    (
        "[[mountpoint]]\nname = \"M\"\nkind = \"upload\"\nstation = \"A\"\npassword = \"p\"\n",
        &[(8, "station A has a link of its own")],
    ),
    (
        "[[mountpoint]]\nname = \"M\"\nkind = \"nearest\"\n[[mountpoint]]\nname = \"M\"\nkind = \"nearest\"\n",
        &[(8, "already a mountpoint called M")],
    ),
    (
        "[[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"h:1\"\n",
        &[(5, "already a station called A")],
    ),
    ("[[user]]\npassword = \"p\"\n", &[(5, "has no `name`")]),
    ("[[user]]\nname = \"u\"\npassword = 5\n", &[(7, "password must be a text in quotes")]),
    (
        "[[user]]\nname = \"u:v\"\npassword_file = \"none\"\nmountpoints = [\"M\", 5]\n",
        &[
            (6, "no colon"),
            (7, "cannot read"),
            (8, "texts in quotes"),
            (8, "no [[mountpoint]] is called M"),
        ],
    ),
    (
        "[[user]]\nname = \"u\"\npassword = \"p\"\nmountpoints = [\"GONE\"]\n",
        &[(8, "no [[mountpoint]] is called GONE")],
    ),
];

/// A table with a fault is there all the same: what refers to it is right, and the rest of it is judged.
const HALF_BROKEN: &[Broken] = &[
    (
        "[[station]]\nname = \"A\"\nlink = \"tcp\"\n\
         [[mountpoint]]\nname = \"M\"\nkind = \"station\"\nstation = \"A\"\n\
         [[station]]\nname = \"B\"\nlink = \"?\"\n\
         [[mountpoint]]\nname = \"N\"\nkind = \"nearest\"\nstations = [\"A\", \"B\"]\n",
        &[(1, "has no `address`"), (10, "\"?\" is not known here")],
    ),
    (
        "[[station]]\nname = \"U\"\nlink = \"upload\"\n\
         [[mountpoint]]\nname = \"U\"\nkind = \"upload\"\nstation = \"U\"\n\
         [[mountpoint]]\nname = \"U\"\nkind = \"upload\"\nstation = \"GONE\"\n\
         [[user]]\nname = \"u\"\nmountpoints = [\"U\"]\n\
         [[user]]\nname = \"u\"\npassword = \"p\"\n",
        &[
            (4, "a password is missing"),
            (8, "a password is missing"),
            (8, "already a mountpoint called U"),
            (11, "no [[station]] is called GONE"),
            (12, "a password is missing"),
            (15, "already a user called u"),
        ],
    ),
    (
        "[[station]]\nname = \"U\"\nlink = \"upload\"\n[[mountpoint]]\nname = \"U\"\nkind = \"uplaod\"\n",
        &[(6, "\"uplaod\" is not known here")],
    ),
];

/// The command refuses the file with exactly these faults, in the order of their lines.
#[track_caller]
fn check(arguments: &[&str], text: &str, faults: &[(usize, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.toml"), text).unwrap();
    let ran = command(folder.path(), arguments, b"");
    assert_eq!(ran.code, Some(EXIT_CONFIG), "{text}\n{}{}", ran.out, ran.err);
    let told: Vec<&str> = ran.err.lines().collect();
    let count =
        if faults.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", faults.len()) };
    assert_eq!(told[0], format!("bad.toml: {count}"), "{text}\n{}", ran.err);
    assert_eq!(told.len(), 1 + faults.len(), "{text}\n{}", ran.err);
    for (line, (at, part)) in told[1..].iter().zip(faults) {
        assert!(line.starts_with(&format!("bad.toml:{at}: ")), "line {at}?\n{text}\n{}", ran.err);
        assert!(line.contains(part), "{part:?}?\n{text}\n{}", ran.err);
    }
}

#[test]
fn every_fault_is_told_with_its_line() {
    let mut files = 0;
    for (text, faults) in SYNTAX.iter().chain(SERVICE).chain(STATIONS) {
        check(&["check", "bad.toml"], text, faults);
        files += 1;
    }
    for (text, faults) in HALF_BROKEN {
        check(&["check", "bad.toml"], text, faults);
        files += 1;
    }
    for (text, faults) in OFFERS {
        check(&["check", "bad.toml"], &format!("{A}{text}"), faults);
        files += 1;
    }
    println!("every_fault_is_told_with_its_line: {files} broken configurations");
}

/// All faults of one file at once, whichever table they are in.
#[test]
fn the_service_does_not_start_with_a_broken_configuration() {
    let mut text = String::new();
    let mut expected = Vec::new();
    for (part, faults) in SERVICE.iter().take(1).chain(&STATIONS[1..2]).chain(&STATIONS[3..4]) {
        let before = text.lines().count();
        expected.extend(faults.iter().map(|(line, told)| (line + before, *told)));
        // Names must differ, or that would be one more fault.
        text += &part.replace("\"A\"", &format!("\"A{before}\""));
    }
    check(&["serve", "--config", "bad.toml"], &text, &expected);
    check(&["check", "bad.toml"], &text, &expected);
}

#[test]
fn good_files_are_told_to_be_good_beside_bad_ones() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.toml"), A).unwrap();
    fs::write(folder.path().join("bad.toml"), "[caster]\nlisten = []\n").unwrap();
    let ran = command(folder.path(), &["check", "good.toml"], b"");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.out, "good.toml: good: 1 stations, 0 mountpoints, 0 users\n");
    let ran = command(folder.path(), &["check", "bad.toml", "good.toml", "bad.toml"], b"");
    assert_eq!(ran.code, Some(EXIT_CONFIG));
    let all = format!("{}{}", ran.out, ran.err);
    assert_eq!(all.matches("bad.toml:1: ").count(), 2, "{all}");
    assert!(all.contains("good.toml: good"), "{all}");
    // A file that is not there is no broken configuration.
    let ran = command(folder.path(), &["check", "none.toml"], b"");
    assert!(ran.err.contains("cannot read the configuration none.toml"), "{}", ran.err);
    assert_eq!(ran.code, Some(1));
}
