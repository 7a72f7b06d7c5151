//! MSM as names and values: header, satellites, and signals with their whole ranges in metres.

use tianshu_gnss::constellation::Constellation;

use crate::describe::{Field, Value};
use crate::msm::header::{MsmHeader, MsmLevel};
use crate::msm::message::{Msm, MsmCell, MsmSatellite};
use crate::msm::observation::{FINE_RATE_MPS, METRES_PER_LIGHT_MILLISECOND, Scale};
use crate::msm::signal_ids::{satellite_of_id, signal_of_id};

/// DF398 counts in 2^-10 ms.
const RANGE_MOD_PER_MS: f64 = 1024.0;
/// DF404 counts in 0.0001 m/s; dividing rounds once only.
const FINE_RATE_PER_MPS: f64 = 1e4;

pub(super) fn describe(payload: &[u8]) -> (Vec<Field>, Option<String>) {
    let msm = match Msm::decode(payload) {
        Ok(msm) => msm,
        Err(fault) => return (vec![super::hex(payload)], Some(fault.to_string())),
    };
    let mut fields = header(&msm.header);
    let satellites = msm.satellites.iter().map(|satellite| of_satellite(&msm.header, satellite));
    fields.push(Field::derived("satellites", Value::List(satellites.collect())));
    let signals = msm.cells.iter().filter_map(|cell| {
        let satellite = msm.satellites.get(usize::from(cell.satellite))?;
        Some(of_signal(&msm.header, satellite, cell))
    });
    fields.push(Field::derived("signals", Value::List(signals.collect())));
    (fields, None)
}

fn field(data_field: u16, name: &'static str, value: Value) -> Field {
    Field { name, data_field: Some(data_field), value }
}

fn unsigned(value: impl Into<u64>) -> Value {
    Value::Unsigned(value.into())
}

fn number(value: Option<f64>) -> Value {
    value.map_or(Value::Absent, Value::Number)
}

/// RTCM 10403.3, table 3.5-78.
fn header(h: &MsmHeader) -> Vec<Field> {
    let mut fields = vec![field(3, "reference_station_id", unsigned(h.station_id))];
    match h.constellation {
        Constellation::Glonass => fields.extend([
            field(416, "glonass_day_of_week", unsigned(h.glonass_day())),
            field(34, "glonass_epoch_time_ms", unsigned(h.glonass_time_of_day_ms())),
        ]),
        Constellation::Galileo => {
            fields.push(field(248, "galileo_epoch_time_ms", unsigned(h.epoch_time)));
        }
        Constellation::Qzss => {
            fields.push(field(428, "qzss_epoch_time_ms", unsigned(h.epoch_time)));
        }
        Constellation::BeiDou => {
            fields.push(field(427, "bds_epoch_time_ms", unsigned(h.epoch_time)));
        }
        Constellation::Navic => {
            fields.push(field(546, "navic_epoch_time_ms", unsigned(h.epoch_time)));
        }
        Constellation::Gps | Constellation::Sbas => {
            fields.push(field(4, "gps_epoch_time_ms", unsigned(h.epoch_time)));
        }
    }
    fields.extend([
        field(393, "more_messages_follow", Value::Flag(h.more_follow)),
        field(409, "issue_of_data_station", unsigned(h.issue_of_data)),
        field(1, "reserved", unsigned(h.reserved)),
        field(411, "clock_steering_indicator", unsigned(h.clock_steering)),
        field(412, "external_clock_indicator", unsigned(h.external_clock)),
        field(417, "divergence_free_smoothing", Value::Flag(h.divergence_free_smoothing)),
        field(418, "smoothing_interval", unsigned(h.smoothing_interval)),
    ]);
    fields
}

/// RTCM 10403.3, tables 3.5-80 to 3.5-82: the fields of this level.
fn of_satellite(header: &MsmHeader, satellite: &MsmSatellite) -> Vec<Field> {
    let mut fields = vec![
        Field::derived("satellite", satellite_name(header, satellite)),
        Field::derived("satellite_id", unsigned(satellite.id)),
    ];
    if ranges_are_whole(header.level) {
        fields.push(field(
            397,
            "rough_range_ms",
            satellite.range_ms.map_or(Value::Absent, unsigned),
        ));
    }
    if let Some(extended) = satellite.extended {
        let (df, name) = match header.constellation {
            Constellation::Glonass => (Some(419), "frequency_channel_plus_7"),
            _ => (None, "extended_satellite_information"),
        };
        fields.push(Field { name, data_field: df, value: unsigned(extended) });
    }
    let modulo = f64::from(satellite.range_mod) / RANGE_MOD_PER_MS;
    fields.push(field(398, "rough_range_modulo_1_ms", Value::Number(modulo)));
    if rates_are_told(header.level) {
        let rate = satellite.range_rate.map_or(Value::Absent, |rate| Value::Signed(rate.into()));
        fields.push(field(399, "rough_phaserange_rate_m_s", rate));
    }
    fields
}

/// RTCM 10403.3, tables 3.5-83 to 3.5-89: the fields of this level, and what they mean together.
fn of_signal(header: &MsmHeader, satellite: &MsmSatellite, cell: &MsmCell) -> Vec<Field> {
    let scale = Scale::of(header.level);
    let extended = scale.extended_lock;
    let signal = signal_of_id(header.constellation, cell.signal_id);
    let mut fields = vec![
        Field::derived("satellite", satellite_name(header, satellite)),
        Field::derived(
            "signal",
            signal.map_or(Value::Absent, |signal| Value::Text(signal.to_string())),
        ),
        Field::derived("signal_id", unsigned(cell.signal_id)),
    ];
    if header.level != MsmLevel::Msm2 {
        let (df, log2) = (if extended { 405 } else { 400 }, scale.range_log2);
        fields.push(field(df, "fine_pseudorange_ms", number(in_ms(cell.fine_range, log2))));
    }
    if header.level != MsmLevel::Msm1 {
        let (df, log2) = (if extended { 406 } else { 401 }, scale.phase_log2);
        fields.push(field(df, "fine_phaserange_ms", number(in_ms(cell.fine_phase, log2))));
        let lock_df = if extended { 407 } else { 402 };
        let lock = cell.lock_time.map_or(Value::Absent, unsigned);
        fields.push(field(lock_df, "lock_time_indicator", lock));
        let seconds = cell.lock_time.and_then(|indicator| scale.lock_time(indicator));
        let seconds = seconds.map(|span| span.as_secs_f64());
        fields.push(Field::derived("minimum_lock_time_s", number(seconds)));
        fields.push(field(420, "half_cycle_ambiguous", Value::Flag(cell.half_cycle)));
    }
    if ranges_are_whole(header.level) {
        let cnr = cell.cn0.map(|raw| f64::from(raw) / scale.cn0_per_db);
        fields.push(field(if extended { 408 } else { 403 }, "cnr_dbhz", number(cnr)));
        let whole = |fine, log2| number(whole_range_m(satellite, fine, log2));
        fields.push(Field::derived("pseudorange_m", whole(cell.fine_range, scale.range_log2)));
        fields.push(Field::derived("phaserange_m", whole(cell.fine_phase, scale.phase_log2)));
    }
    if rates_are_told(header.level) {
        let fine = cell.fine_rate.map(|raw| f64::from(raw) / FINE_RATE_PER_MPS);
        fields.push(field(404, "fine_phaserange_rate_m_s", number(fine)));
        let whole = satellite.range_rate.zip(cell.fine_rate);
        let whole = whole.map(|(rough, fine)| f64::from(rough) + f64::from(fine) * FINE_RATE_MPS);
        fields.push(Field::derived("phaserange_rate_m_s", number(whole)));
    }
    fields
}

fn satellite_name(header: &MsmHeader, satellite: &MsmSatellite) -> Value {
    satellite_of_id(header.constellation, satellite.id)
        .map_or(Value::Absent, |satellite| Value::Text(satellite.to_string()))
}

fn in_ms(fine: Option<i32>, log2: u32) -> Option<f64> {
    fine.map(|fine| f64::from(fine) / (1_u64 << log2) as f64)
}

/// Rough and fine range together, m.
fn whole_range_m(satellite: &MsmSatellite, fine: Option<i32>, log2: u32) -> Option<f64> {
    let rough = f64::from(satellite.range_ms?) + f64::from(satellite.range_mod) / RANGE_MOD_PER_MS;
    Some((rough + in_ms(fine, log2)?) * METRES_PER_LIGHT_MILLISECOND)
}

/// MSM1 to MSM3 tell ranges modulo one millisecond, and no signal strength.
fn ranges_are_whole(level: MsmLevel) -> bool {
    level.digit() >= 4
}

/// MSM5 and MSM7 tell rates.
fn rates_are_told(level: MsmLevel) -> bool {
    matches!(level, MsmLevel::Msm5 | MsmLevel::Msm7)
}
