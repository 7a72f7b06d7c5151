//! Solutions in the columns of RTKLIB's `.pos` files (RTKLIB manual 2.4.2, appendix B.1).

use std::fmt::Write;

use nalgebra::{Matrix3, Vector3};
use tianshu_gnss::coords::{Ecef, Enu, Geodetic, WGS84};
use tianshu_gnss::time::gps::{GpsTime, Interval};
use tianshu_gnss::time::utc::Civil;

use crate::rtk::solution::{Solution, Status};

/// The comment lines before the first solution. `base`: the reference position, if there is one.
pub fn header(program: &str, base: Option<Ecef>) -> String {
    let mut text = format!("% program   : {program}\n");
    if let Some(base) = base {
        let at = base.to_geodetic(WGS84);
        let (latitude, longitude) = (at.latitude_deg(), at.longitude_deg());
        let _ =
            writeln!(text, "% ref pos   :{latitude:14.9} {longitude:14.9} {:10.4}", at.height_m);
    }
    text.push_str(
        "%\n% (lat/lon/height=WGS84/ellipsoidal,Q=1:fix,2:float,3:sbas,4:dgps,5:single,6:ppp,ns=# of satellites)\n\
         %  GPST                  latitude(deg) longitude(deg)  height(m)   Q  ns   sdn(m)   sde(m)   sdu(m)  \
         sdne(m)  sdeu(m)  sdun(m) age(s)  ratio\n",
    );
    text
}

/// One solution as a line, without its end: time, latitude, longitude, height, quality, satellites, deviations, age, ratio.
pub fn line(solution: &Solution) -> String {
    let place = solution.position.to_geodetic(WGS84);
    let local = local_covariance(&solution.covariance_m2, place);
    let [e, n, u] = [0, 1, 2];
    let sd = |i: usize, j: usize| signed_root(local[(i, j)]);
    format!(
        "{} {:14.9} {:14.9} {:10.4} {:3} {:3} {:8.4} {:8.4} {:8.4} {:8.4} {:8.4} {:8.4} {:6.2} {:6.1}",
        calendar(solution.time),
        place.latitude_deg(),
        place.longitude_deg(),
        place.height_m,
        quality(solution.status),
        solution.satellites,
        sd(n, n),
        sd(e, e),
        sd(u, u),
        sd(n, e),
        sd(e, u),
        sd(u, n),
        solution.age.seconds(),
        solution.ratio.unwrap_or(0.0).min(RATIO_SHOWN_MAX),
    )
}

/// The column has room for five characters.
const RATIO_SHOWN_MAX: f64 = 999.9;

fn quality(status: Status) -> u8 {
    match status {
        Status::Fixed => 1,
        Status::Float => 2,
        Status::Single => 5,
    }
}

/// The root that keeps the sign, as the format tells covariances.
fn signed_root(variance: f64) -> f64 {
    variance.abs().sqrt().copysign(variance)
}

/// Covariance along east, north, up.
fn local_covariance(ecef: &Matrix3<f64>, place: Geodetic) -> Matrix3<f64> {
    let axis = |east_m, north_m, up_m| {
        Vector3::from(Enu { east_m, north_m, up_m }.to_ecef(place).xyz()).transpose()
    };
    let rows = [axis(1.0, 0.0, 0.0), axis(0.0, 1.0, 0.0), axis(0.0, 0.0, 1.0)];
    let turn = Matrix3::from_rows(&rows);
    turn * ecef * turn.transpose()
}

/// `2020/06/25 00:00:30.000` in GPS time, rounded to the millisecond.
fn calendar(time: GpsTime) -> String {
    let c = Civil::in_gps_time(time.rounded_to(Interval::from_millis(1)));
    format!(
        "{:04}/{:02}/{:02} {:02}:{:02}:{:02}.{:03}",
        c.year,
        c.month,
        c.day,
        c.hour,
        c.minute,
        c.second,
        c.nanos / 1_000_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_columns_of_rtklib() {
        let solution = Solution {
            time: GpsTime::from_week(2111, Interval::from_millis(345_630_000)),
            status: Status::Fixed,
            position: Geodetic::from_degrees(49.144_2, 12.878_9, 666.025).to_ecef(WGS84),
            covariance_m2: Matrix3::from_diagonal_element(1e-4),
            satellites: 17,
            fixed_ambiguities: 20,
            ratio: Some(42.04),
            age: Interval::ZERO,
        };
        let expected = "2020/06/25 00:00:30.000   49.144200000   12.878900000   666.0250   1  17   \
                        0.0100   0.0100   0.0100";
        let got = line(&solution);
        assert!(got.starts_with(expected), "{got}");
        assert!(got.ends_with("  0.00   42.0"), "{got}");
        // RTKLIB's own reader splits at blanks: 15 columns with the time's two.
        assert_eq!(got.split_ascii_whitespace().count(), 15);
    }

    #[test]
    fn dates_cross_leap_years() {
        let day = |days: i64| {
            let midnight = GpsTime::from_nanos(0) + Interval::from_seconds(days * 86_400);
            let c = Civil::in_gps_time(midnight);
            (c.year, c.month, c.day)
        };
        assert_eq!(day(0), (1980, 1, 6));
        assert_eq!(day(54), (1980, 2, 29));
        assert_eq!(day(14_783), (2020, 6, 27));
    }
}
