//! How well a computed station's observations may be believed: 1030, 1031, 1303, 1304 and 1305.
//!
//! A rover at a distance d and a height difference dh from the station weighs a satellite by
//! s0² = `s_oc`² + (`s_od` d)² + (`s_oh` |dh|)², of what is not dispersive, and sI² = `s_ic`² + (`s_id` d)², of the ionosphere on L1.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;

use crate::bits::PastEnd;
use crate::frame::Frame;
use crate::message::Unsendable;
use crate::message::data_field::Record;
use crate::message::network::tables::{Layout, RESIDUALS, find};
use crate::message::network::{read, write};

/// DF006 and its like count to 31.
pub const SATELLITES_MAX: usize = 31;
/// DF223 counts to 127.
pub const REFERENCES_MAX: u8 = 127;
/// DF218 tells at most this, mm.
pub const S_OC_MAX_MM: f64 = 127.5;
/// DF221 tells at most this, mm.
pub const S_IC_MAX_MM: f64 = 511.5;

/// Residuals of one system.
#[derive(Clone, Debug, PartialEq)]
pub struct ResidualsMessage {
    /// Whose satellites: GPS (1030), GLONASS (1031), BeiDou (1303), Galileo (1304) or QZSS (1305).
    pub constellation: Constellation,
    /// Time of week of the system's messages, of day for GLONASS, s; whole (DF224, DF225, DF571, DF573, DF575).
    pub epoch_s: f64,
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// From how many stations the residuals come (DF223); 127 says "127 or more".
    pub references: u8,
    /// The satellites.
    pub satellites: Vec<SatelliteResidual>,
}

/// The residual of one satellite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SatelliteResidual {
    /// Its number as told.
    pub number: u8,
    /// The constant part of what is not dispersive, mm (DF218), to 0.5 mm.
    pub s_oc_mm: f64,
    /// What grows with the distance, ppm (DF219), to 0.01 ppm.
    pub s_od_ppm: f64,
    /// What grows with the height difference, ppm (DF220), to 0.1 ppm.
    pub s_oh_ppm: f64,
    /// The constant part of what is dispersive, on L1, mm (DF221), to 0.5 mm.
    pub s_ic_mm: f64,
    /// What grows with the distance, ppm (DF222), to 0.01 ppm.
    pub s_id_ppm: f64,
}

impl ResidualsMessage {
    /// The message number of a system's residuals; none for SBAS and NavIC.
    pub fn number_of(constellation: Constellation) -> Option<u16> {
        layout(constellation).map(|layout| layout.number)
    }

    /// The message number.
    ///
    /// 0 for a system that has none; such a message cannot be sent.
    pub fn number(&self) -> u16 {
        Self::number_of(self.constellation).unwrap_or(0)
    }

    /// Reads the message; `None` where the number is that of another message.
    pub(crate) fn read(number: u16, payload: &[u8]) -> Option<Result<Self, PastEnd>> {
        let layout = find(&RESIDUALS, number)?;
        Some(read(layout, payload).map(|(head, entries)| Self {
            constellation: layout.constellation,
            epoch_s: head.number(layout.time),
            station_id: head.word(3),
            references: head.byte(223),
            satellites: entries.iter().map(|entry| SatelliteResidual::of(entry, layout)).collect(),
        }))
    }

    /// The message as a frame.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        let layout = layout(self.constellation)
            .ok_or(Unsendable::NoMessage { constellation: self.constellation })?;
        let mut head = Record::zeroed(layout.head);
        head.set(layout.time, self.epoch_s)?;
        head.set(3, self.station_id.into())?;
        head.set(223, self.references.into())?;
        let entries = self.satellites.iter().map(|satellite| satellite.record(layout));
        write(layout, &mut head, &entries.collect::<Result<Vec<_>, _>>()?)
    }

    /// Which satellite an entry is of; none where no satellite has that number.
    pub fn satellite(&self, residual: &SatelliteResidual) -> Option<Satellite> {
        Satellite::new(self.constellation, residual.number)
    }
}

impl SatelliteResidual {
    fn of(entry: &Record, layout: &Layout) -> Self {
        Self {
            number: entry.byte(layout.satellite),
            s_oc_mm: entry.number(218),
            s_od_ppm: entry.number(219),
            s_oh_ppm: entry.number(220),
            s_ic_mm: entry.number(221),
            s_id_ppm: entry.number(222),
        }
    }

    fn record(&self, layout: &Layout) -> Result<Record, Unsendable> {
        let mut entry = Record::zeroed(layout.entry);
        entry.set(layout.satellite, self.number.into())?;
        entry.set(218, self.s_oc_mm)?;
        entry.set(219, self.s_od_ppm)?;
        entry.set(220, self.s_oh_ppm)?;
        entry.set(221, self.s_ic_mm)?;
        entry.set(222, self.s_id_ppm)?;
        Ok(entry)
    }
}

fn layout(constellation: Constellation) -> Option<&'static Layout> {
    RESIDUALS.iter().find(|layout| layout.constellation == constellation)
}
