//! Station messages: RTCM 10403.3, tables 3.5-14 to 3.5-17, 3.5-29 to 3.5-33 and 3.5-109.

use crate::describe::layout::{Count, Item};
use crate::message::data_field::{DataField, flag, per, positive, real, unsigned};
use crate::message::glonass_bias::BIASES;
use crate::message::network::physical::PHYSICAL_STATION;

const STATION_ID: DataField = unsigned(3, "reference_station_id", 12);
const ITRF_YEAR: DataField = unsigned(21, "itrf_realization_year", 6);
const ARP_X: DataField = real(25, "arp_ecef_x_m", 38, per(1e4));
const ARP_Y: DataField = real(26, "arp_ecef_y_m", 38, per(1e4));
const ARP_Z: DataField = real(27, "arp_ecef_z_m", 38, per(1e4));
const MJD: DataField = unsigned(51, "modified_julian_day_mjd", 16);
const SECONDS_OF_DAY: DataField = unsigned(52, "seconds_of_day_s", 17);

const REFERENCE_POINT: Item = Item::Fields(&[
    STATION_ID,
    ITRF_YEAR,
    flag(22, "gps"),
    flag(23, "glonass"),
    flag(24, "galileo"),
    flag(141, "non_physical_station"),
    ARP_X,
    flag(142, "single_receiver_oscillator"),
    unsigned(1, "reserved", 1),
    ARP_Y,
    unsigned(364, "quarter_cycle_indicator", 2),
    ARP_Z,
]);

const fn text(counter: u16, df: u16, name: &'static str) -> Item {
    Item::Text { counter: unsigned(counter, "count", 8), df, name }
}

const ANTENNA: [Item; 3] = [
    Item::Fields(&[STATION_ID]),
    text(29, 30, "antenna_descriptor"),
    Item::Fields(&[unsigned(31, "antenna_setup_id", 8)]),
];
const ANTENNA_SERIAL: Item = text(32, 33, "antenna_serial_number");

#[expect(clippy::too_many_lines, reason = "tables of the standard, in its order")]
pub(super) fn layout(number: u16) -> Option<&'static [Item]> {
    Some(match number {
        1005 => const { &[REFERENCE_POINT] },
        1006 => {
            const { &[REFERENCE_POINT, Item::Fields(&[positive(28, "antenna_height_m", 16, per(1e4))])] }
        }
        1007 => &ANTENNA,
        1008 => const { &[ANTENNA[0], ANTENNA[1], ANTENNA[2], ANTENNA_SERIAL] },
        1013 => {
            const {
                &[
                    Item::Fields(&[
                        STATION_ID,
                        MJD,
                        SECONDS_OF_DAY,
                        unsigned(53, "announcements", 5),
                        unsigned(54, "leap_seconds_gps_minus_utc_s", 8).absent_at(255),
                    ]),
                    Item::List {
                        name: "messages",
                        count: Count::Told(53),
                        entry: &[Item::Fields(&[
                            unsigned(55, "message_id", 12),
                            flag(56, "synchronous"),
                            positive(57, "transmission_interval_s", 16, per(10.0)),
                        ])],
                    },
                ]
            }
        }
        1029 => {
            const {
                &[
                    Item::Fields(&[
                        STATION_ID,
                        MJD,
                        SECONDS_OF_DAY,
                        unsigned(138, "characters", 7),
                    ]),
                    Item::Utf8 {
                        counter: unsigned(139, "utf8_code_units", 8),
                        df: 140,
                        name: "text",
                    },
                ]
            }
        }
        1032 => const { &[Item::Fields(PHYSICAL_STATION)] },
        1033 => {
            const {
                &[
                    ANTENNA[0],
                    ANTENNA[1],
                    ANTENNA[2],
                    ANTENNA_SERIAL,
                    text(227, 228, "receiver_type_descriptor"),
                    text(229, 230, "receiver_firmware_version"),
                    text(231, 232, "receiver_serial_number"),
                ]
            }
        }
        1230 => {
            const {
                &[
                    Item::Fields(&[
                        STATION_ID,
                        flag(421, "code_phase_aligned"),
                        unsigned(1, "reserved", 3),
                    ]),
                    Item::Masked { mask: unsigned(422, "signals_mask", 4), fields: &BIASES },
                ]
            }
        }
        _ => return None,
    })
}
