//! GLONASS code-phase biases: 1230.

use tianshu_gnss::glonass_bias::GlonassBiases;
use tianshu_gnss::units::Metres;

use crate::bits::{BitReader, BitWriter, PastEnd};
use crate::frame::Frame;
use crate::message::Unsendable;
use crate::message::data_field::{DataField, Record, flag, per, real, unsigned};

/// The head of 1230 (RTCM 10403.3, table 3.5-109) behind the message number.
pub(crate) const HEAD: &[DataField] = &[
    unsigned(3, "reference_station_id", 12),
    flag(421, "code_phase_aligned"),
    unsigned(1, "reserved", 3),
    MASK,
];
/// Which biases follow, L1 C/A in the highest bit.
const MASK: DataField = unsigned(422, "signals_mask", 4);
/// The biases in the order of the mask; the lowest number says that one is not known.
pub(crate) const BIASES: [DataField; 4] = [
    real(423, "l1_ca_code_phase_bias_m", 16, per(50.0)).absent_at_lowest(),
    real(424, "l1_p_code_phase_bias_m", 16, per(50.0)).absent_at_lowest(),
    real(425, "l2_ca_code_phase_bias_m", 16, per(50.0)).absent_at_lowest(),
    real(426, "l2_p_code_phase_bias_m", 16, per(50.0)).absent_at_lowest(),
];

/// GLONASS code-phase biases: 1230.
#[derive(Clone, Debug, PartialEq)]
pub struct GlonassBiasMessage {
    /// Reference station ID (DF003).
    pub station_id: u16,
    /// Whether code and phase are aligned, the biases taken out (DF421).
    pub aligned: bool,
    /// The biases of L1 C/A, L1 P, L2 C/A and L2 P.
    pub biases: [CodePhaseBias; 4],
}

/// A bias between the code and the phase of one GLONASS signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CodePhaseBias {
    /// The message has no bias of this signal (its bit of DF422 is not set).
    NotTold,
    /// The message has a place for it and says that it is not known (8000h).
    Unknown,
    /// So much, to 0.02 m.
    Known(Metres),
}

impl GlonassBiasMessage {
    /// Reads 1230.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, PastEnd> {
        let mut reader = BitReader::new(payload);
        reader.skip(12)?;
        let head = Record::read(HEAD, &mut reader)?;
        let mut biases = [CodePhaseBias::NotTold; 4];
        for (i, (bias, field)) in biases.iter_mut().zip(BIASES).enumerate() {
            if head.raw(MASK.df) << i & 0b1000 != 0 {
                let raw = reader.unsigned(field.bits.into())?;
                let unknown = field.absent == Some(raw);
                *bias = if unknown {
                    CodePhaseBias::Unknown
                } else {
                    CodePhaseBias::Known(Metres(field.number(raw)))
                };
            }
        }
        Ok(Self { station_id: head.word(3), aligned: head.flag(421), biases })
    }

    /// What is to be added to the phases of the observations that come with it.
    ///
    /// Aligned phase = phase + bias; of phases that are aligned already the message tells what was added (DF421, DF423).
    pub fn to_add(&self) -> GlonassBiases {
        GlonassBiases::to_add(self.biases.map(|bias| match bias {
            CodePhaseBias::Known(metres) => Some(if self.aligned { Metres(0.0) } else { metres }),
            CodePhaseBias::NotTold | CodePhaseBias::Unknown => self.aligned.then_some(Metres(0.0)),
        }))
    }

    /// The message as a frame.
    pub fn to_frame(&self) -> Result<Frame, Unsendable> {
        let mut head = Record::zeroed(HEAD);
        head.set(3, self.station_id.into())?;
        head.set_flag(421, self.aligned)?;
        let mask = self
            .biases
            .iter()
            .fold(0_u8, |mask, bias| mask << 1 | u8::from(*bias != CodePhaseBias::NotTold));
        head.set(MASK.df, mask.into())?;
        let mut writer = BitWriter::new();
        writer.unsigned(1230, 12).expect("a message number has 12 bits");
        head.write(&mut writer);
        for (bias, field) in self.biases.iter().zip(BIASES) {
            let raw = match bias {
                CodePhaseBias::NotTold => continue,
                CodePhaseBias::Unknown => field.absent.unwrap_or_default(),
                CodePhaseBias::Known(metres) => field.raw_of(metres.0)?,
            };
            writer.unsigned(raw, field.bits.into()).expect("the value was checked");
        }
        Ok(Frame::from_payload(writer.finish()).expect("1230 has at most 12 bytes"))
    }
}
