//! Tests of the channels against servers of our own on this machine.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value as Json;
use tianshu_gnss::time::gps::Interval;
use tianshu_ntrip::credentials::Secret;
use tianshu_station_monitor::alarm::group::Says;
use tianshu_station_monitor::alarm::kind::{Detail, Key, Kind};
use tianshu_station_monitor::alarm::machine::Alarm;

use super::*;
use crate::address::Host;
use crate::config::alarm_channel::{MailConfig, Security};

/// No step of these tests takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

fn message() -> Arc<Message> {
    let alarm = Alarm {
        id: 7,
        key: Key { kind: Kind::Silent, station: Some("NANNING".parse().unwrap()) },
        detail: Detail::Silence { for_s: Some(15), link: None },
        // 2026-03-20 02:00:00 UTC.
        since: GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400 + 7_218)),
        until: None,
        acknowledged: None,
        flapping: false,
    };
    Arc::new(Message { says: Says::Raised, kind: Kind::Silent, alarms: vec![alarm] })
}

fn at() -> GpsTime {
    GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400 + 7_233))
}

/// A server that answers each request with the next of those answers, and tells what it was sent: the head and the body.
fn web_server(answers: Vec<&'static str>) -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (told, heard) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (socket, _) = listener.accept().unwrap();
            let request = read_request(&socket);
            let mut socket = socket;
            socket.write_all(answer.as_bytes()).unwrap();
            if told.send(request).is_err() {
                return;
            }
        }
    });
    (url, heard)
}

fn read_request(socket: &TcpStream) -> (String, String) {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "the request ended early: {head}");
    }
    let length = head.to_lowercase();
    let length = length
        .split("content-length: ")
        .nth(1)
        .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn config(way: Way) -> ChannelConfig {
    let name = "test".to_owned();
    ChannelConfig { name, way, language: Language::English, severity_min: Severity::Notice }
}

const GOOD: &str =
    "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"errcode\": 0 }";
const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const GONE: &str = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[test]
fn a_webhook_is_tried_again_until_it_is_taken_and_reads_like_alertmanagers() {
    let (url, heard) = web_server(vec![BUSY, GOOD]);
    let token = Some(Secret::new("let me in"));
    let channels = Channels::start(&[config(Way::Webhook { url, token })]).unwrap();
    channels.tell(&message(), at());
    let first = heard.recv_timeout(PATIENCE).unwrap();
    let second = heard.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first.1, second.1, "the same message again");
    assert!(second.0.starts_with("POST /hook HTTP/1.1\r\n"), "{}", second.0);
    assert!(second.0.to_lowercase().contains("\r\nauthorization: bearer let me in\r\n"));
    let body: Json = serde_json::from_str(&second.1).unwrap();
    assert_eq!((body["version"].as_str(), body["status"].as_str()), (Some("4"), Some("firing")));
    assert_eq!(body["groupLabels"]["alertname"], "StationSilent");
    let alert = &body["alerts"][0];
    assert_eq!(alert["labels"]["station"], "NANNING");
    assert_eq!(alert["startsAt"], "2026-03-20T02:00:00Z");
    assert_eq!(alert["endsAt"], "0001-01-01T00:00:00Z");
    assert_eq!(alert["fingerprint"].as_str().map(str::len), Some(16));
    channels.stop();
}

#[test]
fn what_is_refused_for_good_is_given_up_at_once_and_counted() {
    let (url, heard) = web_server(vec![GONE]);
    let channels = Channels::start(&[config(Way::Webhook { url, token: None })]).unwrap();
    channels.tell(&message(), at());
    heard.recv_timeout(PATIENCE).unwrap();
    let begun = Instant::now();
    while channels.states()[0].given_up == 0 {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(NAP);
    }
    assert_eq!(channels.states()[0].delivered, 0);
}

#[test]
fn a_channel_is_told_nothing_less_severe_than_it_wants_and_its_queue_is_bounded() {
    // Nobody listens there: every message waits for its retries.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{closed}/");
    let channels = Channels::start(&[config(Way::Webhook { url, token: None })]).unwrap();
    let notice = Arc::new(Message { kind: Kind::Slips, ..(*message()).clone() });
    for _ in 0..3 * WAITING_MAX {
        channels.tell(&notice, at());
    }
    let given_up = channels.states()[0].given_up;
    assert!(given_up >= 2 * WAITING_MAX as u64 - 2, "{given_up}");
    channels.stop();
    let strict = ChannelConfig {
        severity_min: Severity::Critical,
        ..config(Way::Syslog {
            server: Host { name: "127.0.0.1".to_owned(), port: 9 },
            over_tcp: false,
        })
    };
    let channels = Channels::start(&[strict]).unwrap();
    for _ in 0..3 * WAITING_MAX {
        channels.tell(&notice, at());
    }
    assert_eq!(channels.states()[0].given_up, 0, "nothing was queued");
}

#[test]
fn robots_are_told_in_their_own_form() {
    let (url, heard) = web_server(vec![GOOD]);
    let way = Way::DingTalk { url: Secret::new(&url), secret: Some(Secret::new("SEC1")) };
    let channels = Channels::start(&[config(way)]).unwrap();
    channels.tell(&message(), at());
    let (head, body) = heard.recv_timeout(PATIENCE).unwrap();
    assert!(head.starts_with("POST /hook?timestamp=") && head.contains("&sign="), "{head}");
    let body: Json = serde_json::from_str(&body).unwrap();
    let text = body["text"]["content"].as_str().unwrap();
    assert!(body["msgtype"] == "text" && text.starts_with("[critical] NANNING: no data\n"));
    channels.stop();
    let (url, heard) = web_server(vec![GOOD]);
    let way = Way::WeCom { url: Secret::new(&url) };
    let chinese = ChannelConfig { language: Language::Chinese, ..config(way) };
    let channels = Channels::start(&[chinese]).unwrap();
    channels.tell(&message(), at());
    let body: Json = serde_json::from_str(&heard.recv_timeout(PATIENCE).unwrap().1).unwrap();
    let text = body["text"]["content"].as_str().unwrap();
    assert!(text.starts_with("【严重】NANNING 无数据\n"), "{text}");
    channels.stop();
}

#[test]
fn a_signature_is_that_of_the_documentation() {
    // By Python's hmac, base64 and urllib.parse, as DingTalk's documentation shows.
    let expected = "https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1700000000123&sign=V9VP5gL2WDsEZvZQHnbd9k4n%2Bp56ibcLMh%2BWKMZRQas%3D";
    let url = "https://oapi.dingtalk.com/robot/send?access_token=x";
    assert_eq!(dingtalk::signed(url, "SEC0123456789abcdef", 1_700_000_000_123), expected);
}

#[test]
fn a_robot_that_is_asked_too_often_is_asked_again_and_a_wrong_key_is_not() {
    use crate::json::alarms::robot_answer;
    let passing = [45_009];
    let judged = |answer| robot_answer(answer, &passing);
    assert_eq!(judged("{\"errcode\":0,\"errmsg\":\"ok\"}"), Ok(()));
    assert!(matches!(judged("{\"errcode\":45009}"), Err(Undelivered::Later(_))));
    assert!(matches!(judged("{\"errcode\":93000,\"errmsg\":\"k\"}"), Err(Undelivered::Never(_))));
    assert!(matches!(judged("<html>"), Err(Undelivered::Later(_))));
}

#[test]
fn syslog_is_one_line_as_the_standard_writes_it() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    let address = server.local_addr().unwrap();
    let host = Host { name: "127.0.0.1".to_owned(), port: address.port() };
    let way = Way::Syslog { server: host, over_tcp: false };
    let channels = Channels::start(&[config(way)]).unwrap();
    channels.tell(&message(), at());
    let mut datagram = [0; 4_096];
    let (length, _) = server.recv_from(&mut datagram).unwrap();
    let line = std::str::from_utf8(&datagram[..length]).unwrap();
    let head = "<130>1 2026-03-20T02:00:15Z - tianshu - StationSilent - \u{feff}[critical] NANNING: no data; ";
    assert!(line.starts_with(head), "{line}");
    assert!(!line.contains('\n') && length <= 2_048);
}

#[test]
fn a_letter_reaches_its_server_with_subject_and_words() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = channel();
    std::thread::spawn(move || told.send(smtp_session(&listener)));
    let mail = MailConfig {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        login: None,
        from: "Tianshu <tianshu@example.cn>".to_owned(),
        to: vec!["ops@example.cn".to_owned(), "duty@example.cn".to_owned()],
    };
    let channels = Channels::start(&[config(Way::Mail(mail))]).unwrap();
    channels.tell(&message(), at());
    let session = heard.recv_timeout(PATIENCE).unwrap();
    for part in [
        "MAIL FROM:<tianshu@example.cn>",
        "RCPT TO:<ops@example.cn>",
        "RCPT TO:<duty@example.cn>",
        "Subject: [critical] NANNING: no data",
        "since 2026-03-20 02:00:00 UTC",
    ] {
        assert!(session.contains(part), "{part:?} in {session}");
    }
}

/// Takes one letter as a mail server does; tells all lines of the other side.
fn smtp_session(listener: &TcpListener) -> String {
    let (socket, _) = listener.accept().unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answers = socket.try_clone().unwrap();
    let mut reader = BufReader::new(socket);
    let mut session = String::new();
    let mut say = |text: &str| answers.write_all(text.as_bytes()).unwrap();
    say("220 test\r\n");
    let mut in_letter = false;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return session;
        }
        session.push_str(&line);
        match (in_letter, line.trim_end()) {
            (true, ".") => {
                say("250 taken\r\n");
                return session;
            }
            (true, _) => {}
            (false, "DATA") => {
                in_letter = true;
                say("354 go on\r\n");
            }
            (false, text) if text.starts_with("EHLO") => say("250 test\r\n"),
            (false, "QUIT") => return session,
            (false, _) => say("250 good\r\n"),
        }
    }
}
