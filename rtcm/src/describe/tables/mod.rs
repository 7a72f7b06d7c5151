//! The layout of every message that is described, by number.

mod network;
mod ssr;
mod station;
mod transformation;

use crate::describe::layout::{Count, Item};
use crate::message::data_field::DataField;
use crate::message::ephemeris::tables as ephemeris;
use crate::message::legacy::tables as legacy;

/// The layout behind the message number; none where it is not known.
pub(super) fn layout(number: u16) -> Option<Vec<Item>> {
    if let Some((header, satellite)) = legacy::tables(number) {
        return Some(observations(number, header, satellite));
    }
    let flat = match number {
        1019 => ephemeris::GPS,
        1020 => ephemeris::GLONASS,
        1041 => ephemeris::NAVIC,
        63 | 1042 => ephemeris::BEIDOU,
        1044 => ephemeris::QZSS,
        1045 => ephemeris::GALILEO_FNAV,
        1046 => ephemeris::GALILEO_INAV,
        _ => {
            return network::layout(number).or_else(|| {
                station::layout(number)
                    .or_else(|| transformation::layout(number))
                    .or_else(|| ssr::layout(number))
                    .map(<[Item]>::to_vec)
            });
        }
    };
    Some(vec![Item::Fields(flat)])
}

/// A legacy observation message: its satellites as a list, counted by the header.
fn observations(
    number: u16,
    header: &'static [DataField],
    satellite: &'static [DataField],
) -> Vec<Item> {
    let count = Count::Told(if number < 1009 { 6 } else { 35 });
    vec![Item::Fields(header), Item::Each { name: "satellites", count, fields: satellite }]
}
