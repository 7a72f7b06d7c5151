//! One navigation record: its numbers by their places in the tables, made an ephemeris.
//!
//! Places are counted from the clock's three numbers (0 to 2), four to a broadcast orbit line after that: RINEX 3.05, tables
//! A6 (GPS), A8 (Galileo), A10 (GLONASS), A12 (QZSS), A14 (BeiDou) and A18 (NavIC); RINEX 2.11, tables A4 and A11.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::glonass::GlonassEphemeris;
use tianshu_gnss::ephemeris::kepler::{
    BeiDouEphemeris, ClockPolynomial, GalileoEphemeris, GalileoHealth, GalileoMessage, KeplerOrbit,
    LnavEphemeris, NavicEphemeris,
};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::GLONASS_CHANNELS;
use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_DAY, SECONDS_PER_WEEK};
use tianshu_gnss::time::scales::{WeekTime, from_bdt};

use crate::label::{TimeSystem, Version};
use crate::line::whole;
use crate::navigation::accuracy::{sisa_index, ura_index};

/// The numbers of a record.
pub(super) struct Record {
    pub(super) satellite: Satellite,
    /// The record's epoch on its system's calendar, as if that were GPS time's.
    pub(super) told: GpsTime,
    pub(super) values: Vec<Option<f64>>,
}

/// The ephemeris of a record, or what it lacks. `Ok(None)`: a system whose records are not read.
pub(super) fn ephemeris(
    record: &Record,
    version: Version,
) -> Result<Option<Ephemeris>, &'static str> {
    match record.satellite.constellation() {
        Constellation::Gps => record.lnav(version).map(|e| Some(Ephemeris::Gps(e))),
        Constellation::Qzss => record.lnav(version).map(|e| Some(Ephemeris::Qzss(e))),
        Constellation::Galileo => record.galileo().map(|e| Some(Ephemeris::Galileo(e))),
        Constellation::BeiDou => record.beidou().map(|e| Some(Ephemeris::BeiDou(e))),
        Constellation::Glonass => record.glonass(version).map(|e| Some(Ephemeris::Glonass(e))),
        Constellation::Navic => record.navic().map(|e| Some(Ephemeris::Navic(e))),
        Constellation::Sbas => Ok(None),
    }
}

/// A transmission time farther from its ephemeris' reference time is none: what is not known is often written as zero.
const SENT_MAX: Interval = Interval::from_seconds(86_400);

/// When it was sent, if the record tells: place 27, of GLONASS the begin of the frame, which RINEX 2 counts in the day and later
/// versions in the week.
pub(super) fn transmitted(record: &Record, read: &Ephemeris) -> Option<GpsTime> {
    let reference = read.reference_time();
    let sent = match read {
        Ephemeris::Glonass(_) => {
            let frame = Interval::from_seconds_f64(record.told(2)?);
            let reference_in_day = record.told.nanos().rem_euclid(NANOS_PER_DAY);
            let half = NANOS_PER_DAY / 2;
            let ahead = (frame.nanos() - reference_in_day + half).rem_euclid(NANOS_PER_DAY) - half;
            reference + Interval::from_nanos(ahead)
        }
        Ephemeris::BeiDou(_) => {
            time_of_week(Weeks::BeiDou, record.index(21, "week").ok()?, record.told(27)?)?
        }
        _ => time_of_week(Weeks::Gps, record.index(21, "week").ok()?, record.told(27)?)?,
    };
    Some(sent).filter(|sent| (*sent - reference).abs() <= SENT_MAX)
}

/// The week whose seconds the time of ephemeris counts.
#[derive(Clone, Copy)]
enum Weeks {
    Gps,
    BeiDou,
}

impl Record {
    fn need(&self, place: usize, name: &'static str) -> Result<f64, &'static str> {
        self.told(place).ok_or(name)
    }

    fn told(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().flatten()
    }

    fn index<T: TryFrom<i64>>(&self, place: usize, name: &'static str) -> Result<T, &'static str> {
        whole(self.need(place, name)?).ok_or(name)
    }

    fn clock(&self, system: TimeSystem) -> Result<ClockPolynomial, &'static str> {
        Ok(ClockPolynomial {
            toc: system.to_gps(self.told),
            af0: self.need(0, "clock offset")?,
            af1: self.need(1, "clock drift")?,
            af2: self.need(2, "clock drift rate")?,
        })
    }

    /// The elements stand in the same places in every system's table.
    fn orbit(&self, weeks: Weeks) -> Result<KeplerOrbit, &'static str> {
        let week = self.index(21, "week")?;
        Ok(KeplerOrbit {
            toe: time_of_week(weeks, week, self.need(11, "toe")?).ok_or("toe")?,
            sqrt_a: self.need(10, "sqrt(A)")?,
            eccentricity: self.need(8, "eccentricity")?,
            i0: self.need(15, "i0")?,
            omega0: self.need(13, "OMEGA0")?,
            omega: self.need(17, "omega")?,
            m0: self.need(6, "M0")?,
            delta_n: self.need(5, "delta n")?,
            omega_dot: self.need(18, "OMEGA DOT")?,
            i_dot: self.need(19, "IDOT")?,
            cuc: self.need(7, "Cuc")?,
            cus: self.need(9, "Cus")?,
            crc: self.need(16, "Crc")?,
            crs: self.need(4, "Crs")?,
            cic: self.need(12, "Cic")?,
            cis: self.need(14, "Cis")?,
        })
    }

    /// The week of transmission. The file's week goes with `toe` and its transmission time may be negative; where that is not
    /// told (0.9999E9) the week of `toe` stands for it.
    fn transmission_week(&self) -> Result<i32, &'static str> {
        let week: i32 = self.index(21, "week")?;
        let sent = self.told(27).filter(|t| t.abs() < SECONDS_PER_WEEK as f64 * 2.0);
        let shift = sent.and_then(|t| whole::<i32>((t / SECONDS_PER_WEEK as f64).floor()));
        Ok(week + shift.unwrap_or(0))
    }

    fn lnav(&self, version: Version) -> Result<LnavEphemeris, &'static str> {
        let fit = self.told(28);
        let extended_fit = match self.satellite.constellation() {
            Constellation::Qzss => fit.is_some_and(|flag| flag != 0.0),
            // Hours; some writers put the flag itself (RINEX 3.05, note of table A6).
            _ => fit.is_some_and(|hours| hours > 4.0 || (hours - 1.0).abs() < 0.5),
        };
        // RINEX 2 leaves what is unknown blank.
        let optional = |place| if version < Version(300) { Some(0.0) } else { self.told(place) };
        Ok(LnavEphemeris {
            satellite: self.satellite,
            orbit: self.orbit(Weeks::Gps)?,
            clock: self.clock(TimeSystem::Gps)?,
            iode: self.index(3, "IODE")?,
            iodc: self.index(26, "IODC")?,
            week: self.transmission_week()?,
            tgd_s: self.told(25).or_else(|| optional(25)).ok_or("TGD")?,
            ura_index: ura_index(self.told(23).unwrap_or(-1.0)),
            health: self.index(24, "health")?,
            codes_on_l2: self.told(20).and_then(whole).unwrap_or(0),
            l2p_data_off: self.told(22).is_some_and(|flag| flag != 0.0),
            extended_fit,
        })
    }

    fn galileo(&self) -> Result<GalileoEphemeris, &'static str> {
        let sources: u32 = self.index(20, "data sources")?;
        let health: u32 = self.index(24, "health")?;
        // RINEX 3.05, table A8: bit 1 F/NAV on E5a; bits 0 and 2 I/NAV on E1-B and E5b.
        let message = if sources & 0b10 != 0 { GalileoMessage::FNav } else { GalileoMessage::INav };
        let state = |first_bit: u32| {
            let bits = health >> first_bit;
            let status = u8::try_from(bits >> 1 & 0b11).unwrap_or(0);
            Some(GalileoHealth { status, data_invalid: bits & 1 != 0 })
        };
        let is_inav = message == GalileoMessage::INav;
        // The file's week is GPS' continuous one; Galileo's own starts 1024 later.
        let week = self.transmission_week()? - 1024;
        Ok(GalileoEphemeris {
            satellite: self.satellite,
            message,
            orbit: self.orbit(Weeks::Gps)?,
            clock: self.clock(TimeSystem::Gps)?,
            iod_nav: self.index(3, "IODnav")?,
            week,
            sisa_index: sisa_index(self.told(23).unwrap_or(-1.0)),
            bgd_e5a_s: self.need(25, "BGD E5a/E1")?,
            bgd_e5b_s: self.told(26).filter(|_| is_inav),
            e5a: state(3).filter(|_| !is_inav),
            e5b: state(6).filter(|_| is_inav),
            e1b: state(0).filter(|_| is_inav),
        })
    }

    fn beidou(&self) -> Result<BeiDouEphemeris, &'static str> {
        Ok(BeiDouEphemeris {
            satellite: self.satellite,
            orbit: self.orbit(Weeks::BeiDou)?,
            clock: self.clock(TimeSystem::BeiDou)?,
            aode: self.index(3, "AODE")?,
            aodc: self.told(28).and_then(whole).unwrap_or(0),
            week: self.transmission_week()?,
            tgd1_s: self.need(25, "TGD1")?,
            tgd2_s: self.need(26, "TGD2")?,
            ura_index: ura_index(self.told(23).unwrap_or(-1.0)),
            unhealthy: self.need(24, "health")? != 0.0,
        })
    }

    fn navic(&self) -> Result<NavicEphemeris, &'static str> {
        // RINEX 3.05, table A18: L5 is the higher of the two health bits.
        let health: u8 = self.index(24, "health")?;
        Ok(NavicEphemeris {
            satellite: self.satellite,
            orbit: self.orbit(Weeks::Gps)?,
            clock: self.clock(TimeSystem::Gps)?,
            iodec: self.index(3, "IODEC")?,
            week: self.transmission_week()? - 1024,
            tgd_s: self.need(25, "TGD")?,
            ura_index: ura_index(self.told(23).unwrap_or(-1.0)),
            l5_unhealthy: health & 0b10 != 0,
            s_unhealthy: health & 0b01 != 0,
        })
    }

    fn glonass(&self, version: Version) -> Result<GlonassEphemeris, &'static str> {
        // Kilometres in the file. Places 3, 7, 11 start the lines of x, y and z.
        let row = |first: usize| -> Result<[f64; 3], &'static str> {
            let km = |place| self.need(place, "motion").map(|v| v * 1e3);
            Ok([km(first)?, km(first + 1)?, km(first + 2)?])
        };
        let [x, y, z] = [row(3)?, row(7)?, row(11)?];
        let component = |i: usize| [x, y, z].map(|axis| axis.get(i).copied().unwrap_or(0.0));
        let channel = self.index(10, "frequency number")?;
        if !GLONASS_CHANNELS.contains(&channel) {
            return Err("frequency number");
        }
        let health: u8 = self.index(6, "health")?;
        Ok(GlonassEphemeris {
            satellite: self.satellite,
            channel,
            reference_time: TimeSystem::Utc.to_gps(self.told),
            frame_time: None,
            position_m: component(0),
            velocity_m_s: component(1),
            acceleration_m_s2: component(2),
            // The file holds -τ_n.
            tau_n_s: -self.need(0, "clock offset")?,
            gamma_n: self.need(1, "frequency offset")?,
            // 3.05 added a fourth line; .999999999999E+09 stands for unknown.
            delta_tau_n_s: self.told(16).filter(|dt| version >= Version(305) && dt.abs() < 1.0),
            age_days: self.told(14).and_then(whole).unwrap_or(0),
            // Up to 3.04 the file tells the first bit of B_n alone, as 0 or 1; later all three.
            health_bn: if version < Version(305) { u8::from(health != 0) << 2 } else { health },
            ft: None,
            frame: None,
        })
    }
}

fn time_of_week(weeks: Weeks, week: i32, seconds: f64) -> Option<GpsTime> {
    if !(-2.0 * SECONDS_PER_WEEK as f64..=2.0 * SECONDS_PER_WEEK as f64).contains(&seconds)
        || !(0..10_000).contains(&week)
    {
        return None;
    }
    let time_of_week = Interval::from_seconds_f64(seconds);
    Some(match weeks {
        Weeks::Gps => GpsTime::from_week(week, time_of_week),
        Weeks::BeiDou => from_bdt(WeekTime { week, time_of_week }),
    })
}
