//! Debian RTKLIB's `convbin` as judge: its RINEX of a recording, and our epochs of the same.
//!
//! This is the one judge that goes the whole way: masks, wavelengths, GLONASS channels, signs, time.
//! Compared is every value that RTKLIB writes, within its last digit. What version 2.4.3 b34 does not
//! write it cannot judge: it keeps one signal per carrier and satellite, has no B1C, B2a or NavIC, and
//! writes nothing of MSM1 to MSM3.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::observation::Observation;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rtcm::epoch::PartialEpoch;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::glonass_channels::GlonassChannels;
use tianshu_rtcm::message::{Message, decode};
use tianshu_rtcm::msm;

use crate::files::{beidou_streams, frames, name, streams};
use crate::rinex_text::{Kind, Rinex, RinexValue, calendar};
use crate::tally::Tally;

/// Moments at which GPS time led UTC by 15, 16, 17 and 18 s, in GPS weeks: July 2010, 2013, 2016 and 2019.
/// RTCM tells no week, so both sides are told one; but GLONASS messages tell UTC and all others GPS time,
/// and an epoch comes together only with the leap seconds of its own time.
const WEEKS: [i32; 4] = [1590, 1747, 1904, 2060];

/// Half of the last digit that RINEX 3 prints, three decimals, and the rounding of sums on both sides.
const PRINTED: f64 = 0.0011;

/// RTKLIB keeps Doppler shifts in single precision: a part in 2^24 is lost.
const SINGLE_PRECISION: f64 = 1.0 / 16_777_216.0;

/// RTKLIB keeps C/N0 in quarters of a dB-Hz.
const CN0_STEP: f64 = 0.25;

#[test]
fn convbin_oracle() {
    let test = "convbin_oracle";
    let Some(mut streams) = streams(test) else { return };
    if !runs("convbin") {
        println!("SKIPPED {test}: `convbin` (Debian package rtklib) not found");
        return;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("convbin");
    fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
    let mut tally = Tally::default();
    let mut files = 0;
    streams.extend(beidou_streams(test));
    for path in &streams {
        let stream = fs::read(path).expect("a recording can be read");
        let frames: Vec<Frame> = frames(&stream).into_iter().map(|(_, frame)| frame).collect();
        let starts = WEEKS.iter().filter_map(|week| first_time(&frames, *week));
        let ways = starts.map(|start| (start, epochs(&frames, start)));
        let Some((start, ours)) = ways.rev().min_by_key(|(_, epochs)| epochs.len()) else {
            continue;
        };
        let Some(rinex) = rinex_of(path, start, &folder) else { continue };
        compare(&mut tally, path, &rinex, &ours);
        files += 1;
    }
    let (epochs, values) = tally.totals();
    println!("{test}: {files} files, {epochs} epochs, {values} values equal");
    tally.assert_equal();
}

/// When the stream begins: by the first message that tells more than the time of a day.
fn first_time(frames: &[Frame], week: i32) -> Option<GpsTime> {
    let near = GpsTime::from_week(week, Interval::from_seconds(0));
    let mut channels = GlonassChannels::new();
    frames.iter().find_map(|frame| {
        let glonass = matches!(frame.message_number()?, 1009..=1012 | 1081..=1087);
        if glonass {
            None
        } else {
            partial_epoch(frame, near, &mut channels).map(|partial| partial.time)
        }
    })
}

fn partial_epoch(
    frame: &Frame,
    near: GpsTime,
    channels: &mut GlonassChannels,
) -> Option<PartialEpoch> {
    match decode(frame).ok()? {
        Message::Msm(msm) => msm::observation::partial_epoch(near, channels, &msm),
        Message::Legacy(legacy) => legacy.partial_epoch(near, channels),
        _ => None,
    }
}

/// All that the messages of each moment told, also where two told the same: RTKLIB mixes MSM and legacy
/// messages of one stream, and keeps now this and now that.
fn epochs(frames: &[Frame], start: GpsTime) -> BTreeMap<GpsTime, Vec<Observation>> {
    let mut channels = GlonassChannels::new();
    let mut near = start;
    let mut epochs: BTreeMap<GpsTime, Vec<Observation>> = BTreeMap::new();
    // RTKLIB learns GLONASS channels from a whole file before it writes phases of MSM4.
    for frame in frames {
        learn_channel(frame, start, &mut channels);
    }
    for frame in frames {
        if let Some(partial) = partial_epoch(frame, near, &mut channels) {
            near = partial.time;
            epochs.entry(partial.time).or_default().extend(partial.observations);
        }
    }
    epochs
}

/// Learns from a GLONASS ephemeris (1020), which tells the channel that MSM4 leaves out.
fn learn_channel(frame: &Frame, near: GpsTime, channels: &mut GlonassChannels) {
    let Ok(Message::Ephemeris(message)) = decode(frame) else { return };
    if let Ok(Ephemeris::Glonass(ephemeris)) = message.resolve(near) {
        channels.learn(ephemeris.satellite.number(), ephemeris.channel);
    }
}

/// Every value of the RINEX file must be ours too.
fn compare(
    tally: &mut Tally,
    path: &Path,
    rinex: &Rinex,
    ours: &BTreeMap<GpsTime, Vec<Observation>>,
) {
    for (time, values) in &rinex.epochs {
        let Some(observations) = ours.get(time) else {
            tally.differs("epoch", || format!("{} {time}", name(path)));
            continue;
        };
        let mut equal = 0;
        for value in values.iter().filter(|value| is_judged(value, values)) {
            let same =
                |o: &&Observation| (o.satellite, o.signal) == (value.satellite, value.signal);
            let candidates = observations.iter().filter(same);
            let found = candidates.clone().any(|o| is_equal(value.kind, value.number, o));
            if found {
                equal += 1;
            } else {
                let kind =
                    format!("{}{}{:?}", value.signal.constellation(), value.signal, value.kind);
                let ours: Vec<_> = candidates.collect();
                tally.differs(format!("{kind} {} ours", ours.len()), || {
                    format!("{} {time} {} {}: {ours:?}", name(path), value.satellite, value.number)
                });
            }
        }
        tally.equal(0, equal);
    }
}

/// Whether a value is one that we must have too.
fn is_judged(value: &RinexValue, epoch: &[RinexValue]) -> bool {
    let satellite = value.satellite;
    // RTKLIB writes a C/N0 also where a legacy message has neither code nor phase to go with it; we don't.
    let measured = |other: &RinexValue| {
        (other.satellite, other.signal) == (satellite, value.signal) && other.kind != Kind::Cn0
    };
    value.kind != Kind::Cn0 || epoch.iter().any(measured)
}

fn is_equal(kind: Kind, theirs: f64, ours: &Observation) -> bool {
    let close = |ours: Option<f64>, limit| ours.is_some_and(|ours| (ours - theirs).abs() <= limit);
    match kind {
        Kind::Code => close(ours.code.map(|code| code.0), PRINTED),
        Kind::Phase => close(ours.phase.map(|phase| phase.0), PRINTED),
        Kind::Doppler => {
            let limit = PRINTED + theirs.abs() * SINGLE_PRECISION;
            close(ours.doppler.map(|doppler| doppler.0), limit)
        }
        Kind::Cn0 => close(ours.cn0.map(|cn0| cn0.0), CN0_STEP),
    }
}

/// What `convbin` makes of a recording; `None` where it finds no observations.
fn rinex_of(path: &Path, start: GpsTime, folder: &Path) -> Option<Rinex> {
    let output = folder.join(name(path).replace('/', "-")).with_extension("obs");
    fs::remove_file(&output).ok();
    let [date, time] = calendar(start);
    let status = Command::new("convbin")
        .args(["-r", "rtcm3", "-v", "3.04", "-od", "-os", "-tr", &date, &time])
        .arg("-o")
        .arg(&output)
        .arg(path)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("a program that ran a moment ago runs again");
    assert!(status.success(), "convbin failed on {}", path.display());
    fs::read_to_string(&output).ok().map(|text| Rinex::read(&text))
}

fn runs(program: &str) -> bool {
    Command::new(program).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
