//! What is written is read back: observations to the file's decimals, ephemerides to their thirteen digits.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::{Ecef, Enu};
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::glonass::GlonassEphemeris;
use tianshu_gnss::ephemeris::kepler::{
    BeiDouEphemeris, ClockPolynomial, GalileoEphemeris, GalileoHealth, GalileoMessage, KeplerOrbit,
    LnavEphemeris,
};
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::{Antenna, Receiver};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_gnss::units::{Cycles, DbHz, Hertz, Metres};
use tianshu_rinex::navigation::reader::NavReader;
use tianshu_rinex::observation::reader::ObsReader;
use tianshu_rinex::write::WrittenVersion;
use tianshu_rinex::write::header::Origin;
use tianshu_rinex::write::navigation::{NavFile, begin_navigation, write_ephemeris};
use tianshu_rinex::write::observation::{ObsFile, ObsWriter, signals_of};

fn first() -> GpsTime {
    GpsTime::from_week(2410, Interval::from_seconds(7_200))
}

fn origin() -> Origin {
    Origin { program: "test".to_owned(), run_by: "test".to_owned(), at: Utc::from(first()) }
}

fn file(version: WrittenVersion, epochs: &[ObsEpoch]) -> ObsFile {
    ObsFile {
        version,
        origin: origin(),
        comments: Vec::new(),
        marker_name: "NANNING".to_owned(),
        marker_number: Some("00000M000".to_owned()),
        marker_type: "GEODETIC".to_owned(),
        observer: "nobody".to_owned(),
        agency: "nowhere".to_owned(),
        receiver: Receiver {
            descriptor: "R".to_owned(),
            firmware: "1".to_owned(),
            serial: "2".to_owned(),
        },
        antenna: Antenna {
            descriptor: "ADVNULLANTENNA  NONE".to_owned(),
            setup_id: 0,
            serial: Some("3".to_owned()),
        },
        position: Some(Ecef::new(-1_849_000.123_4, 5_590_000.0, 2_450_000.5)),
        antenna_delta: Enu { east_m: 0.1, north_m: 0.2, up_m: 0.3 },
        signals: signals_of(epochs),
        glonass_channels: BTreeMap::from([(satellite(Constellation::Glonass, 3), -5)]),
        interval: Interval::from_seconds(1),
        first: first(),
        last: None,
        glonass_biases_m: Vec::new(),
    }
}

fn satellite(system: Constellation, number: u8) -> Satellite {
    Satellite::new(system, number).unwrap()
}

/// Any observation of a few satellites and signals.
fn observation() -> impl Strategy<Value = Observation> {
    let signals = [
        (Constellation::Gps, "1C"),
        (Constellation::Gps, "2W"),
        (Constellation::Glonass, "1C"),
        (Constellation::Galileo, "7Q"),
        (Constellation::Qzss, "5Q"),
        (Constellation::BeiDou, "1P"),
        (Constellation::BeiDou, "2I"),
        (Constellation::BeiDou, "7D"),
    ];
    let value = |low: f64, high: f64| proptest::option::of(low..high);
    let values = (value(1e7, 5e7), value(-9e8, 3e8), value(-6e3, 6e3), value(6.0, 60.0));
    (0..signals.len(), 1..=24_u8, values, any::<bool>()).prop_map(
        move |(i, n, (code, phase, doppler, cn0), half)| {
            let (system, code_name) = signals[i];
            let signal = Signal::from_code(system, code_name).unwrap();
            // Three decimals, which the file keeps.
            let kept = |value: f64| (value * 1e3).round() / 1e3;
            Observation {
                code: code.map(kept).map(Metres),
                phase: phase.map(kept).map(Cycles),
                doppler: doppler.map(kept).map(Hertz),
                cn0: cn0.map(kept).map(DbHz),
                lock_time: Some(Duration::from_secs(100)),
                half_cycle_ambiguous: half,
                ..Observation::of(satellite(system, n), signal)
            }
        },
    )
}

proptest! {
    #[test]
    fn observations_come_back(observations in proptest::collection::vec(observation(), 1..60)) {
        let epoch = ObsEpoch::new(first(), observations);
        for version in [WrittenVersion::V304, WrittenVersion::V305, WrittenVersion::V402] {
            let mut text = String::new();
            let mut writer = ObsWriter::begin(&mut text, &file(version, std::slice::from_ref(&epoch)));
            writer.epoch(&mut text, &epoch);
            let mut reader = ObsReader::new(text.as_bytes()).unwrap();
            let read = reader.next().unwrap().epoch;
            prop_assert_eq!(reader.findings(), &[][..]);
            prop_assert_eq!(read.time, epoch.time);
            for own in &epoch.observations {
                let told = own.code.is_some() || own.phase.is_some() || own.doppler.is_some() || own.cn0.is_some();
                let Some(back) = read.get(own.satellite, own.signal) else {
                    prop_assert!(!told, "{:?} is lost", own);
                    continue;
                };
                prop_assert_eq!((back.code, back.phase, back.doppler, back.cn0), (own.code, own.phase, own.doppler, own.cn0));
                prop_assert_eq!(back.half_cycle_ambiguous, own.half_cycle_ambiguous && own.phase.is_some());
            }
        }
    }
}

#[test]
fn the_header_comes_back() {
    let signal = Signal::from_code(Constellation::Glonass, "1C").unwrap();
    let seen = Observation {
        code: Some(Metres(2e7)),
        ..Observation::of(satellite(Constellation::Glonass, 3), signal)
    };
    let epoch = ObsEpoch::new(first(), vec![seen]);
    let written = file(WrittenVersion::V305, &[epoch]);
    let mut text = String::new();
    ObsWriter::begin(&mut text, &written);
    let reader = ObsReader::new(text.as_bytes()).unwrap();
    let read = reader.header();
    assert_eq!(reader.findings(), &[]);
    assert_eq!(read.version.0, 305);
    assert_eq!((read.marker_name.as_str(), read.marker_number.as_str()), ("NANNING", "00000M000"));
    assert_eq!((&read.receiver, &read.antenna), (&written.receiver, &written.antenna));
    assert_eq!(
        (read.approx_position, read.antenna_delta),
        (written.position, Some(written.antenna_delta))
    );
    assert_eq!((read.interval, read.first), (Some(written.interval), Some(first())));
    assert_eq!((&read.glonass_channels, read.leap_seconds), (&written.glonass_channels, Some(18)));
}

fn orbit(toe: GpsTime) -> KeplerOrbit {
    KeplerOrbit {
        toe,
        sqrt_a: 5_153.5,
        eccentricity: 0.012_5,
        i0: 0.96,
        omega0: -2.5,
        omega: 1.25,
        m0: -0.75,
        delta_n: 4.5e-9,
        omega_dot: -8e-9,
        i_dot: 2.5e-10,
        cuc: 1.5e-6,
        cus: -2.5e-6,
        crc: 250.5,
        crs: -30.25,
        cic: 1e-7,
        cis: -5e-8,
    }
}

fn clock(toc: GpsTime) -> ClockPolynomial {
    ClockPolynomial { toc, af0: -1.5e-4, af1: 2.5e-12, af2: 0.0 }
}

fn lnav(system: Constellation) -> LnavEphemeris {
    LnavEphemeris {
        satellite: satellite(system, 2),
        orbit: orbit(first()),
        clock: clock(first()),
        iode: 77,
        iodc: 333,
        week: 2410,
        tgd_s: -1.25e-8,
        ura_index: 1,
        health: 0,
        codes_on_l2: 1,
        l2p_data_off: false,
        extended_fit: false,
    }
}

fn galileo(message: GalileoMessage) -> GalileoEphemeris {
    let inav = message == GalileoMessage::INav;
    let healthy = Some(GalileoHealth { status: 1, data_invalid: true });
    GalileoEphemeris {
        satellite: satellite(Constellation::Galileo, 30),
        message,
        orbit: orbit(first()),
        clock: clock(first()),
        iod_nav: 99,
        week: 2410 - 1024,
        sisa_index: 107,
        bgd_e5a_s: 1.25e-9,
        bgd_e5b_s: inav.then_some(2.5e-9),
        e5a: healthy.filter(|_| !inav),
        e5b: healthy.filter(|_| inav),
        e1b: healthy.filter(|_| inav),
    }
}

fn beidou() -> BeiDouEphemeris {
    // On BeiDou's own hour, in the last seconds of its week: 14 s into the next week of GPS.
    let toe = GpsTime::from_week(2410, Interval::from_seconds(3_614));
    BeiDouEphemeris {
        satellite: satellite(Constellation::BeiDou, 59),
        orbit: orbit(toe),
        clock: clock(toe),
        aode: 1,
        aodc: 2,
        week: 2410 - 1356,
        tgd1_s: 1.5e-9,
        tgd2_s: -2.5e-9,
        ura_index: 0,
        unhealthy: true,
    }
}

fn glonass() -> GlonassEphemeris {
    // 2026-03-15 02:15:00 UTC.
    let reference_time = first() + Interval::from_seconds(900 + 18);
    GlonassEphemeris {
        satellite: satellite(Constellation::Glonass, 3),
        channel: -5,
        reference_time,
        // The reader does not keep it.
        frame_time: None,
        position_m: [1.25e7, -2e7, 5.5e6],
        velocity_m_s: [-1_250.5, 500.25, 2_750.0],
        acceleration_m_s2: [0.0; 3],
        tau_n_s: 1.25e-5,
        gamma_n: -1e-12,
        delta_tau_n_s: None,
        age_days: 1,
        health_bn: 0,
        ft: None,
        frame: None,
    }
}

#[test]
fn ephemerides_come_back() {
    let all = vec![
        Ephemeris::Gps(lnav(Constellation::Gps)),
        Ephemeris::Qzss(lnav(Constellation::Qzss)),
        Ephemeris::Galileo(galileo(GalileoMessage::FNav)),
        Ephemeris::Galileo(galileo(GalileoMessage::INav)),
        Ephemeris::BeiDou(beidou()),
        Ephemeris::Glonass(glonass()),
    ];
    for version in [WrittenVersion::V304, WrittenVersion::V305, WrittenVersion::V402] {
        ephemerides_come_back_of(version, &all);
    }
}

fn ephemerides_come_back_of(version: WrittenVersion, all: &[Ephemeris]) {
    let mut text = String::new();
    let klobuchar = Some([[1.1e-8, 0.0, -5.9e-8, 0.0], [9e4, 0.0, -1.9e5, 0.0]]);
    begin_navigation(&mut text, &NavFile { version, origin: origin(), first: first(), klobuchar });
    for ephemeris in all {
        write_ephemeris(&mut text, version, ephemeris, Some(first()));
    }
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    let mut reader = NavReader::new(text.as_bytes()).unwrap();
    let read: Vec<Ephemeris> = reader.by_ref().collect();
    assert_eq!(reader.findings(), &[]);
    assert_eq!(read.len(), all.len());
    let gps = reader.header().klobuchar.get(&Constellation::Gps);
    assert_eq!(gps.map(|k| [k.alpha, k.beta]), klobuchar, "{text}");
    for (read, written) in read.iter().zip(all) {
        assert_eq!(read, written);
    }
}
