//! What a network says beyond observations: residuals (1030, 1031, 1303 to 1305), master and auxiliaries (1014 to 1017, 1037 to 1039),
//! gradients (1034, 1035) and the physical station behind a computed one (1032).
//!
//! Every message is read and written by the rows of `tables`, which also say with what they were compared. Numbers and values stay as
//! told, so that there and back gives the same bits; [`moment`] and `satellite()` say what they mean.

pub mod fkp;
pub mod mac;
pub mod physical;
pub mod residuals;
pub(crate) mod tables;

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::time::gps::{GpsTime, Interval};

use crate::bits::{BitReader, BitWriter, PastEnd};
use crate::frame::Frame;
use crate::message::Unsendable;
use crate::message::data_field::Record;
use crate::message::network::tables::Layout;
use crate::time::{
    bdt_tow_ms, glonass_day_and_ms, resolve_bdt_tow, resolve_glonass_time_of_day, resolve_tow,
    tow_ms,
};

/// The time of week or of day that the network messages of a system tell, s, rounded to `step_ms`.
///
/// GPS, Galileo and QZSS tell GPS time of week, BeiDou BDT, GLONASS its time of day.
pub fn epoch_s(constellation: Constellation, time: GpsTime, step_ms: u32) -> f64 {
    let step = Interval::from_millis(step_ms.max(1).into());
    let rounded = time.rounded_to(step);
    let ms = match constellation {
        Constellation::Glonass => glonass_day_and_ms(rounded).1,
        Constellation::BeiDou => bdt_tow_ms(rounded),
        _ => tow_ms(rounded),
    };
    f64::from(ms) / 1e3
}

/// The moment nearest to `near` that an epoch of [`epoch_s`] means; none where it is out of range.
pub fn moment(constellation: Constellation, near: GpsTime, epoch_s: f64) -> Option<GpsTime> {
    let ms = (epoch_s * 1e3).round();
    if !(0.0..=f64::from(u32::MAX)).contains(&ms) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    let ms = ms as u32;
    match constellation {
        Constellation::Glonass => resolve_glonass_time_of_day(near, ms),
        Constellation::BeiDou => resolve_bdt_tow(near, ms),
        _ => resolve_tow(near, ms),
    }
}

/// The head and the satellites of a payload.
fn read(layout: &'static Layout, payload: &[u8]) -> Result<(Record, Vec<Record>), PastEnd> {
    let mut reader = BitReader::new(payload);
    reader.skip(12)?;
    let head = Record::read(layout.head, &mut reader)?;
    let entries = (0..head.raw(layout.count)).map(|_| Record::read(layout.entry, &mut reader));
    let entries = entries.collect::<Result<_, _>>()?;
    Ok((head, entries))
}

/// The frame of a head and its satellites, whose count is written here.
fn write(layout: &Layout, head: &mut Record, entries: &[Record]) -> Result<Frame, Unsendable> {
    let counts = layout.head.iter().find(|field| field.df == layout.count);
    let count_max = counts.map_or(0, |field| (1_usize << field.bits) - 1);
    if entries.len() > count_max {
        let count = entries.len();
        return Err(Unsendable::TooManyEntries { df: layout.count, count, count_max });
    }
    head.set(layout.count, entries.len() as f64)?;
    let mut writer = BitWriter::with_capacity(256);
    writer.unsigned(layout.number.into(), 12).expect("a message number has 12 bits");
    head.write(&mut writer);
    for entry in entries {
        entry.write(&mut writer);
    }
    Ok(Frame::from_payload(writer.finish()).expect("31 satellites of 66 bits are 256 bytes"))
}

#[cfg(test)]
mod tests;
