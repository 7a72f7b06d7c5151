//! Sun and Moon: where they stand over the turning Earth, as exactly as tides need it.

use tianshu_gnss::coords::Ecef;
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::leap::offset_at_gps;

/// J2000.0, 2000-01-01 12:00:00, in days since 1980-01-06 00:00:00 on one and the same scale (JD 2 451 545.0 - 2 444 244.5).
const J2000_DAYS: f64 = 7_300.5;
/// Days in a Julian century.
const CENTURY_DAYS: f64 = 36_525.0;
/// Terrestrial time - GPS time: 32.184 s to TAI (IAU 1991, resolution A4) and 19 s to GPS time.
const TT_AHEAD_OF_GPS: Interval = Interval::from_millis(51_184);
/// The obliquity of the ecliptic at J2000.0, degrees (Montenbruck & Gill 2000, Satellite Orbits, section 3.3.2). It changes by
/// 0.013° in a century.
const OBLIQUITY_DEG: f64 = 23.439_291_11;

/// Sun and Moon at one moment, seen from the Earth's centre, in Earth-fixed axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Luminaries {
    /// The Sun's centre.
    pub sun: Ecef,
    /// The Moon's centre.
    pub moon: Ecef,
}

/// A place on the ecliptic of date.
#[derive(Clone, Copy, Debug)]
struct Ecliptic {
    longitude_deg: f64,
    latitude_deg: f64,
    distance_m: f64,
}

/// Sun and Moon by low-precision series (Montenbruck & Gill 2000, Satellite Orbits, eqs. 3.43 to 3.51): the Sun to an arc minute
/// and 0.1 % of its distance, the Moon to some arc minutes and 500 km.
///
/// A tide of 30 cm is wrong by 0.4 % of that, 1 mm, at most. Nutation (20″), polar motion (0.5″), UT1 - UTC (15″) and the light's
/// travel (20″) are left out: each is smaller.
pub fn luminaries(at: GpsTime) -> Luminaries {
    let centuries = days_since_j2000(at + TT_AHEAD_OF_GPS) / CENTURY_DAYS;
    let turn_rad = sidereal_deg(at).to_radians();
    Luminaries {
        sun: earth_fixed(sun(centuries), turn_rad),
        moon: earth_fixed(moon(centuries), turn_rad),
    }
}

/// The Sun (Montenbruck & Gill 2000, eqs. 3.43 and 3.44, with the mean longitude of date of Meeus 1998, Astronomical Algorithms,
/// eq. 25.2: the former lets the perihelion stand still, which is 5′ by 2024). `t`: centuries of TT since J2000.0.
fn sun(t: f64) -> Ecliptic {
    let m = (357.5256 + 35999.049 * t).to_radians();
    let swing_arcsec = 6_892.0 * m.sin() + 72.0 * (2.0 * m).sin();
    Ecliptic {
        longitude_deg: 280.46646 + 36000.76983 * t + swing_arcsec / 3_600.0,
        latitude_deg: 0.0,
        distance_m: (149.619 - 2.499 * m.cos() - 0.021 * (2.0 * m).cos()) * 1e9,
    }
}

/// The Moon (Montenbruck & Gill 2000, eqs. 3.47 to 3.51). `t`: centuries of TT since J2000.0.
fn moon(t: f64) -> Ecliptic {
    // Mean longitude (of date), mean anomalies of Moon and Sun, distance from the node, elongation.
    let mean_deg = 218.31617 + 481267.88088 * t;
    let l = (134.96292 + 477198.86753 * t).to_radians();
    let s = (357.52543 + 35999.04944 * t).to_radians();
    let f = (93.27283 + 483202.01873 * t).to_radians();
    let d = (297.85027 + 445267.11135 * t).to_radians();
    let longitude_arcsec = 22_640.0 * l.sin() + 769.0 * (2.0 * l).sin()
        - 4_586.0 * (l - 2.0 * d).sin()
        + 2_370.0 * (2.0 * d).sin()
        - 668.0 * s.sin()
        - 412.0 * (2.0 * f).sin()
        - 212.0 * (2.0 * l - 2.0 * d).sin()
        - 206.0 * (l + s - 2.0 * d).sin()
        + 192.0 * (l + 2.0 * d).sin()
        - 165.0 * (s - 2.0 * d).sin()
        + 148.0 * (l - s).sin()
        - 125.0 * d.sin()
        - 110.0 * (l + s).sin()
        - 55.0 * (2.0 * f - 2.0 * d).sin();
    let from_node_arcsec = longitude_arcsec + 412.0 * (2.0 * f).sin() + 541.0 * s.sin();
    let latitude_arcsec = 18_520.0 * (f + (from_node_arcsec / 3_600.0).to_radians()).sin()
        - 526.0 * (f - 2.0 * d).sin()
        + 44.0 * (l + f - 2.0 * d).sin()
        - 31.0 * (-l + f - 2.0 * d).sin()
        - 25.0 * (-2.0 * l + f).sin()
        - 23.0 * (s + f - 2.0 * d).sin()
        + 21.0 * (-l + f).sin()
        + 11.0 * (-s + f - 2.0 * d).sin();
    let distance_km = 385_000.0
        - 20_905.0 * l.cos()
        - 3_699.0 * (2.0 * d - l).cos()
        - 2_956.0 * (2.0 * d).cos()
        - 570.0 * (2.0 * l).cos()
        + 246.0 * (2.0 * l - 2.0 * d).cos()
        - 205.0 * (s - 2.0 * d).cos()
        - 171.0 * (l + 2.0 * d).cos()
        - 152.0 * (l + s - 2.0 * d).cos();
    Ecliptic {
        longitude_deg: mean_deg + longitude_arcsec / 3_600.0,
        latitude_deg: latitude_arcsec / 3_600.0,
        distance_m: distance_km * 1e3,
    }
}

/// Greenwich mean sidereal time, degrees (IAU 1982, in the form of Meeus 1998, Astronomical Algorithms, eq. 12.4), with UTC for UT1.
fn sidereal_deg(at: GpsTime) -> f64 {
    let offset = offset_at_gps(at);
    let leaps = offset.gps_minus_utc_s + i64::from(offset.in_leap_second);
    let days = days_since_j2000(at - Interval::from_seconds(leaps));
    let centuries = days / CENTURY_DAYS;
    280.460_618_37 + 360.985_647_366_29 * days + 0.000_387_933 * centuries * centuries
}

fn days_since_j2000(t: GpsTime) -> f64 {
    (t - GpsTime::from_nanos(0)).seconds() / 86_400.0 - J2000_DAYS
}

/// From the ecliptic to the equator of date, and into axes that have turned with the Earth.
fn earth_fixed(place: Ecliptic, turn_rad: f64) -> Ecef {
    let (sin_lon, cos_lon) = place.longitude_deg.to_radians().sin_cos();
    let (sin_lat, cos_lat) = place.latitude_deg.to_radians().sin_cos();
    let (sin_tilt, cos_tilt) = OBLIQUITY_DEG.to_radians().sin_cos();
    let (sin_turn, cos_turn) = turn_rad.sin_cos();
    let equinox = cos_lat * cos_lon;
    let square = cos_lat * sin_lon * cos_tilt - sin_lat * sin_tilt;
    let pole = cos_lat * sin_lon * sin_tilt + sin_lat * cos_tilt;
    Ecef::new(
        place.distance_m * (equinox * cos_turn + square * sin_turn),
        place.distance_m * (square * cos_turn - equinox * sin_turn),
        place.distance_m * pole,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use tianshu_gnss::time::utc::Utc;

    /// Julian ephemeris days in centuries since J2000.0.
    fn centuries(julian_day: f64) -> f64 {
        (julian_day - 2_451_545.0) / CENTURY_DAYS
    }

    /// `within_deg` of longitude and latitude, `within_km` of distance.
    #[track_caller]
    fn check(got: Ecliptic, expected: [f64; 3], within_deg: f64, within_km: f64) {
        let [longitude_deg, latitude_deg, distance_km] = expected;
        let turned = (got.longitude_deg - longitude_deg + 180.0).rem_euclid(360.0) - 180.0;
        let away_km = got.distance_m / 1e3 - distance_km;
        assert!(turned.abs() < within_deg, "{got:?} against {expected:?}: {turned}° of longitude");
        assert!((got.latitude_deg - latitude_deg).abs() < within_deg, "{got:?}, not {expected:?}");
        assert!(away_km.abs() < within_km, "{got:?} against {expected:?}: {away_km} km");
    }

    /// The worked examples of Meeus 1998, Astronomical Algorithms; the tolerances are the series' stated accuracies.
    #[test]
    fn both_stand_where_the_almanac_has_them() {
        // Example 25.a: the Sun at 1992-10-13 0h TD, true longitude 199.90988°, 0.99766 au.
        let astronomical_unit_km = 149_597_870.7;
        let expected = [199.909_88, 0.0, 0.997_66 * astronomical_unit_km];
        check(sun(centuries(2_448_908.5)), expected, 1.0 / 60.0, 1.5e5);
        // Example 47.a: the Moon at 1992-04-12 0h TD.
        let expected = [133.162_655, -3.229_126, 368_409.7];
        check(moon(centuries(2_448_724.5)), expected, 5.0 / 60.0, 500.0);
    }

    #[test]
    fn the_earth_turns_by_sidereal_time() {
        // Meeus 1998, example 12.a: 13h10m46.3668s at 1987-04-10 0h UT.
        let t = GpsTime::from("1987-04-10".parse::<Utc>().expect("a date"));
        let expected_deg = (13.0 + 10.0 / 60.0 + 46.3668 / 3_600.0) * 15.0;
        let got = sidereal_deg(t).rem_euclid(360.0);
        // As many decimals as the example has, 1e-4 s of time.
        assert!((got - expected_deg).abs() < 1e-6, "{got}° against {expected_deg}°");
    }

    #[test]
    fn at_the_march_equinox_the_sun_crosses_the_equator() {
        // The equinox of 2024-03-20 03:06 UTC (US Naval Observatory, "Earth's Seasons"); the equation of time was -7.5 min then.
        let t = GpsTime::from("2024-03-20T03:06:00Z".parse::<Utc>().expect("a moment"));
        let [x, y, z] = luminaries(t).sun.xyz();
        assert!((z / x.hypot(y)).atan().to_degrees().abs() < 1.0 / 60.0, "{z} m off the equator");
        let expected_deg = (12.0 - 3.1) * 15.0 + 7.5 / 4.0;
        let longitude_deg = y.atan2(x).to_degrees();
        assert!(
            (longitude_deg - expected_deg).abs() < 0.1,
            "{longitude_deg}°, not {expected_deg}°"
        );
    }
}
