//! From differences and gradients to frames, each kind at its own interval.

use std::collections::BTreeMap;

use tianshu_caster::config::NetworkProduct;
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::GRS80;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_positioning::network::products::fkp::{Gradients, gradients};
use tianshu_positioning::network::products::mac::{
    Difference, Differences, MacSource, auxiliaries,
};
use tianshu_positioning::network::snapshot::NetworkSnapshot;
use tianshu_positioning::network::topology::StationIndex;
use tianshu_rtcm::frame::Frame;
use tianshu_rtcm::message::network::epoch_s;
use tianshu_rtcm::message::network::fkp::{GradientsMessage, SatelliteGradients};
use tianshu_rtcm::message::network::mac::{
    AmbiguityStatus, AuxiliaryStationMessage, CorrectionDifference, CorrectionDifferencesMessage,
    DifferenceKind, Geometric, Pair, Part, SATELLITES_MAX,
};

use crate::vrs::slow::station_id;

/// Between two rounds of 1014, s.
pub(crate) const AUXILIARY_S: u16 = 30;
/// Between two 1015 of a station, s (shared design, network solver, section 7, as the next).
pub(crate) const IONOSPHERIC_S: u16 = 5;
/// Between two 1016 of a station, s.
pub(crate) const GEOMETRIC_S: u16 = 15;
/// Between two 1034, s.
pub(crate) const GRADIENTS_S: u16 = 10;
/// Time tags follow receivers' clocks: one that is so little early is in time.
const EARLY_MAX: Interval = Interval::from_millis(100);
/// The whole cycles of all that is told are at one level: the network tells nothing of its other parts.
const SUBNETWORK: u8 = 0;
/// What the network solves and these messages can say.
const SYSTEM: Constellation = Constellation::Gps;

/// The messages of a product, with their intervals in seconds.
pub(crate) fn messages(product: NetworkProduct, interval_s: u64) -> Vec<(u16, Option<u64>)> {
    let all: &[(u16, u16)] = match product {
        NetworkProduct::Mac => &[(1014, AUXILIARY_S), (1015, IONOSPHERIC_S), (1016, GEOMETRIC_S)],
        NetworkProduct::Fkp => &[(1034, GRADIENTS_S)],
    };
    all.iter().map(|&(number, s)| (number, Some(u64::from(s).max(interval_s)))).collect()
}

/// What one master's network adds, epoch by epoch.
#[derive(Clone, Debug)]
pub(crate) struct Beside {
    product: NetworkProduct,
    network_id: u8,
    source: MacSource,
    told: BTreeMap<u16, GpsTime>,
}

impl Beside {
    /// Of a master.
    pub(crate) fn new(product: NetworkProduct, network_id: u8, master: StationIndex) -> Self {
        Self { product, network_id, source: MacSource::new(master), told: BTreeMap::new() }
    }

    /// Of which master.
    pub(crate) fn master(&self) -> StationIndex {
        self.source.master()
    }

    /// The frames that are due.
    pub(crate) fn due(&mut self, snapshot: &NetworkSnapshot) -> Vec<Frame> {
        match self.product {
            NetworkProduct::Mac => self.mac(snapshot),
            NetworkProduct::Fkp => self.fkp(snapshot),
        }
    }

    fn mac(&mut self, snapshot: &NetworkSnapshot) -> Vec<Frame> {
        let time = snapshot.time;
        let mut frames = Vec::new();
        if self.is_due(1014, time, AUXILIARY_S) {
            frames.extend(self.auxiliary_stations(snapshot));
        }
        let parts =
            [(1016, Part::Geometric, GEOMETRIC_S), (1015, Part::Ionospheric, IONOSPHERIC_S)];
        let due =
            parts.map(|(number, part, every_s)| self.is_due(number, time, every_s).then_some(part));
        if due.iter().all(Option::is_none) {
            return frames;
        }
        let all = self.source.differences(snapshot, SYSTEM);
        for part in due.into_iter().flatten() {
            frames.extend(all.iter().flat_map(|d| self.differences(d, part, time)));
        }
        frames
    }

    fn auxiliary_stations(&self, snapshot: &NetworkSnapshot) -> Vec<Frame> {
        let master = self.master();
        let place = |station: StationIndex| {
            Some(snapshot.stations.get(station.position())?.place.to_geodetic(GRS80))
        };
        let Some(own) = place(master) else { return Vec::new() };
        let all = auxiliaries(snapshot, master);
        let count = u8::try_from(all.len()).unwrap_or(u8::MAX);
        let message = |auxiliary| {
            let there = place(auxiliary)?;
            let message = AuxiliaryStationMessage {
                pair: self.pair(auxiliary),
                auxiliaries: count,
                latitude_deg: there.latitude_deg() - own.latitude_deg(),
                longitude_deg: there.longitude_deg() - own.longitude_deg(),
                height_m: there.height_m - own.height_m,
            };
            message.to_frame().ok()
        };
        all.into_iter().filter_map(message).collect()
    }

    /// One auxiliary's differences, 15 satellites to a message.
    fn differences(&self, of: &Differences, part: Part, time: GpsTime) -> Vec<Frame> {
        let all: Vec<CorrectionDifference> = of
            .satellites
            .iter()
            .filter_map(|(satellite, d)| difference(*satellite, d, part))
            .collect();
        let count = all.chunks(SATELLITES_MAX).len();
        let message = |(i, chunk): (usize, &[CorrectionDifference])| {
            let message = CorrectionDifferencesMessage {
                kind: DifferenceKind { constellation: SYSTEM, part },
                pair: self.pair(of.auxiliary),
                epoch_s: epoch_s(SYSTEM, time, 100),
                more_follow: i + 1 < count,
                satellites: chunk.to_vec(),
            };
            message.to_frame().ok()
        };
        all.chunks(SATELLITES_MAX).enumerate().filter_map(message).collect()
    }

    fn fkp(&mut self, snapshot: &NetworkSnapshot) -> Vec<Frame> {
        if !self.is_due(1034, snapshot.time, GRADIENTS_S) {
            return Vec::new();
        }
        let all = gradients(snapshot, self.master(), SYSTEM);
        let satellites: Vec<_> = all.iter().filter_map(|(s, g)| of_satellite(*s, g)).collect();
        if satellites.is_empty() {
            return Vec::new();
        }
        let message = GradientsMessage {
            constellation: SYSTEM,
            station_id: station_id(self.master()),
            epoch_s: epoch_s(SYSTEM, snapshot.time, 1_000),
            satellites,
        };
        message.to_frame().into_iter().collect()
    }

    fn pair(&self, auxiliary: StationIndex) -> Pair {
        Pair {
            network_id: self.network_id,
            subnetwork_id: SUBNETWORK,
            master_id: station_id(self.master()),
            auxiliary_id: station_id(auxiliary),
        }
    }

    fn is_due(&mut self, number: u16, time: GpsTime, every_s: u16) -> bool {
        let every = Interval::from_seconds(every_s.into());
        let told = self.told.get(&number);
        let is_due = told.is_none_or(|last| (time - *last).abs() + EARLY_MAX >= every);
        if is_due {
            self.told.insert(number, time);
        }
        is_due
    }
}

fn difference(satellite: Satellite, of: &Difference, part: Part) -> Option<CorrectionDifference> {
    let iode = u8::try_from(of.issue).ok()?;
    let geometric = Geometric { difference_m: of.geometric_m, iode };
    Some(CorrectionDifference {
        number: satellite.number(),
        // The network tells nothing whose triangles have not closed.
        status: AmbiguityStatus::Right,
        non_sync: of.non_sync,
        ionospheric_m: (part != Part::Geometric).then_some(of.ionospheric_m),
        geometric: (part != Part::Ionospheric).then_some(geometric),
    })
}

fn of_satellite(satellite: Satellite, of: &Gradients) -> Option<SatelliteGradients> {
    let [geometric_north_ppm, geometric_east_ppm] = of.geometric_ppm;
    let [ionospheric_north_ppm, ionospheric_east_ppm] = of.ionospheric_ppm;
    Some(SatelliteGradients {
        number: satellite.number(),
        iode: u8::try_from(of.issue).ok()?,
        geometric_north_ppm,
        geometric_east_ppm,
        ionospheric_north_ppm,
        ionospheric_east_ppm,
    })
}
