//! A second, commercial decoder as judge: the text (`.dcd`) beside three of gpsd's recordings.
//!
//! It prints values in the order of the message and with all decimals that the message has. Compared are
//! the observations 1004 and 1012 satellite by satellite, and the numbers of all other messages.

use std::fs;

use tianshu_rtcm::describe::{Description, Field, Value, describe};

use crate::files::{frames, recording};
use crate::tally::Tally;

/// The recordings that have a `.dcd` beside them.
const RECORDINGS: [&str; 3] = ["rtcm3-1", "rtcm3-2", "rtcm3-3"];

/// Half of a step of the coarsest decimals that are printed: 0.0005 m phase, 0.02 m range, 0.25 dB.
const PRINTED: f64 = 2.6e-4;

/// What the decoder prints of one satellite: the words before its numbers, the data field of GPS and of
/// GLONASS, which of the two bands. `None` where the message has no such field.
const SATELLITE: &[(&str, u16, u16, usize)] = &[
    ("SV=", 9, 38, 0),
    (" r=", 11, 41, 0),
    ("pd=", 12, 42, 0),
    ("amb=", 14, 44, 0),
    ("snr=", 15, 45, 0),
    (" r=", 17, 47, 1),
    ("pd=", 18, 48, 1),
    ("snr=", 20, 50, 1),
];

#[test]
fn inspectrtcm_oracle() {
    let test = "inspectrtcm_oracle";
    let Some(folder) = recording(test, "gpsd") else { return };
    let mut tally = Tally::default();
    for name in RECORDINGS {
        let stream = fs::read(folder.join(format!("{name}.log"))).expect("a recording can be read");
        let text = fs::read(folder.join(format!("{name}.dcd"))).expect("its text can be read");
        let text = String::from_utf8_lossy(&text).into_owned();
        let messages: Vec<(u16, Vec<&str>)> = messages(&text);
        let ours: Vec<Description> =
            frames(&stream).iter().map(|(_, frame)| describe(frame)).collect();
        let numbers: Vec<u16> = ours.iter().filter_map(|ours| ours.number).collect();
        let theirs: Vec<u16> = messages.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, theirs, "{name}: the messages and their order");
        for (place, (ours, (number, lines))) in ours.iter().zip(&messages).enumerate() {
            let place = format!("{name} message {place}");
            let equal = match number {
                1004 | 1012 => compare(&mut tally, &place, ours, lines),
                _ => 1,
            };
            tally.equal(*number, equal);
        }
    }
    tally.print(test);
    let (frames, fields) = tally.totals();
    println!("{test}: {} files, {frames} frames, {fields} fields equal", RECORDINGS.len());
    tally.assert_equal();
}

/// The text, cut into messages: the number and the lines below it.
fn messages(text: &str) -> Vec<(u16, Vec<&str>)> {
    let mut messages: Vec<(u16, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        if line.starts_with("RTCM3 ") {
            let number =
                line.rsplit("Type ").next().and_then(|n| n.trim_end_matches(':').parse().ok());
            messages.push((number.expect("a message has a number"), Vec::new()));
        } else if let Some((_, lines)) = messages.last_mut() {
            lines.push(line);
        }
    }
    messages
}

/// Compares the satellites of an observation message, and what stands before them.
fn compare(tally: &mut Tally, place: &str, ours: &Description, lines: &[&str]) -> u64 {
    let glonass = ours.number == Some(1012);
    let satellites = ours.fields.iter().find_map(|field| match &field.value {
        Value::List(satellites) => Some(satellites.as_slice()),
        _ => None,
    });
    let satellites = satellites.expect("an observation message has a list of satellites");
    let printed: Vec<&&str> = lines.iter().filter(|line| line.trim().starts_with("SV=")).collect();
    if satellites.len() != printed.len() {
        tally.differs("satellites", || {
            format!("{place}: {} and {}", satellites.len(), printed.len())
        });
    }
    let mut equal = 0;
    for (satellite, line) in satellites.iter().zip(printed) {
        for &(word, gps, glonass_field, occurrence) in SATELLITE {
            let df = if glonass { glonass_field } else { gps };
            let theirs = number_behind(line, word, occurrence);
            if is_same(satellite, df, theirs) {
                equal += 1;
            } else {
                tally.differs(format!("DF{df:03}"), || {
                    format!("{place}: {:?}, theirs is {theirs:?}: {line}", value(satellite, df))
                });
            }
        }
    }
    equal
}

/// The number behind the given occurrence of a word; `None` where dashes stand for "no value".
fn number_behind(line: &str, word: &str, occurrence: usize) -> Option<f64> {
    let behind = line.split(word).nth(occurrence + 1)?.trim_start();
    let end = behind.find([',', ')']).unwrap_or(behind.len());
    behind.get(..end)?.trim().parse().ok()
}

fn value(satellite: &[Field], df: u16) -> Option<&Value> {
    satellite.iter().find(|field| field.data_field == Some(df)).map(|field| &field.value)
}

#[expect(clippy::cast_precision_loss, reason = "a satellite's number is small")]
fn is_same(satellite: &[Field], df: u16, theirs: Option<f64>) -> bool {
    let ours = match value(satellite, df) {
        Some(Value::Unsigned(ours)) => *ours as f64,
        Some(Value::Number(ours)) => *ours,
        // No value is dashes to the other decoder, or zero for a C/N0.
        Some(Value::Absent) => return theirs.is_none_or(|theirs| theirs == 0.0),
        _ => return false,
    };
    theirs.is_some_and(|theirs| (ours - theirs).abs() < PRINTED)
}
