//! What a network measures, for loads and tests of the archive: orbits that pass, clocks that drift, and the noise of receivers.
//!
//! Not the simulator's world, which would take longer to compute than to archive; but as hard to pack: codes with decimetres of
//! noise, phases with millimetres, C/N0 that wavers, satellites that rise and set.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::{DbHz, Hertz, Metres};

/// Systems, the numbers of satellites above the horizon of each 45, and their signals: 3.4 a satellite in the mean.
const SYSTEMS: [(Constellation, u8, &[&str]); 5] = [
    (Constellation::Gps, 11, &["1C", "2W", "2L", "5Q"]),
    (Constellation::Glonass, 7, &["1C", "2C"]),
    (Constellation::Galileo, 9, &["1C", "5Q", "7Q", "6C"]),
    (Constellation::Qzss, 3, &["1C", "2L", "5Q"]),
    (Constellation::BeiDou, 15, &["2I", "6I", "1P", "5P"]),
];

/// A day's begin.
pub(crate) const START: GpsTime = GpsTime::from_week(2_400, Interval::ZERO);

/// Stations by number.
pub(crate) struct World {
    random: u64,
}

pub(crate) fn station(number: u32) -> StationName {
    format!("GX{number:03}").parse().expect("a name")
}

pub(crate) fn time(second: u32) -> GpsTime {
    START + Interval::from_seconds(i64::from(second))
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self { random: seed.wrapping_mul(2) + 1 }
    }

    /// What a station measures in a second.
    pub(crate) fn epoch(&mut self, station: u32, second: u32) -> ObsEpoch {
        let mut observations = Vec::with_capacity(160);
        for (system, count, signals) in SYSTEMS {
            for slot in 0..count {
                self.satellite(&mut observations, (station, second), (system, slot), signals);
            }
        }
        ObsEpoch::new(time(second), observations)
    }

    fn satellite(
        &mut self,
        out: &mut Vec<Observation>,
        (station, second): (u32, u32),
        (system, slot): (Constellation, u8),
        signals: &[&str],
    ) {
        // A satellite is seen for six hours, then the next number takes its place; each has its own phase of that.
        const PASS_S: u32 = 21_600;
        let shifted = second + u32::from(slot) * 1_733 + station * 7;
        let (pass, within) = (shifted / PASS_S, f64::from(shifted % PASS_S));
        let number = 1 + slot + if pass.is_multiple_of(2) { 0 } else { 20 };
        let Some(satellite) = Satellite::new(system, number) else { return };
        let angle = within / f64::from(PASS_S) * std::f64::consts::PI;
        let range_m = 24_500_000.0 - 4_000_000.0 * angle.sin()
            + f64::from(station) * 9_137.0
            + f64::from(slot) * 61_111.3
            + 0.31 * f64::from(second);
        let rate = -4_000_000.0 * angle.cos() * std::f64::consts::PI / f64::from(PASS_S) + 0.31;
        let elevation = angle.sin();
        for code in signals {
            let Some(signal) = Signal::from_code(system, code) else { continue };
            let mut o = Observation::of(satellite, signal);
            o.glonass_channel = (system == Constellation::Glonass)
                .then(|| i8::try_from(number % 13).unwrap_or(0) - 7);
            let Some(carrier) = o.carrier() else { continue };
            let noise = 1.0 + 2.0 * (1.0 - elevation);
            o.code = Some(Metres(range_m + 0.15 * noise * self.normal()));
            let phase = Metres(range_m + 0.001_5 * noise * self.normal()).in_cycles_of(carrier);
            o.phase = Some(phase);
            let doppler = -rate / carrier.wavelength().0 + 0.03 * noise * self.normal();
            o.doppler = Some(Hertz(doppler));
            let cn0 = 33.0 + 17.0 * elevation + 0.2 * self.normal();
            o.cn0 = Some(DbHz((cn0 * 16.0).round() / 16.0));
            o.lock_time = Some(std::time::Duration::from_secs(u64::from(shifted % PASS_S)));
            out.push(o);
        }
    }

    /// Xorshift (G. Marsaglia, 2003), summed to something near a normal distribution of variance one.
    fn normal(&mut self) -> f64 {
        let mut sum = -2.0;
        for _ in 0..4 {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            sum += (self.random >> 11) as f64 / (1_u64 << 53) as f64;
        }
        sum * 3.0_f64.sqrt()
    }
}
