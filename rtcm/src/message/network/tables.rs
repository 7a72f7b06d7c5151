//! The tables of the network messages, in the standard's order; messages and `describe` read by the same rows.
//!
//! Layouts were compared with `rtcm-rs` 0.11.0 and PyPI pyrtcm 1.2.1, which agree with each other on every field but for names. Of 1305 only
//! pyrtcm has the layout; it is that of 1303 and 1304 with DF429 for the satellite.

use tianshu_gnss::constellation::Constellation;

use crate::message::data_field::{DataField, flag, per, positive, real, satellite, unsigned};

const NETWORK: DataField = unsigned(59, "network_id", 8);
const SUBNETWORK: DataField = unsigned(72, "subnetwork_id", 4);
const MASTER: DataField = unsigned(60, "master_reference_station_id", 12);
const AUXILIARY: DataField = unsigned(61, "auxiliary_reference_station_id", 12);
const STATION_ID: DataField = unsigned(3, "reference_station_id", 12);
const GPS: DataField = satellite(9, "gps_satellite_id", 6, (Constellation::Gps, 0));
const MAC_GPS: DataField = satellite(68, "gps_satellite_id", 6, (Constellation::Gps, 0));
const GLONASS: DataField = satellite(38, "glonass_satellite_id", 6, (Constellation::Glonass, 0));
const BEIDOU: DataField = satellite(488, "bds_satellite_id", 6, (Constellation::BeiDou, 0));
const GALILEO: DataField = satellite(252, "galileo_satellite_id", 6, (Constellation::Galileo, 0));
const QZSS: DataField = satellite(429, "qzss_satellite_id", 4, (Constellation::Qzss, 0));
const IODE: DataField = unsigned(71, "iode", 8);

/// A message that is a head and as many entries as the head tells.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The message number.
    pub number: u16,
    /// Whose satellites.
    pub constellation: Constellation,
    /// The data field of the epoch.
    pub time: u16,
    /// The data field that counts the satellites.
    pub count: u16,
    /// The data field of a satellite's number.
    pub satellite: u16,
    /// The head behind the message number.
    pub head: &'static [DataField],
    /// One satellite.
    pub entry: &'static [DataField],
}

/// 1014 behind its number (RTCM 10403.3, table 3.5-23).
pub(crate) const AUXILIARY_STATION: &[DataField] = &[
    NETWORK,
    SUBNETWORK,
    unsigned(58, "auxiliary_stations", 5),
    MASTER,
    AUXILIARY,
    real(62, "aux_minus_master_latitude_deg", 20, per(4e4)),
    real(63, "aux_minus_master_longitude_deg", 21, per(4e4)),
    real(64, "aux_minus_master_height_m", 23, per(1e3)),
];

const MAC_GPS_HEADER: &[DataField] = &[
    NETWORK,
    SUBNETWORK,
    positive(65, "gps_epoch_time_s", 23, per(10.0)),
    flag(66, "more_messages_follow"),
    MASTER,
    AUXILIARY,
    unsigned(67, "satellites_told", 4),
];
const MAC_GLONASS_HEADER: &[DataField] = &[
    NETWORK,
    SUBNETWORK,
    positive(233, "glonass_epoch_time_s", 20, per(10.0)),
    flag(66, "more_messages_follow"),
    MASTER,
    AUXILIARY,
    unsigned(234, "satellites_told", 4),
];
const GPS_IONOSPHERIC: DataField = real(69, "ionospheric_correction_difference_m", 17, per(2e3));
const GPS_GEOMETRIC: DataField = real(70, "geometric_correction_difference_m", 17, per(2e3));
const GLO_IONOSPHERIC: DataField = real(237, "ionospheric_correction_difference_m", 17, per(2e3));
const GLO_GEOMETRIC: DataField = real(238, "geometric_correction_difference_m", 17, per(2e3));
const GPS_AMBIGUITY: DataField = unsigned(74, "ambiguity_status", 2);
const GPS_NON_SYNC: DataField = unsigned(75, "non_sync_count", 3);
const GLO_AMBIGUITY: DataField = unsigned(235, "ambiguity_status", 2);
const GLO_NON_SYNC: DataField = unsigned(236, "non_sync_count", 3);
const GLO_IOD: DataField = unsigned(239, "iod", 8);

const fn mac_gps(number: u16, entry: &'static [DataField]) -> Layout {
    let constellation = Constellation::Gps;
    Layout {
        number,
        constellation,
        time: 65,
        count: 67,
        satellite: 68,
        head: MAC_GPS_HEADER,
        entry,
    }
}

const fn mac_glonass(number: u16, entry: &'static [DataField]) -> Layout {
    let constellation = Constellation::Glonass;
    let head = MAC_GLONASS_HEADER;
    Layout { number, constellation, time: 233, count: 234, satellite: 38, head, entry }
}

/// 1015 to 1017 and 1037 to 1039 (RTCM 10403.3, tables 3.5-24 to 3.5-28 and 3.5-52 to 3.5-56).
pub(crate) const MAC: [Layout; 6] = [
    mac_gps(1015, &[MAC_GPS, GPS_AMBIGUITY, GPS_NON_SYNC, GPS_IONOSPHERIC]),
    mac_gps(1016, &[MAC_GPS, GPS_AMBIGUITY, GPS_NON_SYNC, GPS_GEOMETRIC, IODE]),
    mac_gps(1017, &[MAC_GPS, GPS_AMBIGUITY, GPS_NON_SYNC, GPS_GEOMETRIC, IODE, GPS_IONOSPHERIC]),
    mac_glonass(1037, &[GLONASS, GLO_AMBIGUITY, GLO_NON_SYNC, GLO_IONOSPHERIC]),
    mac_glonass(1038, &[GLONASS, GLO_AMBIGUITY, GLO_NON_SYNC, GLO_GEOMETRIC, GLO_IOD]),
    mac_glonass(
        1039,
        &[GLONASS, GLO_AMBIGUITY, GLO_NON_SYNC, GLO_GEOMETRIC, GLO_IOD, GLO_IONOSPHERIC],
    ),
];

const S_OC: DataField = positive(218, "s_oc_mm", 8, per(2.0));
const S_OD: DataField = positive(219, "s_od_ppm", 9, per(100.0));
const S_OH: DataField = positive(220, "s_oh_ppm", 6, per(10.0));
const S_IC: DataField = positive(221, "s_ic_mm", 10, per(2.0));
const S_ID: DataField = positive(222, "s_id_ppm", 10, per(100.0));
const REFERENCES: DataField = unsigned(223, "reference_stations", 7);

/// 1030 and 1031 (RTCM 10403.3, tables 3.5-45 and 3.5-46); 1303 to 1305 (RTCM 10403.4).
pub(crate) const RESIDUALS: [Layout; 5] = [
    Layout {
        number: 1030,
        constellation: Constellation::Gps,
        time: 224,
        count: 6,
        satellite: 9,
        head: &[
            unsigned(224, "gps_residuals_epoch_time_s", 20),
            STATION_ID,
            REFERENCES,
            unsigned(6, "satellites_processed", 5),
        ],
        entry: &[GPS, S_OC, S_OD, S_OH, S_IC, S_ID],
    },
    Layout {
        number: 1031,
        constellation: Constellation::Glonass,
        time: 225,
        count: 35,
        satellite: 38,
        head: &[
            unsigned(225, "glonass_residuals_epoch_time_s", 17),
            STATION_ID,
            REFERENCES,
            unsigned(35, "satellites_processed", 5),
        ],
        entry: &[GLONASS, S_OC, S_OD, S_OH, S_IC, S_ID],
    },
    Layout {
        number: 1303,
        constellation: Constellation::BeiDou,
        time: 571,
        count: 572,
        satellite: 488,
        head: &[
            unsigned(571, "bds_residuals_epoch_time_s", 20),
            STATION_ID,
            REFERENCES,
            unsigned(572, "satellites_processed", 5),
        ],
        entry: &[BEIDOU, S_OC, S_OD, S_OH, S_IC, S_ID],
    },
    Layout {
        number: 1304,
        constellation: Constellation::Galileo,
        time: 573,
        count: 574,
        satellite: 252,
        head: &[
            unsigned(573, "galileo_residuals_epoch_time_s", 20),
            STATION_ID,
            REFERENCES,
            unsigned(574, "satellites_processed", 5),
        ],
        entry: &[GALILEO, S_OC, S_OD, S_OH, S_IC, S_ID],
    },
    Layout {
        number: 1305,
        constellation: Constellation::Qzss,
        time: 575,
        count: 576,
        satellite: 429,
        head: &[
            unsigned(575, "qzss_residuals_epoch_time_s", 20),
            STATION_ID,
            REFERENCES,
            unsigned(576, "satellites_processed", 5),
        ],
        entry: &[QZSS, S_OC, S_OD, S_OH, S_IC, S_ID],
    },
];

const GRADIENTS: [DataField; 4] = [
    real(242, "geometric_gradient_north_ppm", 12, per(100.0)).absent_at_lowest(),
    real(243, "geometric_gradient_east_ppm", 12, per(100.0)).absent_at_lowest(),
    real(244, "ionospheric_gradient_north_ppm", 14, per(100.0)).absent_at_lowest(),
    real(245, "ionospheric_gradient_east_ppm", 14, per(100.0)).absent_at_lowest(),
];

/// 1034 and 1035 (RTCM 10403.3, tables 3.5-49 to 3.5-51).
pub(crate) const FKP: [Layout; 2] = [
    Layout {
        number: 1034,
        constellation: Constellation::Gps,
        time: 240,
        count: 6,
        satellite: 9,
        head: &[
            STATION_ID,
            unsigned(240, "gps_fkp_epoch_time_s", 20),
            unsigned(6, "satellites_processed", 5),
        ],
        entry: &[GPS, IODE, GRADIENTS[0], GRADIENTS[1], GRADIENTS[2], GRADIENTS[3]],
    },
    Layout {
        number: 1035,
        constellation: Constellation::Glonass,
        time: 241,
        count: 35,
        satellite: 38,
        head: &[
            STATION_ID,
            unsigned(241, "glonass_fkp_epoch_time_s", 17),
            unsigned(35, "satellites_processed", 5),
        ],
        entry: &[
            GLONASS,
            unsigned(392, "iod", 8),
            GRADIENTS[0],
            GRADIENTS[1],
            GRADIENTS[2],
            GRADIENTS[3],
        ],
    },
];

/// The layout of that number.
pub(crate) fn find(layouts: &'static [Layout], number: u16) -> Option<&'static Layout> {
    layouts.iter().find(|layout| layout.number == number)
}
