// Satellites and signals of the invented network.
import { draw, noise } from './world.mjs';

const SYSTEMS = [['G', 31, ['1C', '2W', '5Q']], ['C', 44, ['2I', '1P', '6I', '5P']], ['E', 26, ['1C', '5Q', '7Q']], ['R', 22, ['1C', '2P']]];

/** Where satellites stand: smooth, plausible, of no real orbit. */
export function skyOf(world, s, t) {
  const sky = [];
  for (const [system, count, signals] of SYSTEMS) {
    for (let prn = 1; prn <= count; prn += 1) {
      const key = system.charCodeAt(0) * 100 + prn;
      const turn = t / 43200 + draw(world.seed, key, 40);
      const elevation_deg = 90 * Math.sin(2 * Math.PI * turn) * (0.35 + 0.65 * draw(world.seed, key, 41)) + s.latitude_deg - 23;
      if (elevation_deg < 5) continue;
      const azimuth_deg = (360 * (draw(world.seed, key, 42) + turn * 0.7)) % 360;
      const missing = draw(world.seed, s.n, key, 43) > 0.96;
      sky.push({
        satellite: `${system}${String(prn).padStart(2, '0')}`, elevation_deg, azimuth_deg, fixed: !missing && draw(world.seed, s.n, key, 44) < 0.94,
        signals: missing ? [] : signals.map((signal, n) => ({
          signal, cn0_dbhz: Math.round((32 + 20 * Math.sin((elevation_deg * Math.PI) / 180) - n + noise(world.seed, s.n, key, n, Math.floor(t / 5)) * 0.6) * 10) / 10,
          lock_s: Math.floor(draw(world.seed, s.n, key, 45) * 9000),
        })),
      });
    }
  }
  return sky;
}

export function signalsOf(world, s, t) {
  const all = [];
  for (const [system, , signals] of SYSTEMS) {
    signals.forEach((signal, n) => {
      const key = system.charCodeAt(0) * 10 + n;
      const expected = 60 * (6 + n);
      all.push({
        signal: system + signal, observed: expected - Math.floor(draw(world.seed, s.n, key, Math.floor(t / 60)) * 6), expected,
        interruptions: Math.floor(draw(world.seed, s.n, key, 51) ** 3 * 5), cn0_dbhz: 44 - n + draw(world.seed, s.n, key, 52),
        multipath_m: Math.round((0.15 + 0.1 * n + draw(world.seed, s.n, key, 53) * 0.35) * 1000) / 1000,
        cn0_by_elevation_dbhz: Array.from({ length: 9 }, (_, step) => (step === 0 && n > 1 ? null : 33 - n * 1.5 + 19 * Math.sin(((step * 10 + 5) * Math.PI) / 180) + draw(world.seed, s.n, key, step, 54))),
      });
    });
  }
  return all;
}
