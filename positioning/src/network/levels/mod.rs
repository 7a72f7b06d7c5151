//! Levels: the edges' whole numbers, checked against each other around triangles and told station by station.

mod band;
pub mod book;
pub mod closure;
pub mod shown;

/// The level of one station's arc: whole cycles to be taken off its phase.
///
/// With levels taken off, double differences between any two stations and any two satellites of one group and one component hold no
/// ambiguity. The levels themselves are arbitrary by one whole number per station and one per satellite (for each group and carrier).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Whole cycles.
    pub cycles: i64,
    /// The arc for which it holds.
    pub arc: u32,
    /// Names the set of stations whose levels of this satellite and carrier are comparable; 0 is the largest.
    pub component: u32,
}
