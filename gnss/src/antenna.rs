//! Antenna calibrations: where the phase centre of an antenna lies, by carrier and direction.

use crate::constellation::Constellation;
use crate::coords::Enu;
use crate::units::Hertz;

/// The calibration of an antenna type, or of one antenna.
#[derive(Clone, Debug, PartialEq)]
pub struct AntennaCalibration {
    /// IGS antenna and radome name in its twenty columns, such as `TRM59800.00     SCIS` (rcvr_ant.tab).
    pub name: String,
    /// Serial number, if this one antenna was calibrated and not its type.
    pub serial: Option<String>,
    /// The carriers at which it was calibrated, at most one of each system and band.
    pub carriers: Vec<CarrierPattern>,
}

/// Where the phase centre is at one carrier.
#[derive(Clone, Debug, PartialEq)]
pub struct CarrierPattern {
    /// The system on whose carrier it was calibrated.
    pub constellation: Constellation,
    /// The band digit as in RINEX codes; with GLONASS FDMA the pattern holds at channel 0.
    pub band: char,
    /// The carrier's frequency.
    pub carrier: Hertz,
    /// The mean phase centre as seen from the antenna reference point, along the axes of an antenna oriented to north.
    pub offset: Enu,
    /// By how much the measured range is too long in each direction, beyond what the offset tells.
    pub variation: Variation,
}

/// A grid of phase centre variations.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    zenith: Axis,
    /// From azimuth 0 by equal steps to 360°, each row by zenith angles; one row alone holds for all azimuths.
    rows: Vec<Vec<f64>>,
}

/// Evenly spaced zenith angles, degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The first.
    pub first_deg: f64,
    /// From one to the next, above zero.
    pub step_deg: f64,
}

impl Variation {
    /// A grid of values in metres: rows from azimuth 0 to 360°, or one for all azimuths, each over the same zenith angles.
    ///
    /// `None` if it is empty, its rows differ in length, its step is not positive, or something is not finite.
    pub fn new(zenith: Axis, rows: Vec<Vec<f64>>) -> Option<Self> {
        let length = rows.first().map(Vec::len).filter(|&length| length > 0)?;
        let finite = rows.iter().flatten().all(|value| value.is_finite());
        let even = rows.iter().all(|row| row.len() == length);
        let stepped =
            zenith.first_deg.is_finite() && zenith.step_deg.is_finite() && zenith.step_deg > 0.0;
        (finite && even && stepped).then_some(Self { zenith, rows })
    }

    /// The variation in a direction, m, linear between the grid's points. Beyond the last zenith angle the last value holds.
    pub fn at_m(&self, elevation_rad: f64, azimuth_rad: f64) -> f64 {
        let zenith_deg = 90.0 - elevation_rad.to_degrees();
        let along = (zenith_deg - self.zenith.first_deg) / self.zenith.step_deg;
        let around = azimuth_rad.to_degrees().rem_euclid(360.0) / 360.0;
        let steps = self.rows.len() - 1;
        let (below, above, share) = between(around * steps as f64, steps);
        let row = |i: usize| self.rows.get(i).map_or(0.0, |row| in_row(row, along));
        row(below) * (1.0 - share) + row(above) * share
    }

    /// The rows of the grid, m: from azimuth 0 to 360°, or one for all azimuths.
    pub fn rows_m(&self) -> &[Vec<f64>] {
        &self.rows
    }
}

fn in_row(row: &[f64], place: f64) -> f64 {
    let (below, above, share) = between(place, row.len().saturating_sub(1));
    let value = |i: usize| row.get(i).copied().unwrap_or(0.0);
    value(below) * (1.0 - share) + value(above) * share
}

/// The grid points around a place, and how far it is from the lower to the upper one; held at the ends.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the grid's indices, which are far below 2^32; NaN becomes the first"
)]
fn between(place: f64, last: usize) -> (usize, usize, f64) {
    let place = place.clamp(0.0, last as f64);
    let below = (place.floor() as usize).min(last);
    (below, (below + 1).min(last), place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(grid: &Variation, zenith_deg: f64, azimuth_deg: f64, expected_m: f64) {
        let got = grid.at_m((90.0 - zenith_deg).to_radians(), azimuth_deg.to_radians());
        assert!((got - expected_m).abs() < 1e-12, "{got} m, not {expected_m} m");
    }

    #[test]
    fn directions_between_grid_points_are_interpolated_and_the_rim_holds() {
        let zenith = Axis { first_deg: 0.0, step_deg: 40.0 };
        // At 0, 120, 240 and 360° of azimuth.
        let rows = [[0.0, 1.0, 2.0], [0.0, 3.0, 4.0], [0.0, 5.0, 6.0], [0.0, 1.0, 2.0]];
        let grid = Variation::new(zenith, rows.map(Vec::from).to_vec()).expect("a grid");
        check(&grid, 40.0, 0.0, 1.0);
        check(&grid, 60.0, 60.0, 2.5);
        check(&grid, 40.0, 300.0, 3.0);
        check(&grid, 40.0, -60.0, 3.0);
        check(&grid, 89.0, 120.0, 4.0);
        let alone = Variation::new(zenith, vec![vec![0.0, 1.0]]).expect("a row");
        check(&alone, 20.0, 77.0, 0.5);
    }

    #[test]
    fn a_grid_that_is_none_is_refused() {
        let zenith = Axis { first_deg: 0.0, step_deg: 5.0 };
        assert_eq!(Variation::new(zenith, vec![]), None);
        assert_eq!(Variation::new(zenith, vec![vec![]]), None);
        assert_eq!(Variation::new(zenith, vec![vec![0.0], vec![0.0, 1.0]]), None);
        assert_eq!(Variation::new(zenith, vec![vec![f64::NAN]]), None);
        assert_eq!(Variation::new(Axis { step_deg: 0.0, ..zenith }, vec![vec![0.0]]), None);
    }
}
