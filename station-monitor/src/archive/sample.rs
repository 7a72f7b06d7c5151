//! Observations for the tests of the archive: smooth as those of a receiver are, and different for each station and second.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::archive::figure::{QualityRow, Resolution};
use crate::archive::scaled::{ScaledEpoch, ScaledObservation};

/// The begin of a day: GPS week 2400.
pub(super) const START: GpsTime = GpsTime::from_week(2400, Interval::ZERO);

pub(super) fn station(number: i64) -> StationName {
    format!("ST{number:02}").parse().expect("a name")
}

pub(super) fn time(second: i64) -> GpsTime {
    START + Interval::from_seconds(second)
}

/// Three satellites of three systems, with what is sometimes absent absent.
pub(super) fn epoch(station: i64, second: i64) -> ScaledEpoch {
    let systems =
        [(Constellation::Gps, "1C"), (Constellation::Glonass, "1C"), (Constellation::BeiDou, "2I")];
    let observations = (1..)
        .zip(systems)
        .map(|(n, (system, code))| ScaledObservation {
            satellite: Satellite::new(system, 3 * u8::try_from(n).expect("small"))
                .expect("a satellite"),
            signal: Signal::from_code(system, code).expect("a signal"),
            glonass_channel: (system == Constellation::Glonass).then_some(-3),
            code_mm: Some(22_000_000_000 + station * 1_000_000 + second * 351_207 * n),
            phase_millicycles: (second % 7 != n)
                .then_some(-115_000_000_000 - second * 1_845_611 * n),
            doppler_millihertz: (n != 3).then_some(-1_845_000),
            cn0_sixteenths: Some(700),
            lock_ms: u32::try_from(second * 1000).ok(),
            half_cycle_ambiguous: second % 11 == 0,
        })
        .collect();
    ScaledEpoch { time: time(second), observations }
}

pub(super) fn figures() -> Vec<QualityRow> {
    let mut rows = Vec::new();
    for minute in 0..120 {
        for number in 1..=2 {
            rows.push(QualityRow {
                station: station(number),
                time: time(minute * 60),
                resolution: Resolution::Minute,
                satellite: (minute % 2 == 0)
                    .then(|| Satellite::new(Constellation::Gps, 7).expect("G07")),
                signal: (minute % 3 == 0)
                    .then(|| Signal::from_code(Constellation::Gps, "1C").expect("1C")),
                metric: "multipath_m".parse().expect("a name"),
                value_millionths: 123_456 + minute * number,
            });
        }
    }
    rows
}
