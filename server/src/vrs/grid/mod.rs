//! Grid mode: rovers in the same cell share one virtual station, whose epochs are computed and encoded once for all of them.
//!
//! A cell is a stream of its own, at the cell's middle, run by a task while anybody listens and some seconds longer. What goes to its
//! rovers are the same bytes; a rover that comes later is told first what the cell told of itself before.

mod beginning;
mod cell;
pub(crate) mod stream;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tianshu_caster::config::VirtualMount;
use tianshu_caster::source::StreamItem;
use tianshu_gnss::coords::Geodetic;
use tokio::sync::broadcast::Receiver;

use crate::vrs::grid::beginning::Beginning;
use crate::vrs::grid::cell::Cell;
use crate::vrs::source::Around;

/// How wide a cell is in latitude and in longitude, degrees: 3', some 5 km, over which the air differs by a few millimetres (shared design,
/// network solver, section 6.8).
const CELL_DEG: f64 = 0.05;
/// How high a cell is, m: the part of the troposphere that a receiver's own model leaves is below a centimetre over it.
const BAND_M: f64 = 200.0;
/// A rover keeps its cell until it is so far beyond, degrees: at a border it must not change stations to and fro.
const BEYOND_DEG: f64 = 0.01;
/// The same of heights, m.
const BEYOND_M: f64 = 50.0;
/// Cells of a mountpoint at a time: a province has some 8,500, and those without rovers are none. Beyond, a rover is refused.
const CELLS_MAX: usize = 10_000;

/// Which cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    north: i32,
    east: i32,
    band: i32,
}

/// The cells of a mountpoint.
pub(crate) struct Cells {
    settings: Arc<VirtualMount>,
    around: Around,
    open: Mutex<HashMap<Key, Arc<Cell>>>,
}

/// A rover's end of a cell.
pub(crate) struct Joined {
    /// Which.
    pub key: Key,
    cell: Arc<Cell>,
    /// What it tells from now on.
    pub items: Receiver<StreamItem>,
}

impl Joined {
    /// What the cell has told of itself by now.
    pub(crate) fn beginning_now(&self) -> Beginning {
        self.cell.beginning()
    }
}

impl Key {
    /// The cell of a place.
    pub(crate) fn of(place: Geodetic) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "degrees and metres of places on Earth"
        )]
        let step = |value: f64, width: f64| (value / width).floor() as i32;
        Self {
            north: step(place.latitude_deg(), CELL_DEG),
            east: step(place.longitude_deg(), CELL_DEG),
            band: step(place.height_m, BAND_M),
        }
    }

    /// Its middle, where the virtual station stands.
    pub(crate) fn middle(self) -> Geodetic {
        let middle = |step: i32, width: f64| (f64::from(step) + 0.5) * width;
        Geodetic::from_degrees(
            middle(self.north, CELL_DEG),
            middle(self.east, CELL_DEG),
            middle(self.band, BAND_M),
        )
    }

    /// Whether a rover there keeps it.
    pub(crate) fn keeps(self, place: Geodetic) -> bool {
        let within = |value: f64, step: i32, width: f64, beyond: f64| {
            let low = f64::from(step) * width;
            (low - beyond..=low + width + beyond).contains(&value)
        };
        within(place.latitude_deg(), self.north, CELL_DEG, BEYOND_DEG)
            && within(place.longitude_deg(), self.east, CELL_DEG, BEYOND_DEG)
            && within(place.height_m, self.band, BAND_M, BEYOND_M)
    }
}

impl Cells {
    /// None yet.
    pub(crate) fn new(settings: Arc<VirtualMount>, around: Around) -> Arc<Self> {
        Arc::new(Self { settings, around, open: Mutex::default() })
    }

    /// Joins a cell, which begins if nobody was in it, and gives what it told of itself before; none where there are too many. Must be called
    /// within a runtime.
    pub(crate) fn join(self: &Arc<Self>, key: Key) -> Option<(Joined, Beginning)> {
        let mut open = self.open();
        let cell = match open.get(&key) {
            Some(cell) => Arc::clone(cell),
            None if open.len() >= CELLS_MAX => return None,
            None => {
                let cell = Arc::new(Cell::new());
                open.insert(key, Arc::clone(&cell));
                tokio::spawn(cell::run(Arc::clone(&cell), Arc::clone(self), key));
                cell
            }
        };
        let (beginning, items) = cell.join();
        Some((Joined { key, cell, items }, beginning))
    }

    /// Takes a cell away if nobody listens. Who comes later opens it anew.
    fn close_if_left(&self, key: Key, cell: &Cell) -> bool {
        let mut open = self.open();
        let is_left = cell.is_left();
        if is_left {
            open.remove(&key);
        }
        is_left
    }

    fn close(&self, key: Key) {
        self.open().remove(&key);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Key, Arc<Cell>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
