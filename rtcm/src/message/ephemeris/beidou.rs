//! BeiDou D1 and D2 ephemerides in message 1042 (and 63, its number before it was standardised).

use tianshu_gnss::ephemeris::kepler::BeiDouEphemeris;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::scales::BDT_ORIGIN;

use crate::message::data_field::{DoesNotFit, Record};
use crate::message::ephemeris::EphemerisFault;
use crate::message::ephemeris::orbit::{
    ClockFields, OrbitFields, Weeks, clock, orbit, set_clock, set_orbit,
};

const WEEKS: Weeks = Weeks { origin: BDT_ORIGIN, modulus: 8192 };

const CLOCK: ClockFields = ClockFields { toc: 493, af0: 496, af1: 495, af2: 494 };

const ORBIT: OrbitFields = OrbitFields {
    toe: 505,
    sqrt_a: 504,
    eccentricity: 502,
    i0: 509,
    omega0: 507,
    omega: 511,
    m0: 500,
    delta_n: 499,
    omega_dot: 512,
    i_dot: 491,
    cuc: 501,
    cus: 503,
    crc: 510,
    crs: 498,
    cic: 506,
    cis: 508,
};

pub(super) fn resolve(
    record: &Record,
    satellite: Satellite,
    near: GpsTime,
) -> Result<BeiDouEphemeris, EphemerisFault> {
    let week = WEEKS.full(record.raw(489), near);
    let toe = WEEKS.moment(week, record.number(ORBIT.toe), near)?;
    let toc = WEEKS.moment(week, record.number(CLOCK.toc), near)?;
    Ok(BeiDouEphemeris {
        satellite,
        orbit: orbit(record, &ORBIT, toe),
        clock: clock(record, &CLOCK, toc),
        aode: record.byte(492),
        aodc: record.byte(497),
        week,
        tgd1_s: record.number(513),
        tgd2_s: record.number(514),
        ura_index: record.byte(490),
        unhealthy: record.flag(515),
    })
}

pub(super) fn fill(record: &mut Record, e: &BeiDouEphemeris) -> Result<(), DoesNotFit> {
    record.set(488, e.satellite.number().into())?;
    record.set(489, WEEKS.told(e.week))?;
    record.set(490, e.ura_index.into())?;
    record.set(492, e.aode.into())?;
    record.set(497, e.aodc.into())?;
    record.set(513, e.tgd1_s)?;
    record.set(514, e.tgd2_s)?;
    record.set_flag(515, e.unhealthy)?;
    set_clock(record, &CLOCK, &WEEKS, &e.clock)?;
    set_orbit(record, &ORBIT, &WEEKS, &e.orbit)
}
