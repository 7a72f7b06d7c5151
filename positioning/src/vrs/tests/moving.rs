//! A virtual station that is put somewhere else: its whole cycles and lock times go on.

use tianshu_gnss::coords::{GRS80, Geodetic};

use super::*;

/// So far north of the place before, degrees: 10 km.
const AWAY_DEG: f64 = 0.09;
/// A phase whose whole cycles are others moves by more than this, m; what the air is told wrong at two places differs by less.
const CYCLES_MIN_M: f64 = 0.09;

#[test]
fn a_station_that_goes_with_its_rover_keeps_cycles_and_lock_times() {
    let (mut world, mut service) = World::new("quiet", 3);
    service.settle(&mut world, 200);
    let here = world.place.to_geodetic(GRS80);
    let latitude_deg = here.latitude_deg() + AWAY_DEG;
    let there = Geodetic::from_degrees(latitude_deg, here.longitude_deg(), here.height_m);
    let there = there.to_ecef(GRS80);
    let mut anew = VirtualStation::new(there);
    // The rover has been there for a while.
    service.virtual_station.follow(there);
    let mut watched = Watched::new();
    for second in 0..2 * AROUND {
        if second == AROUND {
            service.virtual_station.move_to(there);
            world.place = there;
        }
        let (epoch, measured) = world.next(1);
        service.hear(&world);
        let (snapshot, made) = service.step(world.time, &measured);
        watched.look(&world, &epoch, made.as_ref(), second >= AROUND);
        if second == AROUND {
            let setups = &service.setups;
            let begun = anew.step(&mut service.masters, &snapshot, |s| {
                Some((measured.get(&s)?.as_ref(), &setups[s.position()]))
            });
            assert_whole_cycles_apart(&made.expect("it is told"), &begun.expect("it is told"));
        }
    }
    let most_m = *watched.moves_m().last().expect("phases");
    assert!(watched.moves_m().len() > 40 && most_m < CYCLES_MIN_M, "{most_m}");
    assert!(watched.shrunk.is_empty() && watched.silent == 0, "{:?}", watched.shrunk);
    assert_eq!(service.virtual_station.place(), there);
}

/// A station that has come there measures what one does that begins there, but for whole cycles and for the ionosphere that it carries over
/// from before: that moves codes as far as phases, the other way.
fn assert_whole_cycles_apart(moved: &VirtualEpoch, begun: &VirtualEpoch) {
    assert_eq!(moved.master, begun.master);
    let mut count = 0;
    for (moved, begun) in moved.epoch.observations.iter().zip(&begun.epoch.observations) {
        assert_eq!((moved.satellite, moved.signal), (begun.satellite, begun.signal));
        let carried_m = moved.code.expect("a code").0 - begun.code.expect("a code").0;
        assert!(carried_m.abs() < 0.05, "{} {carried_m}", moved.satellite);
        let Some((phase, begun_phase)) = moved.phase.zip(begun.phase) else { continue };
        let carried = Metres(carried_m).in_cycles_of(moved.carrier().expect("a carrier"));
        let apart = phase.0 - begun_phase.0 + carried.0;
        assert!((apart - apart.round()).abs() < 1e-4, "{} {apart}", moved.satellite);
        count += 1;
    }
    assert!(count > 40, "{count}");
}
