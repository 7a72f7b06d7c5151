//! How well a signal is heard: C/N0 and noise by signal and elevation.

use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::signal::Signal;

/// The noise of a signal relative to a narrow-band one such as L1 C/A, and its strength relative to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grade {
    /// Code noise factor: wide-band codes are less noisy.
    pub code: f64,
    /// C/N0 relative to L1 C/A, dB.
    pub strength_db: f64,
}

/// The grade of a signal: chip rates and powers by the systems' interface documents, rounded.
pub fn grade(signal: Signal) -> Grade {
    let (code, strength_db) = match (signal.constellation(), signal.band(), signal.attribute()) {
        // Semi-codeless tracking of P(Y) loses power at low elevations.
        (Constellation::Gps, '2', 'W') => (0.8, -4.0),
        (_, '5', _) => (0.45, 1.5),
        (Constellation::Galileo, '7', _) | (Constellation::BeiDou, '7', 'D') => (0.45, 0.5),
        (_, '6', _) => (0.55, 0.0),
        (Constellation::Galileo | Constellation::BeiDou, '1', _) => (0.7, 0.0),
        (_, '2' | '7', _) => (1.0, -1.5),
        _ => (1.0, 0.0),
    };
    Grade { code, strength_db }
}

/// By how much noise at that elevation exceeds the zenith's: √(0.4 + 0.6/sin²), 1 at the zenith.
pub fn elevation_factor(sin_elevation: f64) -> f64 {
    (0.4 + 0.6 / (sin_elevation * sin_elevation)).sqrt()
}

/// Mean C/N0 of an L1 C/A signal at that elevation, dB-Hz: 50 overhead, 36 at 5°.
pub fn cn0_dbhz(sin_elevation: f64) -> f64 {
    50.0 - 15.5 * (1.0 - sin_elevation).powi(2)
}
