//! GLONASS ephemerides in message 1020.

use tianshu_gnss::ephemeris::glonass::{GlonassEphemeris, GlonassFrame};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval, NANOS_PER_DAY};
use tianshu_gnss::time::scales::GlonassTime;

use crate::message::data_field::{DoesNotFit, Record};
use crate::message::ephemeris::EphemerisFault;

/// DF040 is the channel number plus 7.
const CHANNEL_OFFSET: i8 = 7;
/// DF108 is the first of the three bits `B_n`, the one that means unhealthy.
const BN_UNHEALTHY: u8 = 0b100;
/// The fields of position, velocity and acceleration, axis by axis.
const AXES: [(u16, u16, u16); 3] = [(112, 111, 113), (115, 114, 116), (118, 117, 119)];
/// The message tells kilometres.
const METRES_PER_KM: f64 = 1000.0;
const MINUTES_PER_DAY: f64 = 1440.0;

pub(super) fn resolve(
    record: &Record,
    satellite: Satellite,
    near: GpsTime,
) -> Result<GlonassEphemeris, EphemerisFault> {
    let tb_min = record.number(110);
    if tb_min >= MINUTES_PER_DAY {
        return Err(EphemerisFault::TimeOfDay { minutes: tb_min });
    }
    let reference_time = nearest(Interval::from_seconds_f64(tb_min * 60.0), near);
    let metres = |pick: fn(&(u16, u16, u16)) -> u16| {
        AXES.map(|axis| record.number(pick(&axis)) * METRES_PER_KM)
    };
    let channel = i8::try_from(record.raw(40)).expect("DF040 has five bits") - CHANNEL_OFFSET;
    Ok(GlonassEphemeris {
        satellite,
        channel,
        reference_time,
        frame_time: frame_time(record.word(107)).map(|of_day| nearest(of_day, reference_time)),
        position_m: metres(|axis| axis.0),
        velocity_m_s: metres(|axis| axis.1),
        acceleration_m_s2: metres(|axis| axis.2),
        tau_n_s: record.number(124),
        gamma_n: record.number(121),
        delta_tau_n_s: Some(record.number(125)),
        age_days: record.byte(126),
        health_bn: if record.flag(108) { BN_UNHEALTHY } else { 0 },
        ft: Some(record.byte(128)),
        frame: Some(frame(record)),
    })
}

pub(super) fn fill(record: &mut Record, e: &GlonassEphemeris) -> Result<(), DoesNotFit> {
    record.set(38, e.satellite.number().into())?;
    record.set(40, f64::from(e.channel) + f64::from(CHANNEL_OFFSET))?;
    let reference = GlonassTime::from(e.reference_time);
    record.set(110, reference.time_of_day.seconds() / 60.0)?;
    for (i, (position, velocity, acceleration)) in AXES.into_iter().enumerate() {
        let axis = |of: &[f64; 3]| of.get(i).map_or(0.0, |metres| metres / METRES_PER_KM);
        record.set(position, axis(&e.position_m))?;
        record.set(velocity, axis(&e.velocity_m_s))?;
        record.set(acceleration, axis(&e.acceleration_m_s2))?;
    }
    record.set(124, e.tau_n_s)?;
    record.set(121, e.gamma_n)?;
    record.set(125, e.delta_tau_n_s.unwrap_or(0.0))?;
    record.set(126, e.age_days.into())?;
    record.set_flag(108, e.health_bn & BN_UNHEALTHY != 0)?;
    record.set(128, e.ft.unwrap_or(0).into())?;
    match &e.frame {
        Some(frame) => fill_frame(record, frame),
        None => e.frame_time.map_or(Ok(()), |t| record.set(107, tk_of(t) as f64)),
    }
}

fn frame(record: &Record) -> GlonassFrame {
    GlonassFrame {
        almanac_health: record.flag(104),
        almanac_health_told: record.flag(105),
        tk: record.word(107),
        p1: record.byte(106),
        p2: record.flag(109),
        p3: record.flag(120),
        p: record.byte(122),
        ln_third: record.flag(123),
        p4: record.flag(127),
        day_nt: record.word(129),
        generation: record.byte(130),
        additional_told: record.flag(131),
        day_na: record.word(132),
        tau_c_s: record.number(133),
        n4: record.byte(134),
        tau_gps_s: record.number(135),
        ln_fifth: record.flag(136),
        reserved: record.byte(1),
    }
}

fn fill_frame(record: &mut Record, f: &GlonassFrame) -> Result<(), DoesNotFit> {
    record.set_flag(104, f.almanac_health)?;
    record.set_flag(105, f.almanac_health_told)?;
    record.set(107, f.tk.into())?;
    record.set(106, f.p1.into())?;
    record.set_flag(109, f.p2)?;
    record.set_flag(120, f.p3)?;
    record.set(122, f.p.into())?;
    record.set_flag(123, f.ln_third)?;
    record.set_flag(127, f.p4)?;
    record.set(129, f.day_nt.into())?;
    record.set(130, f.generation.into())?;
    record.set_flag(131, f.additional_told)?;
    record.set(132, f.day_na.into())?;
    record.set(133, f.tau_c_s)?;
    record.set(134, f.n4.into())?;
    record.set(135, f.tau_gps_s)?;
    record.set_flag(136, f.ln_fifth)?;
    record.set(1, f.reserved.into())
}

/// `t_k`: hours (5 bits), minutes (6 bits), half minutes (1 bit); none where that is no time of day.
fn frame_time(tk: u16) -> Option<Interval> {
    let (hours, minutes, halves) =
        (i64::from(tk >> 7), i64::from(tk >> 1 & 0x3F), i64::from(tk & 1));
    (hours < 24 && minutes < 60)
        .then(|| Interval::from_seconds(hours * 3600 + minutes * 60 + halves * 30))
}

fn tk_of(t: GpsTime) -> i64 {
    let halves = GlonassTime::from(t).time_of_day.nanos() / Interval::from_seconds(30).nanos();
    let minutes = halves / 2;
    ((minutes / 60) << 7) | ((minutes % 60) << 1) | (halves % 2)
}

/// The moment of that time of day in Moscow which is nearest to `near`.
fn nearest(time_of_day: Interval, near: GpsTime) -> GpsTime {
    let around = GlonassTime::from(near);
    let ahead = time_of_day - around.time_of_day;
    let half_day = NANOS_PER_DAY / 2;
    let day = if ahead.nanos() > half_day {
        around.day - 1
    } else if ahead.nanos() < -half_day {
        around.day + 1
    } else {
        around.day
    };
    GpsTime::from(GlonassTime { day, time_of_day, in_leap_second: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_one_nearest_to_the_callers_time() {
        // 2020-06-25 21:00:18 GPS time is 2020-06-26 00:00:00 in Moscow.
        let midnight =
            GpsTime::from_week(2111, Interval::from_seconds(4 * 86_400 + 21 * 3600 + 18));
        let quarter = Interval::from_seconds(900);
        let day = Interval::from_nanos(NANOS_PER_DAY);
        for (of_day, near, expected) in [
            (Interval::ZERO, midnight - quarter, midnight),
            (Interval::ZERO, midnight + quarter, midnight),
            (day - quarter, midnight + quarter, midnight - quarter),
            (quarter, midnight - quarter, midnight + quarter),
        ] {
            assert_eq!(nearest(of_day, near), expected, "{of_day:?} near {near}");
        }
    }

    #[test]
    fn the_frame_time_goes_there_and_back() {
        let t = GpsTime::from_week(2111, Interval::from_seconds(4 * 86_400 + 13 * 3600 + 18 + 90));
        let tk = tk_of(t);
        assert_eq!(tk, 16 << 7 | 1 << 1 | 1);
        assert_eq!(frame_time(16 << 7 | 1 << 1 | 1), Some(GlonassTime::from(t).time_of_day));
        assert_eq!(frame_time(24 << 7), None);
    }
}
