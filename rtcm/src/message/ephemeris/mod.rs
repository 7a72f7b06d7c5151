//! Broadcast ephemerides in and out of messages 1019, 1020, 1041, 1042 (63), 1044, 1045 and 1046.
//!
//! The messages tell weeks and days cut short, so what was read becomes an ephemeris only with the help of
//! the caller's approximate time ([`EphemerisMessage::resolve`]). There and back gives the same bits.

mod beidou;
mod galileo;
mod glonass;
mod lnav;
mod navic;
mod orbit;
pub(crate) mod tables;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::ephemeris::Ephemeris;
use tianshu_gnss::ephemeris::kepler::GalileoMessage;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::time::gps::GpsTime;

use crate::bits::{BitReader, BitWriter, PastEnd};
use crate::frame::Frame;
use crate::message::data_field::{DataField, DoesNotFit, Record};

/// An ephemeris as its message tells it, the week or day still cut short.
#[derive(Clone, Debug, PartialEq)]
pub struct EphemerisMessage {
    number: u16,
    kind: Kind,
    record: Record,
}

/// What an ephemeris message says that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum EphemerisFault {
    /// No satellite has that number.
    #[error("{constellation} has no satellite {number}")]
    Satellite {
        /// The system.
        constellation: Constellation,
        /// The number told.
        number: u64,
    },
    /// A reference time lies behind the end of the week.
    #[error("{seconds} s is no time of a week")]
    TimeOfWeek {
        /// The time told, s.
        seconds: f64,
    },
    /// A reference time lies behind the end of the day.
    #[error("{minutes} min is no time of a day")]
    TimeOfDay {
        /// The time told, min.
        minutes: f64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Gps,
    Glonass,
    Navic,
    BeiDou,
    Qzss,
    Galileo(GalileoMessage),
}

impl Kind {
    fn of_number(number: u16) -> Option<Self> {
        Some(match number {
            1019 => Self::Gps,
            1020 => Self::Glonass,
            1041 => Self::Navic,
            63 | 1042 => Self::BeiDou,
            1044 => Self::Qzss,
            1045 => Self::Galileo(GalileoMessage::FNav),
            1046 => Self::Galileo(GalileoMessage::INav),
            _ => return None,
        })
    }

    fn table(self) -> &'static [DataField] {
        match self {
            Self::Gps => tables::GPS,
            Self::Glonass => tables::GLONASS,
            Self::Navic => tables::NAVIC,
            Self::BeiDou => tables::BEIDOU,
            Self::Qzss => tables::QZSS,
            Self::Galileo(GalileoMessage::FNav) => tables::GALILEO_FNAV,
            Self::Galileo(GalileoMessage::INav) => tables::GALILEO_INAV,
        }
    }

    /// The system, the field of the satellite's number, and the largest number of a satellite of it.
    fn satellite(self) -> (Constellation, u16, u64) {
        match self {
            // DF009 above 32 means SBAS in observations, and nothing in an ephemeris.
            Self::Gps => (Constellation::Gps, 9, 32),
            Self::Glonass => (Constellation::Glonass, 38, 63),
            Self::Navic => (Constellation::Navic, 516, 63),
            Self::BeiDou => (Constellation::BeiDou, 488, 63),
            Self::Qzss => (Constellation::Qzss, 429, 15),
            Self::Galileo(_) => (Constellation::Galileo, 252, 63),
        }
    }
}

impl EphemerisMessage {
    /// Reads an ephemeris message; `None` where the number is that of another message.
    pub(crate) fn read(number: u16, payload: &[u8]) -> Option<Result<Self, PastEnd>> {
        let kind = Kind::of_number(number)?;
        let mut reader = BitReader::new(payload);
        let record = reader.skip(12).and_then(|()| Record::read(kind.table(), &mut reader));
        Some(record.map(|record| Self { number, kind, record }))
    }

    /// The message that tells this ephemeris.
    pub fn of(ephemeris: &Ephemeris) -> Result<Self, DoesNotFit> {
        let number = match ephemeris {
            Ephemeris::Gps(_) => 1019,
            Ephemeris::Glonass(_) => 1020,
            Ephemeris::Navic(_) => 1041,
            Ephemeris::BeiDou(_) => 1042,
            Ephemeris::Qzss(_) => 1044,
            Ephemeris::Galileo(e) if e.message == GalileoMessage::FNav => 1045,
            Ephemeris::Galileo(_) => 1046,
        };
        let kind = Kind::of_number(number).expect("all of these are ephemeris messages");
        let mut record = Record::zeroed(kind.table());
        match ephemeris {
            Ephemeris::Gps(e) => lnav::fill(&mut record, &lnav::GPS, e),
            Ephemeris::Qzss(e) => lnav::fill(&mut record, &lnav::QZSS, e),
            Ephemeris::Glonass(e) => glonass::fill(&mut record, e),
            Ephemeris::Navic(e) => navic::fill(&mut record, e),
            Ephemeris::BeiDou(e) => beidou::fill(&mut record, e),
            Ephemeris::Galileo(e) => galileo::fill(&mut record, e),
        }?;
        Ok(Self { number, kind, record })
    }

    /// The message number: 1019, 1020, 1041, 1042, 63, 1044, 1045 or 1046.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The satellite.
    pub fn satellite(&self) -> Result<Satellite, EphemerisFault> {
        let (constellation, df, largest) = self.kind.satellite();
        let number = self.record.raw(df);
        u8::try_from(number)
            .ok()
            .filter(|_| number <= largest)
            .and_then(|number| Satellite::new(constellation, number))
            .ok_or(EphemerisFault::Satellite { constellation, number })
    }

    /// The ephemeris, its weeks and days made whole by an approximate time of reception.
    ///
    /// `near` must be right to half of what the message can tell: ten years for GPS, QZSS and NavIC, forty
    /// for Galileo, eighty for BeiDou, twelve hours for GLONASS. Where it is right to half a week, a
    /// reference time across the end of the week is understood too.
    pub fn resolve(&self, near: GpsTime) -> Result<Ephemeris, EphemerisFault> {
        let satellite = self.satellite()?;
        let record = &self.record;
        Ok(match self.kind {
            Kind::Gps => Ephemeris::Gps(lnav::resolve(record, &lnav::GPS, satellite, near)?),
            Kind::Qzss => Ephemeris::Qzss(lnav::resolve(record, &lnav::QZSS, satellite, near)?),
            Kind::Glonass => Ephemeris::Glonass(glonass::resolve(record, satellite, near)?),
            Kind::Navic => Ephemeris::Navic(navic::resolve(record, satellite, near)?),
            Kind::BeiDou => Ephemeris::BeiDou(beidou::resolve(record, satellite, near)?),
            Kind::Galileo(message) => {
                Ephemeris::Galileo(galileo::resolve(record, message, satellite, near)?)
            }
        })
    }

    /// The frame of this message.
    pub fn to_frame(&self) -> Frame {
        let mut writer = BitWriter::with_capacity(64);
        writer.unsigned(self.number.into(), 12).expect("a message number has 12 bits");
        self.record.write(&mut writer);
        Frame::from_payload(writer.finish()).expect("no ephemeris has more than 64 bytes")
    }
}

#[cfg(test)]
mod tests;
