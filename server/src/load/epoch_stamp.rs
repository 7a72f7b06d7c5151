//! The moment that a frame's observations are of, read from the head of its payload alone.
//!
//! A load generator sees every frame ten thousand times: decoding satellites to learn a time would cost more than
//! receiving it.

use tianshu_gnss::time::gps::GpsTime;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::msm::header::{MsmHeader, msm_kind};
use tianshu_rtcm::time::{resolve_glonass_time_of_day, resolve_msm, resolve_tow};

/// The moment nearest to `near` that an MSM or a legacy observation message tells; `None` for every other message.
///
/// The time stands behind the message number (12 bits) and the station (12 bits) in all of them: 30 bits, or 27 in
/// the legacy messages of GLONASS (RTCM 10403.3, tables 3.5-1, 3.5-6 and 3.5-78).
pub(crate) fn epoch_of(frame: &Frame, near: GpsTime) -> Option<GpsTime> {
    let number = frame.message_number()?;
    let field = *frame.payload().get(3..)?.first_chunk::<4>()?;
    let bits = u32::from_be_bytes(field);
    match number {
        1001..=1004 => resolve_tow(near, bits >> 2),
        1009..=1012 => resolve_glonass_time_of_day(near, bits >> 5),
        _ => {
            let (constellation, level) = msm_kind(number)?;
            let station_id = frame.station_id()?;
            resolve_msm(near, &MsmHeader::new(constellation, level, station_id, bits >> 2))
        }
    }
}

#[cfg(test)]
mod tests {
    use tianshu_gnss::constellation::Constellation;
    use tianshu_gnss::time::gps::Interval;
    use tianshu_rtcm::time::{glonass_day_and_ms, msm_epoch_time, tow_ms};

    use super::*;

    /// 2026-11-23 12:00:00 GPS time and 250 ms.
    fn moment() -> GpsTime {
        GpsTime::from_week(2446, Interval::from_millis(129_600_250))
    }

    /// A message with that time of `bits` bits behind number and station 5.
    #[track_caller]
    fn check(number: u16, time: u32, bits: u32, expected: Option<GpsTime>) {
        let head = u64::from(number) << 52 | 5 << 40 | u64::from(time) << (40 - bits);
        let frame = Frame::from_payload(&head.to_be_bytes()).unwrap();
        let near = moment() + Interval::from_seconds(30);
        assert_eq!(epoch_of(&frame, near), expected, "{number}");
    }

    #[test]
    fn every_kind_of_observation_message_tells_its_epoch() {
        let at = moment();
        check(1004, tow_ms(at), 30, Some(at));
        check(1012, glonass_day_and_ms(at).1, 27, Some(at));
        for constellation in Constellation::ALL {
            let number = tianshu_rtcm::msm::header::MsmLevel::ALL
                .map(|level| tianshu_rtcm::msm::header::msm_number(constellation, level));
            for number in number {
                check(number, msm_epoch_time(constellation, at), 30, Some(at));
            }
        }
    }

    #[test]
    fn other_messages_tell_none() {
        check(1005, tow_ms(moment()), 30, None);
        check(1019, tow_ms(moment()), 30, None);
        check(1077, u32::MAX >> 2, 30, None);
        assert_eq!(epoch_of(&Frame::from_payload(&[]).unwrap(), moment()), None);
    }
}
