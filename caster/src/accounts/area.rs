//! Where an account's rovers may be: boxes and polygons in latitude and longitude.
//!
//! Sides of polygons are straight in latitude and longitude, as on a plain map, and take the short way around the globe; none
//! may lie around a pole. Rights are drawn on such maps, so nothing finer would be truer.

use std::fmt;
use std::str::FromStr;

/// The most shapes of one area: a province in parts, with room.
pub const SHAPES_MAX: usize = 64;
/// The most corners of one polygon: each position that a rover tells is held against all of them.
pub const CORNERS_MAX: usize = 500;

/// A place: degrees north and degrees east.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Degrees north, -90 to 90.
    pub latitude_deg: f64,
    /// Degrees east, -180 to 180.
    pub longitude_deg: f64,
}

/// At least one shape; a place in any of them is inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Area(Vec<Shape>);

/// One shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Between two parallels and two meridians, its border included.
    Box {
        /// Southern and western corner. A western longitude beyond the eastern one goes across the date line.
        south_west: Spot,
        /// Northern and eastern corner.
        north_east: Spot,
    },
    /// A polygon of at least three corners; the last is joined to the first. Where it crosses itself, what is
    /// surrounded an even number of times is outside.
    Polygon(Vec<Spot>),
}

/// What is wrong with a written area.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadArea {
    /// No shape, or one that is not known.
    #[error(
        "{0:?} is no shape: `box SOUTH WEST NORTH EAST` or `polygon LAT LON LAT LON LAT LON ...` was expected"
    )]
    NoShape(String),
    /// No number.
    #[error("{0:?} is no number of degrees")]
    NoNumber(String),
    /// No place on Earth.
    #[error("degrees north are within ±90, degrees east within ±180")]
    OffEarth,
    /// A box whose south lies north of its north.
    #[error("the south of a box lies north of its north")]
    UpsideDown,
    /// Too few or too many corners.
    #[error("a polygon has 3 to {CORNERS_MAX} corners, each of a latitude and a longitude")]
    Corners,
    /// A polygon around a pole, or as wide as half the globe.
    #[error("a polygon is narrower than half the globe, and not around a pole")]
    TooWide,
    /// Too many shapes.
    #[error("an area has 1 to {SHAPES_MAX} shapes")]
    Shapes,
}

impl Area {
    /// An area of these shapes.
    pub fn new(shapes: Vec<Shape>) -> Result<Self, BadArea> {
        if !(1..=SHAPES_MAX).contains(&shapes.len()) {
            return Err(BadArea::Shapes);
        }
        shapes.iter().try_for_each(Shape::check)?;
        Ok(Self(shapes))
    }

    /// Whether a place lies in it.
    pub fn contains(&self, spot: Spot) -> bool {
        self.0.iter().any(|shape| shape.contains(spot))
    }
}

impl Spot {
    fn is_on_earth(self) -> bool {
        // NaN is within no range.
        (-90.0..=90.0).contains(&self.latitude_deg)
            && (-180.0..=180.0).contains(&self.longitude_deg)
    }
}

impl Shape {
    fn check(&self) -> Result<(), BadArea> {
        match self {
            Self::Box { south_west, north_east } => {
                if !south_west.is_on_earth() || !north_east.is_on_earth() {
                    return Err(BadArea::OffEarth);
                }
                if south_west.latitude_deg > north_east.latitude_deg {
                    return Err(BadArea::UpsideDown);
                }
            }
            Self::Polygon(corners) => {
                if !(3..=CORNERS_MAX).contains(&corners.len()) {
                    return Err(BadArea::Corners);
                }
                if !corners.iter().all(|corner| corner.is_on_earth()) {
                    return Err(BadArea::OffEarth);
                }
                let east: Vec<f64> = unrolled(corners).map(|(_, east)| east).collect();
                let (west_most, east_most) = east
                    .iter()
                    .fold((f64::MAX, f64::MIN), |(west, most), x| (west.min(*x), most.max(*x)));
                let closes = match (east.first(), east.last()) {
                    (Some(first), Some(last)) => (first - last).abs() < 180.0,
                    _ => false,
                };
                if east_most - west_most >= 180.0 || !closes {
                    return Err(BadArea::TooWide);
                }
            }
        }
        Ok(())
    }

    fn contains(&self, spot: Spot) -> bool {
        match self {
            Self::Box { south_west, north_east } => {
                let (south, north) = (south_west.latitude_deg, north_east.latitude_deg);
                let (west, east) = (south_west.longitude_deg, north_east.longitude_deg);
                let between = if west <= east {
                    (west..=east).contains(&spot.longitude_deg)
                } else {
                    spot.longitude_deg >= west || spot.longitude_deg <= east
                };
                between && (south..=north).contains(&spot.latitude_deg)
            }
            Self::Polygon(corners) => {
                let Some(first) = corners.first() else { return false };
                let east = first.longitude_deg + short_way(first.longitude_deg, spot.longitude_deg);
                surrounds(corners, spot.latitude_deg, east)
            }
        }
    }
}

/// How far east it is from one longitude to the other by the short way, degrees.
fn short_way(from: f64, to: f64) -> f64 {
    let east = (to - from).rem_euclid(360.0);
    if east > 180.0 { east - 360.0 } else { east }
}

/// The corners with longitudes that do not jump at the date line.
fn unrolled(corners: &[Spot]) -> impl Iterator<Item = (f64, f64)> {
    let mut east = corners.first().map_or(0.0, |first| first.longitude_deg);
    corners.iter().map(move |corner| {
        east += short_way(east, corner.longitude_deg);
        (corner.latitude_deg, east)
    })
}

/// Whether a ray to the east crosses the sides an odd number of times.
fn surrounds(corners: &[Spot], north: f64, east: f64) -> bool {
    let Some(mut before) = unrolled(corners).last() else { return false };
    let mut inside = false;
    for corner in unrolled(corners) {
        // One end of a side counts and the other does not, so that a ray through a corner crosses once.
        if (corner.0 > north) != (before.0 > north) {
            let along = (north - before.0) / (corner.0 - before.0);
            if east < before.1 + along * (corner.1 - before.1) {
                inside = !inside;
            }
        }
        before = corner;
    }
    inside
}

/// As it is read: `box 22 107 23.5 109; polygon 22 107 23 107 22.5 108`.
impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, shape) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            let corners = match shape {
                Shape::Box { south_west, north_east } => {
                    f.write_str("box")?;
                    &[*south_west, *north_east][..]
                }
                Shape::Polygon(corners) => {
                    f.write_str("polygon")?;
                    corners
                }
            };
            for corner in corners {
                write!(f, " {} {}", corner.latitude_deg, corner.longitude_deg)?;
            }
        }
        Ok(())
    }
}

impl FromStr for Area {
    type Err = BadArea;

    fn from_str(text: &str) -> Result<Self, BadArea> {
        Self::new(text.split(';').map(str::parse).collect::<Result<_, _>>()?)
    }
}

/// Commas count as spaces: people write `22.0,107.0` as often as `22.0 107.0`.
impl FromStr for Shape {
    type Err = BadArea;

    fn from_str(text: &str) -> Result<Self, BadArea> {
        let mut words = text.split([' ', ',', '\t', '\n', '\r']).filter(|word| !word.is_empty());
        let kind = words.next().unwrap_or_default();
        let degrees = words
            .map(|word| {
                word.parse().map_err(|_| BadArea::NoNumber(word.chars().take(20).collect()))
            })
            .collect::<Result<Vec<f64>, _>>()?;
        let (pairs, rest) = degrees.as_chunks::<2>();
        let spots: Vec<Spot> = pairs
            .iter()
            .map(|&[latitude_deg, longitude_deg]| Spot { latitude_deg, longitude_deg })
            .collect();
        match (kind, spots.as_slice()) {
            _ if !rest.is_empty() => Err(BadArea::Corners),
            ("box", &[south_west, north_east]) => Ok(Self::Box { south_west, north_east }),
            ("polygon", _) => Ok(Self::Polygon(spots)),
            _ => Err(BadArea::NoShape(text.trim().chars().take(40).collect())),
        }
    }
}

#[cfg(test)]
mod tests;
