//! The station monitor from outside: a station dies, its light turns red, and a webhook is told.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value as Json;
use tempfile::TempDir;
use tianshu_gnss::time::gps::{GpsTime, NANOS_PER_SECOND};
use tianshu_gnss::time::utc::Utc;

use crate::program::{PATIENCE, eventually};
use crate::service::Service;
use crate::station::Port;
use crate::stream::{epoch, joined, reference_point};

/// Epochs that are sent before the station dies: enough for its interval to be learnt.
const EPOCHS: u32 = 6;

/// A webhook that takes everything; tells the bodies.
fn webhook() -> (String, Receiver<Json>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (told, heard) = channel();
    thread::spawn(move || {
        while let Ok((mut socket, _)) = listener.accept() {
            let mut reader = BufReader::new(socket.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                if let Some(told) = line.to_lowercase().strip_prefix("content-length: ") {
                    length = told.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            socket
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .unwrap();
            if !body.is_empty() && told.send(serde_json::from_slice(&body).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, heard)
}

/// This machine's second of the GPS week.
pub(crate) fn second_of_week() -> u32 {
    let posix_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let now = GpsTime::from(Utc::from_posix(posix_s.cast_signed(), 0));
    u32::try_from(now.time_of_week().nanos() / NANOS_PER_SECOND).unwrap()
}

/// The light of the only station.
fn light(service: &Service) -> Option<String> {
    let text = fs::read_to_string(service.path("monitor.json")).ok()?;
    let status: Json = serde_json::from_str(&text).expect("the file is always a whole one");
    status["stations"][0]["light"].as_str().map(str::to_owned)
}

#[test]
fn a_station_that_dies_turns_red_and_is_told_to_a_webhook_and_acknowledged_by_a_file() {
    let port = Port::open();
    let (url, heard) = webhook();
    let config = format!(
        "[caster]\nlisten = [\"127.0.0.1:0\"]\n\
         [monitor]\nstatus_file = \"monitor.json\"\nacknowledged_file = \"taken\"\n\
         [[alarm_channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"{url}\"\nseverity_min = \"critical\"\n\
         [[station]]\nname = \"A\"\nlink = \"tcp\"\naddress = \"{}\"\n",
        port.address()
    );
    let service = Service::start_with(TempDir::new().unwrap(), &config, &[]);
    let mut station = port.accept();
    station.send(&joined(&[reference_point(1, 22.0)]));
    let mut last = Instant::now();
    for _ in 0..EPOCHS {
        // The first 14 s of a week have no BDT second that these streams can say.
        station.send(&joined(&epoch(1, second_of_week().max(14))));
        last = Instant::now();
        thread::sleep(Duration::from_secs(1));
    }
    assert_eq!(light(&service).as_deref(), Some("green"), "{}", service.log());
    eventually("its light is red", || (light(&service)? == "red").then_some(()));
    let red_after = last.elapsed();
    let told = heard.recv_timeout(PATIENCE).expect("the webhook is told");
    println!("red after {red_after:.1?}, told after {:.1?}", last.elapsed());
    assert_eq!(told["status"], "firing");
    assert_eq!(told["alerts"][0]["labels"]["alertname"], "StationSilent");
    assert_eq!(told["alerts"][0]["labels"]["station"], "A");
    let id = told["alerts"][0]["annotations"]["id"].as_str().unwrap();
    fs::write(service.path("taken"), format!("{id} wang: on the way\n")).unwrap();
    eventually("the alarm is taken on", || {
        let text = fs::read_to_string(service.path("monitor.json")).ok()?;
        let status: Json = serde_json::from_str(&text).ok()?;
        (status["alarms"][0]["acknowledged_by"] == "wang: on the way").then_some(())
    });
    assert!(service.log().contains("alarm: [critical] A: no data"), "{}", service.log());
}
