//! What a reference station says of itself: 1005 and 1006, 1007, 1008 and 1033.

use rtcm_rs::Message as Theirs;
use rtcm_rs::msg::{Msg1005T, Msg1006T, Msg1007T, Msg1008T, Msg1033T};
use tianshu_gnss::coords::Ecef;
use tianshu_gnss::station::{Antenna, Receiver, ReferencePoint};

use crate::frame::Frame;
use crate::message::data_field::{DataField, per, positive, real, unsigned};
use crate::message::{Unsendable, foreign_frame};

/// DF029 and its like count to 31.
pub const DESCRIPTOR_BYTES_MAX: usize = 31;

pub(crate) const STATION_ID: DataField = unsigned(3, "reference_station_id", 12);
const ITRF_YEAR: DataField = unsigned(21, "itrf_realization_year", 6);
const ARP: [DataField; 3] = [
    real(25, "arp_ecef_x_m", 38, per(1e4)),
    real(26, "arp_ecef_y_m", 38, per(1e4)),
    real(27, "arp_ecef_z_m", 38, per(1e4)),
];
const ANTENNA_HEIGHT: DataField = positive(28, "antenna_height_m", 16, per(1e4));
const QUARTER_CYCLE: DataField = unsigned(364, "quarter_cycle_indicator", 2);

/// The antenna reference point: 1005, or 1006 with the antenna height.
#[expect(clippy::struct_excessive_bools, reason = "the message is made of flags")]
#[derive(Clone, Debug, PartialEq)]
pub struct ReferencePointMessage {
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// Whether the station serves GPS (DF022).
    pub gps: bool,
    /// Whether the station serves GLONASS (DF023).
    pub glonass: bool,
    /// Whether the station serves Galileo (DF024).
    pub galileo: bool,
    /// Whether the station is computed, not real (DF141).
    pub non_physical: bool,
    /// Whether all signals are measured with one oscillator (DF142).
    pub single_oscillator: bool,
    /// How phases of one band relate (DF364): 0 not told, 1 corrected, 2 not corrected.
    pub quarter_cycle: u8,
    /// The reference point, the year of its frame, and its height above the marker, which makes it a 1006.
    pub point: ReferencePoint,
}

/// What a station is made of: 1007 (antenna), 1008 (with its serial number), 1033 (with the receiver).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EquipmentMessage {
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// The antenna. A serial number, be it empty, makes it a 1008.
    pub antenna: Antenna,
    /// The receiver. It makes it a 1033.
    pub receiver: Option<Receiver>,
}

impl ReferencePointMessage {
    /// 1005, or 1006 where the antenna height is told.
    pub fn number(&self) -> u16 {
        if self.point.antenna_height_m.is_some() { 1006 } else { 1005 }
    }

    /// The message as a frame.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        STATION_ID.raw_of(self.station_id.into())?;
        ITRF_YEAR.raw_of(self.point.itrf_year.into())?;
        QUARTER_CYCLE.raw_of(self.quarter_cycle.into())?;
        let [x, y, z] = self.point.place.xyz();
        for (field, value) in ARP.iter().zip([x, y, z]) {
            field.raw_of(value)?;
        }
        let head = Msg1005T {
            reference_station_id: self.station_id,
            reserved_24_6: self.point.itrf_year,
            gps_flag: self.gps.into(),
            glonass_flag: self.glonass.into(),
            galileo_flag: self.galileo.into(),
            reference_station_ind: self.non_physical.into(),
            antenna_ref_point_ecef_x_m: x,
            single_receiver_osc_ind: self.single_oscillator.into(),
            reserved_73_1: 0,
            antenna_ref_point_ecef_y_m: y,
            quarter_cycle_ind: self.quarter_cycle,
            antenna_ref_point_ecef_z_m: z,
        };
        let Some(height_m) = self.point.antenna_height_m else {
            return Ok(foreign_frame::encode(&Theirs::Msg1005(head)));
        };
        ANTENNA_HEIGHT.raw_of(height_m)?;
        Ok(foreign_frame::encode(&Theirs::Msg1006(Msg1006T {
            reference_station_id: head.reference_station_id,
            reserved_24_6: head.reserved_24_6,
            gps_flag: head.gps_flag,
            glonass_flag: head.glonass_flag,
            galileo_flag: head.galileo_flag,
            reference_station_ind: head.reference_station_ind,
            antenna_ref_point_ecef_x_m: x,
            single_receiver_osc_ind: head.single_receiver_osc_ind,
            reserved_73_1: 0,
            antenna_ref_point_ecef_y_m: y,
            quarter_cycle_ind: head.quarter_cycle_ind,
            antenna_ref_point_ecef_z_m: z,
            antenna_height_m: height_m,
        })))
    }

    pub(super) fn from_1005(m: &Msg1005T) -> Self {
        Self {
            station_id: m.reference_station_id,
            gps: m.gps_flag != 0,
            glonass: m.glonass_flag != 0,
            galileo: m.galileo_flag != 0,
            non_physical: m.reference_station_ind != 0,
            single_oscillator: m.single_receiver_osc_ind != 0,
            quarter_cycle: m.quarter_cycle_ind,
            point: ReferencePoint {
                place: Ecef::new(
                    to_tenths_of_millimetres(m.antenna_ref_point_ecef_x_m),
                    to_tenths_of_millimetres(m.antenna_ref_point_ecef_y_m),
                    to_tenths_of_millimetres(m.antenna_ref_point_ecef_z_m),
                ),
                antenna_height_m: None,
                itrf_year: m.reserved_24_6,
            },
        }
    }

    pub(super) fn from_1006(m: &Msg1006T) -> Self {
        let mut message = Self::from_1005(&Msg1005T {
            reference_station_id: m.reference_station_id,
            reserved_24_6: m.reserved_24_6,
            gps_flag: m.gps_flag,
            glonass_flag: m.glonass_flag,
            galileo_flag: m.galileo_flag,
            reference_station_ind: m.reference_station_ind,
            antenna_ref_point_ecef_x_m: m.antenna_ref_point_ecef_x_m,
            single_receiver_osc_ind: m.single_receiver_osc_ind,
            reserved_73_1: m.reserved_73_1,
            antenna_ref_point_ecef_y_m: m.antenna_ref_point_ecef_y_m,
            quarter_cycle_ind: m.quarter_cycle_ind,
            antenna_ref_point_ecef_z_m: m.antenna_ref_point_ecef_z_m,
        });
        message.point.antenna_height_m = Some(to_tenths_of_millimetres(m.antenna_height_m));
        message
    }
}

impl EquipmentMessage {
    /// 1033 where the receiver is told, 1008 where a serial number is, else 1007.
    pub fn number(&self) -> u16 {
        match (&self.receiver, &self.antenna.serial) {
            (Some(_), _) => 1033,
            (None, Some(_)) => 1008,
            (None, None) => 1007,
        }
    }

    /// The message as a frame. 1033 has a place for the antenna's serial number and leaves it empty where
    /// there is none.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        STATION_ID.raw_of(self.station_id.into())?;
        let descriptor = descriptor(29, &self.antenna.descriptor)?;
        let serial = descriptor_of(32, self.antenna.serial.as_deref())?;
        let antenna_setup_id = self.antenna.setup_id;
        let reference_station_id = self.station_id;
        let message = match &self.receiver {
            Some(receiver) => Theirs::Msg1033(Msg1033T {
                reference_station_id,
                antenna_descriptor_str: descriptor.into(),
                antenna_setup_id,
                antenna_serial_number_str: serial.unwrap_or_default().into(),
                receiver_type_descriptor_str: self::descriptor(227, &receiver.descriptor)?.into(),
                receiver_firmware_version_str: self::descriptor(229, &receiver.firmware)?.into(),
                receiver_serial_number_str: self::descriptor(231, &receiver.serial)?.into(),
            }),
            None => match serial {
                Some(serial) => Theirs::Msg1008(Msg1008T {
                    reference_station_id,
                    antenna_descriptor_str: descriptor.into(),
                    antenna_setup_id,
                    antenna_serial_number_str: serial.into(),
                }),
                None => Theirs::Msg1007(Msg1007T {
                    reference_station_id,
                    antenna_descriptor_str: descriptor.into(),
                    antenna_setup_id,
                }),
            },
        };
        Ok(foreign_frame::encode(&message))
    }

    pub(super) fn from_1007(m: &Msg1007T) -> Self {
        let antenna = Antenna {
            descriptor: m.antenna_descriptor_str.chars().collect(),
            setup_id: m.antenna_setup_id,
            serial: None,
        };
        Self { station_id: m.reference_station_id, antenna, receiver: None }
    }

    pub(super) fn from_1008(m: &Msg1008T) -> Self {
        let antenna = Antenna {
            descriptor: m.antenna_descriptor_str.chars().collect(),
            setup_id: m.antenna_setup_id,
            serial: Some(m.antenna_serial_number_str.chars().collect()),
        };
        Self { station_id: m.reference_station_id, antenna, receiver: None }
    }

    pub(super) fn from_1033(m: &Msg1033T) -> Self {
        let antenna = Antenna {
            descriptor: m.antenna_descriptor_str.chars().collect(),
            setup_id: m.antenna_setup_id,
            serial: Some(m.antenna_serial_number_str.chars().collect()),
        };
        let receiver = Receiver {
            descriptor: m.receiver_type_descriptor_str.chars().collect(),
            firmware: m.receiver_firmware_version_str.chars().collect(),
            serial: m.receiver_serial_number_str.chars().collect(),
        };
        Self { station_id: m.reference_station_id, antenna, receiver: Some(receiver) }
    }
}

/// `rtcm-rs` multiplies by 0.0001, which is no binary fraction; this is the number the field means.
fn to_tenths_of_millimetres(metres: f64) -> f64 {
    (metres * 1e4).round() / 1e4
}

fn descriptor_of(df: u16, text: Option<&str>) -> Result<Option<&str>, Unsendable> {
    text.map(|text| descriptor(df, text)).transpose()
}

/// A text that fits its field: up to 31 printable characters of ISO 8859-1.
fn descriptor(df: u16, text: &str) -> Result<&str, Unsendable> {
    let length = text.chars().count();
    if length > DESCRIPTOR_BYTES_MAX {
        return Err(Unsendable::TextTooLong { df, length, length_max: DESCRIPTOR_BYTES_MAX });
    }
    if text.chars().any(|c| c.is_control() || u32::from(c) > 0xFF) {
        return Err(Unsendable::NotLatin { text: text.to_owned() });
    }
    Ok(text)
}
