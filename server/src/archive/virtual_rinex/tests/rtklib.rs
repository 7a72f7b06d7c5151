//! RTKLIB's static solution of the real station's measurements on the virtual station.

use std::fs;
use std::path::Path;
use std::process::Command;

use tianshu_gnss::coords::{Ecef, GRS80};

use super::Setting;
use crate::archive::virtual_rinex::Outcome;

/// Off the truth after ten minutes, horizontally and upwards, m.
const HORIZONTAL_MAX_M: f64 = 0.02;
const UP_MAX_M: f64 = 0.04;
/// Static, forward, GPS and Galileo on two carriers.
const OPTIONS: &str = "pos1-posmode=static\npos1-soltype=forward\npos1-frequency=l1+2\npos1-navsys=9\npos1-elmask=10\n\
    pos1-ionoopt=off\npos1-tropopt=saas\npos2-armode=continuous\npos2-arthres=3\nant2-postype=rinexhead\n\
    out-solformat=xyz\n";

/// Solves, tells by how much it misses, and holds that against the bounds.
pub(super) fn agrees(folder: &Path, setting: &Setting, made: &Outcome) {
    let test = "rtklib_agrees_with_a_virtual_station";
    if Command::new("rnx2rtkp").arg("-?").output().is_err() {
        println!("SKIPPED {test}: rnx2rtkp (Debian package rtklib) not found");
        return;
    }
    let (rover, nav) = super::exported(setting);
    fs::write(folder.join("rtklib.conf"), OPTIONS).unwrap();
    let output = Command::new("rnx2rtkp")
        .args(["-k", "rtklib.conf"])
        .args([&rover, &made.rinex, &nav])
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().rfind(|line| !line.starts_with('%')).unwrap_or_default();
    let words: Vec<&str> = last.split_whitespace().collect();
    let number = |i: usize| words[2 + i].parse::<f64>().unwrap();
    let truth = setting.place();
    let off = (Ecef::new(number(0), number(1), number(2)) - truth.to_ecef(GRS80)).to_enu(truth);
    let (horizontal_m, up_m) = (off.horizontal_m(), off.up_m);
    let epochs = text.lines().filter(|line| !line.starts_with('%')).count();
    println!(
        "{test}: {epochs} epochs, quality {}, {:.1} mm off horizontally, {:.1} mm upwards",
        words[5],
        1e3 * horizontal_m,
        1e3 * up_m
    );
    assert_eq!(words[5], "1", "a fix: {last}");
    assert!(horizontal_m <= HORIZONTAL_MAX_M && up_m.abs() <= UP_MAX_M, "{off:?}");
}
