//! From the raw integers of an MSM to what was observed: metres, cycles, hertz, dB-Hz.

use std::time::Duration;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::Observation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::{DbHz, Hertz, Metres};

use crate::epoch::{ObservationFindings, PartialEpoch, Source};
use crate::glonass_channels::GlonassChannels;
use crate::msm::header::MsmLevel;
use crate::msm::lock_time::{df402_lock_time, df407_lock_time};
use crate::msm::message::{Msm, MsmCell, MsmSatellite};
use crate::msm::signal_ids::{satellite_of_id, signal_of_id};
use crate::time::resolve_msm;

/// What one millisecond of light time is long, in metres.
pub const METRES_PER_LIGHT_MILLISECOND: f64 = SPEED_OF_LIGHT * 1e-3;
/// The unit of DF404, in m/s.
pub const FINE_RATE_MPS: f64 = 1e-4;

/// The scales of one level's fields; powers of two, so that conversion is exact but for one rounding.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The unit of the fine pseudorange is 2^-this ms: DF400 24, DF405 29.
    pub range_log2: u32,
    /// The unit of the fine phase range is 2^-this ms: DF401 29, DF406 31.
    pub phase_log2: u32,
    /// How many units of C/N0 make one dB-Hz: DF403 1, DF408 16.
    pub cn0_per_db: f64,
    /// Whether the lock time is told by DF407 and not by DF402.
    pub extended_lock: bool,
}

impl Scale {
    /// The scales of a level (RTCM 10403.3, data fields DF400 to DF408).
    pub const fn of(level: MsmLevel) -> Self {
        match level {
            MsmLevel::Msm6 | MsmLevel::Msm7 => {
                Self { range_log2: 29, phase_log2: 31, cn0_per_db: 16.0, extended_lock: true }
            }
            _ => Self { range_log2: 24, phase_log2: 29, cn0_per_db: 1.0, extended_lock: false },
        }
    }

    /// The minimum lock time of an indicator; `None` where the indicator is reserved.
    pub fn lock_time(self, indicator: u16) -> Option<Duration> {
        if self.extended_lock { df407_lock_time(indicator) } else { df402_lock_time(indicator) }
    }
}

/// What an MSM says was observed, at the moment nearest to `near` that it can mean.
///
/// `None` where the epoch field is out of range: such a message means no moment. GLONASS frequency
/// channels are learned from MSM5 and MSM7 and used for all.
///
/// MSM1 to MSM3 tell ranges modulo one millisecond only. Without a position they are no pseudoranges, so
/// code and phase stay absent, and this is counted.
pub fn partial_epoch(
    near: GpsTime,
    channels: &mut GlonassChannels,
    msm: &Msm,
) -> Option<PartialEpoch> {
    let header = &msm.header;
    let time = resolve_msm(near, header)?;
    learn_channels(channels, msm);
    let mut findings = ObservationFindings::default();
    let mut observations = Vec::with_capacity(msm.cells.len());
    for cell in &msm.cells {
        let Some(raw) = msm.satellites.get(usize::from(cell.satellite)) else { continue };
        let Some(satellite) = satellite_of_id(header.constellation, raw.id) else {
            findings.reserved_satellites += 1;
            continue;
        };
        let Some(mut observation) = started(satellite, cell, channels) else {
            findings.reserved_signals += 1;
            continue;
        };
        fill(&mut observation, header.level, raw, cell, &mut findings);
        if !is_empty(&observation) {
            observations.push(observation);
        }
    }
    Some(PartialEpoch {
        time,
        station_id: header.station_id,
        more_follow: header.more_follow,
        constellation: header.constellation,
        source: Source::Msm,
        observations,
        findings,
    })
}

fn learn_channels(channels: &mut GlonassChannels, msm: &Msm) {
    if msm.header.constellation != Constellation::Glonass {
        return;
    }
    for satellite in &msm.satellites {
        // DF419: 0 to 13 stand for the channels -7 to +6, the rest is reserved.
        if let Some(told) = satellite.extended.and_then(|told| i8::try_from(told).ok()) {
            channels.learn(satellite.id, told - 7);
        }
    }
}

fn started(
    satellite: Satellite,
    cell: &MsmCell,
    channels: &GlonassChannels,
) -> Option<Observation> {
    let signal = signal_of_id(satellite.constellation(), cell.signal_id)?;
    let mut observation = Observation::of(satellite, signal);
    if satellite.constellation() == Constellation::Glonass {
        observation.glonass_channel = channels.get(satellite.number());
    }
    Some(observation)
}

fn fill(
    observation: &mut Observation,
    level: MsmLevel,
    satellite: &MsmSatellite,
    cell: &MsmCell,
    findings: &mut ObservationFindings,
) {
    let scale = Scale::of(level);
    let rough = satellite.range_ms.map(|ms| i64::from(ms) << 10 | i64::from(satellite.range_mod));
    if rough.is_none() {
        findings.without_rough_range += 1;
    }
    observation.code = rough.zip(cell.fine_range).map(|(rough, fine)| {
        Metres(range_ms(rough, fine, scale.range_log2) * METRES_PER_LIGHT_MILLISECOND)
    });
    observation.cn0 = cell.cn0.map(|raw| DbHz(f64::from(raw) / scale.cn0_per_db));
    observation.half_cycle_ambiguous = cell.half_cycle;
    observation.lock_time = cell.lock_time.and_then(|indicator| {
        let lock_time = scale.lock_time(indicator);
        findings.reserved_lock_times += u32::from(lock_time.is_none());
        lock_time
    });
    let rate = satellite.range_rate.zip(cell.fine_rate);
    let Some(carrier) = observation.carrier() else {
        findings.without_channel += u32::from(cell.fine_phase.is_some() || rate.is_some());
        return;
    };
    observation.phase = rough.zip(cell.fine_phase).map(|(rough, fine)| {
        let metres = range_ms(rough, fine, scale.phase_log2) * METRES_PER_LIGHT_MILLISECOND;
        Metres(metres).in_cycles_of(carrier)
    });
    observation.doppler = rate.map(|(rough, fine)| {
        let rate_mps = f64::from(rough) + f64::from(fine) * FINE_RATE_MPS;
        Hertz(-rate_mps * carrier.0 / SPEED_OF_LIGHT)
    });
}

/// Rough range in 2^-10 ms plus fine range in 2^-`log2` ms, in milliseconds. The sum is made in integers:
/// it has at most 40 bits and becomes a float without loss.
fn range_ms(rough: i64, fine: i32, log2: u32) -> f64 {
    let units = (rough << (log2 - 10)) + i64::from(fine);
    units as f64 / (1_i64 << log2) as f64
}

fn is_empty(observation: &Observation) -> bool {
    observation.code.is_none()
        && observation.phase.is_none()
        && observation.doppler.is_none()
        && observation.cn0.is_none()
}
