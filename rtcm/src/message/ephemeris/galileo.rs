//! Galileo F/NAV and I/NAV ephemerides in messages 1045 and 1046.

use tianshu_gnss::ephemeris::kepler::{GalileoEphemeris, GalileoHealth, GalileoMessage};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::scales::GST_ORIGIN;

use crate::message::data_field::{DoesNotFit, Record};
use crate::message::ephemeris::EphemerisFault;
use crate::message::ephemeris::orbit::{
    ClockFields, OrbitFields, Weeks, clock, orbit, set_clock, set_orbit,
};

const WEEKS: Weeks = Weeks { origin: GST_ORIGIN, modulus: 4096 };

const CLOCK: ClockFields = ClockFields { toc: 293, af0: 296, af1: 295, af2: 294 };

const ORBIT: OrbitFields = OrbitFields {
    toe: 304,
    sqrt_a: 303,
    eccentricity: 301,
    i0: 308,
    omega0: 306,
    omega: 310,
    m0: 299,
    delta_n: 298,
    omega_dot: 311,
    i_dot: 292,
    cuc: 300,
    cus: 302,
    crc: 309,
    crs: 297,
    cic: 305,
    cis: 307,
};

/// Where a signal's health and data validity stand.
type HealthFields = (u16, u16);
const E5A: HealthFields = (314, 315);
const E5B: HealthFields = (316, 317);
const E1B: HealthFields = (287, 288);

/// The accuracy index: E1-E5a in 1045, E1-E5b in 1046.
fn sisa(message: GalileoMessage) -> u16 {
    match message {
        GalileoMessage::FNav => 291,
        GalileoMessage::INav => 286,
    }
}

pub(super) fn resolve(
    record: &Record,
    message: GalileoMessage,
    satellite: Satellite,
    near: GpsTime,
) -> Result<GalileoEphemeris, EphemerisFault> {
    let week = WEEKS.full(record.raw(289), near);
    let toe = WEEKS.moment(week, record.number(ORBIT.toe), near)?;
    let toc = WEEKS.moment(week, record.number(CLOCK.toc), near)?;
    let inav = message == GalileoMessage::INav;
    let health = |(status, validity)| GalileoHealth {
        status: record.byte(status),
        data_invalid: record.flag(validity),
    };
    Ok(GalileoEphemeris {
        satellite,
        message,
        orbit: orbit(record, &ORBIT, toe),
        clock: clock(record, &CLOCK, toc),
        iod_nav: record.word(290),
        week,
        sisa_index: record.byte(sisa(message)),
        bgd_e5a_s: record.number(312),
        bgd_e5b_s: inav.then(|| record.number(313)),
        e5a: (!inav).then(|| health(E5A)),
        e5b: inav.then(|| health(E5B)),
        e1b: inav.then(|| health(E1B)),
    })
}

pub(super) fn fill(record: &mut Record, e: &GalileoEphemeris) -> Result<(), DoesNotFit> {
    record.set(252, e.satellite.number().into())?;
    record.set(289, WEEKS.told(e.week))?;
    record.set(290, e.iod_nav.into())?;
    record.set(sisa(e.message), e.sisa_index.into())?;
    set_clock(record, &CLOCK, &WEEKS, &e.clock)?;
    set_orbit(record, &ORBIT, &WEEKS, &e.orbit)?;
    record.set(312, e.bgd_e5a_s)?;
    let told = match e.message {
        GalileoMessage::FNav => [(E5A, e.e5a), (E5A, e.e5a)],
        GalileoMessage::INav => {
            record.set(313, e.bgd_e5b_s.unwrap_or(0.0))?;
            [(E5B, e.e5b), (E1B, e.e1b)]
        }
    };
    for ((status, validity), health) in told {
        if let Some(health) = health {
            record.set(status, health.status.into())?;
            record.set_flag(validity, health.data_invalid)?;
        }
    }
    Ok(())
}
