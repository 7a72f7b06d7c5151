//! The way out: an `ObsEpoch` becomes MSM frames that any rover reads.
//!
//! Systems follow in the order of [`Constellation`], satellites and signals in the order of their IDs. A
//! message holds at most 64 cells, so a system with more is split between satellites. The multiple message
//! bit is set on all frames but the last of the epoch.
//!
//! What a message cannot say is left out and counted, never squeezed into its field.

use std::collections::BTreeMap;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::observation::{ObsEpoch, Observation};
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::time::gps::GpsTime;

use crate::bits::BitWriter;
use crate::compose::cell::{CellWriter, RoughRange};
use crate::frame::{Frame, PAYLOAD_BYTES_MAX};
use crate::msm::fields::{CELLS_MAX, Layout};
use crate::msm::header::{MsmHeader, MsmLevel};
use crate::msm::message::{Msm, MsmCell, MsmSatellite};
use crate::msm::observation::Scale;
use crate::msm::signal_ids::id_of_satellite;
use crate::time::msm_epoch_time;

mod cell;

/// Messages that most epochs have at most: of four systems, one or two each.
const FRAMES_USUAL: usize = 8;

/// What the frames of an epoch say about themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MsmStyle {
    /// Reference station ID (DF003), 0 to 4095.
    pub station_id: u16,
    /// The level of all messages. MSM4 to MSM7 carry whole ranges.
    pub level: MsmLevel,
    /// Whether messages of other kinds follow for the same epoch: then no frame says "last".
    pub more_follow: bool,
}

/// The frames of one epoch, and what is not in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composed {
    /// The frames in the order of sending; none for an epoch without observations.
    pub frames: Vec<Frame>,
    /// What was left out.
    pub findings: ComposeFindings,
}

/// What of an epoch is not in its frames, counted by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ComposeFindings {
    /// Observations of satellites that MSM has no ID for.
    pub satellites_without_id: u32,
    /// Observations of signals that MSM has no ID for.
    pub signals_without_id: u32,
    /// Observations of satellites without any range between 0 and 255 light milliseconds.
    pub without_rough_range: u32,
    /// Codes too far from the other codes of their satellite.
    pub codes_out_of_range: u32,
    /// Phases without a wavelength (GLONASS, frequency channel not known), or not finite.
    pub phases_without_carrier: u32,
    /// Phases that were shifted by whole cycles to come near the code; their lock time begins anew.
    pub phases_realigned: u32,
    /// Doppler shifts beyond the fields, or too far from the others of their satellite.
    pub rates_out_of_range: u32,
    /// C/N0 above or below the field.
    pub cn0_out_of_range: u32,
    /// Whole messages that could not be encoded: the style's station ID is above 4095, or the epoch's
    /// observations were not in order.
    pub messages_refused: u32,
}

/// Turns the epochs of one stream into frames.
///
/// It remembers by how many cycles phases were shifted, since MSM tells a phase relative to the code's
/// range and can reach only about 1.2 km away from it. One composer serves one stream of epochs.
#[derive(Clone, Debug, Default)]
pub struct Composer {
    /// Whole cycles added to a phase, where not zero. There are no more entries than names of signals and
    /// satellites.
    shifts: BTreeMap<(Satellite, Signal), f64>,
}

impl Composer {
    /// A composer at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// The frames of one epoch.
    pub fn compose(&mut self, style: MsmStyle, epoch: &ObsEpoch) -> Composed {
        let mut findings = ComposeFindings::default();
        let mut outgoing = Outgoing::new(style, epoch.time);
        let mut cells = Vec::with_capacity(32);
        let (layout, scale) = (Layout::of(style.level), Scale::of(style.level));
        for (satellite, observations) in epoch.by_satellite() {
            let Some(id) = id_of_satellite(satellite) else {
                findings.satellites_without_id += count(observations);
                continue;
            };
            let Some(rough) = RoughRange::of(observations) else {
                findings.without_rough_range += count(observations);
                continue;
            };
            let mut cell_writer = CellWriter {
                layout: &layout,
                scale,
                rough,
                shifts: &mut self.shifts,
                findings: &mut findings,
            };
            cells.clear();
            cells.extend(observations.iter().filter_map(|o| cell_writer.cell(o)));
            cells.sort_by_key(|cell| cell.signal_id);
            let mut raw = cell_writer.rough.satellite(id);
            raw.extended = glonass_extended(satellite, observations);
            if !cells.is_empty() {
                outgoing.take(satellite.constellation(), raw, &cells);
            }
        }
        let (frames, refused) = outgoing.finish();
        findings.messages_refused = refused;
        Composed { frames, findings }
    }
}

/// The messages of an epoch on their way out: one is filled, and written when the next begins. All are filled in the same memory, of this
/// epoch alone: a room that each of ten thousand streams kept would be tens of megabytes that no cache holds.
struct Outgoing {
    style: MsmStyle,
    time: GpsTime,
    /// Without satellites before the first.
    message: Msm,
    writer: BitWriter,
    frames: Vec<Frame>,
    refused: u32,
}

impl Outgoing {
    fn new(style: MsmStyle, time: GpsTime) -> Self {
        let (satellites, cells) = (Vec::with_capacity(CELLS_MAX), Vec::with_capacity(CELLS_MAX));
        Self {
            style,
            time,
            message: Msm { satellites, cells, ..Msm::default() },
            writer: BitWriter::with_capacity(PAYLOAD_BYTES_MAX),
            frames: Vec::with_capacity(FRAMES_USUAL),
            refused: 0,
        }
    }

    /// Puts a satellite into the last message, or into a new one where the system changes or 64 cells would
    /// not be enough.
    fn take(&mut self, constellation: Constellation, satellite: MsmSatellite, cells: &[MsmCell]) {
        let mask_of = |mask, cell: &MsmCell| mask | 1 << (32 - cell.signal_id);
        let signal_mask = cells.iter().fold(0, mask_of);
        let message = &self.message;
        let signals = (message.signal_mask | signal_mask).count_ones() as usize;
        let fits = message.header.constellation == constellation
            && (message.satellites.len() + 1) * signals <= CELLS_MAX;
        if message.satellites.is_empty() || !fits {
            self.write(true);
            let MsmStyle { level, station_id, .. } = self.style;
            let epoch_time = msm_epoch_time(constellation, self.time);
            self.message.header = MsmHeader::new(constellation, level, station_id, epoch_time);
            self.message.signal_mask = 0;
            self.message.satellites.clear();
            self.message.cells.clear();
        }
        let message = &mut self.message;
        let Ok(place) = u8::try_from(message.satellites.len()) else { return };
        message.satellites.push(satellite);
        message.signal_mask |= signal_mask;
        message.cells.extend(cells.iter().map(|cell| MsmCell { satellite: place, ..*cell }));
    }

    /// Writes the message that was filled, if there is one.
    fn write(&mut self, more_follow: bool) {
        if self.message.satellites.is_empty() {
            return;
        }
        self.message.header.more_follow = more_follow;
        self.writer.clear();
        let written = self.message.write(&mut self.writer).ok();
        match written.and_then(|()| Frame::from_payload(self.writer.finish()).ok()) {
            Some(frame) => self.frames.push(frame),
            None => self.refused += 1,
        }
    }

    /// The frames, and how many messages could not be written.
    fn finish(mut self) -> (Vec<Frame>, u32) {
        self.write(self.style.more_follow);
        (self.frames, self.refused)
    }
}

/// DF419: the frequency channel plus 7; absent for other systems and for an unknown channel.
fn glonass_extended(satellite: Satellite, observations: &[Observation]) -> Option<u8> {
    if satellite.constellation() != Constellation::Glonass {
        return None;
    }
    let channel = observations.iter().find_map(|observation| observation.glonass_channel)?;
    u8::try_from(channel + 7).ok().filter(|told| *told <= 13)
}

fn count(observations: &[Observation]) -> u32 {
    u32::try_from(observations.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
