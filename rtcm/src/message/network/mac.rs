//! The master-auxiliary concept: where an auxiliary station is (1014), and how its corrections differ from the master's (1015 to 1017 for
//! GPS, 1037 to 1039 for GLONASS).
//!
//! A correction is what has to be added to a phase range to make it the computed range; a difference is the auxiliary's less the
//! master's, both with their whole cycles at one level and without their clocks (Zebhauser, Euler, Keenan, Wübbena: A Novel Approach for the
//! Use of Information from Reference Station Networks Conforming to RTCM V2.3 and Future V3.0, ION NTM 2002).

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;

use crate::bits::{BitReader, BitWriter, PastEnd};
use crate::frame::Frame;
use crate::message::Unsendable;
use crate::message::data_field::Record;
use crate::message::network::tables::{AUXILIARY_STATION, Layout, MAC, find};
use crate::message::network::{read, write};

/// DF067 and DF234 count to 15; what is more goes into another message of the same moment.
pub const SATELLITES_MAX: usize = 15;
/// DF058 counts to 31.
pub const AUXILIARIES_MAX: u8 = 31;
/// DF069, DF070, DF237 and DF238 reach so far, m.
pub const DIFFERENCE_MAX_M: f64 = 32.767;

/// Which stations a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Network (DF059).
    pub network_id: u8,
    /// Part of the network whose whole cycles are at one level (DF072), 0 to 15.
    pub subnetwork_id: u8,
    /// Master reference station ID (DF060).
    pub master_id: u16,
    /// Auxiliary reference station ID (DF061).
    pub auxiliary_id: u16,
}

/// Where an auxiliary station is: 1014.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuxiliaryStationMessage {
    /// Master and auxiliary.
    pub pair: Pair,
    /// How many auxiliary stations are told in all (DF058).
    pub auxiliaries: u8,
    /// Latitude of the auxiliary less the master's, degrees (DF062), to 25e-6°.
    pub latitude_deg: f64,
    /// The same of longitude (DF063).
    pub longitude_deg: f64,
    /// The same of height, m (DF064), to 1 mm.
    pub height_m: f64,
}

/// How an auxiliary's corrections differ from its master's.
#[derive(Clone, Debug, PartialEq)]
pub struct CorrectionDifferencesMessage {
    /// Whose satellites, GPS or GLONASS, and which part: this makes the message number.
    pub kind: DifferenceKind,
    /// Master and auxiliary.
    pub pair: Pair,
    /// GPS time of week (DF065) or GLONASS time of day (DF233), to 0.1 s.
    pub epoch_s: f64,
    /// Whether messages of the same kind and moment follow (DF066).
    pub more_follow: bool,
    /// The satellites.
    pub satellites: Vec<CorrectionDifference>,
}

/// What a message of differences is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DifferenceKind {
    /// Whose satellites, GPS or GLONASS.
    pub constellation: Constellation,
    /// Which part.
    pub part: Part,
}

/// The part of a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Of the ionosphere: 1015, 1037.
    Ionospheric,
    /// Of orbit and troposphere: 1016, 1038.
    Geometric,
    /// Both: 1017, 1039.
    Both,
}

/// What is known of the whole cycles of a difference (DF074, DF235).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmbiguityStatus {
    /// Reserved (0).
    Reserved,
    /// Right on both carriers (1).
    Right,
    /// Right as far as the wide lane goes (2).
    WideLane,
    /// In doubt (3).
    Doubtful,
}

/// The difference of one satellite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CorrectionDifference {
    /// Its number as told.
    pub number: u8,
    /// What is known of the whole cycles.
    pub status: AmbiguityStatus,
    /// Counts changes of the level, modulo 8 (DF075, DF236).
    pub non_sync: u8,
    /// On L1, m (DF069, DF237), to 0.5 mm; told by the ionospheric part.
    pub ionospheric_m: Option<f64>,
    /// The rest, told by the geometric part.
    pub geometric: Option<Geometric>,
}

/// The geometric part of a difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometric {
    /// Its value, m (DF070, DF238), to 0.5 mm.
    pub difference_m: f64,
    /// Issue of the ephemeris it was computed with (DF071, DF239).
    pub iode: u8,
}

impl AuxiliaryStationMessage {
    /// Reads 1014.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, PastEnd> {
        let mut reader = BitReader::new(payload);
        reader.skip(12)?;
        let told = Record::read(AUXILIARY_STATION, &mut reader)?;
        Ok(Self {
            pair: Pair::of(&told),
            auxiliaries: told.byte(58),
            latitude_deg: told.number(62),
            longitude_deg: told.number(63),
            height_m: told.number(64),
        })
    }

    /// The message as a frame.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        let mut told = Record::zeroed(AUXILIARY_STATION);
        self.pair.write(&mut told)?;
        told.set(58, self.auxiliaries.into())?;
        told.set(62, self.latitude_deg)?;
        told.set(63, self.longitude_deg)?;
        told.set(64, self.height_m)?;
        let mut writer = BitWriter::with_capacity(16);
        writer.unsigned(1014, 12).expect("a message number has 12 bits");
        told.write(&mut writer);
        Ok(Frame::from_payload(writer.finish()).expect("1014 has 15 bytes"))
    }
}

impl DifferenceKind {
    fn layout(self) -> Option<&'static Layout> {
        find(&MAC, self.number())
    }

    fn of_number(number: u16) -> Option<Self> {
        let layout = find(&MAC, number)?;
        let part = match number {
            1015 | 1037 => Part::Ionospheric,
            1016 | 1038 => Part::Geometric,
            _ => Part::Both,
        };
        Some(Self { constellation: layout.constellation, part })
    }

    /// The message number; 0 for a system that has none, and such a message cannot be sent.
    pub fn number(self) -> u16 {
        let first = match self.constellation {
            Constellation::Gps => 1015,
            Constellation::Glonass => 1037,
            _ => return 0,
        };
        first
            + match self.part {
                Part::Ionospheric => 0,
                Part::Geometric => 1,
                Part::Both => 2,
            }
    }
}

/// Where one system's messages keep what.
struct Fields {
    status: u16,
    non_sync: u16,
    ionospheric: u16,
    geometric: u16,
    iode: u16,
}

const GPS: Fields = Fields { status: 74, non_sync: 75, ionospheric: 69, geometric: 70, iode: 71 };
const GLONASS: Fields =
    Fields { status: 235, non_sync: 236, ionospheric: 237, geometric: 238, iode: 239 };

fn fields(layout: &Layout) -> &'static Fields {
    if layout.constellation == Constellation::Gps { &GPS } else { &GLONASS }
}

impl CorrectionDifferencesMessage {
    /// The message number; 0 for a system that has none, and such a message cannot be sent.
    pub fn number(&self) -> u16 {
        self.kind.number()
    }

    /// Reads the message; `None` where the number is that of another message.
    pub(crate) fn read(number: u16, payload: &[u8]) -> Option<Result<Self, PastEnd>> {
        let kind = DifferenceKind::of_number(number)?;
        let layout = kind.layout()?;
        Some(read(layout, payload).map(|(head, entries)| Self {
            kind,
            pair: Pair::of(&head),
            epoch_s: head.number(layout.time),
            more_follow: head.flag(66),
            satellites:
                entries.iter().map(|entry| CorrectionDifference::of(entry, layout)).collect(),
        }))
    }

    /// The message as a frame. A part that the kind needs and a satellite lacks is told as zero.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        let constellation = self.kind.constellation;
        let layout = self.kind.layout().ok_or(Unsendable::NoMessage { constellation })?;
        let mut head = Record::zeroed(layout.head);
        self.pair.write(&mut head)?;
        head.set(layout.time, self.epoch_s)?;
        head.set_flag(66, self.more_follow)?;
        let entries = self.satellites.iter().map(|satellite| satellite.record(layout));
        write(layout, &mut head, &entries.collect::<Result<Vec<_>, _>>()?)
    }

    /// Which satellite an entry is of; none where no satellite has that number.
    pub fn satellite(&self, difference: &CorrectionDifference) -> Option<Satellite> {
        Satellite::new(self.kind.constellation, difference.number)
    }
}

impl CorrectionDifference {
    fn of(entry: &Record, layout: &Layout) -> Self {
        let fields = fields(layout);
        Self {
            number: entry.byte(layout.satellite),
            status: AmbiguityStatus::of(entry.byte(fields.status)),
            non_sync: entry.byte(fields.non_sync),
            ionospheric_m: entry.told(fields.ionospheric),
            geometric: entry
                .told(fields.geometric)
                .map(|difference_m| Geometric { difference_m, iode: entry.byte(fields.iode) }),
        }
    }

    fn record(&self, layout: &Layout) -> Result<Record, Unsendable> {
        let fields = fields(layout);
        let mut entry = Record::zeroed(layout.entry);
        entry.set(layout.satellite, self.number.into())?;
        entry.set(fields.status, self.status.told().into())?;
        entry.set(fields.non_sync, self.non_sync.into())?;
        if entry.has(fields.ionospheric) {
            entry.set(fields.ionospheric, self.ionospheric_m.unwrap_or(0.0))?;
        }
        if let Some(geometric) = self.geometric.filter(|_| entry.has(fields.geometric)) {
            entry.set(fields.geometric, geometric.difference_m)?;
            entry.set(fields.iode, geometric.iode.into())?;
        }
        Ok(entry)
    }
}

impl AmbiguityStatus {
    fn of(told: u8) -> Self {
        match told {
            1 => Self::Right,
            2 => Self::WideLane,
            3 => Self::Doubtful,
            _ => Self::Reserved,
        }
    }

    fn told(self) -> u8 {
        match self {
            Self::Reserved => 0,
            Self::Right => 1,
            Self::WideLane => 2,
            Self::Doubtful => 3,
        }
    }
}

impl Pair {
    fn of(told: &Record) -> Self {
        Self {
            network_id: told.byte(59),
            subnetwork_id: told.byte(72),
            master_id: told.word(60),
            auxiliary_id: told.word(61),
        }
    }

    fn write(self, told: &mut Record) -> Result<(), Unsendable> {
        told.set(59, self.network_id.into())?;
        told.set(72, self.subnetwork_id.into())?;
        told.set(60, self.master_id.into())?;
        told.set(61, self.auxiliary_id.into())?;
        Ok(())
    }
}
