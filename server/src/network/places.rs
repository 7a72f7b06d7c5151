//! Where virtual stations are wanted: read from the command line and from headers.

use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, bail, ensure};
use tianshu_gnss::coords::{Ecef, GRS80, Geodetic};

use crate::cli::network::Place;
use crate::network::files::{opened, reference_point};

/// RINEX headers tell positions to a tenth of a millimetre.
const HEADER_STEP_M: f64 = 1e-4;
/// From below the lowest shore to above the highest summit, m.
const HEIGHTS_M: std::ops::RangeInclusive<f64> = -500.0..=10_000.0;

/// The place of a virtual station, rounded so that a header can tell it exactly.
pub(crate) fn place(wanted: &Place) -> anyhow::Result<Ecef> {
    let place = match wanted {
        Place::At(text) => of_text(text)?,
        Place::OfRinex(path) => of_header(path)?,
    };
    Ok(rounded(place))
}

/// A place as a header can tell it exactly.
pub(crate) fn rounded(place: Ecef) -> Ecef {
    let [x, y, z] = place.xyz().map(|m| (m / HEADER_STEP_M).round() * HEADER_STEP_M);
    Ecef::new(x, y, z)
}

fn of_text(text: &str) -> anyhow::Result<Ecef> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|n| n.trim().parse()).collect();
    let [latitude, longitude, height] = numbers.unwrap_or_default()[..] else {
        bail!(
            "--at {text} is not degrees north, degrees east, metres, as in 22.8167,108.3167,120.0"
        );
    };
    ensure!(
        is_place(latitude, longitude, height),
        "--at {text} is no place: -90 to 90 degrees north, -180 to 360 degrees east, {} to {} m were expected",
        HEIGHTS_M.start(),
        HEIGHTS_M.end()
    );
    Ok(Geodetic::from_degrees(latitude, longitude, height).to_ecef(GRS80))
}

fn of_header(path: &Path) -> anyhow::Result<Ecef> {
    let shown = path.display();
    let reader = opened(path, &Rc::default())?.with_context(|| format!("--at-rinex {shown}"))?;
    let header = reader.header();
    let marker = header.approx_position.with_context(|| {
        format!("--at-rinex {shown}: its header tells no position: use --at LAT,LON,H")
    })?;
    let place = reference_point(header, marker);
    ensure!(is_on_earth(place), "--at-rinex {shown}: its header's position is not on the Earth");
    Ok(place)
}

/// Whether degrees and metres are a place where a station can be.
pub(crate) fn is_place(latitude_deg: f64, longitude_deg: f64, height_m: f64) -> bool {
    (-90.0..=90.0).contains(&latitude_deg)
        && (-180.0..=360.0).contains(&longitude_deg)
        && HEIGHTS_M.contains(&height_m)
}

/// Whether Earth-centred coordinates are one.
pub(crate) fn is_on_earth(place: Ecef) -> bool {
    place.xyz().iter().all(|m| m.is_finite())
        && place.radius_m() > 1.0
        && HEIGHTS_M.contains(&place.to_geodetic(GRS80).height_m)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_in_degrees_and_metres() {
        let at = |text: &str| place(&Place::At(text.to_owned()));
        let told = at("-22.5, 108,100").expect("a place").to_geodetic(GRS80);
        assert!((told.latitude_deg() + 22.5).abs() < 1e-8 && (told.height_m - 100.0).abs() < 1e-3);
        for bad in ["", "1,2", "a,b,c", "91,0,0", "0,0,1e6", "1,2,3,4", "NaN,0,0"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
