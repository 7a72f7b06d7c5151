//! What a service would have heard of a simulated network: each station's RTCM 3, decoded.

use std::collections::BTreeMap;
use std::time::Duration;

use tianshu_gnss::coords::{Ecef, Enu, GRS80, Geodetic};
use tianshu_gnss::event::StationNews;
use tianshu_gnss::observation::ObsEpoch;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::uptime::Uptime;
use tianshu_ingest::decode::StreamDecoder;
use tianshu_simulator::named::named;
use tianshu_simulator::network::{Network, NetworkStation};
use tianshu_simulator::product::rtcm::StationStream;
use tianshu_simulator::world::World;
use tianshu_station_monitor::products::kind::Span;
use tianshu_station_monitor::products::source::{
    EphemerisSource, Epochs, Heard, ObservationSource, SourceError,
};
use tianshu_station_monitor::products::station::{
    Agency, AntennaRecord, ReceiverRecord, StationRecord,
};

/// An archive in memory.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) records: Vec<StationRecord>,
    pub(crate) observed: BTreeMap<StationName, Vec<ObsEpoch>>,
    pub(crate) heard: Vec<Heard>,
    pub(crate) start: GpsTime,
    pub(crate) end: GpsTime,
    /// Where the antennas truly are.
    pub(crate) truth: BTreeMap<StationName, Ecef>,
}

impl Memory {
    pub(crate) fn record(&self, station: &StationName) -> &StationRecord {
        self.records.iter().find(|record| record.station == *station).unwrap()
    }
}

impl ObservationSource for Memory {
    fn epochs(&self, station: &StationName, span: Span) -> Result<Epochs<'_>, SourceError> {
        let all = self.observed.get(station).map_or(&[][..], Vec::as_slice);
        Ok(Box::new(all.iter().filter(move |e| span.contains(e.time)).cloned().map(Ok)))
    }
}

impl EphemerisSource for Memory {
    fn ephemerides(&self, span: Span) -> Result<Vec<Heard>, SourceError> {
        Ok(self.heard.iter().filter(|heard| span.contains(heard.at)).cloned().collect())
    }
}

/// With longer steps than this, a stream's ephemerides fall between the epochs.
const EPHEMERIS_STEP_MAX: Interval = Interval::from_seconds(1);
/// So often all are told then.
const EPHEMERIDES_EVERY: Interval = Interval::from_seconds(600);

fn is_msm(frame: &tianshu_rtcm::frame::Frame) -> bool {
    frame
        .message_number()
        .is_some_and(|number| tianshu_rtcm::msm::header::msm_kind(number).is_some())
}

/// Midnight of GPS time.
fn midnight() -> GpsTime {
    GpsTime::from_week(2410, Interval::from_seconds(5 * 86_400))
}

fn network(count: u8) -> Network {
    let stations = (0..count).map(|i| NetworkStation {
        name: format!("STATION-{i}").parse().unwrap(),
        place: Geodetic::from_degrees(22.8 + 0.2 * f64::from(i), 108.3, 90.0),
        region: "test".to_owned(),
    });
    Network { name: "test".to_owned(), stations: stations.collect() }
}

/// Simulates stations over a span from midnight on, and decodes what they send.
pub(crate) fn heard(count: u8, step: Interval, span: Interval) -> Memory {
    let network = network(count);
    let (start, end) = (midnight(), midnight() + span);
    let scenario = named("quiet").unwrap().starting_at(start);
    let mut world = World::new(scenario, &network, 7).unwrap();
    let mut streams: Vec<StationStream> = (1..=u16::from(count)).map(StationStream::new).collect();
    let mut decoders: Vec<StreamDecoder> =
        (0..count).map(|_| StreamDecoder::new(Duration::from_millis(500))).collect();
    let mut memory = Memory {
        records: (0_u8..).zip(&network.stations).map(|(i, s)| record(&world, i, s)).collect(),
        observed: BTreeMap::new(),
        heard: Vec::new(),
        start,
        end,
        truth: network.stations.iter().map(|s| (s.name.clone(), s.ecef())).collect(),
    };
    let mut t = start;
    while t < end {
        let epoch = world.epoch(t);
        let uptime =
            Uptime::from_start(Duration::from_nanos(u64::try_from((t - start).nanos()).unwrap()));
        let broadcast = world.ephemerides(t);
        for (i, site) in epoch.stations.iter().enumerate() {
            let Some(observed) = &site.observed else { continue };
            let stated = world.stated(i).unwrap();
            let mut frames = streams[i].epoch(t, observed, &stated, &broadcast).frames;
            if step > EPHEMERIS_STEP_MAX && (t - start).nanos() % EPHEMERIDES_EVERY.nanos() == 0 {
                // A stream spreads its ephemerides over half a minute, which these epochs would miss; a new one tells all.
                let mut whole = StationStream::new(1);
                let all = whole.epoch(t, observed, &stated, &broadcast).frames;
                frames.splice(0..0, all.into_iter().filter(|frame| !is_msm(frame)));
            }
            for frame in &frames {
                let news = decoders[i].push(frame.as_bytes(), uptime, t);
                memory.take(&site.name, news);
            }
            let rest = decoders[i].on_timer(uptime + Duration::from_millis(900));
            memory.take(&site.name, rest);
        }
        t += step;
    }
    memory
}

impl Memory {
    fn take(&mut self, station: &StationName, news: Vec<tianshu_ingest::messages::Heard>) {
        for heard in news {
            match heard.news {
                StationNews::Epoch(epoch) => {
                    self.observed.entry(station.clone()).or_default().push((*epoch).clone());
                }
                StationNews::Ephemeris(ephemeris) => self.heard.push(Heard {
                    ephemeris: (*ephemeris).clone(),
                    station: station.clone(),
                    at: heard.arrived,
                }),
                _ => {}
            }
        }
    }
}

/// The record that an operator would have written of a simulated station.
fn record(world: &World, i: u8, station: &NetworkStation) -> StationRecord {
    let stated = world.stated(usize::from(i)).unwrap();
    let installed = midnight() - Interval::from_seconds(40 * 86_400);
    StationRecord {
        station: station.name.clone(),
        id: format!("SIM{i}00CHN").parse().unwrap(),
        domes: Some(format!("2160{i}M001")),
        site_name: station.name.to_string(),
        city: "Nanning".to_owned(),
        province: "Guangxi".to_owned(),
        plate: "EURASIAN".to_owned(),
        monument: "PILLAR".to_owned(),
        reference_point: stated.point.place.to_geodetic(GRS80).to_ecef(GRS80),
        installed: Some(installed),
        receivers: vec![ReceiverRecord {
            receiver: stated.receiver.clone(),
            systems: "GPS+GLO+GAL+BDS+QZSS".to_owned(),
            cutoff_deg: 0.0,
            installed,
        }],
        antennas: vec![AntennaRecord {
            antenna: tianshu_gnss::station::Antenna {
                serial: Some(format!("ANT-{i}")),
                ..stated.antenna.clone()
            },
            reference_point: "BAM".to_owned(),
            delta: Enu { east_m: 0.0, north_m: 0.0, up_m: 0.123 },
            alignment_deg: 0.0,
            installed,
        }],
        agency: Agency {
            name: "Simulated Agency".to_owned(),
            abbreviation: "SIM".to_owned(),
            contact: "Nobody".to_owned(),
            ..Agency::default()
        },
    }
}

impl Memory {
    /// How many epochs of a file were heard.
    pub(crate) fn expected(
        &self,
        file: &tianshu_station_monitor::products::schedule::FileKey,
    ) -> usize {
        let interval = file.kind.interval().unwrap();
        let station = file.station.as_ref().unwrap();
        let epochs = self.epochs(station, file.kind.span_of(file.start)).unwrap();
        epochs.filter(|e| e.as_ref().is_ok_and(|e| e.time.rounded_to(interval) == e.time)).count()
    }
}
