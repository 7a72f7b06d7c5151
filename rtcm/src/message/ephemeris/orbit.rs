//! Keplerian elements in and out of the data fields, and the weeks that messages cut short.

use tianshu_gnss::ephemeris::kepler::{ClockPolynomial, KeplerOrbit};
use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_WEEK, SECONDS_PER_WEEK};

use crate::message::data_field::{DoesNotFit, Record};
use crate::message::ephemeris::EphemerisFault;

/// The data fields in which a message keeps its orbit.
pub(super) struct OrbitFields {
    pub toe: u16,
    pub sqrt_a: u16,
    pub eccentricity: u16,
    pub i0: u16,
    pub omega0: u16,
    pub omega: u16,
    pub m0: u16,
    pub delta_n: u16,
    pub omega_dot: u16,
    pub i_dot: u16,
    pub cuc: u16,
    pub cus: u16,
    pub crc: u16,
    pub crs: u16,
    pub cic: u16,
    pub cis: u16,
}

/// The data fields in which a message keeps its clock.
pub(super) struct ClockFields {
    pub toc: u16,
    pub af0: u16,
    pub af1: u16,
    pub af2: u16,
}

/// The weeks of one system: where they began, and how many the message can tell apart.
pub(super) struct Weeks {
    pub origin: GpsTime,
    pub modulus: i32,
}

impl Weeks {
    /// The full week number that is nearest to `near` among those that the message may mean.
    pub(super) fn full(&self, told: u64, near: GpsTime) -> i32 {
        let modulus = i64::from(self.modulus);
        let half_week = Interval::from_nanos(NANOS_PER_WEEK / 2);
        // The middle of the told week is compared with `near`, hence the half week.
        let near_week = GpsTime::from_nanos((near - half_week - self.origin).nanos());
        let near_week =
            i64::from(near_week.rounded_to(Interval::from_nanos(NANOS_PER_WEEK)).week());
        let ahead = (told.cast_signed() - near_week).rem_euclid(modulus);
        let ahead = if ahead > modulus / 2 { ahead - modulus } else { ahead };
        i32::try_from(near_week + ahead).expect("i64 nanoseconds hold fewer than 2^15 weeks")
    }

    /// The week as the message tells it.
    pub(super) fn told(&self, week: i32) -> f64 {
        f64::from(week.rem_euclid(self.modulus))
    }

    /// The moment of that time of week which is meant: within half a week of `near` where the
    /// transmission was less than two weeks from it, else in the week of the transmission.
    ///
    /// The week belongs to the transmission; a reference time behind the end of the week lies in the next
    /// one, and one before its start in the one before (IS-GPS-200, section 20.3.3.4.3).
    pub(super) fn moment(
        &self,
        week: i32,
        time_of_week_s: f64,
        near: GpsTime,
    ) -> Result<GpsTime, EphemerisFault> {
        if time_of_week_s >= SECONDS_PER_WEEK as f64 {
            return Err(EphemerisFault::TimeOfWeek { seconds: time_of_week_s });
        }
        let of_week = Interval::from_seconds_f64(time_of_week_s);
        let since_origin = GpsTime::from_week(week, of_week) - GpsTime::from_nanos(0);
        let told = self.origin + since_origin;
        let week_span = Interval::from_nanos(NANOS_PER_WEEK);
        let away = GpsTime::from_nanos((near - told).nanos()).rounded_to(week_span).week();
        Ok(if away.abs() == 1 {
            told + Interval::from_nanos(i64::from(away) * NANOS_PER_WEEK)
        } else {
            told
        })
    }

    /// The time of week, s, as the message tells a reference time.
    pub(super) fn time_of_week_s(&self, t: GpsTime) -> f64 {
        GpsTime::from_nanos((t - self.origin).nanos()).time_of_week().seconds()
    }
}

/// Reads the orbit.
pub(super) fn orbit(record: &Record, fields: &OrbitFields, toe: GpsTime) -> KeplerOrbit {
    KeplerOrbit {
        toe,
        sqrt_a: record.number(fields.sqrt_a),
        eccentricity: record.number(fields.eccentricity),
        i0: record.angle_rad(fields.i0),
        omega0: record.angle_rad(fields.omega0),
        omega: record.angle_rad(fields.omega),
        m0: record.angle_rad(fields.m0),
        delta_n: record.angle_rad(fields.delta_n),
        omega_dot: record.angle_rad(fields.omega_dot),
        i_dot: record.angle_rad(fields.i_dot),
        cuc: record.number(fields.cuc),
        cus: record.number(fields.cus),
        crc: record.number(fields.crc),
        crs: record.number(fields.crs),
        cic: record.number(fields.cic),
        cis: record.number(fields.cis),
    }
}

/// Writes the orbit.
pub(super) fn set_orbit(
    record: &mut Record,
    fields: &OrbitFields,
    weeks: &Weeks,
    orbit: &KeplerOrbit,
) -> Result<(), DoesNotFit> {
    record.set(fields.toe, weeks.time_of_week_s(orbit.toe))?;
    record.set(fields.sqrt_a, orbit.sqrt_a)?;
    record.set(fields.eccentricity, orbit.eccentricity)?;
    record.set_angle(fields.i0, orbit.i0)?;
    record.set_angle(fields.omega0, orbit.omega0)?;
    record.set_angle(fields.omega, orbit.omega)?;
    record.set_angle(fields.m0, orbit.m0)?;
    record.set_angle(fields.delta_n, orbit.delta_n)?;
    record.set_angle(fields.omega_dot, orbit.omega_dot)?;
    record.set_angle(fields.i_dot, orbit.i_dot)?;
    record.set(fields.cuc, orbit.cuc)?;
    record.set(fields.cus, orbit.cus)?;
    record.set(fields.crc, orbit.crc)?;
    record.set(fields.crs, orbit.crs)?;
    record.set(fields.cic, orbit.cic)?;
    record.set(fields.cis, orbit.cis)
}

/// Reads the clock.
pub(super) fn clock(record: &Record, fields: &ClockFields, toc: GpsTime) -> ClockPolynomial {
    ClockPolynomial {
        toc,
        af0: record.number(fields.af0),
        af1: record.number(fields.af1),
        af2: record.number(fields.af2),
    }
}

/// Writes the clock.
pub(super) fn set_clock(
    record: &mut Record,
    fields: &ClockFields,
    weeks: &Weeks,
    clock: &ClockPolynomial,
) -> Result<(), DoesNotFit> {
    record.set(fields.toc, weeks.time_of_week_s(clock.toc))?;
    record.set(fields.af0, clock.af0)?;
    record.set(fields.af1, clock.af1)?;
    record.set(fields.af2, clock.af2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GPS: Weeks = Weeks { origin: GpsTime::from_nanos(0), modulus: 1024 };

    fn at(week: i32, seconds: i64) -> GpsTime {
        GpsTime::from_week(week, Interval::from_seconds(seconds))
    }

    #[test]
    fn a_short_week_is_the_nearest_full_one() {
        for (told, near, full) in [
            (190, at(2238, 1), 2238),
            (191, at(2238, 604_799), 2239),
            (1023, at(2048, 5), 2047),
            (0, at(2047, 604_000), 2048),
            (0, at(2048, 0), 2048),
            (190, at(2238 + 500, 0), 2238),
        ] {
            assert_eq!(GPS.full(told, near), full, "{told} near {near}");
        }
    }

    #[test]
    fn a_reference_time_may_lie_across_the_end_of_the_week() {
        // Sent on Saturday 23:50, for midnight: the time of week 0 belongs to the next week.
        assert_eq!(GPS.moment(2238, 0.0, at(2238, 604_200)), Ok(at(2239, 0)));
        // Sent on Sunday 00:00:06, still for Saturday 23:59:44.
        assert_eq!(GPS.moment(2239, 604_784.0, at(2239, 6)), Ok(at(2238, 604_784)));
        // Received years later: nothing is known better than the told week.
        assert_eq!(GPS.moment(2238, 0.0, at(2338, 604_200)), Ok(at(2238, 0)));
        assert!(GPS.moment(2238, 604_800.0, at(2238, 0)).is_err());
    }
}
