//! Truth of positions, velocities and clocks: invented round elements, evaluated by RTKLIB.
//!
//! Source of every expected number: RTKLIB 2.4.3 b34 through PyPI `pyrtklib` 0.2.7, `eph2pos` and `geph2pos` on these
//! elements; velocities and drifts as central differences over ±0.5 s of the same functions.

use super::*;
use crate::ephemeris::Ephemeris;
use crate::ephemeris::glonass::GlonassEphemeris;
use crate::ephemeris::kepler::{
    BeiDouEphemeris, ClockPolynomial, GalileoEphemeris, GalileoHealth, GalileoMessage, KeplerOrbit,
    LnavEphemeris, NavicEphemeris,
};
use crate::time::gps::GpsTime;

/// RTKLIB's numbers are printed to 0.1 mm.
const POSITION_TOLERANCE_M: f64 = 1e-4;
/// A central difference over 1 s of an orbit's jerk (some 1e-4 m/s³) and of printed 1e-5 m/s.
const VELOCITY_TOLERANCE_M_S: f64 = 5e-5;
/// 0.01 ns is what the reference solver asks for; doubles give a thousand times more.
const CLOCK_TOLERANCE_S: f64 = 1e-14;

/// GPS week 2111, second 352 800: the reference time of all elements but BeiDou's and GLONASS'.
pub(crate) fn toe() -> GpsTime {
    GpsTime::from_week(2111, Interval::from_seconds(352_800))
}

fn orbit(sqrt_a: f64, eccentricity: f64, i0: f64) -> KeplerOrbit {
    KeplerOrbit {
        toe: toe(),
        sqrt_a,
        eccentricity,
        i0,
        omega0: -1.3,
        omega: 0.85,
        m0: 2.1,
        delta_n: 4.5e-9,
        omega_dot: -8.1e-9,
        i_dot: 2.5e-10,
        cuc: -4.0e-6,
        cus: 8.5e-6,
        crc: 220.0,
        crs: -95.0,
        cic: 1.2e-7,
        cis: -9.0e-8,
    }
}

fn clock(toc: GpsTime) -> ClockPolynomial {
    ClockPolynomial { toc, af0: -2.5e-4, af1: -3.0e-12, af2: 0.0 }
}

fn lnav(name: &str, orbit: KeplerOrbit) -> LnavEphemeris {
    LnavEphemeris {
        satellite: name.parse().expect("a satellite's name"),
        orbit,
        clock: clock(toe()),
        iode: 1,
        iodc: 1,
        week: 2111,
        tgd_s: -10e-9,
        ura_index: 0,
        health: 0,
        codes_on_l2: 1,
        l2p_data_off: false,
        extended_fit: false,
    }
}

pub(crate) fn gps(name: &str) -> Ephemeris {
    Ephemeris::Gps(lnav(name, orbit(5153.6, 0.012, 0.96)))
}

pub(crate) fn galileo_inav(name: &str) -> Ephemeris {
    let healthy = Some(GalileoHealth { status: 0, data_invalid: false });
    Ephemeris::Galileo(GalileoEphemeris {
        satellite: name.parse().expect("a satellite's name"),
        message: GalileoMessage::INav,
        orbit: orbit(5440.6, 0.0002, 0.98),
        clock: clock(toe()),
        iod_nav: 7,
        week: 1087,
        sisa_index: 107,
        bgd_e5a_s: 3e-9,
        bgd_e5b_s: Some(4e-9),
        e5a: None,
        e5b: healthy,
        e1b: healthy,
    })
}

fn beidou_with(name: &str, orbit: KeplerOrbit) -> Ephemeris {
    // BDT is 14 s behind: the same seconds of week are another moment.
    let toe = toe() + Interval::from_seconds(14);
    Ephemeris::BeiDou(BeiDouEphemeris {
        satellite: name.parse().expect("a satellite's name"),
        orbit: KeplerOrbit { toe, ..orbit },
        clock: clock(toe),
        aode: 1,
        aodc: 1,
        week: 755,
        tgd1_s: 8e-9,
        tgd2_s: -2e-9,
        ura_index: 0,
        unhealthy: false,
    })
}

pub(crate) fn beidou(name: &str) -> Ephemeris {
    beidou_with(name, orbit(5282.6, 0.0007, 0.96))
}

pub(crate) fn glonass(name: &str) -> Ephemeris {
    Ephemeris::Glonass(GlonassEphemeris {
        satellite: name.parse().expect("a satellite's name"),
        channel: 1,
        reference_time: GpsTime::from_week(2111, Interval::from_seconds(351_918)),
        frame_time: None,
        position_m: [-9.0e6, 1.6e7, 1.75e7],
        velocity_m_s: [-1500.0, 1600.0, -2250.0],
        acceleration_m_s2: [9.3e-7, -1.9e-6, -2.8e-6],
        tau_n_s: 4.5e-5,
        gamma_n: 1.8e-12,
        delta_tau_n_s: Some(5e-9),
        age_days: 0,
        health_bn: 0,
        ft: None,
        frame: None,
    })
}

fn geo(name: &str) -> Ephemeris {
    beidou_with(name, KeplerOrbit { omega_dot: 2.0e-9, ..orbit(6493.4, 0.0003, 0.08) })
}

struct Truth {
    after_s: f64,
    position_m: [f64; 3],
    clock_s: f64,
    velocity_m_s: [f64; 3],
    drift: f64,
}

#[track_caller]
fn check(ephemeris: &Ephemeris, truth: &Truth) {
    let at = ephemeris.reference_time() + Interval::from_seconds_f64(truth.after_s);
    let got = ephemeris.state(at).expect("it holds");
    let [x, y, z] = truth.position_m;
    let away = (got.position - Ecef::new(x, y, z)).norm_m();
    assert!(away < POSITION_TOLERANCE_M, "{away} m: {:?} not {:?}", got.position, [x, y, z]);
    for (got, expected) in got.velocity_m_s.iter().zip(truth.velocity_m_s) {
        assert!((got - expected).abs() < VELOCITY_TOLERANCE_M_S, "{got} not {expected} m/s");
    }
    assert!((got.clock_s - truth.clock_s).abs() < CLOCK_TOLERANCE_S, "{} s", got.clock_s);
    // RTKLIB's differences of clocks near 1e-4 s keep 1e-16 or so.
    assert!((got.clock_drift - truth.drift).abs() < 2e-16, "{} s/s", got.clock_drift);
}

#[test]
fn gps_is_where_rtklib_sees_it() {
    let truth = Truth {
        after_s: 4321.0,
        position_m: [9057281.0433, 23412946.8293, -9531551.9483],
        clock_s: -2.500238284867015e-04,
        velocity_m_s: [-866.20606, -798.41035, -2835.33326],
        drift: 6.409178e-13,
    };
    check(&gps("G07"), &truth);
}

#[test]
fn qzss_is_where_rtklib_sees_it() {
    let truth = Truth {
        after_s: -3600.0,
        position_m: [12482273.7398, 40426021.2650, 8783979.3098],
        clock_s: -2.501933648384923e-04,
        velocity_m_s: [929.45852, 338.39630, -1833.58059],
        drift: 2.097346e-12,
    };
    check(&Ephemeris::Qzss(lnav("J02", orbit(6493.4, 0.075, 0.72))), &truth);
}

#[test]
fn galileo_is_where_rtklib_sees_it() {
    let truth = Truth {
        after_s: 7777.0,
        position_m: [9233746.1106, 22286657.4571, -17162592.8519],
        clock_s: -2.500233683807192e-04,
        velocity_m_s: [-1286.00810, -1147.51053, -2182.00682],
        drift: -2.940257e-12,
    };
    check(&galileo_inav("E11"), &truth);
}

#[test]
fn beidou_is_where_rtklib_sees_it() {
    let meo = Truth {
        after_s: 3599.0,
        position_m: [10856513.3508, 24841856.3297, -6685076.8696],
        clock_s: -2.500116610003586e-04,
        velocity_m_s: [-524.55198, -565.69870, -2959.59423],
        drift: -2.810861e-12,
    };
    check(&beidou("C21"), &meo);
    let igso = Truth {
        after_s: 3599.0,
        position_m: [21755589.8699, 36162067.7432, -2646111.1362],
        clock_s: -2.500188823902983e-04,
        velocity_m_s: [1050.95459, -805.53883, -2504.95715],
        drift: -2.401287e-12,
    };
    check(&beidou_with("C08", orbit(6493.4, 0.004, 0.96)), &igso);
}

#[test]
fn geostationary_beidou_is_where_rtklib_sees_it() {
    let old = Truth {
        after_s: 3599.0,
        position_m: [20715468.5586, 36584754.3251, 3320390.5576],
        clock_s: -2.500114050027436e-04,
        velocity_m_s: [4.27633, 14.42335, -177.60181],
        drift: -2.955093e-12,
    };
    check(&geo("C03"), &old);
    let new = Truth {
        after_s: -1800.0,
        position_m: [20724002.3906, 36507076.9552, 4000724.5555],
        clock_s: -2.499953977491271e-04,
        velocity_m_s: [-7.19734, 12.87470, -71.15277],
        drift: -2.975529e-12,
    };
    check(&geo("C60"), &new);
}

#[test]
fn navic_is_where_rtklib_sees_it() {
    let truth = Truth {
        after_s: 1000.0,
        position_m: [20150337.2870, 37024464.4308, 2244115.1390],
        clock_s: -2.500077496752773e-04,
        velocity_m_s: [342.14957, -95.07593, -1408.61706],
        drift: -2.761380e-12,
    };
    let ephemeris = Ephemeris::Navic(NavicEphemeris {
        satellite: "I02".parse().expect("a satellite's name"),
        orbit: orbit(6493.4, 0.002, 0.48),
        clock: clock(toe()),
        iodec: 1,
        week: 1087,
        tgd_s: 0.0,
        ura_index: 0,
        l5_unhealthy: false,
        s_unhealthy: false,
    });
    check(&ephemeris, &truth);
}

#[test]
fn glonass_is_where_rtklib_sees_it() {
    let forward = Truth {
        after_s: 900.0,
        position_m: [-10184348.6260, 17393653.5262, 15308581.2147],
        clock_s: -4.499838e-05,
        velocity_m_s: [-1130.78431, 1484.53256, -2612.13947],
        drift: 1.8e-12,
    };
    check(&glonass("R05"), &forward);
    let backward = Truth {
        after_s: -754.5,
        position_m: [-7754281.8121, 14774406.5320, 19072091.2426],
        clock_s: -4.50013581e-05,
        velocity_m_s: [-1799.90995, 1640.42225, -1912.26299],
        drift: 1.8e-12,
    };
    check(&glonass("R05"), &backward);
}

#[test]
fn an_ephemeris_says_nothing_of_a_far_moment() {
    for (ephemeris, before_s, after_s) in [
        (gps("G07"), 7_200, 7_200),
        (galileo_inav("E11"), 1_800, 10_800),
        (beidou("C21"), 3_600, 10_800),
        (glonass("R05"), 1_800, 1_800),
    ] {
        let at = |s| ephemeris.reference_time() + Interval::from_seconds(s);
        assert!(ephemeris.state(at(after_s)).is_ok());
        assert!(ephemeris.state(at(-before_s)).is_ok());
        for too_far in [after_s + 1, -before_s - 1] {
            let refused = ephemeris.state(at(too_far));
            assert!(matches!(refused, Err(Unusable::TooFar { .. })), "{refused:?}");
        }
    }
}

#[test]
fn nonsense_is_no_orbit() {
    let spoilt = |spoil: fn(&mut KeplerOrbit)| {
        let mut elements = orbit(5153.6, 0.012, 0.96);
        spoil(&mut elements);
        Ephemeris::Gps(lnav("G07", elements)).state(toe()).err()
    };
    assert_eq!(spoilt(|_| ()), None);
    for spoil in [
        |o: &mut KeplerOrbit| o.sqrt_a = 0.0,
        |o: &mut KeplerOrbit| o.sqrt_a = f64::NAN,
        |o: &mut KeplerOrbit| o.eccentricity = 1.5,
        |o: &mut KeplerOrbit| o.m0 = f64::INFINITY,
        |o: &mut KeplerOrbit| o.crs = f64::NAN,
    ] {
        assert_eq!(spoilt(spoil), Some(Unusable::NotAnOrbit));
    }
    let Ephemeris::Glonass(mut fallen) = glonass("R05") else { unreachable!("GLONASS") };
    fallen.position_m = [0.0; 3];
    let at = fallen.reference_time;
    assert_eq!(Ephemeris::Glonass(fallen).state(at), Err(Unusable::NotAnOrbit));
}
