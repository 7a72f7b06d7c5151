//! CAS and NET: the casters and networks that a sourcetable names.

use crate::findings::Findings;
use crate::sourcetable::record::{
    Authentication, FieldReader, Record, RecordKind, count, degrees, flag, number, yes_or_no,
    zero_or_one,
};

/// A CAS record (NTRIP 1.0, table "CAS", its fields in its order).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CasterEntry {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: Option<u16>,
    /// Its name, for people.
    pub identifier: String,
    /// Who runs it.
    pub operator: String,
    /// Whether it takes positions.
    pub takes_gga: Option<bool>,
    /// ISO 3166, three letters.
    pub country: String,
    /// Degrees, north positive.
    pub latitude_deg: Option<f64>,
    /// Degrees, east positive.
    pub longitude_deg: Option<f64>,
    /// Where to go when it is down; `0.0.0.0` for nowhere.
    pub fallback_host: String,
    /// The fallback's port; 0 for nowhere.
    pub fallback_port: Option<u16>,
    /// The rest of the line, extra fields included.
    pub misc: String,
}

impl CasterEntry {
    /// Reads a CAS record; `None` if it is another one.
    pub fn read(record: &Record, findings: &mut Findings) -> Option<Self> {
        if record.kind() != RecordKind::Caster {
            return None;
        }
        let mut fields = FieldReader::new(record, findings);
        Some(Self {
            host: fields.text(),
            port: fields.parsed(|text| text.parse().ok()),
            identifier: fields.text(),
            operator: fields.text(),
            takes_gga: fields.parsed(zero_or_one),
            country: fields.text(),
            latitude_deg: fields.parsed(number),
            longitude_deg: fields.parsed(number),
            fallback_host: fields.text(),
            fallback_port: fields.parsed(|text| text.parse().ok()),
            misc: fields.remainder(),
        })
    }

    /// The record, written as the standard has it.
    pub fn to_record(&self) -> Record {
        Record::from_fields([
            "CAS",
            &self.host,
            &count(self.port),
            &self.identifier,
            &self.operator,
            &flag(self.takes_gga, ["0", "1"]),
            &self.country,
            &degrees(self.latitude_deg),
            &degrees(self.longitude_deg),
            &self.fallback_host,
            &count(self.fallback_port),
            &self.misc,
        ])
    }
}

/// A NET record (NTRIP 1.0, table "NET", its fields in its order).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NetworkEntry {
    /// Its name.
    pub identifier: String,
    /// Who runs it.
    pub operator: String,
    /// How it is protected.
    pub authentication: Option<Authentication>,
    /// Whether its use is charged.
    pub fee: Option<bool>,
    /// A page about the network.
    pub web_network: String,
    /// A page about its streams.
    pub web_streams: String,
    /// Where to register.
    pub web_registration: String,
    /// The rest of the line, extra fields included.
    pub misc: String,
}

impl NetworkEntry {
    /// Reads a NET record; `None` if it is another one.
    pub fn read(record: &Record, findings: &mut Findings) -> Option<Self> {
        if record.kind() != RecordKind::Network {
            return None;
        }
        let mut fields = FieldReader::new(record, findings);
        Some(Self {
            identifier: fields.text(),
            operator: fields.text(),
            authentication: fields.parsed(Authentication::read),
            fee: fields.parsed(yes_or_no),
            web_network: fields.text(),
            web_streams: fields.text(),
            web_registration: fields.text(),
            misc: fields.remainder(),
        })
    }

    /// The record, written as the standard has it.
    pub fn to_record(&self) -> Record {
        Record::from_fields([
            "NET",
            &self.identifier,
            &self.operator,
            &Authentication::letter(self.authentication),
            &flag(self.fee, ["N", "Y"]),
            &self.web_network,
            &self.web_streams,
            &self.web_registration,
            &self.misc,
        ])
    }
}
