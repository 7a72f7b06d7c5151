//! Streams that are broken in every way: the process lives, good frames pass, the stream goes on.

use std::path::PathBuf;

use serde_json::Value;
use tianshu_rtcm::frame::{FRAME_BYTES_MAX, Frame};

use crate::program::eventually;
use crate::relay::play;
use crate::rover::{Rover, sourcetable};
use crate::service::{Service, command};
use crate::station::Port;
use crate::stream::{frames_in, joined, made_stream, prologue, recording_path};

/// How many wrong messages are made of each right one.
const WRONG_ONES: usize = 6;

/// How much is sent at once in the flood of wrong messages.
const FLOOD_BYTES: usize = 60_000;

/// Numbers that look like chance and are the same each time (a linear congruential generator, Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Two relays of one station: one passes it on, the other one makes the program look into every message.
fn service(receiver: &Port) -> Service {
    Service::start(&format!(
        "[[station]]\nname = \"S\"\nlink = \"tcp\"\naddress = \"{}\"\nsilence_max_s = 60\n\
         [[mountpoint]]\nname = \"OUT\"\nkind = \"station\"\nstation = \"S\"\nneeds_account = false\n\
         [[mountpoint]]\nname = \"NEAR\"\nkind = \"nearest\"\nneeds_account = false\n",
        receiver.address()
    ))
}

/// Messages of every number that the recordings have, or else of those that are made here.
fn messages(test: &str) -> Vec<Frame> {
    let folders = ["frames", "synthetic-vectors"];
    let folders: Vec<PathBuf> = folders.iter().filter_map(|f| recording_path(test, f)).collect();
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "bin" || e == "rtcm"))
        .collect();
    files.sort();
    let real = files.iter().flat_map(|path| frames_in(&std::fs::read(path).unwrap()).0);
    frames_in(&made_stream(4, 12)).0.into_iter().chain(real).collect()
}

/// The same message with some bits turned or its end cut off, and the checksum right again.
fn wrong_message(frame: &Frame, dice: &mut Dice) -> Option<Frame> {
    let mut payload = frame.payload().to_vec();
    // The number stays, so that the decoder of the message has to face it.
    let body = payload.len().checked_sub(2).filter(|body| *body > 0)?;
    for _ in 0..=dice.below(8) {
        payload[2 + dice.below(body)] ^= 1 << dice.below(8);
    }
    if dice.below(3) == 0 {
        payload.truncate(2 + dice.below(body));
    }
    if dice.below(5) == 0 {
        payload.resize(payload.len().max(dice.below(1000)), 0xFF);
    }
    Frame::from_payload(&payload).ok()
}

/// Bytes that are no frame: one cut short, one with a turned bit, one that claims more than it has, and dirt.
fn damage(frame: &Frame, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = frame.as_bytes().to_vec();
    match dice.below(4) {
        0 => bytes.truncate(1 + dice.below(bytes.len() - 1)),
        1 => {
            let at = 3 + dice.below(bytes.len() - 3);
            bytes[at] ^= 1 << dice.below(8);
        }
        2 => {
            bytes[1] |= 0x03;
            bytes[2] = 0xFF;
        }
        _ => bytes = (0..dice.below(40)).map(|_| dice.below(256).to_le_bytes()[0]).collect(),
    }
    bytes
}

#[test]
fn damaged_frames_cost_nothing_but_themselves() {
    let receiver = Port::open();
    let mut service = service(&receiver);
    let mut feed = receiver.accept();
    service.bring_up("OUT", || feed.send(&prologue()));
    let rover = Rover::v1(service.address(), "OUT", "");
    let (good, _) = frames_in(&made_stream(4, 60));
    let mut dice = Dice(1);
    let mut stream = Vec::new();
    for frame in &good {
        stream.extend(damage(frame, &mut dice));
        stream.extend(frame.as_bytes());
    }
    // Whatever the last damage claimed, it is over now.
    stream.extend(vec![0; FRAME_BYTES_MAX]);
    let (found, noise) = frames_in(&stream);
    assert_eq!(found, good, "no frame is lost to the damage before it");
    let frames = play("damaged", &mut feed, &stream, &[&|| rover.body()]);
    println!("damaged: {frames} good frames between {noise} bytes of damage");
    assert!(!service.log().contains("panicked"), "{}", service.log());

    // The same in figures, by kind.
    let ran = command(&service.path(""), &["decode", "-"], &stream);
    let told = ran.err.lines().last().unwrap_or_default();
    let all = stream.len();
    let begins = format!("{frames} messages in {all} bytes; {noise} bytes of no message: ");
    let kinds = told.strip_prefix(&begins).unwrap_or_else(|| panic!("{begins}?\n{told}"));
    assert!(!kinds.starts_with("0 bad checksums") && !kinds.contains(" 0 false starts"), "{told}");
    println!("damaged: {kinds}");

    // And so the service tells its operators, with the same count of bad checksums.
    let bad_checksums = kinds.split(' ').next().unwrap_or_default();
    service.program.signal("TERM");
    assert!(service.program.exit().success());
    let log = service.log();
    let line = log.lines().rfind(|line| line.contains("odd bytes or messages in its stream"));
    let line = line.unwrap_or_else(|| panic!("no word of the damage\n{log}"));
    assert!(line.contains(&format!(" bad_crc={bad_checksums} ")), "{line}");
    assert!(!line.contains(" reserved_bits=0 "), "{line}");
}

/// Messages whose checksum is right and whose content is wrong pass through a relay untouched (it is the station, byte
/// for byte), and do no harm to those who look into them.
#[test]
fn wrong_messages_do_no_harm() {
    let test = "wrong_messages_do_no_harm";
    let receiver = Port::open();
    let mut service = service(&receiver);
    let mut feed = receiver.accept();
    service.bring_up("OUT", || feed.send(&prologue()));
    let rover = Rover::v1(service.address(), "OUT", "");
    let mut dice = Dice(2);
    let mut sent = 0;
    let mut stream = Vec::new();
    for frame in messages(test) {
        for _ in 0..WRONG_ONES {
            if let Some(wrong) = wrong_message(&frame, &mut dice) {
                stream.extend(wrong.as_bytes());
                sent += 1;
            }
        }
    }
    let mut expected = 0;
    for piece in stream.chunks(FLOOD_BYTES) {
        feed.send(piece);
        expected += piece.len();
        // A frame that is cut by the end of the piece comes with the next one.
        let arrived = expected.saturating_sub(FRAME_BYTES_MAX);
        let enough = || (rover.body().len() >= arrived).then_some(());
        eventually("wrong messages pass", enough);
    }
    // After all of that, the stream goes on.
    let good = made_stream(4, 20);
    feed.send(&good);
    eventually("good frames pass", || rover.body().ends_with(&good).then_some(()));
    assert!(service.program.runs(), "the process lives");
    assert!(!service.log().contains("panicked"), "{}", service.log());
    assert!(sourcetable(service.address()).contains("STR;OUT;"));
    println!("{test}: {sent} wrong messages in {} bytes", stream.len());
}

/// `decode` tells what is wrong with each of them, and goes on.
#[test]
fn decode_survives_wrong_messages() {
    let mut dice = Dice(3);
    let wrong: Vec<Frame> = messages("decode_survives_wrong_messages")
        .iter()
        .filter_map(|frame| wrong_message(frame, &mut dice))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    for options in [&["decode", "-"][..], &["decode", "--json", "-"]] {
        let ran = command(folder.path(), options, &joined(&wrong));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(ran.err.contains(&format!("{} messages in ", wrong.len())), "{}", ran.err);
        if options.contains(&"--json") {
            let objects = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let faults = objects.filter(|object| object.get("fault").is_some()).count();
            assert_eq!(ran.out.lines().count(), wrong.len());
            assert!(faults > 0, "some of them must be told to be wrong");
            println!("decode: {} wrong messages, {faults} told so", wrong.len());
        }
    }
}
