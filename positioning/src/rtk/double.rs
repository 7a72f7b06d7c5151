//! Double differences: the filter's measurements of one epoch.

use nalgebra::{DMatrix, DVector};
use tianshu_gnss::constellation::Constellation;
use tianshu_gnss::satellite::Satellite;

use crate::rtk::difference::{Carrier, Common};
use crate::rtk::filter::{Filter, Measurements, Unknown};

/// Which measurement a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Phase,
    Code,
}

/// A row: satellite against pivot, one carrier, one kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) satellite: Satellite,
    pub(super) pivot: Satellite,
    pub(super) band: char,
    pub(super) kind: Kind,
}

/// The rows of an epoch with their measurements.
pub(super) struct Differenced {
    pub(super) rows: Vec<Row>,
    pub(super) measurements: Measurements,
}

/// What is left out as contradicting: a satellite's phase or code on one carrier.
pub(super) type Excluded = Vec<(Satellite, char, Kind)>;

/// The satellites that have a carrier, of one system, the highest (the pivot) first.
struct Group<'a> {
    band: char,
    kind: Kind,
    members: Vec<(&'a Common, &'a Carrier)>,
}

/// All double differences of an epoch. GLONASS too: its ambiguities are told in single differences, each in cycles of its own
/// carrier, so that nothing needs a common wavelength.
pub(super) fn differenced(all: &[Common], filter: &Filter, excluded: &Excluded) -> Differenced {
    let groups = groups(all, excluded);
    let count = groups.iter().map(|g| g.members.len() - 1).sum();
    let mut rows = Vec::with_capacity(count);
    let mut innovation = DVector::zeros(count);
    let mut design = DMatrix::zeros(count, filter.len());
    let mut noise = DMatrix::zeros(count, count);
    for group in &groups {
        let Some((pivot, others)) = group.members.split_first() else { continue };
        let first = rows.len();
        for member in others {
            let i = rows.len();
            innovation[i] = value(member.1, group.kind) - value(pivot.1, group.kind);
            add_single(filter, &mut design, i, group.kind, *member, 1.0);
            add_single(filter, &mut design, i, group.kind, *pivot, -1.0);
            noise[(i, i)] += variance(member.1, group.kind);
            rows.push(Row {
                satellite: member.0.satellite,
                pivot: pivot.0.satellite,
                band: group.band,
                kind: group.kind,
            });
        }
        // The pivot's noise is in every row of its group.
        let shared = variance(pivot.1, group.kind);
        for i in first..rows.len() {
            for j in first..rows.len() {
                noise[(i, j)] += shared;
            }
        }
    }
    // What the unknowns other than the position say already; the position is the point of linearisation.
    let mut known = filter.x.clone();
    for axis in 0..3 {
        if let Some(i) = filter.place(Unknown::Position(axis)) {
            known[i] = 0.0;
        }
    }
    innovation -= &design * known;
    Differenced { rows, measurements: Measurements { innovation, design, noise } }
}

/// Systems are never mixed: each has a pivot of its own on each carrier.
fn groups<'a>(all: &'a [Common], excluded: &Excluded) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for system in Constellation::ALL {
        for kind in [Kind::Phase, Kind::Code] {
            let own = || all.iter().filter(|one| one.satellite.constellation() == system);
            let mut bands: Vec<char> =
                own().flat_map(|one| one.carriers.iter().map(|c| c.band)).collect();
            bands.sort_unstable();
            bands.dedup();
            for band in bands {
                let mut members: Vec<(&Common, &Carrier)> = own()
                    .filter(|one| !excluded.contains(&(one.satellite, band, kind)))
                    .filter_map(|one| {
                        one.carriers.iter().find(|c| c.band == band).map(|c| (one, c))
                    })
                    .collect();
                members.sort_by(|a, b| b.0.elevation_rad.total_cmp(&a.0.elevation_rad));
                if members.len() > 1 {
                    groups.push(Group { band, kind, members });
                }
            }
        }
    }
    groups
}

fn value(carrier: &Carrier, kind: Kind) -> f64 {
    match kind {
        Kind::Phase => carrier.phase_m,
        Kind::Code => carrier.code_m,
    }
}

fn variance(carrier: &Carrier, kind: Kind) -> f64 {
    match kind {
        Kind::Phase => carrier.phase_variance,
        Kind::Code => carrier.code_variance,
    }
}

/// The partial derivatives of one single difference (network solver note, conventions: P = ρ + T + μI, L = ρ + T - μI + λN).
fn add_single(
    filter: &Filter,
    design: &mut DMatrix<f64>,
    row: usize,
    kind: Kind,
    (one, carrier): (&Common, &Carrier),
    sign: f64,
) {
    let mut add = |unknown: Unknown, derivative: f64| {
        if let Some(column) = filter.place(unknown) {
            design[(row, column)] += sign * derivative;
        }
    };
    for (axis, component) in one.direction.iter().enumerate() {
        add(Unknown::Position(axis), -component);
    }
    add(Unknown::Troposphere, one.wet_mapping);
    let ionosphere = match kind {
        Kind::Phase => -carrier.ionosphere,
        Kind::Code => carrier.ionosphere,
    };
    add(Unknown::Ionosphere(one.satellite), ionosphere);
    if kind == Kind::Phase {
        add(Unknown::Ambiguity(one.satellite, carrier.band), carrier.wavelength_m);
    }
}
