//! Whether a station moves: where its fixed phases put it against the rest of the network, shortly and for long.

use tianshu_gnss::time::gps::GpsTime;

use crate::network::engine::integrity::{Row, direction, displacement_m};
use crate::network::snapshot::Displacement;
use crate::network::solution::links::Levelled;

/// Running means of a station's displacement.
#[derive(Clone, Debug, Default)]
pub(super) struct Motion {
    short_m: [f64; 3],
    long_m: [f64; 3],
    /// Seconds that the means have seen.
    seen_s: f64,
    over_s: f64,
    last: Option<GpsTime>,
    newest: Option<(GpsTime, Displacement)>,
}

/// The memory of the short mean, s: a moved antenna is told within ten seconds (shared design, network solver, section 8).
const SHORT_S: f64 = 10.0;
/// The memory of the long mean, s.
const LONG_S: f64 = 600.0;
/// What the short mean may be, horizontally and vertically, m: 3 cm is to be told, half of it is multipath.
const SHORT_LIMIT_M: [f64; 2] = [0.022, 0.060];
/// What the long mean may be, m (the same section: 15 and 30 mm).
const LONG_LIMIT_M: [f64; 2] = [0.015, 0.030];
/// And how many standard deviations of one epoch: multipath of a minute is not averaged away.
const SIGMAS: f64 = 2.5;
/// For how long a limit has to be passed, s.
const OVER_S: f64 = 5.0;
/// Nobody is judged before, s: first levels settle meanwhile.
const SETTLE_S: f64 = 60.0;

impl Motion {
    /// What that epoch told of the station's place, if it told anything.
    pub(super) fn at(&self, time: GpsTime) -> Option<Displacement> {
        self.newest.filter(|(of, _)| *of == time).map(|(_, displacement)| displacement)
    }

    /// Takes an epoch's residuals in; tells in words that the station has moved.
    pub(super) fn step(&mut self, time: GpsTime, left: &[(&Levelled, f64)]) -> Option<String> {
        let row = |(l, residual_m): &(&Levelled, f64)| Row {
            group: l.group,
            direction: direction(l.azimuth_rad, l.elevation_rad),
            value_m: *residual_m,
            sigma_m: l.free_sigma_m,
        };
        let (offset_m, sigma_m) = displacement_m(&left.iter().map(row).collect::<Vec<_>>())?;
        self.newest = Some((time, Displacement { offset_m, sigma_m }));
        let span_s = self.last.map_or(1.0, |last| (time - last).seconds().clamp(0.0, 60.0));
        self.last = Some(time);
        self.seen_s += span_s;
        let follow = |mean_m: &mut [f64; 3], memory_s: f64| {
            let share = span_s / self.seen_s.min(memory_s).max(span_s);
            for (mean, new) in mean_m.iter_mut().zip(offset_m) {
                *mean += (new - *mean) * share;
            }
        };
        follow(&mut self.short_m, SHORT_S);
        follow(&mut self.long_m, LONG_S);
        // Few satellites, or scintillating ones, tell less: what they cannot tell is no motion.
        let [east_m, north_m, up_m] = sigma_m.map(|sigma_m| SIGMAS * sigma_m);
        let over = |[east, north, up]: [f64; 3], [beside, above]: [f64; 2]| {
            east.hypot(north) > beside.max(east_m.hypot(north_m)) || up.abs() > above.max(up_m)
        };
        let short = over(self.short_m, SHORT_LIMIT_M);
        let long = self.seen_s >= LONG_S && over(self.long_m, LONG_LIMIT_M);
        if self.seen_s < SETTLE_S || !(short || long) {
            self.over_s = 0.0;
            return None;
        }
        self.over_s += span_s;
        let [east, north, up] = if short { self.short_m } else { self.long_m };
        (self.over_s >= OVER_S).then(|| {
            format!(
                "its phases put it {:.0} mm east, {:.0} mm north and {:.0} mm above its coordinates",
                1e3 * east,
                1e3 * north,
                1e3 * up
            )
        })
    }
}
