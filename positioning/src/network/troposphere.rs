//! The troposphere between the stations: zenith delays reduced to the ellipsoid, kriged, and built up again at any height.

pub mod weather;

use tianshu_gnss::coords::Geodetic;

use crate::model::troposphere::{RELATIVE_HUMIDITY, ZenithDelay, zenith_delay};
use crate::network::interpolate::covariance::Covariance;
use crate::network::interpolate::kriging::{Drift, Weights, present};
use crate::network::interpolate::leave_one_out::leave_each_out;
use crate::network::plane::{LocalPlane, PlanePoint};

/// The scale height of water vapour before any fit, m (shared design, network solver, section 5.2).
pub const WET_SCALE_DEFAULT_M: f64 = 2_000.0;
/// The least scale height that is fitted, m (the same).
pub const WET_SCALE_MIN_M: f64 = 1_300.0;
/// The largest scale height that is fitted, m (the same).
pub const WET_SCALE_MAX_M: f64 = 3_000.0;
/// How far the scale height is from its default before the stations are asked, one sigma, m: half of the way to the bounds. It holds
/// the fit where all stations are of one height.
const WET_SCALE_SIGMA_M: f64 = 500.0;
/// What remains unknown of the scale height after a fit, one sigma, m: it is not the same everywhere.
const WET_SCALE_LEFT_SIGMA_M: f64 = 200.0;
/// Scale heights that are tried in a fit, evenly spaced: 50 m apart.
const WET_SCALES: u8 = 35;
/// The range of the reduced delay, m (shared design, network solver, section 5.2).
const RANGE_M: f64 = 80e3;
/// The noise of a station's zenith delay, m (the same).
const NUGGET_M: f64 = 0.002;
/// The deviation of the reduced delay from its plane, m, of the size of weather at 80 km. Interpolation weighs by it; how far it may be off
/// is told from the weather of the last hour ([`weather::Weather`]) where that is the more restless.
const SILL_SIGMA_M: f64 = 0.015;
/// Heights between which the reduction is used, m: from below every shore to above every road.
const HEIGHT_RANGE_M: std::ops::RangeInclusive<f64> = -500.0..=9_000.0;

/// The zenith delays of a network at one moment, ready to be asked anywhere.
#[derive(Clone, Debug)]
pub struct ZenithField {
    plane: LocalPlane,
    points: Vec<PlanePoint>,
    heights_m: Vec<f64>,
    /// Wet delays as on the ellipsoid, m.
    reduced_m: Vec<Option<f64>>,
    wet_scale_m: f64,
    covariance: Covariance,
    /// What the last hour's weather was like, if that is known.
    weather: Option<Covariance>,
}

/// The zenith delay at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interpolated {
    /// The delay. What the pressure differs from the standard atmosphere's counts as wet.
    pub zenith: ZenithDelay,
    /// Its standard deviation, m.
    pub sigma_m: f64,
    /// Whether the stations themselves told the slope under it.
    pub drift: Drift,
}

/// The covariance of reduced zenith delays.
pub fn covariance() -> Covariance {
    Covariance::new(SILL_SIGMA_M * SILL_SIGMA_M, RANGE_M, NUGGET_M * NUGGET_M)
        .expect("the constants above are positive")
}

/// The scale height of water vapour, m, that lets the stations predict each other best, within [`WET_SCALE_MIN_M`] and
/// [`WET_SCALE_MAX_M`].
///
/// `zenith_m` has the total zenith delay of each of `places`, where known. The least sum of squared leave-one-out residuals over their
/// variances is sought, with the default as one observation more.
pub fn fit_wet_scale_m(plane: &LocalPlane, places: &[Geodetic], zenith_m: &[Option<f64>]) -> f64 {
    let heights_m = heights(places);
    let points: Vec<_> = places.iter().map(|place| plane.point(*place)).collect();
    let stations = present(&reduce(places, &heights_m, zenith_m, WET_SCALE_DEFAULT_M));
    // Weights do not depend on the scale height, so they are solved once.
    let left_out = leave_each_out(&points, &stations, stations.iter().copied(), &covariance());
    let cost = |scale_m: f64| {
        let reduced_m = reduce(places, &heights_m, zenith_m, scale_m);
        let prior = (scale_m - WET_SCALE_DEFAULT_M) / WET_SCALE_SIGMA_M;
        let squares = left_out.iter().filter_map(|left_out| {
            let residual = left_out.residual(&reduced_m)?;
            // Compared at the station's own height, as a rover would.
            let lowered = lowering(*heights_m.get(residual.station.position())?, scale_m);
            Some((residual.error_m * lowered / residual.sigma_m).powi(2))
        });
        prior * prior + squares.sum::<f64>()
    };
    let step_m = (WET_SCALE_MAX_M - WET_SCALE_MIN_M) / f64::from(WET_SCALES - 1);
    let tried = (0..WET_SCALES).map(|step| WET_SCALE_MIN_M + f64::from(step) * step_m);
    tried
        .map(|scale_m| (cost(scale_m), scale_m))
        .filter(|(cost, _)| cost.is_finite())
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(WET_SCALE_DEFAULT_M, |(_, scale_m)| scale_m)
}

impl ZenithField {
    /// The field of the stations at `places`, whose total zenith delays (m) are known where `zenith_m` has one.
    ///
    /// `wet_scale_m` comes from [`fit_wet_scale_m`] or is the default; it is held within its bounds. Values that are no numbers count as
    /// absent.
    pub fn new(
        plane: LocalPlane,
        places: &[Geodetic],
        zenith_m: &[Option<f64>],
        wet_scale_m: f64,
    ) -> Self {
        let wet_scale_m = wet_scale_m.clamp(WET_SCALE_MIN_M, WET_SCALE_MAX_M);
        let heights_m = heights(places);
        Self {
            plane,
            points: places.iter().map(|place| plane.point(*place)).collect(),
            reduced_m: reduce(places, &heights_m, zenith_m, wet_scale_m),
            heights_m,
            wet_scale_m,
            covariance: covariance(),
            weather: None,
        }
    }

    /// With sigmas of that weather, where they are larger. What is interpolated stays the same to the bit: what a rover is told must not move
    /// when the weather is judged anew.
    #[must_use]
    pub fn in_weather(self, weather: Option<Covariance>) -> Self {
        Self { weather, ..self }
    }

    /// The zenith delay at `target`; none without a station.
    pub fn at(&self, target: Geodetic) -> Option<Interpolated> {
        let stations = present(&self.reduced_m);
        let point = self.plane.point(target);
        let weights = Weights::solve(&self.points, &stations, point, &self.covariance)?;
        let reduced_m = weights.apply(&self.reduced_m)?;
        let height_m = target.height_m.clamp(*HEIGHT_RANGE_M.start(), *HEIGHT_RANGE_M.end());
        let lowered = lowering(height_m, self.wet_scale_m);
        let wet_m = reduced_m * lowered;
        let stations_height_m: f64 = weights
            .shares()
            .iter()
            .filter_map(|(station, share)| Some(share * self.heights_m.get(station.position())?))
            .sum();
        // The derivative of the wet delay by the scale height, for the height that the stations do not share.
        let by_scale = wet_m * (height_m - stations_height_m) / self.wet_scale_m.powi(2);
        let in_weather =
            self.weather.and_then(|weather| weights.sigma_under_m(&self.points, point, &weather));
        let air_m = in_weather.map_or(weights.sigma_m(), |sigma_m| sigma_m.max(weights.sigma_m()));
        let sigma_m = (air_m * lowered).hypot(by_scale * WET_SCALE_LEFT_SIGMA_M);
        let zenith = ZenithDelay { hydrostatic_m: hydrostatic_m(target), wet_m };
        Some(Interpolated { zenith, sigma_m, drift: weights.drift() })
    }

    /// How alike the wet delay is at two places, as far as the last hour tells.
    pub fn covariance(&self) -> Covariance {
        self.weather.unwrap_or(self.covariance)
    }

    /// The scale height that is used, m.
    pub fn wet_scale_m(&self) -> f64 {
        self.wet_scale_m
    }
}

/// The standard atmosphere's hydrostatic zenith delay, m.
fn hydrostatic_m(place: Geodetic) -> f64 {
    zenith_delay(place, RELATIVE_HUMIDITY).hydrostatic_m
}

/// The heights, within what the reduction holds for, m.
fn heights(places: &[Geodetic]) -> Vec<f64> {
    let bounded = |height_m: f64| height_m.clamp(*HEIGHT_RANGE_M.start(), *HEIGHT_RANGE_M.end());
    places.iter().map(|place| bounded(place.height_m)).collect()
}

/// How much of the ellipsoid's water vapour is above that height.
fn lowering(height_m: f64, scale_m: f64) -> f64 {
    (-height_m / scale_m).exp()
}

/// Wet delays as they would be on the ellipsoid, m.
fn reduce(
    places: &[Geodetic],
    heights_m: &[f64],
    zenith_m: &[Option<f64>],
    scale_m: f64,
) -> Vec<Option<f64>> {
    let one = |((place, height_m), zenith_m): ((&Geodetic, &f64), &Option<f64>)| {
        let reduced_m = ((*zenith_m)? - hydrostatic_m(*place)) / lowering(*height_m, scale_m);
        reduced_m.is_finite().then_some(reduced_m)
    };
    places.iter().zip(heights_m).zip(zenith_m).map(one).collect()
}

#[cfg(test)]
mod tests;
