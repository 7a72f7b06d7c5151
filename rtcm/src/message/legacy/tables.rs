//! Messages 1001 to 1004 and 1009 to 1012 as the standard prints them: RTCM 10403.3, tables 3.5-1 to 3.5-13.

use tianshu_gnss::constellation::Constellation;

use crate::message::data_field::{
    DataField, flag, per, positive, real, satellite, steps_of, unsigned,
};

/// DF014 counts in these steps, m: the length of a light millisecond.
pub(crate) const GPS_MODULUS_M: f64 = 299_792.458;
/// DF044 counts in these steps, m: two light milliseconds.
pub(crate) const GLONASS_MODULUS_M: f64 = 599_584.916;

/// The header of 1001 to 1004 behind the message number.
pub(crate) const GPS_HEADER: &[DataField] = &[
    unsigned(3, "reference_station_id", 12),
    unsigned(4, "gps_epoch_time_ms", 30),
    flag(5, "synchronous_gnss"),
    unsigned(6, "satellites_processed", 5),
    flag(7, "divergence_free_smoothing"),
    unsigned(8, "smoothing_interval", 3),
];

/// The header of 1009 to 1012 behind the message number.
pub(crate) const GLONASS_HEADER: &[DataField] = &[
    unsigned(3, "reference_station_id", 12),
    unsigned(34, "glonass_epoch_time_ms", 27),
    flag(5, "synchronous_gnss"),
    unsigned(35, "satellites_processed", 5),
    flag(36, "divergence_free_smoothing"),
    unsigned(37, "smoothing_interval", 3),
];

const GPS_ID: DataField = satellite(9, "gps_satellite_id", 6, (Constellation::Gps, 0));
const L1_CODE: DataField = unsigned(10, "l1_code_indicator", 1);
const L1_RANGE: DataField = positive(11, "l1_pseudorange_m", 24, per(50.0)).absent_at(0xFF_FFFF);
const L1_PHASE: DataField =
    real(12, "l1_phaserange_minus_pseudorange_m", 20, per(2000.0)).absent_at_lowest();
const L1_LOCK: DataField = unsigned(13, "l1_lock_time_indicator", 7);
const L1_MODULUS: DataField =
    positive(14, "l1_pseudorange_modulus_ambiguity_m", 8, steps_of(GPS_MODULUS_M));
const L1_CNR: DataField = positive(15, "l1_cnr_dbhz", 8, per(4.0)).absent_at(0);
const L2_CODE: DataField = unsigned(16, "l2_code_indicator", 2);
const L2_RANGE: DataField = real(17, "l2_minus_l1_pseudorange_m", 14, per(50.0)).absent_at_lowest();
const L2_PHASE: DataField =
    real(18, "l2_phaserange_minus_l1_pseudorange_m", 20, per(2000.0)).absent_at_lowest();
const L2_LOCK: DataField = unsigned(19, "l2_lock_time_indicator", 7);
const L2_CNR: DataField = positive(20, "l2_cnr_dbhz", 8, per(4.0)).absent_at(0);

const SLOT: DataField = satellite(38, "glonass_satellite_id", 6, (Constellation::Glonass, 0));
const G1_CODE: DataField = unsigned(39, "l1_code_indicator", 1);
const CHANNEL: DataField = unsigned(40, "frequency_channel_plus_7", 5);
const G1_RANGE: DataField = positive(41, "l1_pseudorange_m", 25, per(50.0)).absent_at(0x1FF_FFFF);
const G1_PHASE: DataField =
    real(42, "l1_phaserange_minus_pseudorange_m", 20, per(2000.0)).absent_at_lowest();
const G1_LOCK: DataField = unsigned(43, "l1_lock_time_indicator", 7);
const G1_MODULUS: DataField =
    positive(44, "l1_pseudorange_modulus_ambiguity_m", 7, steps_of(GLONASS_MODULUS_M));
const G1_CNR: DataField = positive(45, "l1_cnr_dbhz", 8, per(4.0)).absent_at(0);
const G2_CODE: DataField = unsigned(46, "l2_code_indicator", 2);
const G2_RANGE: DataField = real(47, "l2_minus_l1_pseudorange_m", 14, per(50.0)).absent_at_lowest();
const G2_PHASE: DataField =
    real(48, "l2_phaserange_minus_l1_pseudorange_m", 20, per(2000.0)).absent_at_lowest();
const G2_LOCK: DataField = unsigned(49, "l2_lock_time_indicator", 7);
const G2_CNR: DataField = positive(50, "l2_cnr_dbhz", 8, per(4.0)).absent_at(0);

/// The satellites of 1001.
pub(crate) const L1_GPS: &[DataField] = &[GPS_ID, L1_CODE, L1_RANGE, L1_PHASE, L1_LOCK];
/// The satellites of 1002.
pub(crate) const L1_GPS_EXTENDED: &[DataField] =
    &[GPS_ID, L1_CODE, L1_RANGE, L1_PHASE, L1_LOCK, L1_MODULUS, L1_CNR];
/// The satellites of 1003.
pub(crate) const L1_L2_GPS: &[DataField] =
    &[GPS_ID, L1_CODE, L1_RANGE, L1_PHASE, L1_LOCK, L2_CODE, L2_RANGE, L2_PHASE, L2_LOCK];
/// The satellites of 1004.
pub(crate) const L1_L2_GPS_EXTENDED: &[DataField] = &[
    GPS_ID, L1_CODE, L1_RANGE, L1_PHASE, L1_LOCK, L1_MODULUS, L1_CNR, L2_CODE, L2_RANGE, L2_PHASE,
    L2_LOCK, L2_CNR,
];
/// The satellites of 1009.
pub(crate) const L1_GLONASS: &[DataField] = &[SLOT, G1_CODE, CHANNEL, G1_RANGE, G1_PHASE, G1_LOCK];
/// The satellites of 1010.
pub(crate) const L1_GLONASS_EXTENDED: &[DataField] =
    &[SLOT, G1_CODE, CHANNEL, G1_RANGE, G1_PHASE, G1_LOCK, G1_MODULUS, G1_CNR];
/// The satellites of 1011.
pub(crate) const L1_L2_GLONASS: &[DataField] =
    &[SLOT, G1_CODE, CHANNEL, G1_RANGE, G1_PHASE, G1_LOCK, G2_CODE, G2_RANGE, G2_PHASE, G2_LOCK];
/// The satellites of 1012.
pub(crate) const L1_L2_GLONASS_EXTENDED: &[DataField] = &[
    SLOT, G1_CODE, CHANNEL, G1_RANGE, G1_PHASE, G1_LOCK, G1_MODULUS, G1_CNR, G2_CODE, G2_RANGE,
    G2_PHASE, G2_LOCK, G2_CNR,
];

/// The header and the satellites of a legacy observation message.
pub(crate) fn tables(number: u16) -> Option<(&'static [DataField], &'static [DataField])> {
    Some(match number {
        1001 => (GPS_HEADER, L1_GPS),
        1002 => (GPS_HEADER, L1_GPS_EXTENDED),
        1003 => (GPS_HEADER, L1_L2_GPS),
        1004 => (GPS_HEADER, L1_L2_GPS_EXTENDED),
        1009 => (GLONASS_HEADER, L1_GLONASS),
        1010 => (GLONASS_HEADER, L1_GLONASS_EXTENDED),
        1011 => (GLONASS_HEADER, L1_L2_GLONASS),
        1012 => (GLONASS_HEADER, L1_L2_GLONASS_EXTENDED),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::tables;

    /// Bits of one satellite (RTCM 10403.3, tables 3.5-2 to 3.5-5 and 3.5-10 to 3.5-13); the headers have
    /// 64 bits for GPS and 61 for GLONASS, the message number included.
    #[test]
    fn the_tables_are_as_long_as_the_messages() {
        for (number, satellite_bits) in [
            (1001, 58),
            (1002, 74),
            (1003, 101),
            (1004, 125),
            (1009, 64),
            (1010, 79),
            (1011, 107),
            (1012, 130),
        ] {
            let (header, satellite) = tables(number).expect("a legacy message");
            let sum = |fields: &[super::DataField]| -> u32 {
                fields.iter().map(|field| u32::from(field.bits)).sum()
            };
            assert_eq!(sum(satellite), satellite_bits, "{number}");
            assert_eq!(sum(header) + 12, if number < 1009 { 64 } else { 61 }, "{number}");
        }
    }
}
