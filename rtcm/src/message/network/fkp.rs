//! Gradients around a station (FKP): 1034 (GPS) and 1035 (GLONASS).

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;

use crate::bits::PastEnd;
use crate::frame::Frame;
use crate::message::Unsendable;
use crate::message::data_field::Record;
use crate::message::network::tables::{FKP, Layout, find};
use crate::message::network::{read, write};

/// DF006 and DF035 count to 31.
pub const SATELLITES_MAX: usize = 31;
/// DF242 and DF243 reach so far, ppm.
pub const GEOMETRIC_MAX_PPM: f64 = 20.47;
/// DF244 and DF245 reach so far, ppm.
pub const IONOSPHERIC_MAX_PPM: f64 = 81.91;

/// Gradients of one system.
#[derive(Clone, Debug, PartialEq)]
pub struct GradientsMessage {
    /// Whose satellites: GPS (1034) or GLONASS (1035).
    pub constellation: Constellation,
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// GPS time of week (DF240) or GLONASS time of day (DF241), whole s.
    pub epoch_s: f64,
    /// The satellites.
    pub satellites: Vec<SatelliteGradients>,
}

/// The gradients of one satellite, to 0.01 ppm; none where the message says that there is no value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SatelliteGradients {
    /// Its number as told.
    pub number: u8,
    /// Issue of the ephemeris that the geometric part refers to (DF071, DF392).
    pub iode: u8,
    /// Northward, not dispersive, ppm (DF242).
    pub geometric_north_ppm: Option<f64>,
    /// Eastward, not dispersive, ppm (DF243).
    pub geometric_east_ppm: Option<f64>,
    /// Northward, dispersive, ppm (DF244).
    pub ionospheric_north_ppm: Option<f64>,
    /// Eastward, dispersive, ppm (DF245).
    pub ionospheric_east_ppm: Option<f64>,
}

impl GradientsMessage {
    /// The message number of a system's gradients; none but for GPS and GLONASS.
    pub fn number_of(constellation: Constellation) -> Option<u16> {
        layout(constellation).map(|layout| layout.number)
    }

    /// The message number; 0 for a system that has none, and such a message cannot be sent.
    pub fn number(&self) -> u16 {
        Self::number_of(self.constellation).unwrap_or(0)
    }

    /// Reads the message; `None` where the number is that of another message.
    pub(crate) fn read(number: u16, payload: &[u8]) -> Option<Result<Self, PastEnd>> {
        let layout = find(&FKP, number)?;
        Some(read(layout, payload).map(|(head, entries)| Self {
            constellation: layout.constellation,
            station_id: head.word(3),
            epoch_s: head.number(layout.time),
            satellites: entries.iter().map(|entry| SatelliteGradients::of(entry, layout)).collect(),
        }))
    }

    /// The message as a frame.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        let layout = layout(self.constellation)
            .ok_or(Unsendable::NoMessage { constellation: self.constellation })?;
        let mut head = Record::zeroed(layout.head);
        head.set(3, self.station_id.into())?;
        head.set(layout.time, self.epoch_s)?;
        let entries = self.satellites.iter().map(|satellite| satellite.record(layout));
        write(layout, &mut head, &entries.collect::<Result<Vec<_>, _>>()?)
    }

    /// Which satellite an entry is of; none where no satellite has that number.
    pub fn satellite(&self, gradients: &SatelliteGradients) -> Option<Satellite> {
        Satellite::new(self.constellation, gradients.number)
    }
}

impl SatelliteGradients {
    fn of(entry: &Record, layout: &Layout) -> Self {
        Self {
            number: entry.byte(layout.satellite),
            iode: entry.byte(issue(layout)),
            geometric_north_ppm: entry.told(242),
            geometric_east_ppm: entry.told(243),
            ionospheric_north_ppm: entry.told(244),
            ionospheric_east_ppm: entry.told(245),
        }
    }

    fn record(&self, layout: &Layout) -> Result<Record, Unsendable> {
        let mut entry = Record::zeroed(layout.entry);
        entry.set(layout.satellite, self.number.into())?;
        entry.set(issue(layout), self.iode.into())?;
        let gradients = [
            (242, self.geometric_north_ppm, GEOMETRIC_MAX_PPM),
            (243, self.geometric_east_ppm, GEOMETRIC_MAX_PPM),
            (244, self.ionospheric_north_ppm, IONOSPHERIC_MAX_PPM),
            (245, self.ionospheric_east_ppm, IONOSPHERIC_MAX_PPM),
        ];
        for (df, ppm, reach_ppm) in gradients {
            match ppm {
                // The lowest number says "none": a value may not round to it.
                Some(ppm) => entry.set(df, if ppm < -reach_ppm { f64::NAN } else { ppm })?,
                None => entry.set_absent(df),
            }
        }
        Ok(entry)
    }
}

/// The data field of the issue.
fn issue(layout: &Layout) -> u16 {
    if layout.constellation == Constellation::Gps { 71 } else { 392 }
}

fn layout(constellation: Constellation) -> Option<&'static Layout> {
    FKP.iter().find(|layout| layout.constellation == constellation)
}
