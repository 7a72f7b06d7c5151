//! The solid Earth's tide: how far Sun and Moon move a place, up to 40 cm and the same for near places but for millimetres.

use tianshu_gnss::coords::{Ecef, EcefDelta, Enu, Geodetic};
use tianshu_gnss::time::gps::GpsTime;

use crate::model::luminary::{Luminaries, luminaries};

/// Equatorial radius of the Earth, m (IERS Technical Note 36, table 1.1).
const EARTH_RADIUS_M: f64 = 6_378_136.6;
/// Mass of the Sun in Earths (IERS Technical Note 36, table 1.1, from GM of Sun and Earth).
const SUN_MASS: f64 = 332_946.048_2;
/// Mass of the Moon in Earths (IERS Technical Note 36, table 1.1).
const MOON_MASS: f64 = 0.012_300_037_1;

/// Love number of degree 2 in phase, at the equator's mean, and its dependence on latitude (IERS Technical Note 36, eq. 7.2).
const H2: [f64; 2] = [0.6078, -0.0006];
/// Shida number of degree 2 in phase, and its dependence on latitude (IERS Technical Note 36, eq. 7.2).
const L2: [f64; 2] = [0.0847, 0.0002];
/// Love number of degree 3 (IERS Technical Note 36, section 7.1.1).
const H3: f64 = 0.292;
/// Shida number of degree 3 (IERS Technical Note 36, section 7.1.1).
const L3: f64 = 0.015;
/// Imaginary parts of h and l in the diurnal band (IERS Technical Note 36, eqs. 7.10).
const DIURNAL_IMAGINARY: [f64; 2] = [-0.0025, -0.0007];
/// Imaginary parts of h and l in the semidiurnal band (IERS Technical Note 36, eqs. 7.11).
const SEMIDIURNAL_IMAGINARY: [f64; 2] = [-0.0022, -0.0007];
/// The toroidal l⁽¹⁾ in the diurnal and in the semidiurnal band (IERS Technical Note 36, eqs. 7.8 and 7.9).
const TOROIDAL: [f64; 2] = [0.0012, 0.0024];

/// By how much the tide has moved `place` at that moment from where the ITRF has it ("conventional tide free", IERS Technical
/// Note 36, section 7.1.1.2): the place of an antenna is its coordinates plus this.
///
/// Step 1 of the IERS Conventions 2010, degrees 2 and 3. Step 2, the resonances of single frequencies, is left out: at most 13 mm
/// where the place is, and less than 0.2 mm between places 100 km apart, of which a network consists.
pub fn solid_earth_tide(place: Ecef, at: GpsTime) -> EcefDelta {
    displacement(place, luminaries(at))
}

/// The same for given places of Sun and Moon. A place at the Earth's centre is not moved.
pub fn displacement(place: Ecef, by: Luminaries) -> EcefDelta {
    let Some(site) = Site::of(place) else { return EcefDelta::new(0.0, 0.0, 0.0) };
    let bodies = [Body::of(by.sun, SUN_MASS), Body::of(by.moon, MOON_MASS)];
    let mut total = EcefDelta::new(0.0, 0.0, 0.0);
    for body in bodies.into_iter().flatten() {
        total = total + in_phase(&site, &body) + site.local(small_terms(&site, &body));
    }
    total
}

/// A direction from the Earth's centre, with its spherical latitude and longitude.
#[derive(Clone, Copy, Debug)]
struct Direction {
    unit: [f64; 3],
    sin_lat: f64,
    cos_lat: f64,
    longitude_rad: f64,
}

impl Direction {
    fn of(place: Ecef) -> Option<Self> {
        let radius_m = place.radius_m();
        if radius_m <= 0.0 || !radius_m.is_finite() {
            return None;
        }
        let unit @ [x, y, z] = place.xyz().map(|component| component / radius_m);
        Some(Self { unit, sin_lat: z, cos_lat: x.hypot(y), longitude_rad: y.atan2(x) })
    }
}

/// The moved place.
struct Site(Direction);

/// Sun or Moon.
struct Body {
    towards: Direction,
    /// Mass ratio times R⁴/r³, m: what degree 2 is measured by.
    degree2_m: f64,
    /// The same times R/r, for degree 3.
    degree3_m: f64,
}

impl Body {
    fn of(place: Ecef, mass: f64) -> Option<Self> {
        let towards = Direction::of(place)?;
        let ratio = EARTH_RADIUS_M / place.radius_m();
        let degree2_m = mass * EARTH_RADIUS_M * ratio.powi(3);
        Some(Self { towards, degree2_m, degree3_m: degree2_m * ratio })
    }
}

impl Site {
    fn of(place: Ecef) -> Option<Self> {
        Direction::of(place).map(Self)
    }

    /// A displacement along the axes of the spherical latitude, Earth-fixed.
    fn local(&self, moved: Enu) -> EcefDelta {
        let Direction { sin_lat, cos_lat, longitude_rad, .. } = self.0;
        let latitude_rad = sin_lat.atan2(cos_lat);
        moved.to_ecef(Geodetic { latitude_rad, longitude_rad, height_m: 0.0 })
    }
}

/// Degrees 2 and 3 in phase (IERS Technical Note 36, eqs. 7.5 and 7.6).
fn in_phase(site: &Site, body: &Body) -> EcefDelta {
    let (here, there) = (site.0.unit, body.towards.unit);
    let cos: f64 = (0..3).map(|i| here[i] * there[i]).sum();
    let by_latitude = 1.5 * site.0.sin_lat * site.0.sin_lat - 0.5;
    let h2 = H2[0] + H2[1] * by_latitude;
    let l2 = L2[0] + L2[1] * by_latitude;
    let up_m = body.degree2_m * h2 * (1.5 * cos * cos - 0.5)
        + body.degree3_m * H3 * (2.5 * cos.powi(3) - 1.5 * cos);
    let aside_m = body.degree2_m * 3.0 * l2 * cos + body.degree3_m * L3 * (7.5 * cos * cos - 1.5);
    let [x, y, z] = std::array::from_fn(|i| up_m * here[i] + aside_m * (there[i] - cos * here[i]));
    EcefDelta::new(x, y, z)
}

/// What lags behind in phase, and what turns: below a millimetre together.
fn small_terms(site: &Site, body: &Body) -> Enu {
    let Direction { sin_lat: s, cos_lat: c, .. } = site.0;
    let Direction { sin_lat: body_s, cos_lat: body_c, .. } = body.towards;
    let (sin1, cos1) = (site.0.longitude_rad - body.towards.longitude_rad).sin_cos();
    let (sin2, cos2) = (2.0 * sin1 * cos1, cos1 * cos1 - sin1 * sin1);
    let cos_2lat = c * c - s * s;
    // sin 2Φ and cos² Φ of the body; the Legendre functions P₂₁ and P₂₂ are 3/2 and 3 of them.
    let (once, twice) = (2.0 * body_s * body_c, body_c * body_c);
    let [h_diurnal, l_diurnal] = DIURNAL_IMAGINARY;
    let [h_semi, l_semi] = SEMIDIURNAL_IMAGINARY;
    let [toroidal1, toroidal2] = TOROIDAL;
    // Eqs. 7.10a and 7.11a.
    let up = -0.75 * h_diurnal * once * 2.0 * s * c * sin1 - 0.75 * h_semi * twice * c * c * sin2;
    // Eqs. 7.10b, 7.11b, 7.8 and 7.9.
    let north = -1.5 * l_diurnal * once * cos_2lat * sin1
        + 0.75 * l_semi * twice * 2.0 * s * c * sin2
        - toroidal1 * s * 1.5 * once * s * cos1
        - 0.5 * toroidal2 * s * c * 3.0 * twice * cos2;
    let east = -1.5 * l_diurnal * once * s * cos1 - 0.75 * l_semi * twice * 2.0 * c * cos2
        + toroidal1 * s * 1.5 * once * cos_2lat * sin1
        - 0.5 * toroidal2 * s * c * 3.0 * twice * s * sin2;
    Enu {
        east_m: body.degree2_m * east,
        north_m: body.degree2_m * north,
        up_m: body.degree2_m * up,
    }
}

#[cfg(test)]
mod tests;
