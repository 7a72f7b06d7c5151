//! NavIC ephemerides in message 1041.

use tianshu_gnss::ephemeris::kepler::NavicEphemeris;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::time::scales::GST_ORIGIN;

use crate::message::data_field::{DoesNotFit, Record};
use crate::message::ephemeris::EphemerisFault;
use crate::message::ephemeris::orbit::{
    ClockFields, OrbitFields, Weeks, clock, orbit, set_clock, set_orbit,
};

/// NavIC counts the weeks of Galileo (IRNSS SIS ICD 1.1, section 2.3), cut to ten bits.
const WEEKS: Weeks = Weeks { origin: GST_ORIGIN, modulus: 1024 };

const CLOCK: ClockFields = ClockFields { toc: 522, af0: 518, af1: 519, af2: 520 };

const ORBIT: OrbitFields = OrbitFields {
    toe: 537,
    sqrt_a: 539,
    eccentricity: 538,
    i0: 543,
    omega0: 540,
    omega: 541,
    m0: 536,
    delta_n: 524,
    omega_dot: 542,
    i_dot: 535,
    cuc: 529,
    cus: 530,
    crc: 533,
    crs: 534,
    cic: 531,
    cis: 532,
};

pub(super) fn resolve(
    record: &Record,
    satellite: Satellite,
    near: GpsTime,
) -> Result<NavicEphemeris, EphemerisFault> {
    let week = WEEKS.full(record.raw(517), near);
    let toe = WEEKS.moment(week, record.number(ORBIT.toe), near)?;
    let toc = WEEKS.moment(week, record.number(CLOCK.toc), near)?;
    Ok(NavicEphemeris {
        satellite,
        orbit: orbit(record, &ORBIT, toe),
        clock: clock(record, &CLOCK, toc),
        iodec: record.byte(525),
        week,
        tgd_s: record.number(523),
        ura_index: record.byte(521),
        l5_unhealthy: record.flag(527),
        s_unhealthy: record.flag(528),
    })
}

pub(super) fn fill(record: &mut Record, e: &NavicEphemeris) -> Result<(), DoesNotFit> {
    record.set(516, e.satellite.number().into())?;
    record.set(517, WEEKS.told(e.week))?;
    record.set(521, e.ura_index.into())?;
    record.set(523, e.tgd_s)?;
    record.set(525, e.iodec.into())?;
    record.set_flag(527, e.l5_unhealthy)?;
    record.set_flag(528, e.s_unhealthy)?;
    set_clock(record, &CLOCK, &WEEKS, &e.clock)?;
    set_orbit(record, &ORBIT, &WEEKS, &e.orbit)
}
