//! Every recording of `../shared/data` as epochs, and each epoch out again as MSM7 and in once more.

mod captures;

use std::fs;
use std::path::{Path, PathBuf};

use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_rtcm::compose::{ComposeFindings, Composer, MsmStyle};
use tianshu_rtcm::epoch::{Assembled, EpochAssembler};
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::glonass_channels::GlonassChannels;
use tianshu_rtcm::msm::header::{MsmLevel, msm_kind};
use tianshu_rtcm::msm::message::Msm;
use tianshu_rtcm::msm::observation::partial_epoch;

use captures::frames;

/// Relative to the crate: the data stand beside the project, never in it.
const DATA: &str = "../../shared/data";

/// Any week will do, as long as both ways take the same.
const NEAR: GpsTime = GpsTime::from_week(2238, Interval::from_seconds(302_400));

/// A phase range rate is the sum of a whole number and a fraction of m/s, split elsewhere by us than by
/// the sender: the sum may differ in its last binary digits, which is below this for any rate, in Hz.
const DOPPLER_TOLERANCE_HZ: f64 = 1e-8;

#[test]
fn real_epochs_come_back_from_msm7_unchanged() {
    let files = recordings();
    if files.is_empty() {
        println!("SKIPPED real_epochs_come_back_from_msm7_unchanged: {DATA}/rtcm not found");
        return;
    }
    let (mut epochs, mut observations, mut frames_out) = (0, 0, 0);
    for path in &files {
        let mut composer = Composer::new();
        let mut channels = GlonassChannels::new();
        for Assembled { station_id, epoch, .. } in assembled(&frames(path), &mut channels) {
            let style = MsmStyle { station_id, level: MsmLevel::Msm7, more_follow: false };
            let composed = composer.compose(style, &epoch);
            assert_eq!(composed.findings, ComposeFindings::default(), "{}", path.display());
            let again = assembled(&composed.frames, &mut GlonassChannels::new());
            let found = again.first().map(|again| &again.epoch).filter(|f| f.time == epoch.time);
            observations += compare(path, &epoch, found);
            frames_out += composed.frames.len();
            epochs += 1;
        }
    }
    println!(
        "{} files: {epochs} epochs, {observations} observations came back from {frames_out} frames",
        files.len()
    );
    assert!(epochs > 10_000 && observations > 1_000_000, "{epochs} {observations}");
}

/// How many observations there are; each must be the same on both sides.
#[track_caller]
fn compare(path: &Path, sent: &ObsEpoch, found: Option<&ObsEpoch>) -> usize {
    let found = found.map_or(&[][..], |found| &found.observations);
    assert_eq!(found.len(), sent.observations.len(), "{} {}", path.display(), sent.time);
    for (found, sent) in found.iter().zip(&sent.observations) {
        assert!(is_same(found, sent), "{}: {found:?} is not {sent:?}", path.display());
    }
    sent.observations.len()
}

fn is_same(found: &Observation, sent: &Observation) -> bool {
    let doppler = match (found.doppler, sent.doppler) {
        (Some(found), Some(sent)) => (found.0 - sent.0).abs() < DOPPLER_TOLERANCE_HZ,
        (found, sent) => found == sent,
    };
    doppler && Observation { doppler: sent.doppler, ..*found } == *sent
}

/// All epochs of these frames, in whatever way they closed.
fn assembled(frames: &[Frame], channels: &mut GlonassChannels) -> Vec<Assembled> {
    let mut assembler = EpochAssembler::new();
    let mut epochs = Vec::new();
    for frame in frames {
        if frame.message_number().and_then(msm_kind).is_none() {
            continue;
        }
        let msm = Msm::decode(frame.payload()).expect("all MSM of the recordings can be read");
        if let Some(partial) = partial_epoch(NEAR, channels, &msm) {
            epochs.extend(assembler.push(partial));
        }
    }
    let after_all = NEAR + Interval::from_seconds(604_800);
    epochs.extend(assembler.expire(after_all));
    epochs
}

/// All files of the RTCM folders that were recorded; the synthetic vectors hold patterns, not ranges.
fn recordings() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["rtcm", "bds-tibet"] {
        collect(&Path::new(DATA).join(folder), &mut files);
    }
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.ends_with("synthetic-vectors") {
            continue;
        }
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
