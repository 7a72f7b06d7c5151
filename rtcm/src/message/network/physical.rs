//! The physical station behind a computed one: 1032.

use tianshu_gnss::coords::Ecef;

use crate::bits::{BitReader, BitWriter, PastEnd};
use crate::frame::Frame;
use crate::message::Unsendable;
use crate::message::data_field::{DataField, Record, per, real, unsigned};

/// 1032 behind its number (RTCM 10403.3, table 3.5-47; `rtcm-rs` 0.11.0 and pyrtcm 1.2.1 agree).
pub(crate) const PHYSICAL_STATION: &[DataField] = &[
    unsigned(3, "non_physical_reference_station_id", 12),
    unsigned(226, "physical_reference_station_id", 12),
    unsigned(21, "itrf_realization_year", 6),
    real(25, "arp_ecef_x_m", 38, per(1e4)),
    real(26, "arp_ecef_y_m", 38, per(1e4)),
    real(27, "arp_ecef_z_m", 38, per(1e4)),
];

/// Whose observations a computed station's come from: 1032.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhysicalStationMessage {
    /// The computed station's ID (DF003).
    pub station_id: u16,
    /// The physical station's ID (DF226).
    pub physical_id: u16,
    /// Year of the frame's realisation (DF021), 0 to 63.
    pub itrf_year: u8,
    /// The physical station's antenna reference point, to 0.1 mm.
    pub place: Ecef,
}

impl PhysicalStationMessage {
    /// Reads 1032.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, PastEnd> {
        let mut reader = BitReader::new(payload);
        reader.skip(12)?;
        let told = Record::read(PHYSICAL_STATION, &mut reader)?;
        Ok(Self {
            station_id: told.word(3),
            physical_id: told.word(226),
            itrf_year: told.byte(21),
            place: Ecef::new(told.number(25), told.number(26), told.number(27)),
        })
    }

    /// The message as a frame.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        let mut told = Record::zeroed(PHYSICAL_STATION);
        told.set(3, self.station_id.into())?;
        told.set(226, self.physical_id.into())?;
        told.set(21, self.itrf_year.into())?;
        let [x, y, z] = self.place.xyz();
        told.set(25, x)?;
        told.set(26, y)?;
        told.set(27, z)?;
        let mut writer = BitWriter::with_capacity(24);
        writer.unsigned(1032, 12).expect("a message number has 12 bits");
        told.write(&mut writer);
        Ok(Frame::from_payload(writer.finish()).expect("1032 has 20 bytes"))
    }
}
