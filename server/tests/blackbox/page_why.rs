//! "Why has this rover no fix?", asked of the running service about rovers with one fault each.

use std::time::{Duration, Instant};

use crate::accounts::{base64, folder_with};
use crate::browser::{Browser, page_of};
use crate::program::eventually;
use crate::rover::Rover;
use crate::service::Service;
use crate::station::{Feed, Port};
use crate::stream::{epoch, joined, made_stream, prologue};

/// The station stands here.
const PLACE: (f64, f64) = (23.0, 108.0);
/// A rover that keeps its socket shut is told of after its backlog is old (10 s) and the sockets' stores are full.
const NOT_READING_WITHIN: Duration = Duration::from_mins(1);

/// A service with a station, whose rovers have accounts.
struct Desk {
    service: Service,
    feed: Feed,
    operator: Browser,
}

impl Desk {
    fn open() -> Self {
        let accounts: [&[&str]; 8] = [
            &["ope", "--role", "operator"],
            &["silent"],
            &["wrong"],
            &["old", "--valid-until", "2020-01-01T00:00:00Z"],
            &["far"],
            &["stale"],
            &["few"],
            &["deaf"],
        ];
        let tables = "[caster]\nlisten = [\"127.0.0.1:0\"]\n[accounts]\nsqlite = \"accounts.db\"\n\
                      [web]\nlisten = \"127.0.0.1:0\"\nfolder = \"web\"\nsecond_factor = false\n";
        let folder = folder_with(tables, &accounts);
        let port = Port::open();
        let config = format!(
            "{tables}[[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\nposition = [{}, {}, 100.0]\n\
             [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\n\
             [[mountpoint]]\nname = \"NEAREST\"\nkind = \"nearest\"\n",
            port.address(),
            PLACE.0,
            PLACE.1
        );
        let service = Service::start_with(folder, &config, &[]);
        let mut feed = port.accept();
        service.bring_up("OUT", || feed.send(&prologue()));
        let operator = Browser::logged_in(page_of(&service.program.out()), "ope", "secret");
        Self { service, feed, operator }
    }

    fn rover(&self, account: &str, password: &str, mountpoint: &str, gga: &str) -> Rover {
        let request = format!(
            "GET /{mountpoint} HTTP/1.0\r\nUser-Agent: NTRIP test/1\r\nAuthorization: Basic {}\r\n\r\n{gga}",
            base64(&format!("{account}:{password}"))
        );
        Rover::connect(self.service.address(), request.as_bytes())
    }

    /// One epoch of now.
    fn say(&mut self) {
        self.feed.send(&joined(&epoch(1, crate::monitor::second_of_week().max(14))));
    }

    /// Asks until the answer is this one; the sentence in both languages.
    #[track_caller]
    fn answer(&mut self, account: &str, code: &str) -> [String; 2] {
        let mut seen = String::new();
        let begun = Instant::now();
        while begun.elapsed() < NOT_READING_WITHIN {
            let ask =
                |lang| self.operator.get(&format!("/api/v1/why?account={account}&lang={lang}"));
            let told = ask("en").json();
            if told["code"] == code {
                let sentence =
                    |told: &serde_json::Value| told["sentence"].as_str().unwrap().to_owned();
                let steps = told["steps"].as_array().unwrap();
                assert_eq!(steps.iter().filter(|step| step["state"] == "bad").count(), 1);
                return [sentence(&told), sentence(&ask("zh").json())];
            }
            seen = told.to_string();
            std::thread::sleep(Duration::from_millis(300));
        }
        panic!("{account} is told {seen}, not {code}");
    }
}

/// A position as a rover tells it.
fn gga(north_deg: f64, quality: u8, satellites: u8) -> String {
    use tianshu_gnss::coords::Geodetic;
    use tianshu_ntrip::nmea::gga::Gga;
    let place = Geodetic::from_degrees(north_deg, PLACE.1, 80.0);
    let told = Gga { quality, satellites: Some(satellites), ..Gga::at(place, None) };
    format!("{told}\r\n")
}

#[test]
fn each_fault_of_a_rover_gets_the_sentence_that_mends_it() {
    let mut desk = Desk::open();
    desk.say();
    // No position.
    let _silent = desk.rover("silent", "secret", "NEAREST", "");
    // A wrong password, and an account that is over.
    drop(desk.rover("wrong", "hidden", "OUT", ""));
    drop(desk.rover("old", "secret", "OUT", ""));
    // Outside of everything: 700 km away.
    let _far = desk.rover("far", "secret", "NEAREST", &gga(30.0, 1, 20));
    // Four satellites.
    let _few = desk.rover("few", "secret", "NEAREST", &gga(PLACE.0, 5, 4));
    let faults = [
        ("wrong", "wrong_password", "password", "密码"),
        ("old", "expired", "expired", "到期"),
        ("far", "outside_area", "service area", "服务区"),
        ("few", "few_satellites", "4 satellites", "4 颗"),
        ("silent", "no_position", "GGA", "GGA"),
    ];
    for (account, code, english, chinese) in faults {
        desk.say();
        let [en, zh] = desk.answer(account, code);
        println!("{account}: {en} / {zh}");
        assert!(en.contains(english) && zh.contains(chinese), "{en} / {zh}");
    }
    // The station goes silent while it serves.
    desk.say();
    eventually("the mountpoint is listed again", || desk.service.lists("OUT").then_some(()));
    let _stale = desk.rover("stale", "secret", "OUT", &gga(PLACE.0, 5, 20));
    desk.say();
    let [en, zh] = desk.answer("stale", "stale_station");
    assert!(en.contains("has sent nothing") && zh.contains("没有数据"), "{en} / {zh}");
}

#[test]
fn a_rover_that_does_not_read_is_told_of() {
    let mut desk = Desk::open();
    let request = format!(
        "GET /OUT HTTP/1.0\r\nUser-Agent: NTRIP test/1\r\nAuthorization: Basic {}\r\n\r\n{}",
        base64("deaf:secret"),
        gga(PLACE.0, 5, 20)
    );
    let deaf = {
        use std::io::Write;
        let mut socket = std::net::TcpStream::connect(desk.service.address()).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        socket
    };
    eventually("it is let in", || {
        let rows = desk.operator.get("/api/v1/rovers?account=deaf").json();
        rows["items"].as_array().filter(|rows| !rows.is_empty()).map(|_| ())
    });
    let many = made_stream(1, 2_000);
    let begun = Instant::now();
    let told = loop {
        desk.feed.send(&many);
        let why = desk.operator.get("/api/v1/why?account=deaf").json();
        if why["code"] == "not_reading" || begun.elapsed() > NOT_READING_WITHIN {
            break why;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(told["code"], "not_reading", "{told}");
    assert!(told["sentence"].as_str().unwrap().contains("does not take the data"));
    drop(deaf);
}
