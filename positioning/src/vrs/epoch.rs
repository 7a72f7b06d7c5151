//! A master's epoch: what all virtual stations that are made from it have in common.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tianshu_gnss::constants::SPEED_OF_LIGHT;
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;
use tianshu_gnss::units::{Cycles, DbHz};

use crate::model::antenna::{Arrival, to_null_antenna};
use crate::model::place::Place;
use crate::model::range::{sight_from, transmitted_by_code};
use crate::model::troposphere::ZenithDelay;
use crate::network::local::AirHere;
use crate::network::median::median;
use crate::network::observed::{Group, IONOSPHERE_REFERENCE_HZ};
use crate::network::preprocess::StationSetup;
use crate::network::snapshot::NetworkSnapshot;
use crate::network::topology::StationIndex;

/// A station's epoch, ready to be displaced.
#[derive(Clone, Debug)]
pub struct MasterEpoch {
    /// Whose.
    pub station: StationIndex,
    /// The moment, in system time: the receiver's clock is taken off.
    pub time: GpsTime,
    /// What the network knew last.
    pub snapshot: Arc<NetworkSnapshot>,
    /// How much later the epoch is than what the network knew, s.
    pub age_s: f64,
    /// The satellites that the network may tell of, in order.
    pub(super) satellites: Vec<MasterSatellite>,
    /// Their channels, in order of satellites and signals.
    pub(super) channels: Vec<MasterChannel>,
    /// The satellites that the station saw, in order.
    pub seen: Vec<Satellite>,
}

/// A satellite as a master sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct MasterSatellite {
    pub(super) satellite: Satellite,
    /// Where it transmitted what a receiver at the master's place gets at the epoch's moment, and how it moved.
    pub(super) position: Ecef,
    pub(super) velocity_m_s: [f64; 3],
    /// Its clock then, m, and how that changes, m/s.
    pub(super) clock_m: f64,
    pub(super) clock_rate_m_s: f64,
    /// The range to the master's place, m.
    pub(super) range_m: f64,
    /// The ionosphere above the master, as the network has it now.
    pub(super) air: AirHere,
    /// Where its channels are.
    pub(super) first: usize,
    pub(super) count: usize,
}

/// A signal as a master sees it, without its clock, way and air.
#[derive(Clone, Copy, Debug)]
pub(super) struct MasterChannel {
    pub(super) signal: Signal,
    pub(super) glonass_channel: Option<i8>,
    pub(super) wavelength_m: f64,
    /// (f_L1 / f)².
    pub(super) ionosphere: f64,
    pub(super) code_m: Option<f64>,
    pub(super) phase: Option<MasterPhase>,
    /// How much faster the phase grows than the range to the master, m/s.
    pub(super) rate_m_s: Option<f64>,
    pub(super) cn0: Option<DbHz>,
}

/// A phase without its clock, way and air, m.
#[derive(Clone, Copy, Debug)]
pub(super) struct MasterPhase {
    pub(super) value_m: f64,
    /// The same over the last seconds, in which noise is averaged.
    pub(super) smooth_m: f64,
    pub(super) whole: Whole,
}

/// Whose whole cycles a phase still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    /// The network's: the same at all stations. The number changes when they do.
    Network(u32),
    /// The same, of a signal beyond those that the network solves.
    Further(u32),
    /// The receiver's own, of that arc.
    Own(StationIndex, u32),
}

/// The master's own end of its lines of sight.
pub(super) struct Ends<'a> {
    pub(super) place: &'a Place,
    pub(super) zenith: ZenithDelay,
    pub(super) setup: &'a StationSetup,
}

/// A line of sight in the making.
pub(super) struct Draft {
    pub(super) satellite: Satellite,
    pub(super) group: Group,
    pub(super) issue: u16,
    pub(super) channels: Range<usize>,
}

impl MasterEpoch {
    /// Adds the lines of sight of which the network may tell, without way and air; tells by how much the receiver's clock is ahead, s.
    pub(super) fn add_lines(
        &mut self,
        measured: &ObsEpoch,
        here: &Ends<'_>,
        airs: &BTreeMap<Satellite, (AirHere, f64)>,
    ) -> (Vec<Draft>, Option<f64>) {
        let snapshot = Arc::clone(&self.snapshot);
        let biases = snapshot.stations.get(self.station.position());
        let biases = biases.and_then(|view| view.glonass_biases).unwrap_or_default();
        let mut drafts = Vec::new();
        let mut offsets_s = Vec::new();
        for (satellite, seen) in measured.by_satellite() {
            let Some(field) = snapshot.satellites.get(&satellite) else { continue };
            let Some((own, air_m)) = airs.get(&satellite).copied() else { continue };
            let Some(code) = seen.iter().find_map(|o| o.code) else { continue };
            let Ok(state) = transmitted_by_code(&field.ephemeris, self.time, code) else {
                continue;
            };
            let (moved, geodetic) = (here.place.moved(), here.place.geodetic());
            let at = sight_from(moved, geodetic, state.position);
            let mapping = here.place.mapping().at(at.elevation_rad);
            let path_m = at.range_m - SPEED_OF_LIGHT * state.clock_s + here.zenith.slant_m(mapping);
            offsets_s.push((code.0 - path_m) / SPEED_OF_LIGHT);
            let arrival = Arrival { elevation_rad: at.elevation_rad, azimuth_rad: at.azimuth_rad };
            let range_rate_m_s = range_rate_m_s(state.velocity_m_s, at.direction);
            let first = self.channels.len();
            for observation in seen {
                let Some(mut there) = aligned(observation, &biases) else { continue };
                if let Some(antenna) = &here.setup.antenna {
                    to_null_antenna(antenna, &mut there, arrival);
                }
                self.channels.extend(bare(&there, path_m, air_m, range_rate_m_s));
            }
            let channels = first..self.channels.len();
            self.satellites.push(MasterSatellite {
                satellite,
                position: state.position,
                velocity_m_s: state.velocity_m_s,
                clock_m: SPEED_OF_LIGHT * state.clock_s,
                clock_rate_m_s: SPEED_OF_LIGHT * state.clock_drift,
                range_m: at.range_m,
                air: own,
                first,
                count: channels.len(),
            });
            let (group, issue) = (field.group, field.ephemeris.issue());
            drafts.push(Draft { satellite, group, issue, channels });
        }
        (drafts, median(offsets_s))
    }

    /// The generations of the receiver's two carriers of a group.
    pub(super) fn receiver_of(&self, group: Group) -> Option<[u32; 2]> {
        let of_band = |band| {
            let mut of_group =
                self.satellites.iter().filter(|of| Group::of(of.satellite) == Some(group));
            let phase = |of: &MasterSatellite| {
                Some(self.snapshot.frame.phase(self.station, (of.satellite, band))?.receiver)
            };
            of_group.find_map(phase)
        };
        let [first, second] = group.foundation().map(of_band);
        Some([first?, second?])
    }
}

/// An observation with its phase aligned with any other receiver's; none of a GLONASS signal whose bias is not known.
fn aligned(observation: &Observation, biases: &GlonassBiases) -> Option<Observation> {
    let mut there = *observation;
    let bias = biases.of(there.signal)?;
    if bias.0.abs() > 0.0
        && let Some((phase, carrier)) = there.phase.zip(there.carrier())
    {
        there.phase = Some(Cycles(phase.0 + bias.in_cycles_of(carrier).0));
    }
    Some(there)
}

/// An observation without its way and air; the clock is still in it.
fn bare(
    observation: &Observation,
    path_m: f64,
    ionosphere_m: f64,
    range_rate_m_s: f64,
) -> Option<MasterChannel> {
    let carrier = observation.carrier()?;
    let wavelength_m = SPEED_OF_LIGHT / carrier.0;
    let ionosphere = (IONOSPHERE_REFERENCE_HZ / carrier.0).powi(2);
    let dispersive_m = ionosphere * ionosphere_m;
    let phase = observation.phase.map(|phase| MasterPhase {
        value_m: phase.0 * wavelength_m - path_m + dispersive_m,
        smooth_m: 0.0,
        whole: Whole::Own(StationIndex(0), 0),
    });
    Some(MasterChannel {
        signal: observation.signal,
        glonass_channel: observation.glonass_channel,
        wavelength_m,
        ionosphere,
        code_m: observation.code.map(|code| code.0 - path_m - dispersive_m),
        phase,
        rate_m_s: observation.doppler.map(|d| -d.0 * wavelength_m - range_rate_m_s),
        cn0: observation.cn0,
    })
}

/// How a range grows, m/s: the satellite's velocity along the line of sight from the receiver.
pub(super) fn range_rate_m_s(velocity_m_s: [f64; 3], direction: [f64; 3]) -> f64 {
    velocity_m_s.iter().zip(direction).map(|(v, e)| v * e).sum()
}

/// Straight on for so long.
pub(super) fn moved(place: Ecef, velocity_m_s: [f64; 3], span_s: f64) -> Ecef {
    let at = place.xyz();
    let [x, y, z] = std::array::from_fn(|axis| at[axis] + velocity_m_s[axis] * span_s);
    Ecef::new(x, y, z)
}
