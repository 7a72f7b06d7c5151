//! `rtcm-rs` as a second opinion on what our own tables read: every captured ephemeris and legacy message.

mod captures;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rtcm_rs::{Message as Theirs, MessageBuilder, MessageFrame};
use tianshu_rtcm::describe::{Field, Value, describe};

use captures::frames;

/// Relative to the crate: the data stand beside the project, never in it.
const DATA: &str = "../../shared/data/rtcm";

/// Folders of captures; random vectors would only test how each side takes nonsense.
const FOLDERS: [&str; 4] = ["swift", "gpsd", "frames", "field-2017"];

#[test]
fn rtcm_rs_reads_the_same_orbits_and_ranges() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(DATA);
    if !root.exists() {
        println!("SKIPPED rtcm_rs_reads_the_same_orbits_and_ranges: ../shared/data/rtcm not found");
        return;
    }
    let mut values = BTreeMap::<u16, u32>::new();
    let mut rewritten = BTreeMap::<u16, [u32; 2]>::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root.join(folder)).expect("a folder of the data can be read") {
            let path = entry.expect("an entry can be read").path();
            for frame in frames(&path) {
                let Some(number) = frame.message_number() else { continue };
                let theirs = MessageFrame::new(frame.as_bytes()).expect("a frame").get_message();
                let Some(expected) = values_of(&theirs) else { continue };
                let fields = describe(&frame).fields;
                for (name, expected) in expected {
                    check(&path, number, &fields, name, expected);
                    *values.entry(number).or_default() += 1;
                }
                let [same, different] = rewritten.entry(number).or_default();
                let mut builder = MessageBuilder::new();
                match builder.build_message(&theirs) {
                    Ok(bytes) if bytes == frame.as_bytes() => *same += 1,
                    _ => *different += 1,
                }
            }
        }
    }
    println!("values compared: {values:?}");
    println!("frames that rtcm-rs writes back identically, and not: {rewritten:?}");
    assert!(values.values().sum::<u32>() > 50_000, "{values:?}");
}

/// `rtcm-rs` keeps some fields in f32: seven digits.
#[track_caller]
fn check(path: &Path, number: u16, fields: &[Field], name: &str, expected: f64) {
    let field = fields.iter().find(|field| field.name == name);
    let ours = match field.map(|field| &field.value) {
        Some(Value::Number(ours)) => *ours,
        Some(Value::Unsigned(ours)) => *ours as f64,
        other => panic!("{} {number} {name}: {other:?} against {expected}", path.display()),
    };
    let tolerance = expected.abs() * 1e-7;
    assert!(
        (ours - expected).abs() <= tolerance,
        "{} {number} {name}: {ours} {expected}",
        path.display()
    );
}

type Values = Vec<(&'static str, f64)>;

/// The values of their message under our names.
fn values_of(message: &Theirs) -> Option<Values> {
    macro_rules! orbit {
        ($m:expr, $id:literal: $sat:ident, $week:literal: $wk:ident) => {
            vec![
                ($id, f64::from($m.$sat)),
                ($week, f64::from($m.$wk)),
                ("toe_s", f64::from($m.toe_s)),
                ("toc_s", f64::from($m.toc_s)),
                ("m0_sc", $m.m0_sc),
                ("eccentricity", $m.eccentricity),
                ("sqrt_a_sqrt_m", $m.sqrt_a_sqrt_m),
                ("i0_sc", $m.i0_sc),
                ("omega0_sc", $m.omega0_sc),
                ("omega_sc", $m.omega_sc),
                ("crs_m", f64::from($m.crs_m)),
                ("crc_m", f64::from($m.crc_m)),
                ("cuc_rad", f64::from($m.cuc_rad)),
                ("cis_rad", f64::from($m.cis_rad)),
                ("delta_n_sc_s", f64::from($m.delta_n_sc_s)),
            ]
        };
    }
    Some(match message {
        Theirs::Msg1019(m) => {
            orbit!(m, "gps_satellite_id": gps_satellite_id, "gps_week": gps_week_number)
        }
        Theirs::Msg1041(m) => {
            orbit!(m, "navic_satellite_id": navic_satellite_id, "navic_week": navic_week_number)
        }
        Theirs::Msg1042(m) => {
            orbit!(m, "bds_satellite_id": bds_satellite_id, "bds_week": bds_week_number)
        }
        Theirs::Msg1044(m) => {
            orbit!(m, "qzss_satellite_id": qzss_satellite_id, "qzss_week": qzss_week_number)
        }
        Theirs::Msg1045(m) => {
            orbit!(m, "galileo_satellite_id": gal_satellite_id, "galileo_week": gal_week_number)
        }
        Theirs::Msg1046(m) => {
            orbit!(m, "galileo_satellite_id": gal_satellite_id, "galileo_week": gal_week_number)
        }
        Theirs::Msg1020(m) => vec![
            ("glonass_satellite_id", f64::from(m.glo_satellite_id)),
            ("x_km", m.xn_km),
            ("y_km", m.yn_km),
            ("z_km", m.zn_km),
            ("x_velocity_km_s", m.xn_first_deriv_km_s),
            ("tau_n_s", m.tau_n_s),
            ("gamma_n", f64::from(m.gamma_n)),
            ("tau_c_s", m.tau_c_s),
            ("nt_days", f64::from(m.glo_m_nt_d)),
        ],
        Theirs::Msg1004(m) => vec![
            ("reference_station_id", f64::from(m.reference_station_id)),
            ("gps_epoch_time_ms", f64::from(m.gps_epoch_time_ms)),
            ("satellites_processed", m.satellites.len() as f64),
        ],
        Theirs::Msg1012(m) => vec![
            ("reference_station_id", f64::from(m.reference_station_id)),
            ("glonass_epoch_time_ms", f64::from(m.glo_epoch_time_ms)),
            ("satellites_processed", m.satellites.len() as f64),
        ],
        _ => return None,
    })
}
