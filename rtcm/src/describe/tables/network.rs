//! Network corrections: MAC (1014 to 1017, 1037 to 1039), residuals (1030, 1031, 1303 to 1305), FKP (1034, 1035).

use crate::describe::layout::{Count, Item};
use crate::message::network::tables::{AUXILIARY_STATION, FKP, MAC, RESIDUALS, find};

/// The layout by the tables that the messages are read with.
pub(super) fn layout(number: u16) -> Option<Vec<Item>> {
    if number == 1014 {
        return Some(vec![Item::Fields(AUXILIARY_STATION)]);
    }
    let of = find(&MAC, number).or_else(|| find(&RESIDUALS, number)).or_else(|| find(&FKP, number));
    let of = of?;
    let satellites =
        Item::Each { name: "satellites", count: Count::Told(of.count), fields: of.entry };
    Some(vec![Item::Fields(of.head), satellites])
}
