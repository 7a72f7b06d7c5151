//! What satellites broadcast: ephemerides issued from the true orbits, rounded as the messages round.

use tianshu_gnss::constants::SEMICIRCLE;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::glonass::{GlonassEphemeris, GlonassFrame};
use tianshu_gnss::ephemeris::kepler::{
    BeiDouEphemeris, ClockPolynomial, GalileoEphemeris, GalileoHealth, GalileoMessage, KeplerOrbit,
    LnavEphemeris,
};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::scales::{GlonassTime, to_bdt, to_gst};
use tianshu_gnss::time::utc::Utc;

use crate::random::Key;
use crate::sky::glonass::IntegratedOrbit;
use crate::sky::orbit::{Elements, Shifted, steps};
use crate::sky::{Orbit, SkySatellite};

/// The shortest time for which any ephemeris is broadcast: Galileo's ten minutes, as its satellites renew it.
pub const SHORTEST_ISSUE: Interval = Interval::from_seconds(600);

/// GPS renews every two hours (IS-GPS-200, section 20.3.4.5), around a time of ephemeris at the end of them.
const GPS_ISSUE_S: i64 = 7_200;
/// BeiDou and QZSS renew every hour (BDS-SIS-ICD-B1I-3.0, section 5.2.4.10; IS-QZSS-PNT, section 4.1.2).
const HOURLY_ISSUE_S: i64 = 3_600;
/// GLONASS renews every half hour (GLONASS ICD edition 5.1, table 4.6), around its middle.
const GLONASS_ISSUE_S: i64 = 1_800;

impl SkySatellite {
    /// What this satellite broadcasts at `t`: one ephemeris, of Galileo F/NAV and I/NAV.
    pub(super) fn broadcast(&self, t: GpsTime, reference: GpsTime) -> Vec<Ephemeris> {
        match (&self.orbit, self.satellite.constellation()) {
            (Orbit::Integrated(orbit), _) => vec![self.glonass(orbit, t, reference)],
            (Orbit::Kepler(e), Constellation::Gps) => {
                vec![Ephemeris::Gps(self.lnav(e, t, reference))]
            }
            (Orbit::Kepler(e), Constellation::Qzss) => {
                vec![Ephemeris::Qzss(self.lnav(e, t, reference))]
            }
            (Orbit::Kepler(e), Constellation::Galileo) => self.galileo(e, t, reference),
            (Orbit::Kepler(e), _) => vec![self.beidou(e, t, reference)],
        }
    }

    fn lnav(&self, elements: &Elements, t: GpsTime, reference: GpsTime) -> LnavEphemeris {
        let gps = self.satellite.constellation() == Constellation::Gps;
        let toe = if gps {
            began(t, GPS_ISSUE_S) + Interval::from_seconds(GPS_ISSUE_S)
        } else {
            began(t, HOURLY_ISSUE_S)
        };
        // Counts the issues, so that two of them never share a number within days (IS-GPS-200, section 20.3.4.4).
        let issue = toe.time_of_week().nanos() / 1_000_000_000 / HOURLY_ISSUE_S;
        let iode = u8::try_from(issue % 240).expect("a remainder of 240");
        LnavEphemeris {
            satellite: self.satellite,
            orbit: told_orbit(elements, toe, toe.time_of_week(), reference),
            clock: self.told_clock(toe, reference, [2f64.powi(-31), 2f64.powi(-43)], 0.0),
            iode,
            iodc: u16::from(iode),
            week: t.week(),
            tgd_s: self.delays.told.first_s,
            ura_index: 0,
            health: 0,
            codes_on_l2: 1,
            l2p_data_off: false,
            extended_fit: false,
        }
    }

    fn galileo(&self, elements: &Elements, t: GpsTime, reference: GpsTime) -> Vec<Ephemeris> {
        let toe = began(t, SHORTEST_ISSUE.nanos() / 1_000_000_000);
        let issue = toe.time_of_week().nanos() / SHORTEST_ISSUE.nanos();
        let told = self.delays.told;
        let healthy = Some(GalileoHealth { status: 0, data_invalid: false });
        let issue_of = |message: GalileoMessage| {
            let inav = message == GalileoMessage::INav;
            // Both clocks tell the same E1: they differ by the difference of their group delays.
            let offset_s = if inav { 0.0 } else { told.first_s - told.second_s };
            GalileoEphemeris {
                satellite: self.satellite,
                message,
                orbit: told_orbit(elements, toe, to_gst(toe).time_of_week, reference),
                clock: self.told_clock(toe, reference, [2f64.powi(-34), 2f64.powi(-46)], offset_s),
                iod_nav: u16::try_from(issue % 1024).expect("a remainder of 1024"),
                week: to_gst(t).week,
                sisa_index: 107,
                bgd_e5a_s: told.first_s,
                bgd_e5b_s: inav.then_some(told.second_s),
                e5a: healthy.filter(|_| !inav),
                e5b: healthy.filter(|_| inav),
                e1b: healthy.filter(|_| inav),
            }
        };
        [GalileoMessage::FNav, GalileoMessage::INav]
            .map(|m| Ephemeris::Galileo(issue_of(m)))
            .to_vec()
    }

    fn beidou(&self, elements: &Elements, t: GpsTime, reference: GpsTime) -> Ephemeris {
        let second = to_bdt(t).time_of_week.nanos().div_euclid(1_000_000_000);
        let into = Interval::from_seconds(second.rem_euclid(HOURLY_ISSUE_S))
            + Interval::from_nanos(to_bdt(t).time_of_week.nanos() % 1_000_000_000);
        let toe = t - into;
        let tow = to_bdt(toe).time_of_week;
        let orbit = if self.satellite.is_beidou_geo() {
            told_orbit(&tilted(elements, (toe - reference).seconds()), toe, tow, toe)
        } else {
            told_orbit(elements, toe, tow, reference)
        };
        Ephemeris::BeiDou(BeiDouEphemeris {
            satellite: self.satellite,
            orbit,
            clock: self.told_clock(toe, reference, [2f64.powi(-33), 2f64.powi(-50)], 0.0),
            // Ages below 25 count hours (BDS-SIS-ICD-B1I-3.0, tables 5-6 and 5-9); these data are fresh.
            aode: 1,
            aodc: 1,
            week: to_bdt(t).week,
            tgd1_s: self.delays.told.first_s,
            tgd2_s: self.delays.told.second_s,
            ura_index: 0,
            unhealthy: false,
        })
    }

    fn glonass(&self, orbit: &IntegratedOrbit, t: GpsTime, reference: GpsTime) -> Ephemeris {
        let frame_time = half_hour_before(t);
        let reference_time = frame_time + Interval::from_seconds(GLONASS_ISSUE_S / 2);
        let [x, y, z, vx, vy, vz] = orbit.state(reference_time);
        let clock_s = self.steady_clock_s((reference_time - reference).seconds());
        // Steps of GLONASS ICD edition 5.1, table 4.5: 2^-11 km, 2^-20 km/s, 2^-30 s, 2^-40.
        Ephemeris::Glonass(GlonassEphemeris {
            satellite: self.satellite,
            channel: self.glonass_channel.expect("a GLONASS satellite has a channel"),
            reference_time,
            frame_time: Some(frame_time),
            position_m: [x, y, z].map(|c| steps(c, 1e3 * 2f64.powi(-11))),
            velocity_m_s: [vx, vy, vz].map(|c| steps(c, 1e3 * 2f64.powi(-20))),
            acceleration_m_s2: orbit.acceleration(),
            tau_n_s: steps(-clock_s, 2f64.powi(-30)),
            gamma_n: steps(self.clock_drift, 2f64.powi(-40)),
            delta_tau_n_s: Some(self.delays.told.first_s),
            age_days: 0,
            health_bn: 0,
            ft: Some(2),
            frame: Some(glonass_frame(frame_time)),
        })
    }

    fn told_clock(
        &self,
        toc: GpsTime,
        reference: GpsTime,
        [offset_step, drift_step]: [f64; 2],
        offset_s: f64,
    ) -> ClockPolynomial {
        let clock_s = self.steady_clock_s((toc - reference).seconds()) + offset_s;
        ClockPolynomial {
            toc,
            af0: steps(clock_s, offset_step),
            af1: steps(self.clock_drift, drift_step),
            af2: 0.0,
        }
    }
}

/// When an ephemeris of this sky is first transmitted.
///
/// I/NAV needs six seconds for its words, F/NAV ten (Galileo OS SIS ICD, sections 4.2.2 and 4.3.2).
pub fn transmitted(ephemeris: &Ephemeris) -> GpsTime {
    let toe = ephemeris.reference_time();
    match ephemeris {
        Ephemeris::Gps(_) => toe - Interval::from_seconds(GPS_ISSUE_S),
        Ephemeris::Galileo(e) if e.message == GalileoMessage::INav => {
            toe + Interval::from_seconds(6)
        }
        Ephemeris::Galileo(_) => toe + Interval::from_seconds(10),
        Ephemeris::Glonass(e) => e.frame_time.unwrap_or(toe),
        Ephemeris::Qzss(_) | Ephemeris::BeiDou(_) | Ephemeris::Navic(_) => toe,
    }
}

/// The last half hour of UTC at or before `t`: GLONASS ephemerides are issued then.
pub(super) fn half_hour_before(t: GpsTime) -> GpsTime {
    let utc = Utc::from(t);
    let whole = utc.posix_seconds();
    GpsTime::from(Utc::from_posix(whole - whole.rem_euclid(GLONASS_ISSUE_S), 0))
}

/// One step of the GLONASS acceleration field, up, down or none, m/s².
pub(super) fn acceleration_step(key: Key) -> f64 {
    f64::from(i32::try_from(key.of("acceleration").stream().below(3)).expect("below 3") - 1)
        * (1e3 * 2f64.powi(-30))
}

/// The other words of a GLONASS-M frame that starts at `frame_time` (GLONASS ICD edition 5.1, section 4.4).
fn glonass_frame(frame_time: GpsTime) -> GlonassFrame {
    /// 1996-01-01 in days since 1970-01-01: the four-year intervals are counted from it (table 4.5, `N_4`).
    const FIRST_OF_1996: i64 = 9_496;
    /// Days in four years with one leap year.
    const FOUR_YEARS: i64 = 1_461;
    let moscow = GlonassTime::from(frame_time);
    let minute = moscow.time_of_day.nanos() / 60_000_000_000;
    let day = moscow.day - FIRST_OF_1996;
    let day_nt = u16::try_from(day.rem_euclid(FOUR_YEARS) + 1).expect("at most 1461");
    GlonassFrame {
        almanac_health: true,
        almanac_health_told: true,
        tk: u16::try_from((minute / 60) << 7 | (minute % 60) << 1)
            .expect("hours of a day fit 5 bits"),
        p1: 1,
        p2: true,
        generation: 1,
        additional_told: true,
        day_nt,
        day_na: day_nt,
        n4: u8::try_from(day.div_euclid(FOUR_YEARS) + 1).unwrap_or(u8::MAX).min(31),
        ..GlonassFrame::default()
    }
}

/// The moment at or before `t` at which an issue began, for issues that divide the GPS week.
fn began(t: GpsTime, issue_s: i64) -> GpsTime {
    let issue = Interval::from_seconds(issue_s).nanos();
    GpsTime::from_nanos(t.nanos().div_euclid(issue) * issue)
}

/// The orbit as issued for `toe`, `time_of_week` after the start of the system's week.
fn told_orbit(
    elements: &Elements,
    toe: GpsTime,
    time_of_week: Interval,
    reference: GpsTime,
) -> KeplerOrbit {
    let Shifted { node_rad, mean_anomaly_rad, inclination_rad } =
        elements.shifted((toe - reference).seconds());
    let semicircles = |angle: f64, exponent: i32| steps(angle, SEMICIRCLE * 2f64.powi(exponent));
    let [cuc, cus, crc, crs, cic, cis] = elements.harmonics;
    KeplerOrbit {
        toe,
        sqrt_a: steps(elements.semi_major_m.sqrt(), 2f64.powi(-19)),
        eccentricity: steps(elements.eccentricity, 2f64.powi(-33)),
        i0: semicircles(inclination_rad, -31),
        omega0: semicircles(
            wrapped(node_rad + elements.earth_rate_rad_s * time_of_week.seconds()),
            -31,
        ),
        omega: semicircles(wrapped(elements.perigee_rad), -31),
        m0: semicircles(wrapped(mean_anomaly_rad), -31),
        delta_n: semicircles(elements.mean_motion_offset_rad_s, -43),
        omega_dot: semicircles(elements.node_rate_rad_s, -43),
        i_dot: semicircles(elements.inclination_rate_rad_s, -43),
        cuc,
        cus,
        crc,
        crs,
        cic,
        cis,
    }
}

/// A geostationary BeiDou orbit in the frame of its message: tilted by 5° about the X axis of the Earth at `toe`
/// (BDS-SIS-ICD-B1I-3.0, table 5-11). `dt_s` is from the elements' reference time to `toe`, the new one.
fn tilted(elements: &Elements, dt_s: f64) -> Elements {
    let now = elements.shifted(dt_s);
    let plane = rotation(now.node_rad, now.inclination_rad, elements.perigee_rad);
    let (sin, cos) = (-5.0_f64).to_radians().sin_cos();
    let turn = |column: usize| {
        let [x, y, z] = plane.map(|row| row[column]);
        [x, cos * y - sin * z, sin * y + cos * z]
    };
    let [p, q, normal] = [turn(0), turn(1), turn(2)];
    Elements {
        inclination_rad: normal[2].acos(),
        node_rad: normal[0].atan2(-normal[1]),
        perigee_rad: p[2].atan2(q[2]),
        mean_anomaly_rad: now.mean_anomaly_rad,
        ..*elements
    }
}

/// The rotation from the orbit's own axes (perigee, ninety degrees on, normal) to the Earth's: rows of the matrix.
fn rotation(node: f64, inclination: f64, perigee: f64) -> [[f64; 3]; 3] {
    let (sn, cn) = node.sin_cos();
    let (si, ci) = inclination.sin_cos();
    let (sp, cp) = perigee.sin_cos();
    [
        [cn * cp - sn * ci * sp, -cn * sp - sn * ci * cp, sn * si],
        [sn * cp + cn * ci * sp, -sn * sp + cn * ci * cp, -cn * si],
        [si * sp, si * cp, ci],
    ]
}

/// An angle within half a turn of zero.
fn wrapped(angle: f64) -> f64 {
    let turn = std::f64::consts::TAU;
    angle - (angle / turn).round() * turn
}
