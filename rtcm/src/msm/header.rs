//! The head of every MSM: message number and the fields before the masks.

use tianshu_gnss::constellation::Constellation;

/// How much an MSM tells (RTCM 10403.3, table 3.5-70).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MsmLevel {
    /// Pseudoranges, modulo one millisecond.
    Msm1,
    /// Phase ranges, modulo one millisecond.
    Msm2,
    /// Pseudoranges and phase ranges, modulo one millisecond.
    Msm3,
    /// Full pseudoranges, phase ranges and C/N0.
    Msm4,
    /// As MSM4, with phase range rates.
    Msm5,
    /// As MSM4, with extended resolution.
    Msm6,
    /// As MSM5, with extended resolution.
    Msm7,
}

impl MsmLevel {
    /// All levels, in order.
    pub const ALL: [Self; 7] =
        [Self::Msm1, Self::Msm2, Self::Msm3, Self::Msm4, Self::Msm5, Self::Msm6, Self::Msm7];

    /// The digit: 4 for MSM4.
    pub fn digit(self) -> u8 {
        self as u8 + 1
    }
}

/// The system and level of an MSM's message number; `None` for every other message.
///
/// GPS 1071-1077, GLONASS 1081-1087, Galileo 1091-1097, SBAS 1101-1107, QZSS 1111-1117,
/// BeiDou 1121-1127, NavIC 1131-1137 (RTCM 10403.3, table 3.5-70, and amendment 1 for NavIC).
pub fn msm_kind(message_number: u16) -> Option<(Constellation, MsmLevel)> {
    let above = usize::from(message_number.checked_sub(1071)?);
    let constellation = Constellation::ALL.get(above / 10)?;
    let level = MsmLevel::ALL.get(above % 10)?;
    Some((*constellation, *level))
}

/// The message number of a system and level.
pub fn msm_number(constellation: Constellation, level: MsmLevel) -> u16 {
    1071 + 10 * constellation as u16 + level as u16
}

/// The fields before the masks (RTCM 10403.3, table 3.5-78), in the standard's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MsmHeader {
    /// The system, from the message number (DF002).
    pub constellation: Constellation,
    /// The level, from the message number (DF002).
    pub level: MsmLevel,
    /// DF003: reference station ID, 0 to 4095.
    pub station_id: u16,
    /// The GNSS epoch time as transmitted, 30 bits: time of week in milliseconds of the system's own
    /// time; for GLONASS see [`Self::glonass_day`] and [`Self::glonass_time_of_day_ms`].
    pub epoch_time: u32,
    /// DF393: more observations of the same station and epoch follow in another message.
    pub more_follow: bool,
    /// DF409: issue of data station, 0 to 7.
    pub issue_of_data: u8,
    /// DF001: reserved, 7 bits; kept so that a relayed message stays as it was.
    pub reserved: u8,
    /// DF411: clock steering indicator, 0 to 3.
    pub clock_steering: u8,
    /// DF412: external clock indicator, 0 to 3.
    pub external_clock: u8,
    /// DF417: divergence-free smoothing was used.
    pub divergence_free_smoothing: bool,
    /// DF418: smoothing interval indicator, 0 to 7.
    pub smoothing_interval: u8,
}

impl MsmHeader {
    /// A header with nothing but what every message needs; all else is zero ("unknown" or "not used").
    pub fn new(constellation: Constellation, level: MsmLevel, station_id: u16, epoch: u32) -> Self {
        Self {
            constellation,
            level,
            station_id,
            epoch_time: epoch,
            more_follow: false,
            issue_of_data: 0,
            reserved: 0,
            clock_steering: 0,
            external_clock: 0,
            divergence_free_smoothing: false,
            smoothing_interval: 0,
        }
    }

    /// The message number (DF002).
    pub fn message_number(&self) -> u16 {
        msm_number(self.constellation, self.level)
    }

    /// DF416: the GLONASS day of week, 0 for Sunday to 6; 7 says that the day is not known.
    /// Only GLONASS messages have it.
    pub fn glonass_day(&self) -> u32 {
        self.epoch_time >> 27
    }

    /// DF034: the GLONASS time of day in milliseconds, 0 to 86 400 999 (with the leap second).
    /// Only GLONASS messages have it.
    pub fn glonass_time_of_day_ms(&self) -> u32 {
        self.epoch_time & ((1 << 27) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_numbers_name_system_and_level() {
        assert_eq!(msm_kind(1071), Some((Constellation::Gps, MsmLevel::Msm1)));
        assert_eq!(msm_kind(1127), Some((Constellation::BeiDou, MsmLevel::Msm7)));
        assert_eq!(msm_kind(1137), Some((Constellation::Navic, MsmLevel::Msm7)));
        for number in [0, 1070, 1078, 1079, 1080, 1138, 1141, 4095] {
            assert_eq!(msm_kind(number), None, "{number}");
        }
        for constellation in Constellation::ALL {
            for level in MsmLevel::ALL {
                let number = msm_number(constellation, level);
                assert_eq!(msm_kind(number), Some((constellation, level)));
            }
        }
    }
}
