//! Networks that are hardly any: none, one, two, in a line, on one point, and three hundred.

use proptest::prelude::{any, prop, prop_assert, proptest};

use super::fields::{all, grid};
use super::{default_covariance, sampled};
use crate::network::interpolate::extent::Coverage;
use crate::network::interpolate::kriging::{Drift, Weights};
use crate::network::interpolate::leave_one_out::leave_each_out;
use crate::network::plane::PlanePoint;
use crate::network::topology::Topology;

fn km(east: f64, north: f64) -> PlanePoint {
    PlanePoint { east_m: east * 1e3, north_m: north * 1e3 }
}

fn solve(places: &[PlanePoint], target: PlanePoint) -> Option<Weights> {
    Weights::solve(places, &all(places.len()), target, &default_covariance())
}

#[test]
fn few_stations_give_what_they_can_and_say_so() {
    assert_eq!(solve(&[], km(0., 0.)), None);
    // One station: its value, and 20 mm/km of doubt.
    let one = solve(&[km(0., 0.)], km(30., 0.)).expect("one is enough");
    assert_eq!(one.drift(), Drift::Assumed);
    assert!((one.shares()[0].1 - 1.0).abs() < 1e-9, "{one:?}");
    assert!((0.6..0.61).contains(&one.sigma_m()), "{one:?}");
    // In a line: good on it, doubtful beside it.
    let line: Vec<_> = (0..5).map(|i| km(40.0 * f64::from(i), 0.)).collect();
    let on = solve(&line, km(100., 0.)).expect("ok");
    let beside = solve(&line, km(100., 30.)).expect("ok");
    assert_eq!(beside.drift(), Drift::Assumed);
    assert!(on.sigma_m() < 0.01 && beside.sigma_m() > 0.5, "{on:?} {beside:?}");
    // Three: the plane through them.
    let three = [km(0., 0.), km(40., 0.), km(0., 40.)];
    let centre = solve(&three, km(10., 20.)).expect("ok");
    let plane = |p: PlanePoint| 1.0 + 1e-5 * p.east_m - 2e-5 * p.north_m;
    let value = centre.apply(&sampled(&three, plane)).expect("there");
    assert!((value - plane(km(10., 20.))).abs() < 1e-10);
    assert_eq!(leave_each_out(&three[..1], &all(1), all(1), &default_covariance()), []);
}

#[test]
fn coincident_stations_share_their_weight() {
    let mut places = grid(30, 42e3, 9);
    places.extend([places[14]; 4]);
    let weights = solve(&places, places[14]).expect("ok");
    let twins: Vec<_> =
        weights.shares().iter().filter(|(s, _)| s.position() == 14 || s.position() >= 30).collect();
    assert_eq!(twins.len(), 5);
    assert!(twins.iter().all(|(_, w)| (w - twins[0].1).abs() < 1e-9), "{twins:?}");
    let everything_on_one_point = solve(&[km(1., 1.); 20], km(1., 1.)).expect("ok");
    assert!((everything_on_one_point.amplification() - 1.0).abs() < 1e-9);
}

#[test]
fn three_to_three_hundred_stations_are_solved() {
    for count in [3, 4, 5, 8, 12, 13, 50, 110, 300] {
        let places = grid(count, 42e3, u64::from(count));
        for left_out in
            leave_each_out(&places, &all(places.len()), all(places.len()), &default_covariance())
        {
            let sum: f64 = left_out.weights().shares().iter().map(|(_, share)| share).sum();
            assert!((sum - 1.0).abs() < 1e-9, "{count} stations: {sum}");
            assert!(left_out.weights().sigma_m().is_finite());
        }
    }
}

#[test]
fn the_network_is_not_asked_from_afar() {
    let places = [km(0., 0.), km(60., 0.), km(0., 60.), km(60., 60.)];
    let shape = Topology::build(&places, &all(4));
    let coverage = |target| Coverage::of(&shape, target);
    assert!(matches!(coverage(km(20., 30.)), Coverage::Inside { .. }));
    assert_eq!(coverage(km(-29., 30.)), Coverage::Near { distance_m: 29e3 });
    assert_eq!(coverage(km(-31., 30.)), Coverage::Beyond);
    assert_eq!(coverage(km(f64::NAN, 30.)), Coverage::Beyond);
    assert_eq!(Coverage::of(&Topology::build(&places, &[]), km(0., 0.)), Coverage::Beyond);
    let near = solve(&places, km(-29., 30.)).expect("ok");
    assert!(coverage(km(-29., 30.)).admits(near.amplification()));
    // Twice the network's size away the weights are large, whatever the distance is said to be.
    let far = solve(&places, km(-120., 30.)).expect("ok");
    assert!(
        far.amplification() > 2.5
            && !Coverage::Near { distance_m: 1.0 }.admits(far.amplification())
    );
}

proptest! {
    #[test]
    fn any_numbers_at_all_are_survived(
        places in prop::collection::vec((any::<f64>(), any::<f64>()), 0..20),
        target in (any::<f64>(), any::<f64>()),
    ) {
        let point = |(east_m, north_m): (f64, f64)| PlanePoint { east_m, north_m };
        let places: Vec<_> = places.into_iter().map(point).collect();
        if let Some(weights) = solve(&places, point(target)) {
            prop_assert!(weights.sigma_m() >= 0.0);
        }
    }
}
