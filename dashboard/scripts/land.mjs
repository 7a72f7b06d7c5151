// Makes the base map: land only, never borders of countries, finer in China's neighbourhood than elsewhere.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { feature } from 'topojson-client';

const atlas = (name) =>
  JSON.parse(readFileSync(new URL(`../node_modules/world-atlas/${name}.json`, import.meta.url), 'utf8'));
const polygons = (name) => {
  const world = atlas(name);
  const land = feature(world, world.objects.land);
  const list = land.type === 'FeatureCollection' ? land.features.map((f) => f.geometry) : [land.geometry];
  return list.flatMap((g) => (g.type === 'Polygon' ? [g.coordinates] : g.coordinates));
};

/** West, south, east, north of the finer part, degrees. */
const near = [68, -2, 150, 56];
/** Rings smaller than this are left out: nobody would see them at the scale of a province. Square degrees. */
const leastArea = 4e-5;

/** Cuts a ring at one edge of a box (Sutherland and Hodgman, Communications of the ACM 17, 1974). */
function cut(ring, inside, cross) {
  const out = [];
  for (let i = 0; i < ring.length; i += 1) {
    const a = ring[(i + ring.length - 1) % ring.length];
    const b = ring[i];
    if (inside(b)) {
      if (!inside(a)) out.push(cross(a, b));
      out.push(b);
    } else if (inside(a)) out.push(cross(a, b));
  }
  return out;
}
const atX = (x) => (a, b) => [x, a[1] + ((b[1] - a[1]) * (x - a[0])) / (b[0] - a[0])];
const atY = (y) => (a, b) => [a[0] + ((b[0] - a[0]) * (y - a[1])) / (b[1] - a[1]), y];
function clip(ring) {
  const [w, s, e, n] = near;
  let r = ring;
  r = cut(r, (p) => p[0] >= w, atX(w));
  r = cut(r, (p) => p[0] <= e, atX(e));
  r = cut(r, (p) => p[1] >= s, atY(s));
  r = cut(r, (p) => p[1] <= n, atY(n));
  return r;
}
const area = (ring) =>
  Math.abs(ring.reduce((sum, p, i) => {
    const q = ring[(i + 1) % ring.length];
    return sum + (p[0] * q[1] - q[0] * p[1]) / 2;
  }, 0));
/** Integers of thousandths of a degree, each the step from the one before: small, and quick to read. */
function pack(ring, places) {
  const scale = 10 ** places;
  const out = [];
  let [x, y] = [0, 0];
  for (const p of ring) {
    const [px, py] = [Math.round(p[0] * scale), Math.round(p[1] * scale)];
    if (out.length > 0 && px === x && py === y) continue;
    out.push(px - x, py - y);
    [x, y] = [px, py];
  }
  return out;
}

const fine = polygons('land-10m')
  .map((rings) => rings.map(clip).filter((r) => r.length > 3 && area(r) >= leastArea))
  .filter((rings) => rings.length > 0)
  .map((rings) => rings.map((r) => pack(r, 3)).filter((r) => r.length >= 6));
const coarse = polygons('land-110m').map((rings) => rings.map((r) => pack(r, 2)));
mkdirSync(new URL('../src/map/data/', import.meta.url), { recursive: true });
const file = new URL('../src/map/data/land.json', import.meta.url);
writeFileSync(file, JSON.stringify({ near, fine, coarse }));
console.log(`land: ${fine.length} fine and ${coarse.length} coarse polygons`);
