//! What the header of an observation file says of whoever measured, with a record or without one.

use tianshu_gnss::coords::{Ecef, Enu};
use tianshu_gnss::station::{Antenna, Receiver};
use tianshu_gnss::time::gps::GpsTime;

use crate::products::station::StationRecord;

/// What a header says of a station.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    /// Marker name.
    pub marker_name: String,
    /// Marker number (IERS DOMES), where there is one.
    pub marker_number: Option<String>,
    /// The receiver; empty where it is not known.
    pub receiver: Receiver,
    /// The antenna; empty where it is not known.
    pub antenna: Antenna,
    /// Where the marker is, if that is known.
    pub marker: Option<Ecef>,
    /// From the marker to the antenna reference point.
    pub antenna_delta: Enu,
    /// Whom to ask.
    pub observer: String,
    /// Whose it is.
    pub agency: String,
    /// Who makes the file, of at most twenty characters.
    pub run_by: String,
}

/// From what a header is made.
#[derive(Clone, Copy, Debug)]
pub enum Described<'a> {
    /// The station's record, which knows what was there when.
    Record(&'a StationRecord),
    /// This alone.
    Face(&'a Face),
}

impl Described<'_> {
    /// What a header says whose first epoch is at that moment; none for a record without receiver or antenna.
    pub(crate) fn at(self, first: GpsTime) -> Option<Face> {
        let record = match self {
            Self::Face(face) => return Some(face.clone()),
            Self::Record(record) => record,
        };
        let (receiver, antenna) = (record.receiver_at(first)?, record.antenna_at(first)?);
        let agency = &record.agency;
        let abbreviation =
            if agency.abbreviation.is_empty() { &agency.name } else { &agency.abbreviation };
        Some(Face {
            marker_name: record.id.to_string(),
            marker_number: record.domes.clone(),
            receiver: receiver.receiver.clone(),
            antenna: antenna.antenna.clone(),
            marker: Some(record.marker()),
            antenna_delta: antenna.delta,
            observer: agency.contact.clone(),
            agency: agency.name.clone(),
            run_by: abbreviation.clone(),
        })
    }
}
