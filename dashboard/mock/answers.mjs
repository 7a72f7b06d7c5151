// Answers about stations, network and archive of the invented network.
import { signalsOf, skyOf } from './sky.mjs';
import { draw, epoch, lightOf, noise, stationRow } from './world.mjs';

/** Kept in memory so that asking again for a day of seconds costs nothing. */
const offsets = new Map();

function summary(world, s, t, length_s) {
  const light = lightOf(world, s, t);
  const share = light === 'red' ? 0.4 : light === 'yellow' ? 0.92 : 0.9995;
  return {
    from: epoch(Math.floor(t / length_s) * length_s - length_s), until: epoch(Math.floor(t / length_s) * length_s),
    epochs: Math.floor(length_s * share), epochs_expected: length_s, gaps: share > 0.99 ? 0 : 3, longest_gap_epochs: share > 0.99 ? 0 : 17,
    latency_s: { median: 0.18, p95: 0.31, p99: 0.52, max: 0.9 + draw(world.seed, s.n, length_s) }, satellites: 36.2, satellites_share: 0.97,
    slips: Math.floor((length_s / 60) * draw(world.seed, s.n, 61)), slip_chances: length_s * 36, roti_tecu_min: 0.11, offset_m: [0.0012, -0.0008, 0.0031],
  };
}

export function stationDetail(world, s, t) {
  const row = stationRow(world, s, t);
  const grey = row.light === 'grey';
  const [lat, lon] = [(s.latitude_deg * Math.PI) / 180, (s.longitude_deg * Math.PI) / 180];
  // GRS 80: half axis in metres and square of the eccentricity.
  const normal = 6378137 / Math.sqrt(1 - 0.00669438002290 * Math.sin(lat) ** 2);
  const signals = grey ? [] : signalsOf(world, s, t);
  return {
    ...row, height_m: s.height_m,
    place_ecef_m: [(normal + s.height_m) * Math.cos(lat) * Math.cos(lon), (normal + s.height_m) * Math.cos(lat) * Math.sin(lon), (normal * (1 - 0.00669438002290) + s.height_m) * Math.sin(lat)],
    equipment: s.n % 5 === 4 ? null : { receiver: 'INVENTED RX-9', antenna: 'INVENTED AR25.R4   NONE', antenna_serial: `A${10000 + s.n}`, antenna_height_m: 0.0083 },
    site: { id: `${s.name.slice(0, 4).padEnd(4, 'X')}00CHN`, name: s.name, city: s.city, province: 'Invented', domes: null, installed: '2019-05-01' },
    mismatches: s.n % 6 === 0 ? [{ what: 'antenna_serial', stream: 'A99999', configured: `A${10000 + s.n}`, since: epoch(Math.floor(t - 8000)) }] : [],
    sky: grey ? [] : skyOf(world, s, t), signals, multipath_by_signal_m: Object.fromEntries(signals.map((x) => [x.signal, x.multipath_m])),
    minute: grey ? null : summary(world, s, t, 60), hour: grey ? null : summary(world, s, t, 3600), day: grey ? null : summary(world, s, t, 86400),
    gaps: s.n % 4 === 0 ? [1, 2, 3].map((k) => ({ from: epoch(Math.floor(t) - k * 2711), until: epoch(Math.floor(t) - k * 2711 + 4 * k), epochs: 4 * k })) : [],
    displacement_m: grey ? null : [0.001, -0.002, 0.004], displacement_sigma_m: grey ? null : [0.002, 0.002, 0.006],
  };
}

function valuesOf(world, s, of, unix, step) {
  const wave = (amplitude, key) => unix.map((u) => Math.round((amplitude * Math.sin((2 * Math.PI * u) / 43200 + key) + amplitude * 0.5 * (draw(world.seed, s.n, key, u) + draw(world.seed, s.n, key + 1, u) - 1)) * 1e5) / 1e5);
  const minute = step >= 60;
  const table = {
    offset_east_m: () => wave(0.004, 71), offset_north_m: () => wave(0.004, 73), offset_up_m: () => wave(0.011, 75),
    latency_s: () => unix.map((u) => 0.1 + draw(world.seed, s.n, 77, u) * 0.3), satellites: () => unix.map((u) => 34 + Math.round(5 * Math.sin(u / 9000) + draw(world.seed, 78, u))),
    completeness: () => unix.map((u) => (draw(world.seed, s.n, 79, Math.floor(u / step)) > 0.97 ? 0.8 : 1)), latency_median_s: () => unix.map((u) => 0.15 + draw(world.seed, s.n, 80, u) * 0.05),
    latency_p95_s: () => unix.map((u) => 0.25 + draw(world.seed, s.n, 81, u) * 0.2), latency_p99_s: () => unix.map((u) => 0.4 + draw(world.seed, s.n, 82, u) * 0.3),
    slips: () => unix.map((u) => Math.floor(draw(world.seed, s.n, 83, u) ** 5 * (minute ? 6 : 1) * (step / 60))), multipath_m: () => unix.map((u) => 0.3 + draw(world.seed, s.n, 84, u) * 0.05),
    roti_tecu_min: () => unix.map((u) => 0.1 + draw(world.seed, s.n, 85, u) * 0.1), cn0_dbhz: () => unix.map((u) => 43 + draw(world.seed, s.n, 86, u)),
    epochs: () => unix.map(() => step), epochs_expected: () => unix.map(() => step),
  };
  return table[of] ? table[of]() : null;
}

export function series(world, s, query, t) {
  const resolution = query.get('resolution') ?? 'minute';
  const step = { second: 1, minute: 60, hour: 3600, day: 86400 }[resolution];
  if (!step) return null;
  const until = Math.floor(Math.min(Number(query.get('until')) || t, t) / step) * step;
  let from = Math.ceil((Number(query.get('from')) || until - 3600) / step) * step;
  from = Math.max(from, until - 86399 * step);
  const key = `${s.name} ${query}`;
  if (!offsets.has(key)) {
    const unix = Array.from({ length: Math.floor((until - from) / step) + 1 }, (_, n) => from + n * step);
    const dead = lightOf(world, s, t) === 'grey';
    const lists = (query.get('of') ?? '').split(',').map((of) => [of, valuesOf(world, s, of, unix, step)]);
    if (lists.some(([, v]) => v === null)) return null;
    // A hole in the middle: what is missing is null in every column.
    const hole = [from + (until - from) * 0.62, from + (until - from) * 0.64];
    const unit = (of) => (/_m$/.test(of) ? 'm' : /_s$/.test(of) ? 's' : '1');
    offsets.clear();
    offsets.set(key, JSON.stringify({
      station: s.name, resolution, step_s: step, from: epoch(from), until: epoch(until), unix_s: unix,
      series: lists.map(([of, v]) => ({ of, unit: unit(of), values: v.map((x, n) => (dead || (unix[n] > hole[0] && unix[n] < hole[1]) ? null : x)) })),
    }));
  }
  return offsets.get(key);
}

export function heatmap(world, query, t) {
  const [of, span] = [query.get('of'), query.get('span')];
  const shape = { '1h': [60, 60], '24h': [96, 900], '30d': [120, 21600] }[span];
  if (!shape || !['completeness', 'latency_p95_s', 'slips'].includes(of)) return null;
  const [columns, step_s] = shape;
  const from = Math.floor(t / step_s) * step_s - columns * step_s;
  const value = (s, column) => {
    const at = Math.floor(from / step_s) + column;
    if (s.n % 97 === 11 || (s.n % 13 === 2 && column < columns / 5)) return null;
    const r = draw(world.seed, s.n, 91, at);
    const outage = draw(world.seed, s.n, 92, Math.floor(at / 7)) > 0.985;
    if (of === 'completeness') return outage ? r * 0.8 : s.n % 17 === 4 ? 0.86 + r * 0.1 : r > 0.98 ? 0.97 : 0.9995 + r * 0.0005;
    if (of === 'slips') return Math.floor((r ** 6 * 8 + (outage ? 9 : 0)) * Math.max(1, step_s / 300));
    return outage ? 2 + r * 3 : 0.2 + r * (s.n % 17 === 4 ? 1.6 : 0.25);
  };
  return {
    of, unit: of === 'slips' ? '1' : of === 'completeness' ? '1' : 's', step_s, from: epoch(from), columns,
    rows: world.stations.map((s) => ({ station: s.name, values: Array.from({ length: columns }, (_, c) => value(s, c)) })),
  };
}

export function network(world, t) {
  const second = Math.floor(t);
  const stations = world.stations.map((s) => {
    const light = lightOf(world, s, t);
    const up = light === 'green' || light === 'yellow';
    return {
      name: s.name, latitude_deg: s.latitude_deg, longitude_deg: s.longitude_deg, health: !up ? 'down' : s.n % 53 === 20 ? 'doubted' : 'up',
      doubt: s.n % 53 === 20 ? 'phases put it 4 cm east' : null, levelled: up ? 34 : 0, visible: up ? 36 : 0,
      ionosphere_residual_mm: up ? 4 + draw(world.seed, s.n, 101, second) * 6 : null, geometry_residual_mm: up ? 3 + draw(world.seed, s.n, 102, second) * 4 : null,
      zenith_mm: up ? 2380 + noise(world.seed, s.n, 103) * 12 : null, zenith_sigma_mm: up ? 3.2 : null,
      displacement_mm: up ? [noise(world.seed, s.n, 104), noise(world.seed, s.n, 105), noise(world.seed, s.n, 106) * 2] : null,
    };
  });
  const health = new Map(stations.map((s) => [s.name, s.health]));
  const by = new Map(world.stations.map((s) => [s.name, s]));
  const satellites = [];
  for (const [group, letter, count] of [['GPS', 'G', 11], ['BeiDou', 'C', 16], ['Galileo', 'E', 9]]) {
    for (let k = 0; k < count; k += 1) {
      const n = 2 + k * 2;
      satellites.push({
        satellite: letter + String(n).padStart(2, '0'), group, levelled_stations: Math.floor(world.stations.length * (0.9 + draw(world.seed, n, 107) * 0.1)),
        residual_mm: 3 + draw(world.seed, n, 108, second) * 3, sigma_factor: 0.9 + draw(world.seed, n, 109) * 0.6,
        withheld: letter === 'C' && k === 3 ? 'its clock jumped by 12 ns' : letter === 'G' && k === 5 ? 'set 1500 s ago' : null, restless: k === 7,
      });
    }
  }
  return {
    at: epoch(second), reason: null, stations,
    edges: world.edges.map(([from, to]) => ({ from, to, length_km: 111 * Math.hypot(by.get(from).latitude_deg - by.get(to).latitude_deg, 0.92 * (by.get(from).longitude_deg - by.get(to).longitude_deg)) })),
    triangles: world.triangles.map((corners, n) => {
      const broken = corners.some((c) => health.get(c) === 'down');
      return { corners, fixed_ratio: broken ? 0.55 : 0.9 + draw(world.seed, n, 110, Math.floor(t / 10)) * 0.1, i95_mm: broken ? null : 6 + 30 * Math.max(0, 23.5 - by.get(corners[0]).latitude_deg) + draw(world.seed, n, 111) * 8 };
    }),
    groups: [{ group: 'GPS', ambiguities: 3300, levelled: 3240 }, { group: 'BeiDou', ambiguities: 4800, levelled: 4630 }, { group: 'Galileo', ambiguities: 2700, levelled: 2590 }],
    satellites, ambiguities: 10800, levelled: 10460, edge_ambiguities: 22000, edge_fixed: 21300, closures: { closed: 9800, failed: 23 }, ionosphere_i95_mm: 14.2,
  };
}

export function predictedError(world, t) {
  const box = boxOf(world);
  const [rows, columns] = [24, 24];
  const values = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const lat = box[2] - ((row + 0.5) * (box[2] - box[0])) / rows;
      const lon = box[1] + ((column + 0.5) * (box[3] - box[1])) / columns;
      const near = Math.min(...world.stations.filter((s) => lightOf(world, s, t) !== 'red').map((s) => Math.hypot(s.latitude_deg - lat, s.longitude_deg - lon)));
      values.push(near > 0.45 ? null : Math.round((3 + near * 55) * 10) / 10);
    }
  }
  return { at: epoch(Math.floor(t)), box_deg: box, rows, columns, values_mm: values };
}

export function boxOf(world) {
  const lats = world.stations.map((s) => s.latitude_deg);
  const lons = world.stations.map((s) => s.longitude_deg);
  return [Math.min(...lats) - 0.2, Math.min(...lons) - 0.2, Math.max(...lats) + 0.2, Math.max(...lons) + 0.2];
}

export function calendar(world, s, query, t) {
  const [from, until] = [Date.parse(query.get('from')), Date.parse(query.get('until'))];
  if (Number.isNaN(from) || Number.isNaN(until) || until - from > 366 * 86400e3) return null;
  const days = [];
  for (let ms = from; ms <= Math.min(until, t * 1000); ms += 86400e3) {
    const date = new Date(ms).toISOString().slice(0, 10);
    const year = Number(date.slice(0, 4));
    const day_of_year = Math.round((ms - Date.UTC(year, 0, 1)) / 86400e3) + 1;
    // The archive began ninety days ago.
    if (ms < t * 1000 - 90 * 86400e3) continue;
    const hours = Array.from({ length: 24 }, (_, h) => {
      if (ms + h * 3600e3 > t * 1000) return null;
      const r = draw(world.seed, s.n, day_of_year, h, 121);
      return r > 0.995 ? 0 : r > 0.97 ? 0.7 + r * 0.2 : 1;
    });
    const id = `${s.name.slice(0, 4).padEnd(4, 'X')}00CHN_S_${year}${String(day_of_year).padStart(3, '0')}0000_01D`;
    const folder = `/files/daily/30s/${year}/${String(day_of_year).padStart(3, '0')}`;
    const files = ms + 86400e3 < t * 1000
      ? [[`${id}_30S_MO.crx.gz`, 2_300_000, 'daily-observations'], [`${id}_MN.rnx.gz`, 310_000, 'daily-navigation']].map(([name, bytes, kind]) => ({ name, path: `${folder}/${name}`, bytes, kind }))
      : [];
    days.push({ date, day_of_year, hours, files });
  }
  return { station: s.name, days };
}
