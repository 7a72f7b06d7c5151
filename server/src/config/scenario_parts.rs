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

fn wave(mut section: Section<'_>) -> Option<TravellingWave> {
    let [amplitude_tecu, wavelength_km, speed_m_s, azimuth_deg] =
        ["amplitude_tecu", "wavelength_km", "speed_m_s", "azimuth_deg"]
            .map(|key| section.required_number(key));
    section.close();
    Some(TravellingWave {
        amplitude_tecu: amplitude_tecu?,
        wavelength_km: wavelength_km?,
        speed_m_s: speed_m_s?,
        azimuth_deg: azimuth_deg?,
    })
}

fn bubble(mut section: Section<'_>) -> Option<Bubble> {
    let [depth_tecu, longitude_deg, width_km, wall_km, drift_m_s, reach_latitude_deg] =
        ["depth_tecu", "longitude_deg", "width_km", "wall_km", "drift_m_s", "reach_latitude_deg"]
            .map(|key| section.required_number(key));
    section.close();
    Some(Bubble {
        depth_tecu: depth_tecu?,
        longitude_deg: longitude_deg?,
        width_km: width_km?,
        wall_km: wall_km?,
        drift_m_s: drift_m_s?,
        reach_latitude_deg: reach_latitude_deg?,
    })
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

fn fault(mut section: Section<'_>) -> Option<StationFault> {
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
    let station = section.required("station", which);
    let kind = section.required("kind", |s| s.word("kind", &kinds))?;
    let fault = match kind {
        Kind::WrongCoordinate => by(&mut section).map(|by| Fault::WrongCoordinate { by }),
        Kind::AntennaMoved => {
            let at_s = section.required_number("at_s");
            by(&mut section).zip(at_s).map(|(by, at_s)| Fault::AntennaMoved { at_s, by })
        }
        Kind::WrongAntennaName => section
            .required("descriptor", |s| s.text("descriptor"))
            .map(|found| Fault::WrongAntennaName { descriptor: found.value.to_owned() }),
        Kind::FrozenClock => {
            span(&mut section).map(|(from_s, until_s)| Fault::FrozenClock { from_s, until_s })
        }
        Kind::StaleEphemeris => {
            section.required_number("from_s").map(|from_s| Fault::StaleEphemeris { from_s })
        }
    };
    section.close();
    Some(StationFault { station: station?, fault: fault? })
}

fn outage(mut section: Section<'_>) -> Option<Outage> {
    let station = section.required("station", which);
    let span = span(&mut section);
    let power = section.flag_or("power", false);
    section.close();
    let (from_s, until_s) = span?;
    Some(Outage { station: station?, from_s, until_s, power })
}

/// A station by its name, or by its number in the network's order, counted from 0.
fn which(section: &mut Section<'_>) -> Option<Which> {
    match section.text_or_count("station")? {
        TextOrCount::Count(number) => Some(Which::Number(number)),
        TextOrCount::Text(found) => match found.value.parse::<StationName>() {
            Ok(name) => Some(Which::Named(name)),
            Err(why) => {
                section.complain(&found.at, format!("station: {why}"));
                None
            }
        },
    }
}

fn span(section: &mut Section<'_>) -> Option<(f64, f64)> {
    let from_s = section.required_number("from_s");
    let until_s = section.required_number("until_s");
    from_s.zip(until_s)
}

fn by(section: &mut Section<'_>) -> Option<Enu> {
    let meaning = "metres east, north and up, as in [0.030, 0.0, 0.0]";
    let found = section.required("by", |s| s.numbers::<3>("by", meaning))?;
    let [east_m, north_m, up_m] = found.value;
    Some(Enu { east_m, north_m, up_m })
}
