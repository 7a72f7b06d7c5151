// Paints stations and rovers: all of one state at once, each state with its own colour and shape.
import type { Light, RoverRow, StationRow } from '../api/types';
import type { Palette } from '../format/colours';
import { duration } from '../format/numbers';
import { QUALITIES, qualityOf, type Quality } from '../format/quality';
import { drawMarks, LIGHT_SHAPE, QUALITY_SHAPE } from '../plots/shapes';
import type { Words } from '../words/zh';
import type { Hit, Paint, Project } from './canvas_layer';


export function paintNetwork(stations: readonly StationRow[], rovers: readonly RoverRow[], palette: Palette, words: Words): Paint {
  return (ctx, project, width, height) => {
    const hits: Hit[] = [];
    paintRovers(ctx, project, width, height, rovers, palette, words, hits);
    paintStations(ctx, project, width, height, stations, palette, words, hits);
    return hits;
  };
}

function paintRovers(ctx: CanvasRenderingContext2D, project: Project, width: number, height: number, rovers: readonly RoverRow[], palette: Palette, words: Words, hits: Hit[]): void {
  const by = Object.fromEntries(QUALITIES.map((q) => [q, []])) as unknown as Record<Quality, [number, number][]>;
  for (const rover of rovers) {
    if (rover.latitude_deg === null || rover.longitude_deg === null) continue;
    const [x, y] = project(rover.latitude_deg, rover.longitude_deg);
    if (x < -8 || y < -8 || x > width + 8 || y > height + 8) continue;
    const quality = qualityOf(rover.quality);
    by[quality].push([x, y]);
    hits.push({ x, y, r: 3, id: `r:${rover.session}`, label: () => `${rover.account ?? rover.session} · ${words.qualities[quality]}` });
  }
  // What is well lies below what is not.
  for (const quality of QUALITIES) drawMarks(ctx, QUALITY_SHAPE[quality], by[quality], 3, palette.qualities[quality], palette.panel);
}

function paintStations(ctx: CanvasRenderingContext2D, project: Project, width: number, height: number, stations: readonly StationRow[], palette: Palette, words: Words, hits: Hit[]): void {
  const by: Record<Light, [number, number][]> = { green: [], grey: [], yellow: [], red: [] };
  const names: [string, number, number][] = [];
  for (const station of stations) {
    if (station.latitude_deg === null || station.longitude_deg === null) continue;
    const [x, y] = project(station.latitude_deg, station.longitude_deg);
    if (x < -20 || y < -20 || x > width + 20 || y > height + 20) continue;
    (by[station.light] ?? by.grey).push([x, y]);
    names.push([station.name, x, y]);
    hits.push({ x, y, r: 7, id: `s:${station.name}`, label: () => `${station.name} · ${words.lights[station.light]} · ${duration(station.silent_s)}` });
  }
  for (const light of ['green', 'grey', 'yellow', 'red'] as const) {
    drawMarks(ctx, LIGHT_SHAPE[light], by[light], 6.5, palette.lights[light], palette.panel);
  }
  paintNames(ctx, names, palette);
}

/** Names where there is room for them: one that would lie over another is left out. */
export function paintNames(ctx: CanvasRenderingContext2D, names: readonly (readonly [string, number, number])[], palette: Palette): void {
  ctx.font = '11px system-ui, sans-serif';
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.lineWidth = 3;
  ctx.strokeStyle = palette.land;
  ctx.fillStyle = palette.ink;
  const taken: [number, number, number][] = names.map(([, x, y]) => [x - 8, y, 16]);
  for (const [name, x, y] of names) {
    const w = name.length * 6.6;
    const free = !taken.some(([tx, ty, tw]) => Math.abs(ty - y) < 13 && x + 10 < tx + tw && tx < x + 10 + w && !(tx === x - 8 && ty === y));
    if (!free) continue;
    taken.push([x + 10, y, w]);
    ctx.strokeText(name, x + 10, y);
    ctx.fillText(name, x + 10, y);
  }
  ctx.lineWidth = 1;
}
