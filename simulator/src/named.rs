//! The named scenarios: quiet, anomaly, tid, bubble, storm, outage, moved-antenna, drive.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Enu;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::air::ionosphere::{Bubble, IonosphereSettings, TravellingWave};
use crate::air::troposphere::TroposphereSettings;
use crate::fault::{Fault, Outage, StationFault, Which};
use crate::link::LinkSettings;
use crate::motion::Motion;
use crate::receiver::ReceiverSettings;
use crate::rovers::RoverPlaces;
use crate::scenario::Scenario;
use crate::sky::SkySettings;

/// The names, each with what it is, for a command's help.
pub const NAMES: [(&str, &str); 8] = [
    ("quiet", "a morning without anything special"),
    ("anomaly", "an equinox afternoon under the crest of the equatorial anomaly"),
    ("tid", "medium-scale travelling ionospheric disturbances"),
    ("bubble", "plasma bubbles drifting over the network after sunset"),
    ("storm", "a geomagnetic storm: high content, large waves, bubbles, wet weather on the move"),
    ("outage", "stations and links that fail and return"),
    (
        "moved-antenna",
        "an antenna moved by 3 cm after five minutes, and stations that tell wrong things",
    ),
    ("drive", "rovers that move at 15 m/s"),
];

/// 2026-03-20, the equinox, 00:00 GPS time: the season in which the anomaly and its bubbles are strongest.
const EQUINOX: GpsTime = GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400));

/// The scenario of that name.
pub fn named(name: &str) -> Option<Scenario> {
    let quiet = quiet();
    let scenario = match name {
        "quiet" => quiet,
        "anomaly" => Scenario { start: at_hour(7), ionosphere: afternoon(30.0, 6.0), ..quiet },
        "tid" => {
            let ionosphere =
                IonosphereSettings { waves: disturbances(0.3), ..quiet.ionosphere.clone() };
            Scenario { start: at_hour(4), ionosphere, ..quiet }
        }
        "bubble" => {
            let ionosphere = IonosphereSettings { bubbles: bubbles(15.0), ..afternoon(25.0, 6.0) };
            Scenario { start: at_hour(13), ionosphere, ..quiet }
        }
        "storm" => storm(quiet),
        "outage" => outage(quiet),
        "moved-antenna" => moved_antenna(quiet),
        "drive" => {
            let rover_motion = Motion::Circle { speed_m_s: 15.0, radius_m: 1_500.0, hill_m: 15.0 };
            Scenario { rovers: 1, rover_motion, ..quiet }
        }
        _ => return None,
    };
    Some(Scenario { name: name.to_owned(), ..scenario })
}

fn at_hour(hour: i64) -> GpsTime {
    EQUINOX + Interval::from_seconds(hour * 3_600)
}

/// Nine in the morning by the Sun, satellites of all systems, errors of their usual size.
fn quiet() -> Scenario {
    Scenario {
        name: "quiet".to_owned(),
        start: at_hour(2),
        sky: SkySettings {
            systems: vec![
                Constellation::Gps,
                Constellation::Glonass,
                Constellation::Galileo,
                Constellation::Qzss,
                Constellation::BeiDou,
            ],
            orbit_error_m: 0.8,
            clock_error_m: 0.4,
        },
        ionosphere: IonosphereSettings {
            night_tecu: 6.0,
            day_tecu: 18.0,
            crest_tecu: 8.0,
            crest_latitude_deg: 21.0,
            crest_width_deg: 9.0,
            solar_hour_at_start: None,
            roughness_tecu: 0.03,
            waves: Vec::new(),
            bubbles: Vec::new(),
        },
        troposphere: TroposphereSettings {
            zenith_wet_m: 0.22,
            wet_scale_height_m: 2_000.0,
            weather_m: 0.010,
            wind_m_s: 10.0,
            wind_azimuth_deg: 60.0,
        },
        station_receiver: ReceiverSettings::geodetic(),
        rover_receiver: ReceiverSettings { mask_deg: 8.0, ..ReceiverSettings::geodetic() },
        rovers: 0,
        rover_places: RoverPlaces::Lot,
        rover_companions: false,
        rover_motion: Motion::Still,
        link: LinkSettings::MOBILE,
        faults: Vec::new(),
        outages: Vec::new(),
    }
}

/// A crest of that height over the south of Guangxi.
fn afternoon(crest_tecu: f64, crest_width_deg: f64) -> IonosphereSettings {
    IonosphereSettings {
        day_tecu: 30.0,
        crest_tecu,
        crest_width_deg,
        roughness_tecu: 0.10,
        ..quiet().ionosphere
    }
}

/// Medium-scale disturbances as daytime and dusk show them: to the south-east and to the south-west.
fn disturbances(amplitude_tecu: f64) -> Vec<TravellingWave> {
    vec![
        TravellingWave {
            amplitude_tecu,
            wavelength_km: 200.0,
            speed_m_s: 150.0,
            azimuth_deg: 140.0,
        },
        TravellingWave {
            amplitude_tecu: 0.5 * amplitude_tecu,
            wavelength_km: 330.0,
            speed_m_s: 120.0,
            azimuth_deg: 215.0,
        },
    ]
}

/// A train of bubbles west of the network, drifting eastward over it within the hour.
fn bubbles(depth_tecu: f64) -> Vec<Bubble> {
    [107.3, 104.6, 102.0]
        .map(|longitude_deg| Bubble {
            depth_tecu,
            longitude_deg,
            width_km: 90.0,
            wall_km: 12.0,
            drift_m_s: 100.0,
            reach_latitude_deg: 26.0,
        })
        .to_vec()
}

fn storm(quiet: Scenario) -> Scenario {
    let ionosphere = IonosphereSettings {
        waves: disturbances(1.0),
        bubbles: bubbles(25.0),
        roughness_tecu: 0.3,
        ..afternoon(60.0, 4.0)
    };
    let troposphere = TroposphereSettings {
        zenith_wet_m: 0.32,
        weather_m: 0.03,
        wind_m_s: 18.0,
        ..quiet.troposphere.clone()
    };
    let station_receiver = ReceiverSettings {
        slips_per_hour: 1.0,
        silent_slips_per_hour: 0.05,
        gaps_per_hour: 0.5,
        ..quiet.station_receiver.clone()
    };
    Scenario { start: at_hour(11), ionosphere, troposphere, station_receiver, ..quiet }
}

fn outage(quiet: Scenario) -> Scenario {
    let down = |number, from_s, until_s, power| Outage {
        station: Which::Number(number),
        from_s,
        until_s,
        power,
    };
    let link = LinkSettings {
        loss: 0.002,
        duplication: 0.001,
        tearing: 0.002,
        cuts_per_hour: 2.0,
        cut_mean_s: 20.0,
        ..LinkSettings::MOBILE
    };
    let outages = vec![
        down(0, 120.0, 300.0, true),
        down(1, 200.0, 260.0, false),
        down(2, 400.0, 1_000.0, true),
    ];
    Scenario { link, outages, ..quiet }
}

fn moved_antenna(quiet: Scenario) -> Scenario {
    let at = |number, fault| StationFault { station: Which::Number(number), fault };
    let moved =
        Fault::AntennaMoved { at_s: 300.0, by: Enu { east_m: 0.030, north_m: 0.0, up_m: 0.0 } };
    let wrong_place = Fault::WrongCoordinate { by: Enu { east_m: 0.0, north_m: 0.05, up_m: 0.0 } };
    let wrong_name = Fault::WrongAntennaName { descriptor: "TRM59800.00     SCIS".to_owned() };
    Scenario { faults: vec![at(0, moved), at(1, wrong_place), at(2, wrong_name)], ..quiet }
}
