//! The network's shape: which stations are neighbours, and the triangles they span.

pub mod keeper;
pub mod tree;

use std::collections::{BTreeMap, BTreeSet};

use spade::{DelaunayTriangulation, HasPosition, Point2, Triangulation};

use crate::network::plane::PlanePoint;
use crate::network::topology::tree::Parts;

/// The longest edge, m: beyond it what two stations see of the atmosphere has too little in common (shared design, network solver,
/// section 2).
pub const EDGE_MAX_M: f64 = 150e3;
/// The longest edge where there is no other way, m: stations that no edge up to [`EDGE_MAX_M`] joins to the rest are joined by edges up to
/// this. At mid-latitudes two carriers still find their whole cycles over it within the hour, and a far station in another direction is
/// what tells the slope across a chain of stations.
pub const EDGE_ALONE_MAX_M: f64 = 200e3;
/// The smallest angle of a triangle at the rim, rad: 10° (the same). Flatter ones only join stations that do not see each other.
pub const RIM_ANGLE_MIN_RAD: f64 = 0.174_532_925_199_432_95;
/// Stations nearer than this stand on one point, m: a triangle between them has no shape. One edge joins them.
pub const TWIN_M: f64 = 1.0;
/// Points farther out than this are none of a network's, m: half of the Earth's way round.
const PLANE_MAX_M: f64 = 2.0e7;

/// A station by its place in the network's list. It stays the same when stations come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StationIndex(pub u16);

impl StationIndex {
    /// All that there can be, in order: what a list of stations is zipped with.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        (0..=u16::MAX).map(Self)
    }
}

/// Two neighbours, the smaller index first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    from: StationIndex,
    to: StationIndex,
}

/// Three stations with an edge between any two, in the order of their indices.
pub type Triangle = [StationIndex; 3];

/// The shape of the network while the same stations are up. It depends on nothing but the list of places and that set.
#[derive(Clone, Debug, PartialEq)]
pub struct Topology {
    places: Vec<PlanePoint>,
    stations: Vec<StationIndex>,
    edges: Vec<Edge>,
    triangles: Vec<Triangle>,
}

impl StationIndex {
    /// The position in lists of all stations.
    pub fn position(self) -> usize {
        usize::from(self.0)
    }
}

impl Edge {
    /// The edge between two stations; none from a station to itself.
    pub fn between(a: StationIndex, b: StationIndex) -> Option<Self> {
        (a != b).then(|| Self { from: a.min(b), to: a.max(b) })
    }

    /// The station of the smaller index.
    pub fn from(self) -> StationIndex {
        self.from
    }

    /// The station of the larger index.
    pub fn to(self) -> StationIndex {
        self.to
    }

    /// The other end, if `station` is one.
    pub fn other_end(self, station: StationIndex) -> Option<StationIndex> {
        if station == self.from {
            Some(self.to)
        } else if station == self.to {
            Some(self.from)
        } else {
            None
        }
    }
}

impl Topology {
    /// Delaunay's triangulation of the stations that are up, without edges over [`EDGE_MAX_M`] and without slivers at the rim. Parts that
    /// such edges leave apart are joined by those up to [`EDGE_ALONE_MAX_M`].
    ///
    /// `places` lists all stations, `up` those to join, in any order. Indices beyond the list and places that are no numbers are left
    /// out.
    pub fn build(places: &[PlanePoint], up: &[StationIndex]) -> Self {
        let known = |s: &StationIndex| places.get(s.position()).is_some_and(|p| is_on_the_map(*p));
        let stations: BTreeSet<StationIndex> = up.iter().copied().filter(known).collect();
        let mut shape = Self {
            places: places.to_vec(),
            stations: stations.into_iter().collect(),
            edges: Vec::new(),
            triangles: Vec::new(),
        };
        let (founders, twins) = shape.split_twins();
        let (edges, triangles) = triangulate(places, &founders);
        let edges = near_enough(&shape, edges);
        let (mut edges, triangles) = peel_slivers(&shape, edges, triangles);
        edges.extend(twins);
        shape.edges = edges.into_iter().collect();
        shape.triangles = triangles.into_iter().collect();
        shape
    }

    /// The stations of this shape, by index.
    pub fn stations(&self) -> &[StationIndex] {
        &self.stations
    }

    /// The edges, ordered by their stations.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The triangles, ordered by their stations.
    pub fn triangles(&self) -> &[Triangle] {
        &self.triangles
    }

    /// Where a station of this network stands; none for an index beyond the list.
    pub fn place(&self, station: StationIndex) -> Option<PlanePoint> {
        self.places.get(station.position()).copied()
    }

    /// The length of an edge on the plane, m; infinite for stations that are not of this network.
    pub fn length_m(&self, edge: Edge) -> f64 {
        let ends = self.place(edge.from).zip(self.place(edge.to));
        ends.map_or(f64::INFINITY, |(from, to)| from.distance_m(to))
    }

    /// The median length of the edges, m; none without edges.
    pub fn median_length_m(&self) -> Option<f64> {
        let mut lengths: Vec<f64> = self.edges.iter().map(|e| self.length_m(*e)).collect();
        lengths.sort_by(f64::total_cmp);
        lengths.get(lengths.len() / 2).copied()
    }

    /// The stations joined to `station` by an edge, by index.
    pub fn neighbours(&self, station: StationIndex) -> impl Iterator<Item = StationIndex> + '_ {
        self.edges.iter().filter_map(move |edge| edge.other_end(station))
    }

    /// The stations that stand alone for themselves, and an edge for every other to the first that stands on the same point.
    fn split_twins(&self) -> (Vec<StationIndex>, Vec<Edge>) {
        let mut founders: Vec<StationIndex> = Vec::new();
        let mut twins = Vec::new();
        for &station in &self.stations {
            let double = founders.iter().find_map(|f| {
                Edge::between(*f, station).filter(|edge| self.length_m(*edge) < TWIN_M)
            });
            match double {
                Some(edge) => twins.push(edge),
                None => founders.push(station),
            }
        }
        (founders, twins)
    }
}

/// The three edges of a triangle.
pub fn edges_of([a, b, c]: Triangle) -> [Edge; 3] {
    // A triangle's stations are in the order of their indices.
    [Edge { from: a, to: b }, Edge { from: a, to: c }, Edge { from: b, to: c }]
}

/// A station as the triangulation holds it.
struct Vertex {
    station: StationIndex,
    at: Point2<f64>,
}

impl HasPosition for Vertex {
    type Scalar = f64;

    fn position(&self) -> Point2<f64> {
        self.at
    }
}

fn is_on_the_map(place: PlanePoint) -> bool {
    place.is_finite() && place.east_m.abs() < PLANE_MAX_M && place.north_m.abs() < PLANE_MAX_M
}

/// Delaunay's edges and triangles of distinct points.
fn triangulate(
    places: &[PlanePoint],
    stations: &[StationIndex],
) -> (BTreeSet<Edge>, BTreeSet<Triangle>) {
    let mut mesh = DelaunayTriangulation::<Vertex>::new();
    for &station in stations {
        let place = places[station.position()];
        // To the millimetre: the triangulation refuses numbers that are all but zero.
        let at = Point2::new(millimetres(place.east_m), millimetres(place.north_m));
        let placed = mesh.insert(Vertex { station, at });
        debug_assert!(placed.is_ok(), "a point of the map can be inserted: {placed:?}");
    }
    let edges = mesh.undirected_edges().filter_map(|edge| {
        let [a, b] = edge.vertices().map(|vertex| vertex.data().station);
        Edge::between(a, b)
    });
    let triangles = mesh.inner_faces().map(|face| {
        let mut corners = face.vertices().map(|vertex| vertex.data().station);
        corners.sort_unstable();
        corners
    });
    (edges.collect(), triangles.collect())
}

/// The edges that are short enough, and those between what they leave apart.
fn near_enough(shape: &Topology, edges: BTreeSet<Edge>) -> BTreeSet<Edge> {
    let (mut kept, long): (BTreeSet<Edge>, BTreeSet<Edge>) =
        edges.into_iter().partition(|edge| shape.length_m(*edge) <= EDGE_MAX_M);
    let mut parts = Parts::default();
    for edge in &kept {
        parts.join(*edge);
    }
    let joins = |edge: &Edge| !parts.are_joined(*edge) && shape.length_m(*edge) <= EDGE_ALONE_MAX_M;
    kept.extend(long.into_iter().filter(joins));
    kept
}

fn millimetres(length_m: f64) -> f64 {
    (length_m * 1e3).round() / 1e3
}

/// Takes flat triangles off the rim, with their outer edges, until none is left there.
///
/// Only the longest edge goes, so what was connected remains connected by the other two.
fn peel_slivers(
    shape: &Topology,
    mut edges: BTreeSet<Edge>,
    mut triangles: BTreeSet<Triangle>,
) -> (BTreeSet<Edge>, BTreeSet<Triangle>) {
    triangles.retain(|triangle| edges_of(*triangle).iter().all(|edge| edges.contains(edge)));
    loop {
        let mut sides = BTreeMap::<Edge, usize>::new();
        for edge in triangles.iter().flat_map(|triangle| edges_of(*triangle)) {
            *sides.entry(edge).or_default() += 1;
        }
        let sliver = triangles.iter().find_map(|triangle| {
            let (longest, angle_rad) = flatness(shape, *triangle);
            let at_the_rim = sides.get(&longest) == Some(&1);
            (at_the_rim && angle_rad < RIM_ANGLE_MIN_RAD).then_some((*triangle, longest))
        });
        let Some((triangle, outer)) = sliver else { return (edges, triangles) };
        triangles.remove(&triangle);
        edges.remove(&outer);
    }
}

/// A triangle's longest edge and its smallest angle, rad.
fn flatness(shape: &Topology, triangle: Triangle) -> (Edge, f64) {
    let mut sides = edges_of(triangle).map(|edge| (shape.length_m(edge), edge));
    sides.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let [(a, _), (b, _), (c, longest)] = sides;
    // The law of cosines; the smallest angle lies opposite the shortest side.
    let cosine = (b * b + c * c - a * a) / (2.0 * b * c);
    (longest, cosine.clamp(-1.0, 1.0).acos())
}

#[cfg(test)]
mod tests;
