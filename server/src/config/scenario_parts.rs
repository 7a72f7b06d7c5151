//! The parts of a scenario file: what each table may set of the scenario it begins with.

use tianshu_gnss::coords::Enu;
use tianshu_gnss::station::StationName;
use tianshu_simulator::air::ionosphere::{Bubble, IonosphereSettings, TravellingWave};
use tianshu_simulator::air::troposphere::TroposphereSettings;
use tianshu_simulator::fault::{Fault, Outage, StationFault, Which};
use tianshu_simulator::link::LinkSettings;
use tianshu_simulator::motion::Motion;
use tianshu_simulator::receiver::ReceiverSettings;
use tianshu_simulator::receiver::clock::ClockKind;

use crate::config::section::{Section, TextOrCount};

/// A rover that drives where the file says nothing more: a car in a town, as in the scenario `drive`.
const DRIVE: (f64, f64, f64) = (15.0, 1_500.0, 15.0);

/// Takes the place of what cannot be read of a wave: the checks have nothing against it.
const POSSIBLE_WAVE: TravellingWave = TravellingWave {
    amplitude_tecu: 0.3,
    wavelength_km: 200.0,
    speed_m_s: 150.0,
    azimuth_deg: 140.0,
};

/// Takes the place of what cannot be read of a bubble: the checks have nothing against it.
const POSSIBLE_BUBBLE: Bubble = Bubble {
    depth_tecu: 15.0,
    longitude_deg: 107.3,
    width_km: 90.0,
    wall_km: 12.0,
    drift_m_s: 100.0,
    reach_latitude_deg: 26.0,
};

/// Takes the place of a span that cannot be read, s.
const POSSIBLE_SPAN_S: (f64, f64) = (0.0, 1.0);

pub(super) fn ionosphere(mut section: Section<'_>, into: &mut IonosphereSettings) {
    for (key, field) in [
        ("night_tecu", &mut into.night_tecu),
        ("day_tecu", &mut into.day_tecu),
        ("crest_tecu", &mut into.crest_tecu),
        ("crest_latitude_deg", &mut into.crest_latitude_deg),
        ("crest_width_deg", &mut into.crest_width_deg),
        ("roughness_tecu", &mut into.roughness_tecu),
    ] {
        section.number_into(key, field);
    }
    if let Some(hour) = section.any_number("solar_hour_at_start") {
        into.solar_hour_at_start = Some(hour.value);
    }
    section.tables_into("waves", "[[ionosphere.waves]]", &mut into.waves, wave);
    section.tables_into("bubbles", "[[ionosphere.bubbles]]", &mut into.bubbles, bubble);
    section.close();
}

fn wave(mut section: Section<'_>) -> TravellingWave {
    let mut wave = POSSIBLE_WAVE;
    for (key, field) in [
        ("amplitude_tecu", &mut wave.amplitude_tecu),
        ("wavelength_km", &mut wave.wavelength_km),
        ("speed_m_s", &mut wave.speed_m_s),
        ("azimuth_deg", &mut wave.azimuth_deg),
    ] {
        section.required_number_into(key, field);
    }
    section.close();
    wave
}

fn bubble(mut section: Section<'_>) -> Bubble {
    let mut bubble = POSSIBLE_BUBBLE;
    for (key, field) in [
        ("depth_tecu", &mut bubble.depth_tecu),
        ("longitude_deg", &mut bubble.longitude_deg),
        ("width_km", &mut bubble.width_km),
        ("wall_km", &mut bubble.wall_km),
        ("drift_m_s", &mut bubble.drift_m_s),
        ("reach_latitude_deg", &mut bubble.reach_latitude_deg),
    ] {
        section.required_number_into(key, field);
    }
    section.close();
    bubble
}

pub(super) fn troposphere(mut section: Section<'_>, into: &mut TroposphereSettings) {
    for (key, field) in [
        ("zenith_wet_m", &mut into.zenith_wet_m),
        ("wet_scale_height_m", &mut into.wet_scale_height_m),
        ("weather_m", &mut into.weather_m),
        ("wind_m_s", &mut into.wind_m_s),
        ("wind_azimuth_deg", &mut into.wind_azimuth_deg),
    ] {
        section.number_into(key, field);
    }
    section.close();
}

pub(super) fn receiver(mut section: Section<'_>, into: &mut ReceiverSettings) {
    for (key, field) in [
        ("mask_deg", &mut into.mask_deg),
        ("code_noise_m", &mut into.code_noise_m),
        ("phase_noise_m", &mut into.phase_noise_m),
        ("code_multipath_m", &mut into.code_multipath_m),
        ("phase_multipath_m", &mut into.phase_multipath_m),
        ("multipath_time_s", &mut into.multipath_time_s),
        ("slips_per_hour", &mut into.slips_per_hour),
        ("silent_slips_per_hour", &mut into.silent_slips_per_hour),
        ("half_cycle_share", &mut into.half_cycle_share),
        ("gaps_per_hour", &mut into.gaps_per_hour),
        ("gap_mean_s", &mut into.gap_mean_s),
        ("code_bias_m", &mut into.code_bias_m),
    ] {
        section.number_into(key, field);
    }
    if let Some(height) = section.any_number("reflector_height_m") {
        into.reflector_height_m = Some(height.value);
    }
    let clocks = [
        ("mixed", None),
        ("steered", Some(ClockKind::Steered)),
        ("jumps", Some(ClockKind::JumpsTogether)),
        ("code-jumps", Some(ClockKind::CodeJumps)),
    ];
    if let Some(clock) = section.word("clock", &clocks) {
        into.clock = clock;
    }
    section.close();
}

pub(super) fn motion(mut section: Section<'_>, into: &mut Motion) {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Still,
        Circle,
    }
    let of_base = if *into == Motion::Still { Kind::Still } else { Kind::Circle };
    let kinds = [("still", Kind::Still), ("circle", Kind::Circle)];
    let kind = section.word("kind", &kinds).unwrap_or(of_base);
    if kind == Kind::Still {
        *into = Motion::Still;
        return section.close();
    }
    let (mut speed_m_s, mut radius_m, mut hill_m) = match *into {
        Motion::Circle { speed_m_s, radius_m, hill_m } => (speed_m_s, radius_m, hill_m),
        Motion::Still => DRIVE,
    };
    section.number_into("speed_m_s", &mut speed_m_s);
    section.number_into("radius_m", &mut radius_m);
    section.number_into("hill_m", &mut hill_m);
    *into = Motion::Circle { speed_m_s, radius_m, hill_m };
    section.close();
}

pub(super) fn link(mut section: Section<'_>, into: &mut LinkSettings) {
    for (key, field) in [
        ("median_delay_ms", &mut into.median_delay_ms),
        ("delay_spread", &mut into.delay_spread),
        ("loss", &mut into.loss),
        ("duplication", &mut into.duplication),
        ("tearing", &mut into.tearing),
        ("cuts_per_hour", &mut into.cuts_per_hour),
        ("cut_mean_s", &mut into.cut_mean_s),
    ] {
        section.number_into(key, field);
    }
    section.close();
}

pub(super) fn faults(top: &mut Section<'_>, into: &mut Vec<StationFault>) {
    top.tables_into("faults", "[[faults]]", into, fault);
}

pub(super) fn outages(top: &mut Section<'_>, into: &mut Vec<Outage>) {
    top.tables_into("outages", "[[outages]]", into, outage);
}

fn fault(mut section: Section<'_>) -> StationFault {
    #[derive(Clone, Copy)]
    enum Kind {
        WrongCoordinate,
        AntennaMoved,
        WrongAntennaName,
        FrozenClock,
        StaleEphemeris,
    }
    let kinds = [
        ("wrong-coordinate", Kind::WrongCoordinate),
        ("antenna-moved", Kind::AntennaMoved),
        ("wrong-antenna-name", Kind::WrongAntennaName),
        ("frozen-clock", Kind::FrozenClock),
        ("stale-ephemeris", Kind::StaleEphemeris),
    ];
    let station = which(&mut section);
    let Some(kind) = section.required("kind", |s| s.word("kind", &kinds)) else {
        // Which keys belong here is not known, so none is foreign.
        return StationFault { station, fault: Fault::StaleEphemeris { from_s: 0.0 } };
    };
    let fault = match kind {
        Kind::WrongCoordinate => Fault::WrongCoordinate { by: by(&mut section) },
        Kind::AntennaMoved => {
            let mut at_s = 0.0;
            section.required_number_into("at_s", &mut at_s);
            Fault::AntennaMoved { at_s, by: by(&mut section) }
        }
        Kind::WrongAntennaName => {
            let descriptor = section.required("descriptor", |s| s.text("descriptor"));
            let descriptor = descriptor.map_or("NONE", |found| found.value).to_owned();
            Fault::WrongAntennaName { descriptor }
        }
        Kind::FrozenClock => {
            let (from_s, until_s) = span(&mut section);
            Fault::FrozenClock { from_s, until_s }
        }
        Kind::StaleEphemeris => {
            let mut from_s = 0.0;
            section.required_number_into("from_s", &mut from_s);
            Fault::StaleEphemeris { from_s }
        }
    };
    section.close();
    StationFault { station, fault }
}

fn outage(mut section: Section<'_>) -> Outage {
    let station = which(&mut section);
    let (from_s, until_s) = span(&mut section);
    let power = section.flag_or("power", false);
    section.close();
    Outage { station, from_s, until_s, power }
}

/// A station by its name, or by its number in the network's order, counted from 0.
fn which(section: &mut Section<'_>) -> Which {
    let read = section.required("station", |section| match section.text_or_count("station")? {
        TextOrCount::Count(number) => Some(Which::Number(number)),
        TextOrCount::Text(found) => match found.value.parse::<StationName>() {
            Ok(name) => Some(Which::Named(name)),
            Err(why) => {
                section.complain(&found.at, format!("station: {why}"));
                None
            }
        },
    });
    // Every network has a first station.
    read.unwrap_or(Which::Number(0))
}

fn span(section: &mut Section<'_>) -> (f64, f64) {
    let from_s = section.required_number("from_s");
    let until_s = section.required_number("until_s");
    from_s.zip(until_s).unwrap_or(POSSIBLE_SPAN_S)
}

fn by(section: &mut Section<'_>) -> Enu {
    let meaning = "metres east, north and up, as in [0.030, 0.0, 0.0]";
    let found = section.required("by", |s| s.numbers::<3>("by", meaning));
    let [east_m, north_m, up_m] = found.map_or([0.0; 3], |found| found.value);
    Enu { east_m, north_m, up_m }
}
