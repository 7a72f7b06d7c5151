//! GPS and QZSS LNAV ephemerides in messages 1019 and 1044.

use tianshu_gnss::ephemeris::kepler::LnavEphemeris;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::message::data_field::{DoesNotFit, Record};
use crate::message::ephemeris::EphemerisFault;
use crate::message::ephemeris::orbit::{
    ClockFields, OrbitFields, Weeks, clock, orbit, set_clock, set_orbit,
};

/// Where one of the two messages keeps what.
pub(super) struct Layout {
    satellite: u16,
    week: u16,
    ura: u16,
    codes_on_l2: u16,
    iode: u16,
    iodc: u16,
    tgd: u16,
    health: u16,
    fit: u16,
    l2p: Option<u16>,
    clock: ClockFields,
    orbit: OrbitFields,
}

const WEEKS: Weeks = Weeks { origin: GpsTime::from_nanos(0), modulus: 1024 };

/// 1019.
pub(super) const GPS: Layout = Layout {
    satellite: 9,
    week: 76,
    ura: 77,
    codes_on_l2: 78,
    iode: 71,
    iodc: 85,
    tgd: 101,
    health: 102,
    fit: 137,
    l2p: Some(103),
    clock: ClockFields { toc: 81, af0: 84, af1: 83, af2: 82 },
    orbit: OrbitFields {
        toe: 93,
        sqrt_a: 92,
        eccentricity: 90,
        i0: 97,
        omega0: 95,
        omega: 99,
        m0: 88,
        delta_n: 87,
        omega_dot: 100,
        i_dot: 79,
        cuc: 89,
        cus: 91,
        crc: 98,
        crs: 86,
        cic: 94,
        cis: 96,
    },
};

/// 1044.
pub(super) const QZSS: Layout = Layout {
    satellite: 429,
    week: 452,
    ura: 453,
    codes_on_l2: 451,
    iode: 434,
    iodc: 456,
    tgd: 455,
    health: 454,
    fit: 457,
    l2p: None,
    clock: ClockFields { toc: 430, af0: 433, af1: 432, af2: 431 },
    orbit: OrbitFields {
        toe: 442,
        sqrt_a: 441,
        eccentricity: 439,
        i0: 446,
        omega0: 444,
        omega: 448,
        m0: 437,
        delta_n: 436,
        omega_dot: 449,
        i_dot: 450,
        cuc: 438,
        cus: 440,
        crc: 447,
        crs: 435,
        cic: 443,
        cis: 445,
    },
};

pub(super) fn resolve(
    record: &Record,
    layout: &Layout,
    satellite: Satellite,
    near: GpsTime,
) -> Result<LnavEphemeris, EphemerisFault> {
    let week = WEEKS.full(record.raw(layout.week), near);
    let toe = WEEKS.moment(week, record.number(layout.orbit.toe), near)?;
    let toc = WEEKS.moment(week, record.number(layout.clock.toc), near)?;
    Ok(LnavEphemeris {
        satellite,
        orbit: orbit(record, &layout.orbit, toe),
        clock: clock(record, &layout.clock, toc),
        iode: record.byte(layout.iode),
        iodc: record.word(layout.iodc),
        week,
        tgd_s: record.number(layout.tgd),
        ura_index: record.byte(layout.ura),
        health: record.byte(layout.health),
        codes_on_l2: record.byte(layout.codes_on_l2),
        l2p_data_off: layout.l2p.is_some_and(|df| record.flag(df)),
        extended_fit: record.flag(layout.fit),
    })
}

pub(super) fn fill(
    record: &mut Record,
    layout: &Layout,
    e: &LnavEphemeris,
) -> Result<(), DoesNotFit> {
    record.set(layout.satellite, e.satellite.number().into())?;
    record.set(layout.week, WEEKS.told(e.week))?;
    record.set(layout.ura, e.ura_index.into())?;
    record.set(layout.codes_on_l2, e.codes_on_l2.into())?;
    record.set(layout.iode, e.iode.into())?;
    record.set(layout.iodc, e.iodc.into())?;
    record.set(layout.tgd, e.tgd_s)?;
    record.set(layout.health, e.health.into())?;
    record.set_flag(layout.fit, e.extended_fit)?;
    if let Some(df) = layout.l2p {
        record.set_flag(df, e.l2p_data_off)?;
    }
    set_clock(record, &layout.clock, &WEEKS, &e.clock)?;
    set_orbit(record, &layout.orbit, &WEEKS, &e.orbit)
}
