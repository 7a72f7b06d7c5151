//! gpsd as judge: the JSON that stands beside its recordings (`.chk`), message by message.
//!
//! gpsd prints the heads of MSM without the measurements, some messages as their payload in hexadecimal
//! digits, and degrees where the message tells arc seconds.

use std::fs;

use serde_json::{Map, Value as Json};
use tianshu_rtcm::describe::{Description, Field, Value, describe};
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::msm::header::msm_kind;
use tianshu_rtcm::msm::message::Msm;

use crate::files::{frames, recording};
use crate::msm_fields;
use crate::tally::Tally;

/// The recordings of RTCM 3 that have a `.chk` beside them.
const RECORDINGS: [&str; 4] =
    ["rtcm3.log", "rtcm3.2.log", "rtcm3_102x135.log", "ublox-zed-f9t-rtcm3.log"];

/// One member of gpsd's JSON: the data field it tells, our value for one unit of gpsd's, and half of the
/// last digit that gpsd prints.
struct Member {
    name: &'static str,
    df: u16,
    factor: f64,
    tolerance: f64,
}

const fn integer(name: &'static str, df: u16) -> Member {
    Member { name, df, factor: 1.0, tolerance: 0.5 }
}

const fn real(name: &'static str, df: u16, factor: f64, tolerance: f64) -> Member {
    Member { name, df, factor, tolerance }
}

/// Degrees with six decimals, for arc seconds.
const fn degrees(name: &'static str, df: u16) -> Member {
    real(name, df, 3600.0, 6e-7)
}

const MEMBERS: &[Member] = &[
    integer("station_id", 3),
    real("x", 25, 1.0, 6e-5),
    real("y", 26, 1.0, 6e-5),
    real("z", 27, 1.0, 6e-5),
    integer("setup_id", 31),
    integer("mjd", 51),
    integer("sec", 52),
    integer("len", 138),
    integer("sys_id", 147),
    integer("plate_number", 149),
    real("dX", 156, 1.0, 6e-4),
    real("dY", 157, 1.0, 6e-4),
    real("dZ", 158, 1.0, 6e-4),
    real("add_as", 166, 1.0, 6e-4),
    real("add_bs", 167, 1.0, 6e-4),
    real("add_at", 168, 1.0, 6e-4),
    real("add_bt", 169, 1.0, 6e-4),
    integer("shift_h", 190),
    integer("shift_v", 191),
    real("lat_mean", 196, 1.0, 6e-4),
    real("lon_mean", 197, 1.0, 6e-4),
    real("hgt_mean", 198, 1.0, 6e-3),
    real("add_sno", 173, 1.0, 6e-6),
    real("false_easting", 174, 1.0, 6e-4),
    real("false_northing", FALSE_NORTHING, 1.0, 6e-4),
    degrees("rX", 159),
    degrees("rY", 160),
    degrees("rZ", 161),
    real("dS", 162, 1.0, 6e-7),
    integer("ind", 421),
    integer("steering", 411),
    integer("extclk", 412),
    integer("smoothing", 417),
    integer("interval", 418),
    integer("IODS", 409),
];

/// DF175, the last field of 1025.
const FALSE_NORTHING: u16 = 175;

/// Origins and extensions, which 1021, 1023 and 1025 tell in data fields of their own.
fn origin(number: u16) -> &'static [Member] {
    match number {
        1021 => const { &[degrees("lat_origin", 152), degrees("lon_origin", 153)] },
        1023 => {
            const {
                &[
                    degrees("lat_origin", 192),
                    degrees("lon_origin", 193),
                    degrees("lat_extension", 194),
                    degrees("lon_extension", 195),
                ]
            }
        }
        1025 => {
            const { &[real("lat_origin", 171, 1.0, 6e-10), real("lon_origin", 172, 1.0, 6e-10)] }
        }
        _ => &[],
    }
}

/// Members that are texts.
const TEXTS: [(&str, u16); 7] = [
    ("desc", 30),
    ("serial", 33),
    ("receiver", 228),
    ("firmware", 230),
    ("src_name", 144),
    ("tar_name", 146),
    ("msg", 140),
];

#[test]
fn gpsd_oracle() {
    let test = "gpsd_oracle";
    let Some(folder) = recording(test, "gpsd") else { return };
    let mut tally = Tally::default();
    for name in RECORDINGS {
        let stream = fs::read(folder.join(name)).expect("a recording can be read");
        let text = fs::read(folder.join(format!("{name}.chk"))).expect("its JSON can be read");
        let text = String::from_utf8_lossy(&text);
        let mut lines: Vec<&str> =
            text.lines().filter(|line| line.contains(r#""class":"RTCM3""#)).collect();
        // gpsd tells the last message once more when something that is no RTCM comes behind it.
        lines.dedup_by(|later, earlier| later == earlier && later.contains(r#""type":1230"#));
        let frames = frames(&stream);
        assert_eq!(frames.len(), lines.len(), "{name}");
        for ((at, frame), line) in frames.iter().zip(lines) {
            let json = serde_json::from_str(line).expect("gpsd writes JSON");
            compare(&mut tally, &format!("{name} at {at}"), frame, &json);
        }
    }
    tally.print(test);
    let (frames, fields) = tally.totals();
    println!("{test}: {} files, {frames} frames, {fields} fields equal", RECORDINGS.len());
    tally.assert_equal();
}

fn compare(tally: &mut Tally, place: &str, frame: &Frame, json: &Map<String, Json>) {
    let ours = describe(frame);
    let number = ours.number.expect("every frame of these recordings has a number");
    let mut equal = 0;
    let mut check = |name: &str, same: bool| {
        if same {
            equal += 1;
        } else {
            tally.differs(format!("{number} {name}"), || {
                format!("{place}: gpsd has {}", json[name])
            });
        }
    };
    check("type", json["type"] == number);
    check("length", json["length"] == frame.payload().len());
    if let Some(data) = json.get("data") {
        let bytes: Vec<Json> =
            frame.payload().iter().map(|byte| Json::from(format!("0x{byte:02x}"))).collect();
        check("data", data.as_array() == Some(&bytes));
    }
    for member in MEMBERS.iter().chain(origin(number)) {
        // The messages 1025 of `rtcm3_102x135.log` end four bits before their last field does, which we
        // tell as a fault; gpsd reads on into the checksum.
        if ours.fault.is_some() && member.df == FALSE_NORTHING {
            continue;
        }
        if let Some(theirs) = json.get(member.name).and_then(Json::as_f64) {
            check(member.name, is_near(&ours, member, theirs));
        }
    }
    for (name, df) in TEXTS {
        if let Some(theirs) = json.get(name).and_then(Json::as_str) {
            check(name, text(&ours, df) == Some(utf8(theirs)));
        }
    }
    if msm_kind(number).is_some() {
        for (name, same) in msm(frame, json) {
            check(name, same);
        }
    }
    tally.equal(number, equal);
}

/// The masks, the time and the counts of an MSM, which are not described but compared by themselves.
fn msm(frame: &Frame, json: &Map<String, Json>) -> Vec<(&'static str, bool)> {
    let msm = Msm::decode(frame.payload()).expect("the MSM of these recordings are sound");
    let masks = msm_fields::masks(&msm);
    vec![
        ("tow", json["tow"] == msm.header.epoch_time),
        ("sync", json["sync"] == if msm.header.more_follow { "1" } else { "0" }),
        ("MaskSat", json["MaskSat"] == masks.satellites),
        ("MaskSig", json["MaskSig"] == msm.signal_mask),
        ("MaskCell", json["MaskCell"] == masks.cells),
        ("NSat", json["NSat"] == msm.satellites.len()),
        ("NSig", json["NSig"] == msm.signal_mask.count_ones()),
        // What gpsd calls the number of cells is that of the places in the cell mask.
        ("NCell", json["NCell"] == msm.satellites.len() * msm.signal_mask.count_ones() as usize),
    ]
}

fn find(ours: &Description, df: u16) -> Option<&Field> {
    ours.fields.iter().find(|field| field.data_field == Some(df))
}

#[expect(clippy::cast_precision_loss, reason = "JSON's numbers are compared as f64")]
fn is_near(ours: &Description, member: &Member, theirs: f64) -> bool {
    let ours = match find(ours, member.df).map(|field| &field.value) {
        Some(Value::Unsigned(ours)) => *ours as f64,
        Some(Value::Number(ours)) => *ours,
        Some(Value::Flag(ours)) => f64::from(u8::from(*ours)),
        // gpsd prints the patterns for "no value" as zeros.
        Some(Value::Absent) => 0.0,
        _ => return false,
    };
    (ours / member.factor - theirs).abs() <= member.tolerance
}

fn text(ours: &Description, df: u16) -> Option<String> {
    match find(ours, df).map(|field| &field.value) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// gpsd escapes each byte of UTF-8 as a character of its own.
fn utf8(theirs: &str) -> String {
    let bytes: Vec<u8> = theirs.chars().filter_map(|code| u8::try_from(code).ok()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
