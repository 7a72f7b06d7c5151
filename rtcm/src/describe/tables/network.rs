//! Network corrections: MAC (1014 to 1017, 1037 to 1039), residuals (1030, 1031, 1303 to 1305), FKP (1034, 1035).

use tianshu_gnss::constellation::Constellation;

use crate::describe::layout::{Count, Item};
use crate::message::data_field::{DataField, flag, per, positive, real, satellite, unsigned};

const STATION_ID: DataField = unsigned(3, "reference_station_id", 12);
const NETWORK: DataField = unsigned(59, "network_id", 8);
const SUBNETWORK: DataField = unsigned(72, "subnetwork_id", 4);
const MASTER: DataField = unsigned(60, "master_reference_station_id", 12);
const AUXILIARY: DataField = unsigned(61, "auxiliary_reference_station_id", 12);
const GPS: DataField = satellite(9, "gps_satellite_id", 6, (Constellation::Gps, 0));
const MAC_GPS: DataField = satellite(68, "gps_satellite_id", 6, (Constellation::Gps, 0));
const GLONASS: DataField = satellite(38, "glonass_satellite_id", 6, (Constellation::Glonass, 0));
const BEIDOU: DataField = satellite(488, "bds_satellite_id", 6, (Constellation::BeiDou, 0));
const GALILEO: DataField = satellite(252, "galileo_satellite_id", 6, (Constellation::Galileo, 0));
const QZSS: DataField = satellite(429, "qzss_satellite_id", 4, (Constellation::Qzss, 0));
const IODE: DataField = unsigned(71, "iode", 8);

const MAC_GPS_HEADER: Item = Item::Fields(&[
    NETWORK,
    SUBNETWORK,
    positive(65, "gps_epoch_time_s", 23, per(10.0)),
    flag(66, "more_messages_follow"),
    MASTER,
    AUXILIARY,
    unsigned(67, "satellites_told", 4),
]);
const MAC_GLONASS_HEADER: Item = Item::Fields(&[
    NETWORK,
    SUBNETWORK,
    positive(233, "glonass_epoch_time_s", 20, per(10.0)),
    flag(66, "more_messages_follow"),
    MASTER,
    AUXILIARY,
    unsigned(234, "satellites_told", 4),
]);
const GPS_IONOSPHERIC: DataField = real(69, "ionospheric_correction_difference_m", 17, per(2e3));
const GPS_GEOMETRIC: DataField = real(70, "geometric_correction_difference_m", 17, per(2e3));
const GLO_IONOSPHERIC: DataField = real(237, "ionospheric_correction_difference_m", 17, per(2e3));
const GLO_GEOMETRIC: DataField = real(238, "geometric_correction_difference_m", 17, per(2e3));
const GPS_AMBIGUITY: DataField = unsigned(74, "ambiguity_status", 2);
const GPS_NON_SYNC: DataField = unsigned(75, "non_sync_count", 3);
const GLO_AMBIGUITY: DataField = unsigned(235, "ambiguity_status", 2);
const GLO_NON_SYNC: DataField = unsigned(236, "non_sync_count", 3);
const GLO_IOD: DataField = unsigned(239, "iod", 8);

const S_OC: DataField = positive(218, "s_oc_mm", 8, per(2.0));
const S_OD: DataField = positive(219, "s_od_ppm", 9, per(100.0));
const S_OH: DataField = positive(220, "s_oh_ppm", 6, per(10.0));
const S_IC: DataField = positive(221, "s_ic_mm", 10, per(2.0));
const S_ID: DataField = positive(222, "s_id_ppm", 10, per(100.0));
const REFERENCES: DataField = unsigned(223, "reference_stations", 7);

const GRADIENTS: [DataField; 4] = [
    real(242, "geometric_gradient_north_ppm", 12, per(100.0)).absent_at_lowest(),
    real(243, "geometric_gradient_east_ppm", 12, per(100.0)).absent_at_lowest(),
    real(244, "ionospheric_gradient_north_ppm", 14, per(100.0)).absent_at_lowest(),
    real(245, "ionospheric_gradient_east_ppm", 14, per(100.0)).absent_at_lowest(),
];

const fn each(count: u16, fields: &'static [DataField]) -> Item {
    Item::Each { name: "satellites", count: Count::Told(count), fields }
}

pub(super) fn layout(number: u16) -> Option<&'static [Item]> {
    match number {
        1014..=1017 | 1037..=1039 => mac(number),
        1030 | 1031 | 1303..=1305 => residuals(number),
        1034 | 1035 => fkp(number),
        _ => None,
    }
}

/// RTCM 10403.3, tables 3.5-23 to 3.5-28 and 3.5-52 to 3.5-56.
#[expect(clippy::too_many_lines, reason = "tables of the standard, in its order")]
fn mac(number: u16) -> Option<&'static [Item]> {
    Some(match number {
        1014 => {
            const {
                &[Item::Fields(&[
                    NETWORK,
                    SUBNETWORK,
                    unsigned(58, "auxiliary_stations", 5),
                    MASTER,
                    AUXILIARY,
                    real(62, "aux_minus_master_latitude_deg", 20, per(4e4)),
                    real(63, "aux_minus_master_longitude_deg", 21, per(4e4)),
                    real(64, "aux_minus_master_height_m", 23, per(1e3)),
                ])]
            }
        }
        1015 => {
            const {
                &[
                    MAC_GPS_HEADER,
                    each(67, &[MAC_GPS, GPS_AMBIGUITY, GPS_NON_SYNC, GPS_IONOSPHERIC]),
                ]
            }
        }
        1016 => {
            const {
                &[
                    MAC_GPS_HEADER,
                    each(67, &[MAC_GPS, GPS_AMBIGUITY, GPS_NON_SYNC, GPS_GEOMETRIC, IODE]),
                ]
            }
        }
        1017 => {
            const {
                &[
                    MAC_GPS_HEADER,
                    each(
                        67,
                        &[
                            MAC_GPS,
                            GPS_AMBIGUITY,
                            GPS_NON_SYNC,
                            GPS_GEOMETRIC,
                            IODE,
                            GPS_IONOSPHERIC,
                        ],
                    ),
                ]
            }
        }
        1037 => {
            const {
                &[
                    MAC_GLONASS_HEADER,
                    each(234, &[GLONASS, GLO_AMBIGUITY, GLO_NON_SYNC, GLO_IONOSPHERIC]),
                ]
            }
        }
        1038 => {
            const {
                &[
                    MAC_GLONASS_HEADER,
                    each(234, &[GLONASS, GLO_AMBIGUITY, GLO_NON_SYNC, GLO_GEOMETRIC, GLO_IOD]),
                ]
            }
        }
        1039 => {
            const {
                &[
                    MAC_GLONASS_HEADER,
                    each(
                        234,
                        &[
                            GLONASS,
                            GLO_AMBIGUITY,
                            GLO_NON_SYNC,
                            GLO_GEOMETRIC,
                            GLO_IOD,
                            GLO_IONOSPHERIC,
                        ],
                    ),
                ]
            }
        }
        _ => return None,
    })
}

/// RTCM 10403.3, tables 3.5-45 and 3.5-46; 1303 to 1305 by its amendment.
fn residuals(number: u16) -> Option<&'static [Item]> {
    Some(match number {
        1030 => {
            const {
                &[
                    Item::Fields(&[
                        unsigned(224, "gps_residuals_epoch_time_s", 20),
                        STATION_ID,
                        REFERENCES,
                        unsigned(6, "satellites_processed", 5),
                    ]),
                    each(6, &[GPS, S_OC, S_OD, S_OH, S_IC, S_ID]),
                ]
            }
        }
        1031 => {
            const {
                &[
                    Item::Fields(&[
                        unsigned(225, "glonass_residuals_epoch_time_s", 17),
                        STATION_ID,
                        REFERENCES,
                        unsigned(35, "satellites_processed", 5),
                    ]),
                    each(35, &[GLONASS, S_OC, S_OD, S_OH, S_IC, S_ID]),
                ]
            }
        }
        1303 => {
            const {
                &[
                    Item::Fields(&[
                        unsigned(571, "bds_residuals_epoch_time_s", 20),
                        STATION_ID,
                        REFERENCES,
                        unsigned(572, "satellites_processed", 5),
                    ]),
                    each(572, &[BEIDOU, S_OC, S_OD, S_OH, S_IC, S_ID]),
                ]
            }
        }
        1304 => {
            const {
                &[
                    Item::Fields(&[
                        unsigned(573, "galileo_residuals_epoch_time_s", 20),
                        STATION_ID,
                        REFERENCES,
                        unsigned(574, "satellites_processed", 5),
                    ]),
                    each(574, &[GALILEO, S_OC, S_OD, S_OH, S_IC, S_ID]),
                ]
            }
        }
        1305 => {
            const {
                &[
                    Item::Fields(&[
                        unsigned(575, "qzss_residuals_epoch_time_s", 20),
                        STATION_ID,
                        REFERENCES,
                        unsigned(576, "satellites_processed", 5),
                    ]),
                    each(576, &[QZSS, S_OC, S_OD, S_OH, S_IC, S_ID]),
                ]
            }
        }
        _ => return None,
    })
}

/// RTCM 10403.3, tables 3.5-49 to 3.5-51.
fn fkp(number: u16) -> Option<&'static [Item]> {
    const GPS_SATELLITE: &[DataField] =
        &[GPS, IODE, GRADIENTS[0], GRADIENTS[1], GRADIENTS[2], GRADIENTS[3]];
    const GLONASS_SATELLITE: &[DataField] =
        &[GLONASS, unsigned(392, "iod", 8), GRADIENTS[0], GRADIENTS[1], GRADIENTS[2], GRADIENTS[3]];
    Some(match number {
        1034 => {
            const {
                &[
                    Item::Fields(&[
                        STATION_ID,
                        unsigned(240, "gps_fkp_epoch_time_s", 20),
                        unsigned(6, "satellites_processed", 5),
                    ]),
                    each(6, GPS_SATELLITE),
                ]
            }
        }
        1035 => {
            const {
                &[
                    Item::Fields(&[
                        STATION_ID,
                        unsigned(241, "glonass_fkp_epoch_time_s", 17),
                        unsigned(35, "satellites_processed", 5),
                    ]),
                    each(35, GLONASS_SATELLITE),
                ]
            }
        }
        _ => return None,
    })
}
