//! Coordinate systems: transformations (1021, 1022, 1301), residual grids (1023, 1024), projections (1025 to
//! 1027), names (1300, 1302). RTCM 10403.3, tables 3.5-34 to 3.5-44, and its amendment for 1300 to 1302.

use crate::describe::layout::{Count, Item};
use crate::message::data_field::{DataField, flag, per, positive, real, steps_of, unsigned};

const SYSTEM: DataField = unsigned(147, "system_identification", 8);
const UTILIZED: DataField = unsigned(148, "utilized_transformation_messages", 10);
const PLATE: DataField = unsigned(149, "plate_number", 5);
const PROJECTION: DataField = unsigned(170, "projection_type", 6);

const fn name(counter: u16, df: u16, name: &'static str) -> Item {
    Item::Text { counter: unsigned(counter, "count", 5), df, name }
}

const SOURCE_NAME: Item = name(143, 144, "source_name");
const TARGET_NAME: Item = name(145, 146, "target_name");

const SEVEN_PARAMETERS: Item = Item::Fields(&[
    SYSTEM,
    UTILIZED,
    PLATE,
    unsigned(150, "computation_indicator", 4),
    unsigned(151, "height_indicator", 2),
    real(152, "validity_latitude_asec", 19, steps_of(2.0)),
    real(153, "validity_longitude_asec", 20, steps_of(2.0)),
    positive(154, "validity_extension_north_south_asec", 14, steps_of(2.0)).absent_at(0),
    positive(155, "validity_extension_east_west_asec", 14, steps_of(2.0)).absent_at(0),
    real(156, "translation_x_m", 23, per(1e3)),
    real(157, "translation_y_m", 23, per(1e3)),
    real(158, "translation_z_m", 23, per(1e3)),
    real(159, "rotation_x_asec", 32, per(5e4)),
    real(160, "rotation_y_asec", 32, per(5e4)),
    real(161, "rotation_z_asec", 32, per(5e4)),
    real(162, "scale_correction_ppm", 25, per(1e5)),
]);

const ROTATION_POINT: Item = Item::Fields(&[
    real(163, "rotation_point_x_m", 35, per(1e3)),
    real(164, "rotation_point_y_m", 35, per(1e3)),
    real(165, "rotation_point_z_m", 35, per(1e3)),
]);

/// The axes are told as what they have above 6 370 000 m (major) and 6 350 000 m (minor).
const ELLIPSOIDS: Item = Item::Fields(&[
    positive(166, "source_semi_major_above_6370000_m", 24, per(1e3)).absent_at(0),
    positive(167, "source_semi_minor_above_6350000_m", 25, per(1e3)).absent_at(0),
    positive(168, "target_semi_major_above_6370000_m", 24, per(1e3)).absent_at(0),
    positive(169, "target_semi_minor_above_6350000_m", 25, per(1e3)).absent_at(0),
    unsigned(214, "horizontal_quality", 3),
    unsigned(215, "vertical_quality", 3),
]);

const GRID_TAIL: Item = Item::Fields(&[
    unsigned(212, "horizontal_interpolation", 2),
    unsigned(213, "vertical_interpolation", 2),
    unsigned(216, "horizontal_grid_quality", 3),
    unsigned(217, "vertical_grid_quality", 3),
    unsigned(51, "modified_julian_day_mjd", 16),
]);

/// Angles of projections come in steps of 1.1e-8 degrees.
const fn angle(df: u16, name: &'static str, bits: u8) -> DataField {
    real(df, name, bits, per(1e9).times(11.0))
}

pub(super) fn layout(number: u16) -> Option<&'static [Item]> {
    match number {
        1021 => Some(const { &[SOURCE_NAME, TARGET_NAME, SEVEN_PARAMETERS, ELLIPSOIDS] }),
        1022 => Some(
            const { &[SOURCE_NAME, TARGET_NAME, SEVEN_PARAMETERS, ROTATION_POINT, ELLIPSOIDS] },
        ),
        1023 | 1024 => grid(number),
        1025..=1027 => projection(number),
        1300..=1302 => reference_system(number),
        _ => None,
    }
}

fn grid(number: u16) -> Option<&'static [Item]> {
    const SHIFTS: [DataField; 2] =
        [flag(190, "horizontal_shift_told"), flag(191, "vertical_shift_told")];
    Some(match number {
        1023 => {
            const {
                &[
                    Item::Fields(&[
                        SYSTEM,
                        SHIFTS[0],
                        SHIFTS[1],
                        real(192, "origin_latitude_asec", 21, per(2.0)),
                        real(193, "origin_longitude_asec", 22, per(2.0)),
                        positive(194, "extension_north_south_asec", 12, per(2.0)).absent_at(0),
                        positive(195, "extension_east_west_asec", 12, per(2.0)).absent_at(0),
                        real(196, "mean_latitude_offset_asec", 8, per(1e3)),
                        real(197, "mean_longitude_offset_asec", 8, per(1e3)),
                        real(198, "mean_height_offset_m", 15, per(100.0)),
                    ]),
                    Item::Each {
                        name: "grid",
                        count: Count::Always(16),
                        fields: &[
                            real(199, "latitude_residual_asec", 9, per(1e5).times(3.0)),
                            real(200, "longitude_residual_asec", 9, per(1e5).times(3.0)),
                            real(201, "height_residual_m", 9, per(1e3)),
                        ],
                    },
                    GRID_TAIL,
                ]
            }
        }
        1024 => {
            const {
                &[
                    Item::Fields(&[
                        SYSTEM,
                        SHIFTS[0],
                        SHIFTS[1],
                        real(202, "origin_northing_m", 25, steps_of(10.0)),
                        positive(203, "origin_easting_m", 26, steps_of(10.0)),
                        positive(204, "extension_north_south_m", 12, steps_of(10.0)).absent_at(0),
                        positive(205, "extension_east_west_m", 12, steps_of(10.0)).absent_at(0),
                        real(206, "mean_northing_offset_m", 10, per(100.0)),
                        real(207, "mean_easting_offset_m", 10, per(100.0)),
                        real(208, "mean_height_offset_m", 15, per(100.0)),
                    ]),
                    Item::Each {
                        name: "grid",
                        count: Count::Always(16),
                        fields: &[
                            real(209, "northing_residual_m", 9, per(1e3)),
                            real(210, "easting_residual_m", 9, per(1e3)),
                            real(211, "height_residual_m", 9, per(1e3)),
                        ],
                    },
                    GRID_TAIL,
                ]
            }
        }
        _ => return None,
    })
}

fn projection(number: u16) -> Option<&'static [Item]> {
    Some(match number {
        1025 => {
            const {
                &[Item::Fields(&[
                    SYSTEM,
                    PROJECTION,
                    angle(171, "natural_origin_latitude_deg", 34),
                    angle(172, "natural_origin_longitude_deg", 35),
                    positive(173, "natural_origin_scale_above_993000_ppm", 30, per(1e5)),
                    positive(174, "false_easting_m", 36, per(1e3)),
                    real(175, "false_northing_m", 35, per(1e3)),
                ])]
            }
        }
        1026 => {
            const {
                &[Item::Fields(&[
                    SYSTEM,
                    PROJECTION,
                    angle(176, "false_origin_latitude_deg", 34),
                    angle(177, "false_origin_longitude_deg", 35),
                    angle(178, "standard_parallel_1_latitude_deg", 34),
                    angle(179, "standard_parallel_2_latitude_deg", 34),
                    positive(180, "false_origin_easting_m", 36, per(1e3)),
                    real(181, "false_origin_northing_m", 35, per(1e3)),
                ])]
            }
        }
        1027 => {
            const {
                &[Item::Fields(&[
                    SYSTEM,
                    PROJECTION,
                    flag(182, "rectification"),
                    angle(183, "projection_center_latitude_deg", 34),
                    angle(184, "projection_center_longitude_deg", 35),
                    positive(185, "initial_line_azimuth_deg", 35, per(1e9).times(11.0)),
                    angle(186, "rectified_to_skew_angle_deg", 26),
                    positive(187, "initial_line_scale_above_993000_ppm", 30, per(1e5)),
                    positive(188, "projection_center_easting_m", 36, per(1e3)),
                    real(189, "projection_center_northing_m", 35, per(1e3)),
                ])]
            }
        }
        _ => return None,
    })
}

fn reference_system(number: u16) -> Option<&'static [Item]> {
    Some(match number {
        1300 => {
            const {
                &[
                    name(562, 563, "service_crs_name"),
                    Item::Fields(&[positive(
                        564,
                        "coordinate_epoch_since_1900_yr",
                        16,
                        per(100.0),
                    )
                    .absent_at(0)]),
                ]
            }
        }
        1301 => {
            const {
                &[
                    SOURCE_NAME,
                    TARGET_NAME,
                    Item::Fields(&[
                        SYSTEM,
                        UTILIZED,
                        unsigned(547, "reference_epoch_mjd", 16),
                        real(548, "translation_x_m", 23, per(1e3)),
                        real(549, "translation_y_m", 23, per(1e3)),
                        real(550, "translation_z_m", 23, per(1e3)),
                        real(551, "rotation_x_asec", 32, per(5e4)),
                        real(552, "rotation_y_asec", 32, per(5e4)),
                        real(553, "rotation_z_asec", 32, per(5e4)),
                        real(554, "scale_correction_ppm", 25, per(1e5)),
                        real(555, "translation_rate_x_m_yr", 17, per(5e4)),
                        real(556, "translation_rate_y_m_yr", 17, per(5e4)),
                        real(557, "translation_rate_z_m_yr", 17, per(5e4)),
                        real(558, "rotation_rate_x_asec_yr", 17, per(2.5e6)),
                        real(559, "rotation_rate_y_asec_yr", 17, per(2.5e6)),
                        real(560, "rotation_rate_z_asec_yr", 17, per(2.5e6)),
                        real(561, "scale_rate_ppm_yr", 14, per(5e6)),
                    ]),
                ]
            }
        }
        1302 => {
            const {
                &[
                    name(565, 566, "rtcm_crs_name"),
                    Item::Fields(&[
                        flag(567, "anchored_to_plate"),
                        PLATE,
                        unsigned(568, "database_links_told", 3),
                    ]),
                    Item::List {
                        name: "database_links",
                        count: Count::Told(568),
                        entry: &[name(569, 570, "database_link")],
                    },
                ]
            }
        }
        _ => return None,
    })
}
