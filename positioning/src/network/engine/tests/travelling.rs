//! A disturbance that travels through a simulated world, and what places between stations are told of it.

use super::*;
use crate::network::local::LocalAir;
use crate::network::plane::PlanePoint;
use crate::network::snapshot::SatelliteField;

#[test]
fn a_disturbance_is_found_and_told_between_the_stations() {
    let mut run = Run::new(scenario("tid"), 24, 31, as_told);
    let mut snapshot = run.run(120, 5).0;
    let disturbance = snapshot.disturbance.expect("a wave");
    println!("{:.0} km, {disturbance:?}", disturbance.wave.length_m() / 1e3);
    // The stronger of the scenario's waves has 200 km, 150 m/s and 140°; stations see it longer and faster.
    assert!((180e3..250e3).contains(&disturbance.wave.length_m()), "{disturbance:?}");
    let [east_m_s, north_m_s] = disturbance.velocity_m_s.expect("two looks");
    let towards_deg = east_m_s.atan2(north_m_s).to_degrees();
    assert!((130.0..150.0).contains(&towards_deg), "{towards_deg}°");
    assert!((120.0..190.0).contains(&east_m_s.hypot(north_m_s)), "{disturbance:?}");

    let corners = snapshot.shape.triangles()[0].map(|s| snapshot.points[s.position()]);
    let mean = |of: fn(&PlanePoint) -> f64| corners.iter().map(of).sum::<f64>() / 3.0;
    let middle = PlanePoint { east_m: mean(|p| p.east_m), north_m: mean(|p| p.north_m) };
    let mut air = LocalAir::new(middle, &snapshot);
    let with: Vec<&SatelliteField> =
        snapshot.satellites.values().filter(|f| f.wave.is_some_and(|w| w.share > 0.9)).collect();
    let shares: Vec<_> = snapshot.satellites.values().map(|f| f.wave.map(|w| w.share)).collect();
    assert!(with.len() > 10, "{shares:?}");
    let mut most_m: f64 = 0.0;
    for field in with {
        let still = SatelliteField { wave: None, ..field.clone() };
        let [with, without] = [field, &still].map(|field| air.at(field, 0.0).expect("stations"));
        let wave_m = with.ionosphere_m - without.ionosphere_m;
        most_m = most_m.max(wave_m.abs());
        assert!(wave_m.abs() < 0.05 && with.sigma_m > without.sigma_m, "{wave_m}");
        assert_eq!(with.from, without.from);
    }
    assert!(most_m > 0.002, "{most_m}");

    // When the vector changes, so does where the ionosphere comes from: bridges carry over it.
    let field = snapshot.satellites.values().find(|f| f.wave.is_some()).expect("one").clone();
    let before = air.at(&field, 0.0).expect("stations").from;
    let mut moved = disturbance;
    moved.wave.east_rad_m *= 1.01;
    snapshot.disturbance = Some(moved);
    let mut air = LocalAir::renewed(Some(air), || middle, &snapshot);
    let anew = air.at(&field, 0.0).expect("stations");
    assert_ne!(before, anew.from);
    let fresh = LocalAir::new(middle, &snapshot).at(&field, 0.0).expect("stations");
    // Weights are kept in single precision: a micrometre.
    assert!((anew.ionosphere_m - fresh.ionosphere_m).abs() < 1e-6);
}

#[test]
fn quiet_air_has_no_disturbance() {
    let mut run = Run::new(scenario("quiet"), 16, 32, as_told);
    let (snapshot, _, _) = run.run(60, 5);
    assert_eq!(snapshot.disturbance, None);
    assert!(snapshot.satellites.values().all(|field| field.wave.is_none()));
}
