//! State-space corrections: 1057 to 1068 (RTCM 10403.3, tables 3.5-57 to 3.5-66).

use tianshu_gnss::constellation::Constellation;

use crate::describe::layout::{Count, Item};
use crate::message::data_field::{DataField, flag, per, real, satellite, unsigned};

const GPS_TIME: DataField = unsigned(385, "gps_epoch_time_s", 20);
const GLONASS_TIME: DataField = unsigned(386, "glonass_epoch_time_s", 17);
const INTERVAL: DataField = unsigned(391, "update_interval_index", 4);
const MORE: DataField = flag(388, "more_messages_follow");
const DATUM: DataField = flag(375, "regional_datum");
const IOD_SSR: DataField = unsigned(413, "iod_ssr", 4);
const PROVIDER: DataField = unsigned(414, "provider_id", 16);
const SOLUTION: DataField = unsigned(415, "solution_id", 4);
const SATELLITES: DataField = unsigned(387, "satellites_told", 6);

const GPS_HEADER: Item =
    Item::Fields(&[GPS_TIME, INTERVAL, MORE, IOD_SSR, PROVIDER, SOLUTION, SATELLITES]);
const GPS_ORBIT_HEADER: Item =
    Item::Fields(&[GPS_TIME, INTERVAL, MORE, DATUM, IOD_SSR, PROVIDER, SOLUTION, SATELLITES]);
const GLONASS_HEADER: Item =
    Item::Fields(&[GLONASS_TIME, INTERVAL, MORE, IOD_SSR, PROVIDER, SOLUTION, SATELLITES]);
const GLONASS_ORBIT_HEADER: Item =
    Item::Fields(&[GLONASS_TIME, INTERVAL, MORE, DATUM, IOD_SSR, PROVIDER, SOLUTION, SATELLITES]);

const GPS: DataField = satellite(68, "gps_satellite_id", 6, (Constellation::Gps, 0));
const GLONASS: DataField = satellite(384, "glonass_satellite_id", 5, (Constellation::Glonass, 0));
const GPS_IODE: DataField = unsigned(71, "iode", 8);
const GLONASS_IOD: DataField = unsigned(392, "iod", 8);

const ORBIT: Item = Item::Fields(&[
    real(365, "delta_radial_m", 22, per(1e4)),
    real(366, "delta_along_track_m", 20, per(2500.0)),
    real(367, "delta_cross_track_m", 20, per(2500.0)),
    real(368, "dot_delta_radial_m_s", 21, per(1e6)),
    real(369, "dot_delta_along_track_m_s", 19, per(2.5e5)),
    real(370, "dot_delta_cross_track_m_s", 19, per(2.5e5)),
]);
const CLOCK: Item = Item::Fields(&[
    real(376, "delta_clock_c0_m", 22, per(1e4)),
    real(377, "delta_clock_c1_m_s", 21, per(1e6)),
    real(378, "delta_clock_c2_m_s2", 27, per(5e7)),
]);
const ACCURACY: DataField = unsigned(389, "ura", 6);
const HIGH_RATE: DataField = real(390, "high_rate_clock_m", 22, per(1e4));
const BIASES_TOLD: DataField = unsigned(379, "code_biases_told", 5);
const BIAS: DataField = real(383, "code_bias_m", 14, per(100.0));

const fn satellites(entry: &'static [Item]) -> Item {
    Item::List { name: "satellites", count: Count::Told(387), entry }
}

/// The code biases of one satellite, by signal and tracking mode.
const fn biases(fields: &'static [DataField]) -> Item {
    Item::Each { name: "code_biases", count: Count::Told(379), fields }
}

pub(super) fn layout(number: u16) -> Option<&'static [Item]> {
    const GPS_MODE: DataField = unsigned(380, "signal_and_tracking_mode", 5);
    const GLONASS_MODE: DataField = unsigned(381, "signal_and_tracking_mode", 5);
    const GPS_BIASES: Item = biases(&[GPS_MODE, BIAS]);
    const GLONASS_BIASES: Item = biases(&[GLONASS_MODE, BIAS]);
    Some(match number {
        1057 => const { &[GPS_ORBIT_HEADER, satellites(&[Item::Fields(&[GPS, GPS_IODE]), ORBIT])] },
        1058 => const { &[GPS_HEADER, satellites(&[Item::Fields(&[GPS]), CLOCK])] },
        1059 => {
            const { &[GPS_HEADER, satellites(&[Item::Fields(&[GPS, BIASES_TOLD]), GPS_BIASES])] }
        }
        1060 => {
            const { &[GPS_ORBIT_HEADER, satellites(&[Item::Fields(&[GPS, GPS_IODE]), ORBIT, CLOCK])] }
        }
        1061 => const { &[GPS_HEADER, satellites(&[Item::Fields(&[GPS, ACCURACY])])] },
        1062 => const { &[GPS_HEADER, satellites(&[Item::Fields(&[GPS, HIGH_RATE])])] },
        1063 => {
            const { &[GLONASS_ORBIT_HEADER, satellites(&[Item::Fields(&[GLONASS, GLONASS_IOD]), ORBIT])] }
        }
        1064 => const { &[GLONASS_HEADER, satellites(&[Item::Fields(&[GLONASS]), CLOCK])] },
        1065 => {
            const {
                &[
                    GLONASS_HEADER,
                    satellites(&[Item::Fields(&[GLONASS, BIASES_TOLD]), GLONASS_BIASES]),
                ]
            }
        }
        1066 => {
            const {
                &[
                    GLONASS_ORBIT_HEADER,
                    satellites(&[Item::Fields(&[GLONASS, GLONASS_IOD]), ORBIT, CLOCK]),
                ]
            }
        }
        1067 => const { &[GLONASS_HEADER, satellites(&[Item::Fields(&[GLONASS, ACCURACY])])] },
        1068 => const { &[GLONASS_HEADER, satellites(&[Item::Fields(&[GLONASS, HIGH_RATE])])] },
        _ => return None,
    })
}
