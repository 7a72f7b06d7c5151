//! The ephemeris messages as the standard prints them: RTCM 10403.3, tables 3.5-18 to 3.5-22 and 3.5-91 to
//! 3.5-104, 1041 by its amendment; scale factors as in the systems' interface documents.
//!
//! The names end in their unit: `sc` is semicircles, `sqrt_m` the square root of a metre.

use tianshu_gnss::constellation::Constellation;

use crate::message::data_field::{
    DataField, flag, magnitude, per, positive, pow2, real, satellite, steps_of, unsigned,
};

/// 1019, GPS LNAV.
pub(crate) const GPS: &[DataField] = &[
    satellite(9, "gps_satellite_id", 6, (Constellation::Gps, 0)),
    unsigned(76, "gps_week", 10),
    unsigned(77, "ura_index", 4),
    unsigned(78, "codes_on_l2", 2),
    real(79, "idot_sc_s", 14, pow2(43)),
    unsigned(71, "iode", 8),
    positive(81, "toc_s", 16, steps_of(16.0)),
    real(82, "af2_s_s2", 8, pow2(55)),
    real(83, "af1_s_s", 16, pow2(43)),
    real(84, "af0_s", 22, pow2(31)),
    unsigned(85, "iodc", 10),
    real(86, "crs_m", 16, pow2(5)),
    real(87, "delta_n_sc_s", 16, pow2(43)),
    real(88, "m0_sc", 32, pow2(31)),
    real(89, "cuc_rad", 16, pow2(29)),
    positive(90, "eccentricity", 32, pow2(33)),
    real(91, "cus_rad", 16, pow2(29)),
    positive(92, "sqrt_a_sqrt_m", 32, pow2(19)),
    positive(93, "toe_s", 16, steps_of(16.0)),
    real(94, "cic_rad", 16, pow2(29)),
    real(95, "omega0_sc", 32, pow2(31)),
    real(96, "cis_rad", 16, pow2(29)),
    real(97, "i0_sc", 32, pow2(31)),
    real(98, "crc_m", 16, pow2(5)),
    real(99, "omega_sc", 32, pow2(31)),
    real(100, "omega_dot_sc_s", 24, pow2(43)),
    real(101, "tgd_s", 8, pow2(31)),
    unsigned(102, "sv_health", 6),
    flag(103, "l2p_data_off"),
    flag(137, "extended_fit_interval"),
];

/// 1020, GLONASS.
pub(crate) const GLONASS: &[DataField] = &[
    satellite(38, "glonass_satellite_id", 6, (Constellation::Glonass, 0)),
    unsigned(40, "frequency_channel_plus_7", 5),
    flag(104, "almanac_health"),
    flag(105, "almanac_health_told"),
    unsigned(106, "p1", 2),
    unsigned(107, "tk", 12),
    flag(108, "bn_unhealthy"),
    flag(109, "p2"),
    positive(110, "tb_min", 7, steps_of(15.0)),
    magnitude(111, "x_velocity_km_s", 24, pow2(20)),
    magnitude(112, "x_km", 27, pow2(11)),
    magnitude(113, "x_acceleration_km_s2", 5, pow2(30)),
    magnitude(114, "y_velocity_km_s", 24, pow2(20)),
    magnitude(115, "y_km", 27, pow2(11)),
    magnitude(116, "y_acceleration_km_s2", 5, pow2(30)),
    magnitude(117, "z_velocity_km_s", 24, pow2(20)),
    magnitude(118, "z_km", 27, pow2(11)),
    magnitude(119, "z_acceleration_km_s2", 5, pow2(30)),
    flag(120, "p3"),
    magnitude(121, "gamma_n", 11, pow2(40)),
    unsigned(122, "p", 2),
    flag(123, "ln_third_string"),
    magnitude(124, "tau_n_s", 22, pow2(30)),
    magnitude(125, "delta_tau_n_s", 5, pow2(30)),
    unsigned(126, "age_days", 5),
    flag(127, "p4"),
    unsigned(128, "ft", 4),
    unsigned(129, "nt_days", 11),
    unsigned(130, "generation", 2),
    flag(131, "additional_data_told"),
    unsigned(132, "na_days", 11),
    magnitude(133, "tau_c_s", 32, pow2(31)),
    unsigned(134, "n4", 5),
    magnitude(135, "tau_gps_s", 22, pow2(30)),
    flag(136, "ln_fifth_string"),
    unsigned(1, "reserved", 7),
];

/// 1041, NavIC.
pub(crate) const NAVIC: &[DataField] = &[
    satellite(516, "navic_satellite_id", 6, (Constellation::Navic, 0)),
    unsigned(517, "navic_week", 10),
    real(518, "af0_s", 22, pow2(31)),
    real(519, "af1_s_s", 16, pow2(43)),
    real(520, "af2_s_s2", 8, pow2(55)),
    unsigned(521, "ura_index", 4),
    positive(522, "toc_s", 16, steps_of(16.0)),
    real(523, "tgd_s", 8, pow2(31)),
    real(524, "delta_n_sc_s", 22, pow2(41)),
    unsigned(525, "iodec", 8),
    unsigned(526, "reserved_after_iodec", 10),
    flag(527, "l5_unhealthy"),
    flag(528, "s_unhealthy"),
    real(529, "cuc_rad", 15, pow2(28)),
    real(530, "cus_rad", 15, pow2(28)),
    real(531, "cic_rad", 15, pow2(28)),
    real(532, "cis_rad", 15, pow2(28)),
    real(533, "crc_m", 15, pow2(4)),
    real(534, "crs_m", 15, pow2(4)),
    real(535, "idot_sc_s", 14, pow2(43)),
    real(536, "m0_sc", 32, pow2(31)),
    positive(537, "toe_s", 16, steps_of(16.0)),
    positive(538, "eccentricity", 32, pow2(33)),
    positive(539, "sqrt_a_sqrt_m", 32, pow2(19)),
    real(540, "omega0_sc", 32, pow2(31)),
    real(541, "omega_sc", 32, pow2(31)),
    real(542, "omega_dot_sc_s", 22, pow2(41)),
    real(543, "i0_sc", 32, pow2(31)),
    unsigned(544, "spare_after_idot", 2),
    unsigned(545, "spare_after_i0", 2),
];

/// 1042, BeiDou D1 and D2; 63, the number it had before it was standardised.
pub(crate) const BEIDOU: &[DataField] = &[
    satellite(488, "bds_satellite_id", 6, (Constellation::BeiDou, 0)),
    unsigned(489, "bds_week", 13),
    unsigned(490, "urai", 4),
    real(491, "idot_sc_s", 14, pow2(43)),
    unsigned(492, "aode", 5),
    positive(493, "toc_s", 17, steps_of(8.0)),
    real(494, "a2_s_s2", 11, pow2(66)),
    real(495, "a1_s_s", 22, pow2(50)),
    real(496, "a0_s", 24, pow2(33)),
    unsigned(497, "aodc", 5),
    real(498, "crs_m", 18, pow2(6)),
    real(499, "delta_n_sc_s", 16, pow2(43)),
    real(500, "m0_sc", 32, pow2(31)),
    real(501, "cuc_rad", 18, pow2(31)),
    positive(502, "eccentricity", 32, pow2(33)),
    real(503, "cus_rad", 18, pow2(31)),
    positive(504, "sqrt_a_sqrt_m", 32, pow2(19)),
    positive(505, "toe_s", 17, steps_of(8.0)),
    real(506, "cic_rad", 18, pow2(31)),
    real(507, "omega0_sc", 32, pow2(31)),
    real(508, "cis_rad", 18, pow2(31)),
    real(509, "i0_sc", 32, pow2(31)),
    real(510, "crc_m", 18, pow2(6)),
    real(511, "omega_sc", 32, pow2(31)),
    real(512, "omega_dot_sc_s", 24, pow2(43)),
    real(513, "tgd1_s", 10, per(1e10)),
    real(514, "tgd2_s", 10, per(1e10)),
    flag(515, "unhealthy"),
];

/// 1044, QZSS LNAV.
pub(crate) const QZSS: &[DataField] = &[
    satellite(429, "qzss_satellite_id", 4, (Constellation::Qzss, 0)),
    positive(430, "toc_s", 16, steps_of(16.0)),
    real(431, "af2_s_s2", 8, pow2(55)),
    real(432, "af1_s_s", 16, pow2(43)),
    real(433, "af0_s", 22, pow2(31)),
    unsigned(434, "iode", 8),
    real(435, "crs_m", 16, pow2(5)),
    real(436, "delta_n_sc_s", 16, pow2(43)),
    real(437, "m0_sc", 32, pow2(31)),
    real(438, "cuc_rad", 16, pow2(29)),
    positive(439, "eccentricity", 32, pow2(33)),
    real(440, "cus_rad", 16, pow2(29)),
    positive(441, "sqrt_a_sqrt_m", 32, pow2(19)),
    positive(442, "toe_s", 16, steps_of(16.0)),
    real(443, "cic_rad", 16, pow2(29)),
    real(444, "omega0_sc", 32, pow2(31)),
    real(445, "cis_rad", 16, pow2(29)),
    real(446, "i0_sc", 32, pow2(31)),
    real(447, "crc_m", 16, pow2(5)),
    real(448, "omega_sc", 32, pow2(31)),
    real(449, "omega_dot_sc_s", 24, pow2(43)),
    real(450, "idot_sc_s", 14, pow2(43)),
    unsigned(451, "codes_on_l2", 2),
    unsigned(452, "qzss_week", 10),
    unsigned(453, "ura_index", 4),
    unsigned(454, "sv_health", 6),
    real(455, "tgd_s", 8, pow2(31)),
    unsigned(456, "iodc", 10),
    flag(457, "extended_fit_interval"),
];

/// What 1045 and 1046 have in common behind their accuracy index: DF292 to DF312.
macro_rules! galileo {
    ($sisa:expr, $($behind:expr),+ $(,)?) => {
        &[
            satellite(252, "galileo_satellite_id", 6, (Constellation::Galileo, 0)),
            unsigned(289, "galileo_week", 12),
            unsigned(290, "iod_nav", 10),
            $sisa,
            real(292, "idot_sc_s", 14, pow2(43)),
            positive(293, "toc_s", 14, steps_of(60.0)),
            real(294, "af2_s_s2", 6, pow2(59)),
            real(295, "af1_s_s", 21, pow2(46)),
            real(296, "af0_s", 31, pow2(34)),
            real(297, "crs_m", 16, pow2(5)),
            real(298, "delta_n_sc_s", 16, pow2(43)),
            real(299, "m0_sc", 32, pow2(31)),
            real(300, "cuc_rad", 16, pow2(29)),
            positive(301, "eccentricity", 32, pow2(33)),
            real(302, "cus_rad", 16, pow2(29)),
            positive(303, "sqrt_a_sqrt_m", 32, pow2(19)),
            positive(304, "toe_s", 14, steps_of(60.0)),
            real(305, "cic_rad", 16, pow2(29)),
            real(306, "omega0_sc", 32, pow2(31)),
            real(307, "cis_rad", 16, pow2(29)),
            real(308, "i0_sc", 32, pow2(31)),
            real(309, "crc_m", 16, pow2(5)),
            real(310, "omega_sc", 32, pow2(31)),
            real(311, "omega_dot_sc_s", 24, pow2(43)),
            real(312, "bgd_e5a_e1_s", 10, pow2(32)),
            $($behind),+
        ]
    };
}

/// 1045, Galileo F/NAV.
pub(crate) const GALILEO_FNAV: &[DataField] = galileo![
    unsigned(291, "sisa_index", 8),
    unsigned(314, "e5a_health", 2),
    flag(315, "e5a_data_invalid"),
    unsigned(1, "reserved", 7),
];

/// 1046, Galileo I/NAV.
pub(crate) const GALILEO_INAV: &[DataField] = galileo![
    unsigned(286, "sisa_index", 8),
    real(313, "bgd_e5b_e1_s", 10, pow2(32)),
    unsigned(316, "e5b_health", 2),
    flag(317, "e5b_data_invalid"),
    unsigned(287, "e1b_health", 2),
    flag(288, "e1b_data_invalid"),
    unsigned(1, "reserved", 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths of the messages without their number, in bits, from their tables in RTCM 10403.3: 1019 has
    /// 488 bits, 1020 has 360, 1041 has 482, 1042 has 511, 1044 has 485, 1045 has 496, 1046 has 504.
    #[test]
    fn the_tables_are_as_long_as_the_messages() {
        for (table, bits) in [
            (GPS, 488),
            (GLONASS, 360),
            (NAVIC, 482),
            (BEIDOU, 511),
            (QZSS, 485),
            (GALILEO_FNAV, 496),
            (GALILEO_INAV, 504),
        ] {
            let sum: u32 = table.iter().map(|field| u32::from(field.bits)).sum();
            assert_eq!(sum + 12, bits, "{:?}", table.first());
        }
    }
}
