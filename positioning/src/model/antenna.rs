//! Antennas: from where a signal was received, the phase centre, to where a station is, the antenna reference point.
//!
//! Signs. A satellite is seen along the unit vector e, from the antenna to it. A phase centre that lies at `offset` from the
//! reference point is nearer to the satellite by offset · e, so that the range is measured too short by that. The variation tells
//! by how much it is measured too long beyond (ANTEX 1.4, section 3: observed = geometric - offset · e + variation). What has to
//! be added to a measurement is therefore + offset · e - variation. Then it is that of a *null antenna*: one whose phase centre is
//! its reference point in all directions, on all carriers (`ADVNULLANTENNA` in rcvr_ant.tab).

use tianshu_gnss::antenna::{AntennaCalibration, CarrierPattern};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::coords::Enu;
use tianshu_gnss::observation::Observation;
use tianshu_gnss::signal::Signal;
use tianshu_gnss::units::{Hertz, Metres};

/// From which direction a signal came, in the axes of an antenna oriented to north.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// Elevation above the horizon, rad.
    pub elevation_rad: f64,
    /// Azimuth from north over east, rad.
    pub azimuth_rad: f64,
}

/// What brings a measurement to the antenna reference point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AntennaCorrection {
    /// To be added to pseudorange and phase.
    pub to_add: Metres,
    /// How far the carrier of the calibration is from the signal's, if the antenna was not calibrated at the signal's own band and
    /// the closest frequency stood in (`pcv_approx`).
    pub substituted_at: Option<Hertz>,
}

impl AntennaCorrection {
    /// Whether another carrier's calibration stood in.
    pub fn is_approximate(self) -> bool {
        self.substituted_at.is_some()
    }
}

/// The correction of a signal on `carrier` that came from there. `None` if the antenna has no calibration that may stand in.
pub fn antenna_correction(
    calibration: &AntennaCalibration,
    signal: Signal,
    carrier: Hertz,
    arrival: Arrival,
) -> Option<AntennaCorrection> {
    let (pattern, substituted_at) = pattern_for(calibration, signal, carrier)?;
    let Arrival { elevation_rad, azimuth_rad } = arrival;
    let variation_m = pattern.variation.at_m(elevation_rad, azimuth_rad);
    let to_add = Metres(along(pattern.offset, arrival) - variation_m);
    Some(AntennaCorrection { to_add, substituted_at })
}

/// Brings code and phase of an observation to the antenna reference point. The pattern is that of the phase; the code's own is not
/// in ANTEX files and differs by centimetres.
///
/// `None`, and the observation as it was, if there is no calibration for it or its GLONASS channel is unknown.
pub fn to_null_antenna(
    calibration: &AntennaCalibration,
    observation: &mut Observation,
    arrival: Arrival,
) -> Option<AntennaCorrection> {
    let carrier = observation.carrier()?;
    let correction = antenna_correction(calibration, observation.signal, carrier, arrival)?;
    let by = correction.to_add;
    observation.code = observation.code.map(|code| Metres(code.0 + by.0));
    let cycles = by.in_cycles_of(carrier).0;
    if let Some(phase) = &mut observation.phase {
        phase.0 += cycles;
    }
    Some(correction)
}

/// How far along the line of sight a displacement goes, m.
fn along(offset: Enu, arrival: Arrival) -> f64 {
    let (sin_el, cos_el) = arrival.elevation_rad.sin_cos();
    let (sin_az, cos_az) = arrival.azimuth_rad.sin_cos();
    cos_el * (sin_az * offset.east_m + cos_az * offset.north_m) + sin_el * offset.up_m
}

/// The pattern of the signal's own system and band, or the one of the closest frequency and how far that is.
///
/// A phase pattern is a property of the carrier, not of the code on it: the closest one of another system stands in, among equally
/// close ones the first, which is GPS' (shared design, network solver, section 1.4). GLONASS' patterns are extrapolated to
/// channel 0 from GPS' and their change with frequency (the comments of igs14.atx), so that they stand in for nothing.
fn pattern_for(
    calibration: &AntennaCalibration,
    signal: Signal,
    carrier: Hertz,
) -> Option<(&CarrierPattern, Option<Hertz>)> {
    let own =
        |p: &&CarrierPattern| p.constellation == signal.constellation() && p.band == signal.band();
    if let Some(pattern) = calibration.carriers.iter().find(own) {
        return Some((pattern, None));
    }
    let away = |p: &CarrierPattern| (p.carrier.0 - carrier.0).abs();
    calibration
        .carriers
        .iter()
        .filter(|p| p.constellation != Constellation::Glonass)
        .min_by(|a, b| away(a).total_cmp(&away(b)).then(a.constellation.cmp(&b.constellation)))
        .map(|pattern| (pattern, Some(Hertz(away(pattern)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::antenna::{Axis, Variation};
    use tianshu_gnss::units::Cycles;

    fn pattern(constellation: Constellation, band: char, up_m: f64) -> CarrierPattern {
        let zenith = Axis { first_deg: 0.0, step_deg: 90.0 };
        let signal = ['C', 'X'].into_iter().find_map(|a| Signal::new(constellation, band, a));
        CarrierPattern {
            constellation,
            band,
            carrier: signal.and_then(|s| s.carrier(Some(0))).expect("a carrier"),
            offset: Enu { east_m: 0.002, north_m: 0.001, up_m },
            variation: Variation::new(zenith, vec![vec![0.0, 0.010]]).expect("a grid"),
        }
    }

    fn antenna() -> AntennaCalibration {
        AntennaCalibration {
            name: "ABC123          NONE".to_owned(),
            serial: None,
            carriers: vec![
                pattern(Constellation::Gps, '1', 0.100),
                pattern(Constellation::Gps, '2', 0.120),
                pattern(Constellation::Glonass, '2', 0.500),
            ],
        }
    }

    fn arrival(elevation_deg: f64, azimuth_deg: f64) -> Arrival {
        Arrival { elevation_rad: elevation_deg.to_radians(), azimuth_rad: azimuth_deg.to_radians() }
    }

    #[track_caller]
    fn check(satellite: &str, code: &str, from: Arrival, expected_m: f64, away_mhz: Option<f64>) {
        let system = Constellation::from_letter(satellite.chars().next().unwrap_or(' '));
        let signal = Signal::from_code(system.expect("a system"), code).expect("a signal");
        let carrier = signal.carrier(Some(3)).expect("a carrier");
        let got = antenna_correction(&antenna(), signal, carrier, from).expect("calibrated");
        assert!((got.to_add.0 - expected_m).abs() < 1e-12, "{got:?}, not {expected_m} m");
        let away = got.substituted_at.map(|hz| (hz.0 / 1e3).round() / 1e3);
        assert_eq!(away, away_mhz, "{satellite} {code}");
    }

    #[test]
    fn a_centre_above_the_reference_point_measures_short() {
        check("G", "1C", arrival(90.0, 0.0), 0.100, None);
        // At the horizon what is north of it counts, and what the variation says is too long is taken off.
        check("G", "1C", arrival(0.0, 0.0), 0.001 - 0.010, None);
        check("G", "1C", arrival(0.0, 270.0), -0.002 - 0.010, None);
        check("R", "2C", arrival(90.0, 0.0), 0.500, None);
    }

    #[test]
    fn the_closest_carrier_stands_in_and_is_told() {
        check("E", "1C", arrival(90.0, 0.0), 0.100, Some(0.0));
        check("C", "2I", arrival(90.0, 0.0), 0.100, Some(14.322));
        // B3I is closer to GLONASS' G2 than to GPS' L2.
        check("C", "6I", arrival(90.0, 0.0), 0.120, Some(40.92));
        check("R", "1C", arrival(90.0, 0.0), 0.100, Some(28.268));
    }

    #[test]
    fn code_and_phase_move_alike() {
        let signal = Signal::from_code(Constellation::Gps, "1C").expect("a signal");
        let mut seen = Observation::of("G07".parse().expect("a satellite"), signal);
        (seen.code, seen.phase) = (Some(Metres(2e7)), Some(Cycles(1e8)));
        let done = to_null_antenna(&antenna(), &mut seen, arrival(90.0, 0.0)).expect("calibrated");
        assert!(!done.is_approximate());
        assert_eq!(seen.code, Some(Metres(2e7 + 0.1)));
        let moved = Cycles(seen.phase.expect("a phase").0 - 1e8);
        // 1e8 cycles have a last place of 1.5e-8.
        assert!((moved.on(seen.carrier().expect("L1")).0 - 0.1).abs() < 1e-8, "{moved:?}");
    }

    #[test]
    fn without_a_calibration_nothing_changes() {
        let bare = AntennaCalibration { carriers: vec![], ..antenna() };
        let signal = Signal::from_code(Constellation::Glonass, "1C").expect("a signal");
        let mut seen = Observation::of("R07".parse().expect("a satellite"), signal);
        seen.code = Some(Metres(2e7));
        // Without its channel the carrier is unknown; with it the antenna has none.
        assert_eq!(to_null_antenna(&antenna(), &mut seen, arrival(90.0, 0.0)), None);
        seen.glonass_channel = Some(1);
        assert_eq!(to_null_antenna(&bare, &mut seen, arrival(90.0, 0.0)), None);
        assert_eq!(seen.code, Some(Metres(2e7)));
    }
}
