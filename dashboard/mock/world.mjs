// An invented network: stations on a jittered grid, rovers that walk, all of it a function of seed and time.

/** A number of 0..1 of any integers: the same for the same ones (after Knuth's multiplicative hashing, mixed twice). */
export function draw(...keys) {
  let h = 2166136261;
  for (const key of keys) {
    h = Math.imul(h ^ (key | 0), 16777619);
    h ^= h >>> 15;
    h = Math.imul(h, 2246822519);
    h ^= h >>> 13;
  }
  h = Math.imul(h ^ (h >>> 16), 3266489917);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}
/** About normal, of unit variance: a sum of twelve less six. */
export const noise = (...keys) => Array.from({ length: 12 }, (_, n) => draw(...keys, n)).reduce((s, v) => s + v, -6);

/** Leap seconds of GPS against UTC since 2017. */
const LEAP_S = 18;
const GPS_BEGAN_S = 315964800;
export function epoch(unix_s) {
  const gps = unix_s - GPS_BEGAN_S + LEAP_S;
  return { utc: new Date(unix_s * 1000).toISOString(), gps_week: Math.floor(gps / 604800), gps_seconds: gps % 604800, unix_s };
}
export const now = () => Math.round(Date.now() / 100) / 10;

const SYLLABLES = ['AN', 'BAI', 'CEN', 'DU', 'FENG', 'GUI', 'HE', 'JING', 'LING', 'LONG', 'MA', 'NING', 'PING', 'QIN', 'RONG', 'SHAN', 'TIAN', 'WU', 'XIN', 'YONG', 'ZHAO'];
const CITIES = ['North', 'East', 'South', 'West', 'Middle', 'Coast', 'Hills'];

export function makeWorld({ stations: wanted, rovers: count, seed }) {
  const side = Math.ceil(Math.sqrt(wanted));
  const stations = [];
  const grid = new Map();
  for (let row = 0; row < side; row += 1) {
    for (let column = 0; column < side && stations.length < wanted; column += 1) {
      const n = stations.length;
      const latitude_deg = 23 + (row - side / 2) * 0.42 + (draw(seed, n, 1) - 0.5) * 0.2;
      const longitude_deg = 108 + (column - side / 2 + (row % 2) / 2) * 0.46 + (draw(seed, n, 2) - 0.5) * 0.2;
      const name = SYLLABLES[Math.floor(draw(seed, n, 3) * 21)] + SYLLABLES[Math.floor(draw(seed, n, 4) * 21)];
      const unique = stations.some((s) => s.name === name) ? `${name}${n}` : name;
      stations.push({ n, name: unique, latitude_deg, longitude_deg, height_m: 50 + draw(seed, n, 5) * 900, city: CITIES[n % CITIES.length] });
      grid.set(`${row} ${column}`, unique);
    }
  }
  const triangles = [];
  for (let row = 0; row + 1 < side; row += 1) {
    for (let column = 0; column + 1 < side; column += 1) {
      const [a, b, c, d] = [[row, column], [row, column + 1], [row + 1, column], [row + 1, column + 1]].map((p) => grid.get(p.join(' ')));
      // Odd rows are shifted by half a step: the diagonal goes the other way.
      const pair = row % 2 === 0 ? [[a, b, c], [b, d, c]] : [[a, b, d], [a, d, c]];
      for (const corners of pair) if (corners.every(Boolean)) triangles.push(corners);
    }
  }
  const edges = new Map();
  for (const t of triangles) for (const [p, q] of [[0, 1], [1, 2], [0, 2]]) edges.set([t[p], t[q]].sort().join(' '), [t[p], t[q]]);
  return { seed, started: now(), stations, triangles, edges: [...edges.values()], rovers: Array.from({ length: count }, (_, n) => n), seen: new Map() };
}

/** Some are dead, some limp, one comes and goes each half minute. */
export function lightOf(world, s, t) {
  if (s.n === 3) return Math.floor(t / 30) % 2 === 0 ? 'green' : 'red';
  if (s.n % 41 === 7) return 'red';
  if (s.n % 17 === 4) return 'yellow';
  return s.n % 97 === 11 ? 'grey' : 'green';
}

export function newsOf(world, s, t) {
  const light = lightOf(world, s, t);
  const second = Math.floor(t);
  const up = 36 + Math.floor(draw(world.seed, s.n, 6, Math.floor(t / 300)) * 8);
  const dead = light === 'red';
  if (light === 'grey') return { name: s.name, light, silent_s: null, satellites: null, latency_s: null, fixed: null };
  const satellites = dead ? 0 : up - Math.floor(draw(world.seed, s.n, 7, second) * (light === 'yellow' ? 12 : 3));
  return {
    name: s.name, light,
    silent_s: dead ? (s.n === 3 ? t % 30 : t % 4000) + 4 : Math.round((0.1 + draw(world.seed, s.n, 8, second) * 0.9) * 100) / 100,
    satellites, latency_s: dead ? null : Math.round((0.08 + draw(world.seed, s.n, 9, second) * (light === 'yellow' ? 2.4 : 0.3)) * 1000) / 1000,
    fixed: dead ? 0 : Math.max(0, satellites - 2),
  };
}

export function stationRow(world, s, t) {
  const news = newsOf(world, s, t);
  const { light } = news;
  const known = light !== 'grey';
  const minute = Math.floor(t / 60);
  const number = (v) => (known ? v : null);
  return {
    ...news, latitude_deg: s.latitude_deg, longitude_deg: s.longitude_deg,
    link: light === 'red' ? 'down: connection refused' : known ? 'up' : 'unknown', interval_s: number(1),
    satellites_up: number((news.satellites ?? 0) + 2),
    completeness: number(light === 'red' ? 0 : light === 'yellow' ? 0.86 + draw(world.seed, s.n, 10, minute) * 0.1 : 0.998 + draw(world.seed, s.n, 10, minute) * 0.002),
    slips: number(Math.floor(draw(world.seed, s.n, 11, minute) ** 4 * 12)),
    multipath_m: number(Math.round((0.2 + draw(world.seed, s.n, 12) * 0.4) * 100) / 100),
    doubt: s.n % 53 === 20 ? 'its phases put it 4 cm east of its coordinates' : null,
    alarms: light === 'red' || light === 'yellow' ? 1 : 0, in_network: known && light !== 'red',
  };
}

const QUALITY = [4, 4, 4, 4, 4, 4, 4, 5, 5, 2, 1, 0, null];
const AGENTS = ['NTRIP FieldBook/4.2', 'NTRIP SurveyPro 9', 'NTRIP ugnss', 'NTRIP Harvester/1.1', 'NTRIP Drone RTK'];

export function qualityOf(world, n, t) {
  if (draw(world.seed, n, 20, Math.floor(t / 20)) > 0.97) return 5;
  return QUALITY[Math.floor(draw(world.seed, n, 21) * QUALITY.length)];
}

export function placeOf(world, n, t) {
  const home = world.stations[Math.floor(draw(world.seed, n, 22) * world.stations.length)];
  const [fast, phase] = [0.0004 + draw(world.seed, n, 23) * 0.003, draw(world.seed, n, 24) * 6.28];
  return [
    home.latitude_deg + (draw(world.seed, n, 25) - 0.5) * 0.5 + fast * Math.sin(t / 40 + phase),
    home.longitude_deg + (draw(world.seed, n, 26) - 0.5) * 0.5 + fast * Math.cos(t / 31 + phase),
    home,
  ];
}

export function roverRow(world, n, t) {
  const quality = qualityOf(world, n, t);
  const [latitude, longitude, home] = placeOf(world, n, t);
  const silent = quality === null;
  const base = draw(world.seed, n, 27) > 0.15 ? 'virtual' : 'nearest';
  return {
    session: 1000 + n, account: n % 29 === 28 ? null : `rover${String(n).padStart(4, '0')}`, organisation: n % 3 === 0 ? `Survey ${CITIES[n % 7]}` : null,
    peer: `10.${n % 200}.${n % 7}.${n % 250}:${5000 + (n % 999)}`, agent: AGENTS[n % 5], mountpoint: ['VRS', 'VRS', 'VRS-BDS', 'NEAR'][n % 4],
    role: 'rover', login: epoch(Math.floor(world.started - draw(world.seed, n, 28) * 7200)), quality,
    latitude_deg: silent ? null : latitude, longitude_deg: silent ? null : longitude, position_at: silent ? null : epoch(Math.floor(t)),
    age_s: silent ? null : Math.round((0.8 + draw(world.seed, n, 29, Math.floor(t)) * 1.2) * 10) / 10,
    satellites: silent ? null : 14 + Math.floor(draw(world.seed, n, 30, Math.floor(t / 10)) * 20),
    serving: silent ? 'nothing' : base, base: silent ? null : base === 'virtual' ? String(n % 4000) : home.name,
    distance_km: silent ? null : base === 'virtual' ? 0 : Math.round(draw(world.seed, n, 31) * 300) / 10,
    bytes: Math.floor((t - world.started + 600) * 900 * (0.5 + draw(world.seed, n, 32))), ended: null, end_reason: null,
  };
}
