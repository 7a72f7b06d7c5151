//! STR: one stream, as the sourcetable describes it.

use crate::findings::{Finding, Findings};
use crate::mountpoint::Mountpoint;
use crate::sourcetable::record::{
    Authentication, FieldReader, Record, RecordKind, count, degrees, flag, number, yes_or_no,
    zero_or_one,
};

/// A STR record (NTRIP 1.0, table "STR", its fields in its order).
#[derive(Clone, Debug, PartialEq)]
pub struct StreamEntry {
    /// The name under which it is asked for.
    pub mountpoint: Mountpoint,
    /// The place, for people.
    pub identifier: String,
    /// `RTCM 3.3`, `RAW`, …
    pub format: String,
    /// Message numbers with their intervals in seconds: `1005(30),1077(1)`.
    pub format_details: String,
    /// Carrier phase: 0 none, 1 one frequency, 2 two, more in the field.
    pub carrier: Option<u8>,
    /// `GPS+GLO+GAL+BDS`.
    pub nav_system: String,
    /// The network it belongs to.
    pub network: String,
    /// ISO 3166, three letters.
    pub country: String,
    /// Degrees, north positive.
    pub latitude_deg: Option<f64>,
    /// Degrees, east positive.
    pub longitude_deg: Option<f64>,
    /// Whether the client must send its position.
    pub needs_gga: Option<bool>,
    /// Whether it comes from a network of stations rather than from one.
    pub is_network: Option<bool>,
    /// What makes the stream.
    pub generator: String,
    /// Compression or encryption.
    pub compression: String,
    /// How it is protected.
    pub authentication: Option<Authentication>,
    /// Whether its use is charged.
    pub fee: Option<bool>,
    /// Bits per second.
    pub bitrate: Option<u32>,
    /// The rest of the line, extra fields included.
    pub misc: String,
}

impl StreamEntry {
    /// A stream of which only the name is known.
    pub fn named(mountpoint: Mountpoint) -> Self {
        Self {
            mountpoint,
            identifier: String::new(),
            format: String::new(),
            format_details: String::new(),
            carrier: None,
            nav_system: String::new(),
            network: String::new(),
            country: String::new(),
            latitude_deg: None,
            longitude_deg: None,
            needs_gga: None,
            is_network: None,
            generator: String::new(),
            compression: String::new(),
            authentication: None,
            fee: None,
            bitrate: None,
            misc: String::new(),
        }
    }

    /// Reads a STR record; `None` if it is another one, or names no legal mountpoint.
    pub fn read(record: &Record, findings: &mut Findings) -> Option<Self> {
        if record.kind() != RecordKind::Stream {
            return None;
        }
        let name = record.fields().into_iter().nth(1).unwrap_or_default();
        let Some(mountpoint) = Mountpoint::new(&name) else {
            findings.note(Finding::TableFieldUnreadable);
            return None;
        };
        let mut fields = FieldReader::new(record, findings);
        fields.text();
        Some(Self {
            mountpoint,
            identifier: fields.text(),
            format: fields.text(),
            format_details: fields.text(),
            carrier: fields.parsed(|text| text.parse().ok()),
            nav_system: fields.text(),
            network: fields.text(),
            country: fields.text(),
            latitude_deg: fields.parsed(number),
            longitude_deg: fields.parsed(number),
            needs_gga: fields.parsed(zero_or_one),
            is_network: fields.parsed(zero_or_one),
            generator: fields.text(),
            compression: fields.text(),
            authentication: fields.parsed(Authentication::read),
            fee: fields.parsed(yes_or_no),
            bitrate: fields.parsed(|text| text.parse().ok()),
            misc: fields.remainder(),
        })
    }

    /// The record, written as the standard has it.
    pub fn to_record(&self) -> Record {
        Record::from_fields([
            "STR",
            self.mountpoint.as_str(),
            &self.identifier,
            &self.format,
            &self.format_details,
            &count(self.carrier),
            &self.nav_system,
            &self.network,
            &self.country,
            &degrees(self.latitude_deg),
            &degrees(self.longitude_deg),
            &flag(self.needs_gga, ["0", "1"]),
            &flag(self.is_network, ["0", "1"]),
            &self.generator,
            &self.compression,
            &Authentication::letter(self.authentication),
            &flag(self.fee, ["N", "Y"]),
            &count(self.bitrate),
            &self.misc,
        ])
    }
}
