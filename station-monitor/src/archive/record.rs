//! Records: what the spool holds, one epoch, frame or set of figures of one station each, with a checksum.
//!
//! ```text
//! u32  bytes of the body          all numbers little-endian
//! u32  CRC-32C of the body
//! body u8 kind, i32 hour, u8 length of the name, the station's name, and what the kind says:
//!      1 epoch   i64 time in ns, then each observation: system, number, band, attribute, bits of what is there, numbers
//!      2 frame   i64 arrival in ns, then the frame
//!      3 figures each: i64 time in ns, resolution, satellite, signal, name, value
//! ```

use bytes::Bytes;
use crc::{CRC_32_ISCSI, Crc, Table};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::station::StationName;
use tianshu_gnss::time::gps::GpsTime;

use crate::archive::figure::{QualityRow, Resolution};
use crate::archive::scaled::{ScaledEpoch, ScaledObservation};
use crate::archive::span::Hour;
use crate::archive::varint::{Reader, put_signed, put_unsigned};

/// Bytes before a record's body.
pub(super) const RECORD_HEAD_BYTES: usize = 8;
/// The longest body. The longest epoch (64 satellites of seven systems with 32 signals, 40 bytes each) has 0.6 MB; what claims
/// to be longer than this was never written by us.
pub(super) const RECORD_BYTES_MAX: usize = 1 << 20;
/// CRC-32C (Castagnoli), as iSCSI uses it (RFC 3720, appendix B.4).
const CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// What is archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// What a station measured.
    Epoch(StationName, ScaledEpoch),
    /// A frame as it was received, from the preamble to the CRC.
    Frame {
        /// Whose.
        station: StationName,
        /// When it arrived, by this machine's clock.
        arrived: GpsTime,
        /// The frame.
        frame: Bytes,
    },
    /// Figures of one station and one hour.
    Quality(StationName, Vec<QualityRow>),
}

/// What a record is about, told without reading the rest of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct About {
    pub kind: Kind,
    pub hour: Hour,
    pub station: StationName,
}

/// The kinds of records, and of the files that are made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Observations.
    Epoch,
    /// Raw frames.
    Frame,
    /// Figures.
    Quality,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Epoch, Self::Frame, Self::Quality];

    /// Its name, which is that of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Epoch => "observations",
            Self::Frame => "raw",
            Self::Quality => "quality",
        }
    }

    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Epoch => 1,
            Self::Frame => 2,
            Self::Quality => 3,
        }
    }

    pub(super) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| i64::from(kind.number()) == number)
    }
}

impl Record {
    /// Figures as records: one of each station and hour.
    pub fn of_figures(mut rows: Vec<QualityRow>) -> Vec<Self> {
        rows.sort_by(|a, b| (&a.station, a.time).cmp(&(&b.station, b.time)));
        rows.chunk_by(|a, b| a.station == b.station && Hour::of(a.time) == Hour::of(b.time))
            .filter_map(|chunk| Some(Self::Quality(chunk.first()?.station.clone(), chunk.to_vec())))
            .collect()
    }

    /// What it is about; none for a set of no figures, which is about nothing.
    pub(super) fn about(&self) -> Option<About> {
        let (kind, station, moment) = match self {
            Self::Epoch(station, epoch) => (Kind::Epoch, station, epoch.time),
            Self::Frame { station, arrived, .. } => (Kind::Frame, station, *arrived),
            Self::Quality(station, rows) => (Kind::Quality, station, rows.first()?.time),
        };
        Some(About { kind, hour: Hour::of(moment), station: station.clone() })
    }

    /// Adds the record; `false`, and nothing added, where there is nothing to add or it is too long.
    pub(super) fn put(&self, out: &mut Vec<u8>) -> bool {
        let Some(about) = self.about() else { return false };
        let start = out.len();
        out.extend([0; RECORD_HEAD_BYTES]);
        put_about(out, &about);
        match self {
            Self::Epoch(_, epoch) => put_epoch(out, epoch),
            Self::Frame { arrived, frame, .. } => {
                out.extend(arrived.nanos().to_le_bytes());
                out.extend_from_slice(frame);
            }
            Self::Quality(_, rows) => rows.iter().for_each(|row| put_figure(out, row)),
        }
        let body = out.get(start + RECORD_HEAD_BYTES..).unwrap_or_default();
        let (length, sum) = (body.len(), checksum(body));
        let Ok(short) = u32::try_from(length) else {
            out.truncate(start);
            return false;
        };
        if length > RECORD_BYTES_MAX {
            out.truncate(start);
            return false;
        }
        let head = out.get_mut(start..start + RECORD_HEAD_BYTES);
        if let Some((one, other)) = head.and_then(|head| head.split_at_mut_checked(4)) {
            one.copy_from_slice(&short.to_le_bytes());
            other.copy_from_slice(&sum.to_le_bytes());
        }
        true
    }

    /// Reads the body of a record whose checksum holds; `None` for one that we did not write.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let about = read_about(&mut reader)?;
        let station = about.station;
        Some(match about.kind {
            Kind::Epoch => Self::Epoch(station, read_epoch(&mut reader)?),
            Kind::Frame => {
                let arrived = GpsTime::from_nanos(i64::from_le_bytes(reader.array()?));
                Self::Frame { station, arrived, frame: Bytes::copy_from_slice(reader.rest()) }
            }
            Kind::Quality => {
                let mut rows = Vec::new();
                while !reader.rest().is_empty() {
                    rows.push(read_figure(&mut reader, &station)?);
                }
                Self::Quality(station, rows)
            }
        })
    }
}

/// What the record of that body is about.
pub(super) fn about(body: &[u8]) -> Option<About> {
    read_about(&mut Reader::new(body))
}

/// The checksum of a body.
pub(super) fn checksum(body: &[u8]) -> u32 {
    CRC.checksum(body)
}

fn put_about(out: &mut Vec<u8>, about: &About) {
    out.push(about.kind.number());
    let hour = i32::try_from(about.hour.number()).unwrap_or(i32::MAX);
    out.extend(hour.to_le_bytes());
    let name = about.station.as_str().as_bytes();
    out.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(name);
}

fn read_about(reader: &mut Reader<'_>) -> Option<About> {
    let kind = Kind::from_number(i64::from(reader.byte()?))?;
    let hour = Hour::from_number(i64::from(i32::from_le_bytes(reader.array()?)));
    let length = usize::from(reader.byte()?);
    let name = std::str::from_utf8(reader.bytes(length)?).ok()?;
    Some(About { kind, hour, station: name.parse().ok()? })
}

const HAS_CHANNEL: u8 = 1;
const HAS_CODE: u8 = 1 << 1;
const HAS_PHASE: u8 = 1 << 2;
const HAS_DOPPLER: u8 = 1 << 3;
const HAS_CN0: u8 = 1 << 4;
const HAS_LOCK: u8 = 1 << 5;
const HALF_CYCLE: u8 = 1 << 6;

fn put_epoch(out: &mut Vec<u8>, epoch: &ScaledEpoch) {
    out.extend(epoch.time.nanos().to_le_bytes());
    for o in &epoch.observations {
        put_satellite(out, o.satellite);
        put_signal(out, o.signal);
        let bits = [
            (o.glonass_channel.is_some(), HAS_CHANNEL),
            (o.code_mm.is_some(), HAS_CODE),
            (o.phase_millicycles.is_some(), HAS_PHASE),
            (o.doppler_millihertz.is_some(), HAS_DOPPLER),
            (o.cn0_sixteenths.is_some(), HAS_CN0),
            (o.lock_ms.is_some(), HAS_LOCK),
            (o.half_cycle_ambiguous, HALF_CYCLE),
        ];
        out.push(bits.iter().filter(|(set, _)| *set).map(|(_, bit)| bit).sum());
        let signed = [
            o.glonass_channel.map(i64::from),
            o.code_mm,
            o.phase_millicycles,
            o.doppler_millihertz.map(i64::from),
        ];
        signed.into_iter().flatten().for_each(|value| put_signed(out, value));
        let unsigned = [o.cn0_sixteenths.map(u64::from), o.lock_ms.map(u64::from)];
        unsigned.into_iter().flatten().for_each(|value| put_unsigned(out, value));
    }
}

fn read_epoch(reader: &mut Reader<'_>) -> Option<ScaledEpoch> {
    let time = GpsTime::from_nanos(i64::from_le_bytes(reader.array()?));
    let mut observations = Vec::new();
    while !reader.rest().is_empty() {
        let satellite = read_satellite(reader.array()?)?;
        let [band, attribute] = reader.array()?;
        let signal =
            Signal::new(satellite.constellation(), char::from(band), char::from(attribute))?;
        let bits = reader.byte()?;
        let mut signed = |bit: u8| -> Option<Option<i64>> {
            if bits & bit == 0 { Some(None) } else { reader.signed().map(Some) }
        };
        let glonass_channel = signed(HAS_CHANNEL)?.and_then(|n| i8::try_from(n).ok());
        let code_mm = signed(HAS_CODE)?;
        let phase_millicycles = signed(HAS_PHASE)?;
        let doppler_millihertz = signed(HAS_DOPPLER)?.and_then(|n| i32::try_from(n).ok());
        let mut unsigned = |bit: u8| -> Option<Option<u64>> {
            if bits & bit == 0 { Some(None) } else { reader.unsigned().map(Some) }
        };
        let cn0_sixteenths = unsigned(HAS_CN0)?.and_then(|n| u16::try_from(n).ok());
        let lock_ms = unsigned(HAS_LOCK)?.and_then(|n| u32::try_from(n).ok());
        observations.push(ScaledObservation {
            satellite,
            signal,
            glonass_channel,
            code_mm,
            phase_millicycles,
            doppler_millihertz,
            cn0_sixteenths,
            lock_ms,
            half_cycle_ambiguous: bits & HALF_CYCLE != 0,
        });
    }
    Some(ScaledEpoch { time, observations })
}

fn put_satellite(out: &mut Vec<u8>, satellite: Satellite) {
    // System letters are ASCII.
    out.extend([satellite.constellation().letter() as u8, satellite.number()]);
}

fn read_satellite([letter, number]: [u8; 2]) -> Option<Satellite> {
    Satellite::new(Constellation::from_letter(char::from(letter))?, number)
}

fn put_signal(out: &mut Vec<u8>, signal: Signal) {
    out.extend([signal.band() as u8, signal.attribute() as u8]);
}

/// Stands for no satellite, and for no signal.
const NONE: [u8; 2] = [0, 0];

fn put_figure(out: &mut Vec<u8>, row: &QualityRow) {
    out.extend(row.time.nanos().to_le_bytes());
    put_unsigned(out, u64::from(row.resolution.seconds()));
    match row.satellite {
        Some(satellite) => put_satellite(out, satellite),
        None => out.extend(NONE),
    }
    match row.signal {
        Some(signal) => {
            out.push(signal.constellation().letter() as u8);
            put_signal(out, signal);
        }
        None => out.extend([0; 3]),
    }
    let name = row.metric.as_str().as_bytes();
    put_unsigned(out, name.len() as u64);
    out.extend_from_slice(name);
    put_signed(out, row.value_millionths);
}

fn read_figure(reader: &mut Reader<'_>, station: &StationName) -> Option<QualityRow> {
    let time = GpsTime::from_nanos(i64::from_le_bytes(reader.array()?));
    let resolution = Resolution::from_seconds(i64::try_from(reader.unsigned()?).ok()?)?;
    let satellite = match reader.array()? {
        NONE => None,
        told => Some(read_satellite(told)?),
    };
    let signal = match reader.array()? {
        [0, 0, 0] => None,
        [system, band, attribute] => {
            let system = Constellation::from_letter(char::from(system))?;
            Some(Signal::new(system, char::from(band), char::from(attribute))?)
        }
    };
    let length = usize::try_from(reader.unsigned()?).ok()?;
    let metric = std::str::from_utf8(reader.bytes(length)?).ok()?.parse().ok()?;
    let value_millionths = reader.signed()?;
    let station = station.clone();
    Some(QualityRow { station, time, resolution, satellite, signal, metric, value_millionths })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample;

    #[track_caller]
    fn check(record: &Record) {
        let mut bytes = Vec::new();
        assert!(record.put(&mut bytes));
        let body = &bytes[RECORD_HEAD_BYTES..];
        assert_eq!(bytes[..4], u32::try_from(body.len()).unwrap().to_le_bytes());
        assert_eq!(bytes[4..8], checksum(body).to_le_bytes());
        assert_eq!(about(body), record.about());
        assert_eq!(Record::read(body).as_ref(), Some(record));
    }

    #[test]
    fn records_come_back_as_they_were() {
        let station = sample::station(1);
        check(&Record::Epoch(station.clone(), sample::epoch(1, 77)));
        let empty = ScaledEpoch { time: sample::time(78), observations: Vec::new() };
        check(&Record::Epoch(station.clone(), empty));
        let frame = Bytes::from_static(&[0xd3, 0, 1, 2]);
        check(&Record::Frame { station, arrived: sample::time(5), frame });
        for record in Record::of_figures(sample::figures()) {
            check(&record);
        }
    }

    #[test]
    fn figures_are_recorded_by_station_and_hour() {
        let rows = sample::figures();
        let records = Record::of_figures(rows.clone());
        let kept: usize = records
            .iter()
            .map(|r| if let Record::Quality(_, rows) = r { rows.len() } else { 0 })
            .sum();
        assert_eq!(kept, rows.len());
        assert!(records.len() > 1);
        assert!(Record::of_figures(Vec::new()).is_empty());
    }

    #[test]
    fn a_body_that_was_cut_is_no_record() {
        let mut bytes = Vec::new();
        Record::Epoch(sample::station(1), sample::epoch(1, 77)).put(&mut bytes);
        let body = &bytes[RECORD_HEAD_BYTES..];
        let whole = Record::read(body);
        for length in 0..body.len() {
            assert_ne!(Record::read(&body[..length]), whole, "{length}");
        }
    }
}
