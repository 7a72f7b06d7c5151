//! Network messages that we write, as PyPI pyrtcm and `rtcm-rs` read them.

use rtcm_rs::{Message as Theirs, MessageFrame};
use tempfile::NamedTempFile;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Ecef;
use tianshu_rtcm::describe::describe;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::network::fkp::{GradientsMessage, SatelliteGradients};
use tianshu_rtcm::message::network::mac::{
    AmbiguityStatus, AuxiliaryStationMessage, CorrectionDifference, CorrectionDifferencesMessage,
    DifferenceKind, Geometric, Pair, Part,
};
use tianshu_rtcm::message::network::physical::PhysicalStationMessage;
use tianshu_rtcm::message::network::residuals::{ResidualsMessage, SatelliteResidual};

use crate::described;
use crate::pyrtcm_dump::{Dump, Line};
use crate::tally::Tally;

const PAIR: Pair =
    Pair { network_id: 200, subnetwork_id: 9, master_id: 1_001, auxiliary_id: 1_002 };

fn residuals(constellation: Constellation) -> ResidualsMessage {
    let one = |number: u8| SatelliteResidual {
        number,
        s_oc_mm: 3.5 + f64::from(number),
        s_od_ppm: 0.25,
        s_oh_ppm: 1.5,
        s_ic_mm: 200.5 + f64::from(number),
        s_id_ppm: 4.75,
    };
    let satellites = (1..10).map(one).collect();
    ResidualsMessage {
        constellation,
        epoch_s: 86_390.0,
        station_id: 3_072,
        references: 7,
        satellites,
    }
}

fn differences(constellation: Constellation, part: Part) -> CorrectionDifferencesMessage {
    let one = |number: u8| {
        let geometric = Geometric { difference_m: -0.0125 * f64::from(number), iode: 77 + number };
        CorrectionDifference {
            number,
            status: AmbiguityStatus::Right,
            non_sync: 3,
            ionospheric_m: (part != Part::Geometric).then_some(1.2345 - f64::from(number)),
            geometric: (part != Part::Ionospheric).then_some(geometric),
        }
    };
    CorrectionDifferencesMessage {
        kind: DifferenceKind { constellation, part },
        pair: PAIR,
        epoch_s: 86_390.5,
        more_follow: false,
        satellites: (1..10).map(one).collect(),
    }
}

fn gradients(constellation: Constellation) -> GradientsMessage {
    let one = |number: u8| SatelliteGradients {
        number,
        iode: 77,
        geometric_north_ppm: Some(-0.25 * f64::from(number)),
        geometric_east_ppm: Some(1.01),
        ionospheric_north_ppm: Some(-30.07),
        ionospheric_east_ppm: Some(5.5 * f64::from(number)),
    };
    let satellites = (1..10).map(one).collect();
    GradientsMessage { constellation, station_id: 17, epoch_s: 86_390.0, satellites }
}

fn auxiliary() -> AuxiliaryStationMessage {
    let (latitude_deg, longitude_deg) = (-0.512_35, 0.987_65);
    AuxiliaryStationMessage {
        pair: PAIR,
        auxiliaries: 8,
        latitude_deg,
        longitude_deg,
        height_m: -87.654,
    }
}

fn physical() -> PhysicalStationMessage {
    let place = Ecef::new(-1_800_000.125, 5_600_000.25, 2_500_000.5);
    PhysicalStationMessage { station_id: 3_072, physical_id: 17, itrf_year: 20, place }
}

fn all() -> Vec<Frame> {
    let mut frames = Vec::new();
    for system in [
        Constellation::Gps,
        Constellation::Glonass,
        Constellation::BeiDou,
        Constellation::Galileo,
        Constellation::Qzss,
    ] {
        frames.push(residuals(system).to_frame());
    }
    for system in [Constellation::Gps, Constellation::Glonass] {
        for part in [Part::Ionospheric, Part::Geometric, Part::Both] {
            frames.push(differences(system, part).to_frame());
        }
        frames.push(gradients(system).to_frame());
    }
    frames.push(auxiliary().to_frame());
    frames.push(physical().to_frame());
    frames.into_iter().map(|frame| frame.expect("the values fit")).collect()
}

#[test]
fn pyrtcm_reads_the_network_messages_that_we_write() {
    let test = "pyrtcm_reads_the_network_messages_that_we_write";
    let frames = all();
    let file = NamedTempFile::new().expect("a temporary file");
    let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.as_bytes().to_vec()).collect();
    std::fs::write(file.path(), bytes).expect("it can be written");
    let Some(mut dump) = Dump::of(test, &[file.path().to_owned()]) else { return };
    let kinds = dump.kinds.clone();
    let mut tally = Tally::default();
    assert!(matches!(dump.next(), Some(Line::File)), "the dump begins with a file");
    for frame in &frames {
        let Some(Line::Frame { number, fields: Ok(fields), .. }) = dump.next() else {
            panic!("{:?} is not read", frame.message_number());
        };
        let equal =
            described::compare(&mut tally, &number.to_string(), &describe(frame), &fields, &kinds);
        assert!(equal >= 6, "{number}: {equal} values");
        tally.equal(number, equal);
    }
    dump.finish();
    tally.print(test);
    tally.assert_equal();
}

/// `rtcm-rs` keeps these values in f32: seven digits.
#[track_caller]
fn near(theirs: f32, ours: f64) {
    assert!((f64::from(theirs) - ours).abs() <= ours.abs() * 2e-7 + 1e-9, "{theirs} {ours}");
}

fn theirs(frame: &Frame) -> Theirs {
    MessageFrame::new(frame.as_bytes()).expect("a frame").get_message()
}

#[test]
fn rtcm_rs_reads_the_residuals_and_gradients_that_we_write() {
    let ours = residuals(Constellation::Gps);
    let Theirs::Msg1030(read) = theirs(&ours.to_frame().unwrap()) else { panic!("no 1030") };
    assert_eq!((read.gps_resid_epoch_time_s, read.refs_n), (86_390, 7));
    assert_eq!(read.satellites.len(), ours.satellites.len());
    for (read, ours) in read.satellites.iter().zip(&ours.satellites) {
        assert_eq!(read.gps_satellite_id, ours.number);
        near(read.s_oc_mm, ours.s_oc_mm);
        near(read.s_od_ppm, ours.s_od_ppm);
        near(read.s_oh_ppm, ours.s_oh_ppm);
        near(read.s_ic_mm, ours.s_ic_mm);
        near(read.s_id_ppm, ours.s_id_ppm);
    }
    let ours = residuals(Constellation::BeiDou);
    let Theirs::Msg1303(read) = theirs(&ours.to_frame().unwrap()) else { panic!("no 1303") };
    near(read.satellites[8].s_ic_mm, ours.satellites[8].s_ic_mm);
    let ours = residuals(Constellation::Galileo);
    let Theirs::Msg1304(read) = theirs(&ours.to_frame().unwrap()) else { panic!("no 1304") };
    near(read.satellites[8].s_id_ppm, ours.satellites[8].s_id_ppm);
    let ours = gradients(Constellation::Glonass);
    let Theirs::Msg1035(read) = theirs(&ours.to_frame().unwrap()) else { panic!("no 1035") };
    for (read, ours) in read.satellites.iter().zip(&ours.satellites) {
        near(read.geom_grad_north_ppm.unwrap(), ours.geometric_north_ppm.unwrap());
        near(read.iono_grad_east_ppm.unwrap(), ours.ionospheric_east_ppm.unwrap());
    }
}

#[test]
fn rtcm_rs_reads_the_differences_that_we_write() {
    let ours = differences(Constellation::Gps, Part::Both);
    let Theirs::Msg1017(read) = theirs(&ours.to_frame().unwrap()) else { panic!("no 1017") };
    assert_eq!((read.network_id, read.subnetwork_id), (200, 9));
    assert_eq!((read.ma_reference_station_id, read.aux_reference_station_id), (1_001, 1_002));
    for (read, ours) in read.satellites.iter().zip(&ours.satellites) {
        let geometric = ours.geometric.unwrap();
        assert_eq!((read.iode, read.non_sync_count), (geometric.iode, 3));
        near(read.iono_phase_diff_m, ours.ionospheric_m.unwrap());
        near(read.geom_phase_diff_m, geometric.difference_m);
    }
    let ours = differences(Constellation::Glonass, Part::Geometric);
    let Theirs::Msg1038(read) = theirs(&ours.to_frame().unwrap()) else { panic!("no 1038") };
    near(read.satellites[4].geom_phase_diff_m, ours.satellites[4].geometric.unwrap().difference_m);
    let Theirs::Msg1014(read) = theirs(&auxiliary().to_frame().unwrap()) else { panic!("no 1014") };
    assert_eq!(read.aux_stations_n, 8);
    assert!((read.aux_ma_delta_latitude_deg + 0.512_35).abs() < 1e-6);
    let Theirs::Msg1032(read) = theirs(&physical().to_frame().unwrap()) else { panic!("no 1032") };
    assert_eq!(read.physical_reference_station_id, 17);
    assert!((read.phys_ref_arp_ecef_z_m - 2_500_000.5).abs() < 1e-4);
}
