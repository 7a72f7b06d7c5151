//! What the caster must know of a frame to relay it: its number, and whether it ends an epoch.

/// What a frame is for a rover that joins or changes its station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameMark {
    /// Observations; `more_follow` says that the same epoch goes on in the next message.
    Observations {
        /// The epoch time's field as it stands in the message. It tells two epochs apart within one message number:
        /// each system has a clock of its own.
        time: u32,
        /// The multiple-message bit (DF393), or the synchronous flag of the older messages (DF005, DF034).
        more_follow: bool,
    },
    /// What a rover must know of the station before its observations are of use.
    Identity(IdentityKind),
    /// Anything else.
    Other,
}

/// Messages that say who a station is, in the order in which a joining rover gets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdentityKind {
    /// 1005 or 1006: where the antenna reference point is.
    ReferencePoint,
    /// 1007 or 1008: the antenna.
    Antenna,
    /// 1033: antenna and receiver.
    AntennaReceiver,
    /// 1230: GLONASS code-phase biases.
    GlonassBiases,
}

/// Bytes of a frame before its payload (RTCM 10403.3, section 4).
const HEADER_BYTES: usize = 3;

/// The message number (DF002) of a whole frame.
pub fn message_number(frame: &[u8]) -> Option<u16> {
    match frame.get(HEADER_BYTES..)? {
        [first, second, ..] => Some(u16::from_be_bytes([*first, *second]) >> 4),
        _ => None,
    }
}

/// The reference station ID (DF003) of a frame that has one directly behind its number.
pub fn station_id(frame: &[u8]) -> Option<u16> {
    match frame.get(HEADER_BYTES..)? {
        [_, second, third, ..] => Some(u16::from_be_bytes([second & 0x0F, *third])),
        _ => None,
    }
}

/// What a whole frame is.
pub fn mark(frame: &[u8]) -> FrameMark {
    let Some(number) = message_number(frame) else { return FrameMark::Other };
    // Message number (12), station (12), epoch time (30, or 27 for GLONASS before MSM), then the bit.
    match number {
        1001..=1004 => observations(frame, 54),
        1009..=1012 => observations(frame, 51),
        1071..=1137 if matches!(number % 10, 1..=7) => observations(frame, 54),
        1005 | 1006 => FrameMark::Identity(IdentityKind::ReferencePoint),
        1007 | 1008 => FrameMark::Identity(IdentityKind::Antenna),
        1033 => FrameMark::Identity(IdentityKind::AntennaReceiver),
        1230 => FrameMark::Identity(IdentityKind::GlonassBiases),
        _ => FrameMark::Other,
    }
}

fn observations(frame: &[u8], bit: usize) -> FrameMark {
    let byte = frame.get(HEADER_BYTES + bit / 8).copied().unwrap_or(0);
    FrameMark::Observations { time: time(frame, bit), more_follow: byte & (0x80 >> (bit % 8)) != 0 }
}

/// Behind the message number and the station, in bits of the payload.
const TIME_BEGINS: usize = 24;

/// The bits from the station's number to the multiple-message bit.
fn time(frame: &[u8], ends: usize) -> u32 {
    let bytes = frame.get(HEADER_BYTES + TIME_BEGINS / 8..).unwrap_or_default();
    let [a, b, c, d] = std::array::from_fn(|i| bytes.get(i).copied().unwrap_or(0));
    u32::from_be_bytes([a, b, c, d]) >> (32 - (ends - TIME_BEGINS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame's head and the first bytes of its payload; the checksum does not matter here.
    fn frame(number: u16, station: u16, set_bit: Option<usize>) -> Vec<u8> {
        let mut bits = (u128::from(number) << 116) | (u128::from(station) << 104);
        if let Some(bit) = set_bit {
            bits |= 1 << (127 - bit);
        }
        [&[0xD3, 0, 16][..], &bits.to_be_bytes(), &[0; 3]].concat()
    }

    fn observed(more_follow: bool) -> FrameMark {
        FrameMark::Observations { time: 0, more_follow }
    }

    #[track_caller]
    fn check(number: u16, set_bit: Option<usize>, expected: FrameMark) {
        assert_eq!(mark(&frame(number, 7, set_bit)), expected, "{number}");
    }

    #[test]
    fn frames_are_known_by_number_and_bit() {
        check(1074, Some(54), observed(true));
        check(1074, Some(53), FrameMark::Observations { time: 1, more_follow: false });
        check(1127, None, observed(false));
        check(1004, Some(54), observed(true));
        check(1012, Some(51), observed(true));
        check(1012, Some(50), FrameMark::Observations { time: 1, more_follow: false });
        check(1012, Some(54), observed(false));
        check(1004, Some(24), FrameMark::Observations { time: 1 << 29, more_follow: false });
        check(1005, None, FrameMark::Identity(IdentityKind::ReferencePoint));
        check(1033, None, FrameMark::Identity(IdentityKind::AntennaReceiver));
        check(1019, None, FrameMark::Other);
        check(1078, None, FrameMark::Other);
    }

    #[test]
    fn number_and_station_stand_first() {
        assert_eq!(message_number(&frame(1005, 2003, None)), Some(1005));
        assert_eq!(station_id(&frame(1005, 2003, None)), Some(2003));
        assert_eq!(message_number(&[0xD3, 0, 0]), None);
    }
}
