//! A receiver at work: from the true sky and air to what it calls an epoch, with the truth kept beside it.

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::units::{Cycles, DbHz, Hertz, Metres};

use crate::air::Air;
use crate::air::ionosphere::{Pierce, delay_m};
use crate::random::{Key, Stream};
use crate::receiver::ReceiverSettings;
use crate::receiver::beidou2;
use crate::receiver::clock::{ClockReading, ReceiverClock};
use crate::receiver::make::{Make, ReceiverBias};
use crate::receiver::place::{Place, Sight};
use crate::receiver::quality::{Grade, cn0_dbhz, elevation_factor, grade};
use crate::receiver::tracking::{Track, Tracked};
use crate::sky::delays::SignalDelay;
use crate::sky::{SatelliteAt, Sky, SkySatellite};
use crate::truth::{ChannelTruth, LinkTruth, ReceiverTruth};

/// A receiver with its antenna's surroundings.
#[derive(Clone, Debug)]
pub struct Receiver {
    settings: ReceiverSettings,
    clock: ReceiverClock,
    /// One per satellite of the sky, in its order.
    channels: Vec<SatelliteChannels>,
    last: Option<GpsTime>,
}

/// The channels of one satellite.
#[derive(Clone, Debug)]
struct SatelliteChannels {
    random: Stream,
    away_until: Option<GpsTime>,
    signals: Vec<Channel>,
}

/// One signal: what is constant about it, and its state.
#[derive(Clone, Debug)]
struct Channel {
    carrier: Hertz,
    grade: Grade,
    bias: ReceiverBias,
    track: Track,
}

/// A line of sight through the air, and what all its signals share.
struct Path<'a> {
    satellite: &'a SkySatellite,
    sight: Sight,
    truth: LinkTruth,
    clock: ClockReading,
    noise_factor: f64,
}

/// About how long a signal flies, so that satellites are told about when they sent.
pub const FLIGHT: Interval = Interval::from_millis(80);

/// Doppler noise at the zenith, m/s.
const DOPPLER_NOISE_M_S: f64 = 0.008;
/// How much a deep disturbance multiplies phase noise: millimetres become more than a centimetre.
const SCINTILLATION_NOISE: f64 = 9.0;
/// How much C/N0 fades in a deep disturbance, dB.
const SCINTILLATION_FADE_DB: f64 = 9.0;
/// A reflection's code and phase amplitudes, m, as multiples of the settings' multipath.
const REFLECTION_SHARE: f64 = 1.0;

impl Receiver {
    /// A receiver of that make. `world` names the world and `unit` this receiver within it.
    pub fn new(sky: &Sky, make: Make, settings: ReceiverSettings, world: Key, unit: Key) -> Self {
        let channels = sky
            .satellites()
            .iter()
            .map(|s| SatelliteChannels::new(s, make, &settings, world, unit))
            .collect();
        let clock = ReceiverClock::new(settings.clock, unit);
        Self { settings, clock, channels, last: None }
    }

    /// The clock's reading at the last epoch.
    pub fn clock(&self) -> ClockReading {
        self.clock.reading()
    }

    /// Power fails: every arc ends, and the clock runs on.
    pub fn interrupt(&mut self) {
        for channel in self.channels.iter_mut().flat_map(|c| &mut c.signals) {
            channel.track.lose();
        }
    }

    /// Observes at the moment when its clock shows `tag`, at `place`; `around` is the sky about `tag` minus [`FLIGHT`].
    pub fn observe(
        &mut self,
        tag: GpsTime,
        place: &Place,
        sky: &Sky,
        around: &[SatelliteAt],
        air: &Air,
    ) -> (ObsEpoch, ReceiverTruth) {
        let span_s = self.last.map_or(1.0, |last| (tag - last).seconds().max(0.0));
        self.clock.advance(span_s);
        self.last = Some(tag);
        let clock = self.clock.reading();
        let mut observations = Vec::with_capacity(160);
        let mut truth = ReceiverTruth {
            received: tag - Interval::from_seconds_f64(clock.offset_s),
            place: place.ecef,
            velocity_m_s: place.velocity_m_s,
            clock_s: clock.offset_s,
            links: Vec::with_capacity(50),
            channels: Vec::with_capacity(160),
        };
        let lowest = self.settings.mask_deg.to_radians().sin();
        for ((satellite, at), channels) in
            sky.satellites().iter().zip(around).zip(&mut self.channels)
        {
            let received_after_s = (tag - at.time).seconds() - clock.offset_s;
            let sight = place.sight(at, received_after_s);
            if sight.sin_elevation < lowest || channels.is_away(tag, span_s, &self.settings) {
                channels.lose();
                continue;
            }
            let link = link_truth(satellite, place, &sight, air, truth.received);
            truth.links.push(link);
            let noise_factor = elevation_factor(sight.sin_elevation);
            let path = Path { satellite, sight, truth: link, clock, noise_factor };
            for (delay, channel) in satellite.delays.signals.iter().zip(&mut channels.signals) {
                let tracked = channel.track.step(tag, span_s, link.disturbance, &self.settings);
                let (seen, true_of_it) = channel.measure(&path, *delay, &tracked, &self.settings);
                observations.push(seen);
                truth.channels.push(true_of_it);
            }
        }
        (ObsEpoch::new(tag, observations), truth)
    }
}

impl SatelliteChannels {
    fn new(
        satellite: &SkySatellite,
        make: Make,
        settings: &ReceiverSettings,
        world: Key,
        unit: Key,
    ) -> Self {
        let who = satellite.satellite;
        let key = unit
            .of("track")
            .at(u64::from(who.constellation().letter()))
            .at(u64::from(who.number()));
        let channel = |delay: &SignalDelay| {
            let signal = delay.signal;
            Channel {
                carrier: signal
                    .carrier(satellite.glonass_channel)
                    .expect("a transmitted signal has a carrier"),
                grade: grade(signal),
                bias: make.bias(
                    world,
                    unit,
                    signal,
                    satellite.glonass_channel,
                    settings.code_bias_m,
                ),
                track: Track::new(key.of(&signal.to_string())),
            }
        };
        Self {
            random: key.of("gaps").stream(),
            away_until: None,
            signals: satellite.delays.signals.iter().map(channel).collect(),
        }
    }

    /// Whether the satellite is hidden for a while, by the lot.
    fn is_away(&mut self, now: GpsTime, span_s: f64, settings: &ReceiverSettings) -> bool {
        if self.random.happens(settings.gaps_per_hour / 3_600.0, span_s) {
            let lasts_s = self.random.exponential(settings.gap_mean_s);
            self.away_until = Some(now + Interval::from_seconds_f64(lasts_s));
        }
        self.away_until.is_some_and(|until| now < until)
    }

    fn lose(&mut self) {
        for channel in &mut self.signals {
            channel.track.lose();
        }
    }
}

impl Channel {
    /// The observation equations: network-RTK's usual ones, with every term known.
    fn measure(
        &self,
        path: &Path<'_>,
        delay: SignalDelay,
        tracked: &Tracked,
        settings: &ReceiverSettings,
    ) -> (Observation, ChannelTruth) {
        let link = &path.truth;
        let wavelength_m = SPEED_OF_LIGHT / self.carrier.0;
        let dispersive_m = delay_m(link.slant_tecu, self.carrier);
        let neutral_m = link.range_m + link.troposphere_m - SPEED_OF_LIGHT * link.satellite_clock_s;
        let [code_error_m, phase_error_m] = self.errors_m(path, tracked, settings, wavelength_m);
        let code_bias_m = delay.code_m + self.bias.code_m
            - beidou2::correction_m(link.satellite, delay.signal, link.elevation_rad);
        let phase_bias_cycles = delay.phase_cycles + self.bias.phase_cycles;
        let code_m = neutral_m
            + SPEED_OF_LIGHT * path.clock.offset_s
            + dispersive_m
            + code_bias_m
            + code_error_m;
        let phase_m =
            neutral_m + SPEED_OF_LIGHT * path.clock.phase_offset_s - dispersive_m + phase_error_m;
        let half = if tracked.half_missing { 0.5 } else { 0.0 };
        let phase = phase_m / wavelength_m + phase_bias_cycles + tracked.integer as f64 + half;
        let [.., doppler_noise, strength_noise] = tracked.noise;
        let rate_m_s = path.sight.range_rate_m_s
            + SPEED_OF_LIGHT * (path.clock.drift - path.sight.satellite_clock_rate)
            + DOPPLER_NOISE_M_S * path.noise_factor * doppler_noise;
        let cn0 =
            cn0_dbhz(path.sight.sin_elevation) + self.grade.strength_db + 0.4 * strength_noise
                - SCINTILLATION_FADE_DB * link.disturbance;
        let seen = Observation {
            satellite: link.satellite,
            signal: delay.signal,
            glonass_channel: path.satellite.glonass_channel,
            code: Some(Metres(code_m)),
            phase: Some(Cycles(phase)),
            doppler: Some(Hertz(-rate_m_s / wavelength_m)),
            cn0: Some(DbHz(cn0.max(10.0))),
            lock_time: Some(tracked.lock_time),
            half_cycle_ambiguous: tracked.half_cycle_ambiguous,
        };
        let true_of_it = ChannelTruth {
            satellite: link.satellite,
            signal: delay.signal,
            integer: tracked.integer,
            half_missing: tracked.half_missing,
            slips: tracked.slips,
            code_bias_m,
            phase_bias_cycles,
            code_error_m,
            phase_error_m,
        };
        (seen, true_of_it)
    }

    /// Noise and multipath of code and phase, m.
    fn errors_m(
        &self,
        path: &Path<'_>,
        tracked: &Tracked,
        settings: &ReceiverSettings,
        wavelength_m: f64,
    ) -> [f64; 2] {
        let [code, phase, ..] = tracked.noise;
        let (code_reflected, phase_reflected) =
            settings.reflector_height_m.map_or((0.0, 0.0), |height_m| {
                // The reflected path is 2·h·sin(el) longer (Georgiadou and Kleusberg 1988).
                let turns = 2.0 * height_m * path.sight.sin_elevation / wavelength_m;
                let (sin, cos) = (turns * std::f64::consts::TAU).sin_cos();
                (REFLECTION_SHARE * cos, REFLECTION_SHARE * sin)
            });
        let shaken = 1.0 + SCINTILLATION_NOISE * path.truth.disturbance;
        [
            path.noise_factor
                * self.grade.code
                * (settings.code_noise_m * code
                    + settings.code_multipath_m * (tracked.code_multipath + code_reflected)),
            path.noise_factor
                * (settings.phase_noise_m * phase * shaken
                    + settings.phase_multipath_m * (tracked.phase_multipath + phase_reflected)),
        ]
    }
}

/// What is true of the line of sight to a satellite, for a signal received at `received`.
pub fn link_truth(
    satellite: &SkySatellite,
    place: &Place,
    sight: &Sight,
    air: &Air,
    received: GpsTime,
) -> LinkTruth {
    let factors = place.mapping.towards(sight.sin_elevation);
    let zenith = air.troposphere.zenith(place.geodetic, received);
    let pierce = Pierce::of(place.ecef.xyz(), sight.direction);
    let content = air.ionosphere.content(pierce.latitude_rad, pierce.longitude_rad, received);
    LinkTruth {
        satellite: satellite.satellite,
        range_m: sight.range_m,
        elevation_rad: sight.elevation_rad(),
        azimuth_rad: place.azimuth_rad(sight.direction),
        troposphere_m: factors.hydrostatic * zenith.hydrostatic_m + factors.wet * zenith.wet_m,
        slant_tecu: pierce.obliquity * content.vertical_tecu,
        disturbance: content.disturbance,
        satellite_clock_s: sight.satellite_clock_s,
    }
}
