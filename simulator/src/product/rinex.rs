//! RINEX files of a world: observations epoch by epoch, navigation of a whole span.

use std::collections::BTreeMap;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Enu;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Utc;
use tianshu_gnss::units::Hertz;
use tianshu_rinex::write::WrittenVersion;
use tianshu_rinex::write::header::Origin;
use tianshu_rinex::write::navigation::{NavFile, begin_navigation, write_ephemeris};
use tianshu_rinex::write::observation::{ObsFile, ObsWriter};

use crate::air::ionosphere::delay_m;
use crate::site::Stated;
use crate::sky::Sky;
use crate::sky::broadcast::transmitted;
use crate::world::World;

/// An observation file that grows epoch by epoch.
#[derive(Clone, Debug)]
pub struct ObservationFile {
    text: String,
    writer: ObsWriter,
}

/// How a file of a world is written.
#[derive(Clone, Debug, PartialEq)]
pub struct FileStyle {
    /// RINEX version.
    pub version: WrittenVersion,
    /// Interval of the epochs.
    pub interval: Interval,
    /// First epoch.
    pub first: GpsTime,
    /// Whether the marker moves: then the header states no position.
    pub moving: bool,
}

/// What every file says about itself: nobody shall take it for a measurement.
const COMMENT: &str = "SIMULATED: NO RECEIVER MEASURED THIS";

impl ObservationFile {
    /// Begins the file of a receiver that says this of itself.
    pub fn begin(name: &str, stated: &Stated, sky: &Sky, style: &FileStyle) -> Self {
        let glonass_channels = sky
            .satellites()
            .iter()
            .filter_map(|s| s.glonass_channel.map(|channel| (s.satellite, channel)))
            .collect();
        let file = ObsFile {
            version: style.version,
            origin: origin(style.first),
            comments: vec![COMMENT.to_owned()],
            marker_name: name.to_owned(),
            marker_number: None,
            marker_type: if style.moving { "GROUND_CRAFT" } else { "GEODETIC" }.to_owned(),
            observer: "TIANSHU".to_owned(),
            agency: "TIANSHU SIMULATOR".to_owned(),
            receiver: stated.receiver.clone(),
            antenna: stated.antenna.clone(),
            position: (!style.moving).then_some(stated.point.place),
            antenna_delta: Enu {
                east_m: 0.0,
                north_m: 0.0,
                up_m: stated.point.antenna_height_m.unwrap_or(0.0),
            },
            signals: signals(sky),
            glonass_channels,
            interval: style.interval,
            first: style.first,
            last: None,
            // As 1230 would tell them: they are not used on the phases.
            glonass_biases_m: stated.glonass_biases().by_signal().map(|(s, m)| (s, m.0)).collect(),
        };
        let mut text = String::new();
        let writer = ObsWriter::begin(&mut text, &file);
        Self { text, writer }
    }

    /// Appends an epoch.
    pub fn epoch(&mut self, epoch: &ObsEpoch) {
        self.writer.epoch(&mut self.text, epoch);
    }

    /// What was written since this was asked last.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

/// The navigation file with everything broadcast from `from` to `until`.
pub fn navigation(world: &World, version: WrittenVersion, from: GpsTime, until: GpsTime) -> String {
    let mut text = String::new();
    let klobuchar = Some(klobuchar(world));
    begin_navigation(&mut text, &NavFile { version, origin: origin(from), first: from, klobuchar });
    for ephemeris in world.sky().ephemerides_between(from, until) {
        write_ephemeris(&mut text, version, &ephemeris, Some(transmitted(&ephemeris)));
    }
    text
}

/// Files of a world are as old as the world, so that the same seed gives the same bytes.
fn origin(at: GpsTime) -> Origin {
    Origin { program: "tianshu simulator".to_owned(), run_by: String::new(), at: Utc::from(at) }
}

/// All signals that fly, system by system, in the order of their codes.
fn signals(sky: &Sky) -> BTreeMap<Constellation, Vec<Signal>> {
    let mut all: BTreeMap<Constellation, Vec<Signal>> = BTreeMap::new();
    for delay in sky.satellites().iter().flat_map(|s| &s.delays.signals) {
        let signals = all.entry(delay.signal.constellation()).or_default();
        if let Err(place) = signals.binary_search(&delay.signal) {
            signals.insert(place, delay.signal);
        }
    }
    all
}

/// Klobuchar's coefficients that come near the world's ionosphere: the day's height under the crest, everywhere
/// (IS-GPS-200, section 20.3.3.5.2.5).
fn klobuchar(world: &World) -> [[f64; 4]; 2] {
    let ionosphere = &world.scenario().ionosphere;
    let height_m = delay_m(ionosphere.day_tecu + 0.8 * ionosphere.crest_tecu, Hertz(1575.42e6));
    // The cosine falls to half a sixth of its period from the peak; the world's day does after five hours.
    [[height_m / SPEED_OF_LIGHT, 0.0, 0.0, 0.0], [108_000.0, 0.0, 0.0, 0.0]]
}
