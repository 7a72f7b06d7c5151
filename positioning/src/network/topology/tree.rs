//! The spanning tree: along which edges integers are carried from station to station.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::network::topology::{Edge, StationIndex, Topology};

/// How much cheaper a new edge must be than the one it replaces: a fifth (shared design, network solver, section 2). Trees that
/// change with every breath of noise would relabel integers for nothing.
pub const TREE_HYSTERESIS: f64 = 0.2;

/// One step from a station whose level is known to one whose level follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The station nearer to the root.
    pub parent: StationIndex,
    /// The station levelled by this step.
    pub child: StationIndex,
}

/// A tree over each connected part of the network, of the edges that cost least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanningTree {
    edges: BTreeSet<Edge>,
    roots: Vec<StationIndex>,
    steps: Vec<Step>,
}

impl SpanningTree {
    /// The tree of the least total cost (Kruskal 1956, Proc. AMS 7, p. 48), where the edges of `previous` count as cheaper by
    /// [`TREE_HYSTERESIS`].
    ///
    /// `cost` is length times noise, or whatever else is worse when larger; costs that are no numbers are the worst. A connected part keeps
    /// a root of `previous` that is in it; otherwise its first station is the root.
    pub fn grow(
        shape: &Topology,
        cost: impl Fn(Edge) -> f64,
        previous: Option<&SpanningTree>,
    ) -> Self {
        let mut candidates: Vec<(f64, Edge)> = shape
            .edges()
            .iter()
            .map(|edge| {
                let kept = previous.is_some_and(|tree| tree.edges.contains(edge));
                let favour = if kept { 1.0 / (1.0 + TREE_HYSTERESIS) } else { 1.0 };
                let cost = cost(*edge) * favour;
                (if cost.is_nan() { f64::INFINITY } else { cost }, *edge)
            })
            .collect();
        candidates.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut parts = Parts::default();
        let mut edges = BTreeSet::new();
        for (_, edge) in candidates {
            if parts.join(edge) {
                edges.insert(edge);
            }
        }
        let former = previous.map_or(&[][..], |tree| &tree.roots);
        let (roots, steps) = walk(shape.stations(), &edges, former);
        Self { edges, roots, steps }
    }

    /// The tree's edges.
    pub fn edges(&self) -> &BTreeSet<Edge> {
        &self.edges
    }

    /// One station of each connected part: the one whose integers are zero.
    pub fn roots(&self) -> &[StationIndex] {
        &self.roots
    }

    /// Every station but the roots, each after its parent.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

/// Which stations are connected: each part by the station that stands for it, its smallest index.
#[derive(Default)]
pub(super) struct Parts(BTreeMap<StationIndex, StationIndex>);

impl Parts {
    /// Connects an edge's ends. Tells whether they were apart.
    pub(super) fn join(&mut self, edge: Edge) -> bool {
        let (a, b) = (self.part_of(edge.from()), self.part_of(edge.to()));
        if a != b {
            self.0.insert(a.max(b), a.min(b));
        }
        a != b
    }

    /// Whether an edge's ends are connected.
    pub(super) fn are_joined(&self, edge: Edge) -> bool {
        self.part_of(edge.from()) == self.part_of(edge.to())
    }

    fn part_of(&self, mut station: StationIndex) -> StationIndex {
        // Every step leads to a smaller index, so the way ends.
        while let Some(next) = self.0.get(&station) {
            station = *next;
        }
        station
    }
}

/// Breadth first from each root, neighbours in the order of their indices.
fn walk(
    stations: &[StationIndex],
    edges: &BTreeSet<Edge>,
    former_roots: &[StationIndex],
) -> (Vec<StationIndex>, Vec<Step>) {
    let mut neighbours: BTreeMap<StationIndex, Vec<StationIndex>> =
        stations.iter().map(|station| (*station, Vec::new())).collect();
    for edge in edges {
        for (near, far) in [(edge.from(), edge.to()), (edge.to(), edge.from())] {
            neighbours.entry(near).or_default().push(far);
        }
    }
    let (mut roots, mut steps) = (Vec::new(), Vec::new());
    let mut unseen: BTreeSet<StationIndex> = stations.iter().copied().collect();
    let still_here = former_roots.iter().filter(|root| stations.binary_search(root).is_ok());
    for &root in still_here.chain(stations) {
        if !unseen.remove(&root) {
            continue;
        }
        roots.push(root);
        let mut next = VecDeque::from([root]);
        while let Some(parent) = next.pop_front() {
            for &child in &neighbours[&parent] {
                if unseen.remove(&child) {
                    steps.push(Step { parent, child });
                    next.push_back(child);
                }
            }
        }
    }
    (roots, steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::plane::PlanePoint;

    /// A square of 50 km with its diagonal.
    fn square() -> Topology {
        let corner = |east_m, north_m| PlanePoint { east_m, north_m };
        let places = [corner(0.0, 0.0), corner(5e4, 0.0), corner(0.0, 5e4), corner(6e4, 6e4)];
        Topology::build(&places, &[0, 1, 2, 3].map(StationIndex))
    }

    fn names(tree: &SpanningTree) -> Vec<(u16, u16)> {
        tree.edges().iter().map(|edge| (edge.from().0, edge.to().0)).collect()
    }

    #[test]
    fn an_edge_is_replaced_by_one_a_fifth_cheaper_only() {
        let shape = square();
        let length = |edge| shape.length_m(edge);
        let tree = SpanningTree::grow(&shape, length, None);
        assert_eq!(names(&tree), [(0, 1), (0, 2), (1, 3)]);
        // Edges 1-3 and 2-3 are equally long. Now the kept one becomes noisier.
        let noisier = |by: f64| {
            let shape = &shape;
            move |edge: Edge| {
                let noise = if (edge.from().0, edge.to().0) == (1, 3) { by } else { 1.0 };
                shape.length_m(edge) * noise
            }
        };
        let same = SpanningTree::grow(&shape, noisier(1.19), Some(&tree));
        assert_eq!(names(&same), names(&tree));
        let other = SpanningTree::grow(&shape, noisier(1.21), Some(&tree));
        assert_eq!(names(&other), [(0, 1), (0, 2), (2, 3)]);
        assert_eq!(names(&SpanningTree::grow(&shape, |_| f64::NAN, None)).len(), 3);
    }

    #[test]
    fn every_station_follows_its_parent_and_roots_stay() {
        let shape = square();
        let tree = SpanningTree::grow(&shape, |edge| shape.length_m(edge), None);
        assert_eq!(tree.roots(), [StationIndex(0)]);
        let children: Vec<_> = tree.steps().iter().map(|step| step.child.0).collect();
        assert_eq!(children, [1, 2, 3]);
        let places: Vec<_> = (0..4).filter_map(|i| shape.place(StationIndex(i))).collect();
        let without_first = Topology::build(&places, &[1, 2, 3].map(StationIndex));
        let moved = SpanningTree::grow(&without_first, |_| 1.0, Some(&tree));
        assert_eq!(moved.roots(), [StationIndex(1)]);
        let back = SpanningTree::grow(&shape, |_| 1.0, Some(&moved));
        assert_eq!(back.roots(), [StationIndex(1)], "a root is kept");
        assert_eq!(SpanningTree::grow(&Topology::build(&[], &[]), |_| 1.0, None).steps(), []);
    }
}
