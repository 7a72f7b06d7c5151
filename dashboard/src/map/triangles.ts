// Paints the network's triangles by how well they are solved, or the predicted error of a virtual station.
import type { NetworkState, PredictedError } from '../api/types';
import type { Palette } from '../format/colours';
import { fixed } from '../format/numbers';
import { badness } from '../plots/badness';
import { drawMarks, type Shape } from '../plots/shapes';
import type { Words } from '../words/zh';
import type { Hit, Paint, Project } from './canvas_layer';
import { paintNames } from './marks';

/** A triangle with this share of fixed ambiguities is as bad as the colours go. */
export const FIXED_MIN = 0.5;
/** An ionospheric index as bad as the colours go, mm: one half of a wide-lane would be lost beyond it. */
export const I95_MAX_MM = 80;
/** A predicted error as bad as the colours go, mm. */
export const PREDICTED_MAX_MM = 40;

export function paintTriangles(network: NetworkState | null, layer: 'fixed' | 'i95' | 'predicted', field: PredictedError | null, palette: Palette, dark: boolean, words: Words): Paint {
  return (ctx, project) => {
    const hits: Hit[] = [];
    if (!network) return hits;
    const at = new Map<string, [number, number]>();
    for (const s of network.stations) {
      if (s.latitude_deg !== null && s.longitude_deg !== null) at.set(s.name, project(s.latitude_deg, s.longitude_deg));
    }
    if (field) paintField(ctx, project, field, dark);
    else {
      for (const triangle of network.triangles) {
        const corners = triangle.corners.map((name) => at.get(name));
        const bad = badOf(layer, triangle.fixed_ratio, triangle.i95_mm);
        if (bad === null || corners.some((c) => !c)) continue;
        ctx.beginPath();
        corners.forEach((c, n) => (n === 0 ? ctx.moveTo(...(c as [number, number])) : ctx.lineTo(...(c as [number, number]))));
        ctx.closePath();
        ctx.fillStyle = badness(bad, dark, 0.85);
        ctx.fill();
      }
    }
    ctx.beginPath();
    ctx.strokeStyle = palette.faint;
    ctx.lineWidth = 0.7;
    for (const edge of network.edges) {
      const [a, b] = [at.get(edge.from), at.get(edge.to)];
      if (!a || !b) continue;
      ctx.moveTo(...a);
      ctx.lineTo(...b);
    }
    ctx.stroke();
    const tones: [string, Shape, string][] = [['up', 'circle', palette.lights.green], ['doubted', 'triangle', palette.lights.yellow], ['late', 'diamond', palette.lights.yellow], ['down', 'square', palette.lights.red]];
    for (const [health, shape, colour] of tones) {
      const points = network.stations.filter((s) => s.health === health).map((s) => at.get(s.name)).filter((p): p is [number, number] => p !== undefined);
      drawMarks(ctx, shape, points, 5, colour, palette.panel);
    }
    const names: [string, number, number][] = [];
    for (const s of network.stations) {
      const p = at.get(s.name);
      if (!p) continue;
      names.push([s.name, ...p]);
      hits.push({ x: p[0], y: p[1], r: 6, id: s.name, label: () => `${s.name} · ${words.network.levelled} ${fixed(s.levelled)} / ${fixed(s.visible)}` });
    }
    paintNames(ctx, names, palette);
    return hits;
  };
}

function badOf(layer: string, ratio: number | null, i95_mm: number | null): number | null {
  if (layer === 'i95') return i95_mm === null ? null : i95_mm / I95_MAX_MM;
  return ratio === null ? null : (1 - ratio) / (1 - FIXED_MIN);
}

function paintField(ctx: CanvasRenderingContext2D, project: Project, field: PredictedError, dark: boolean): void {
  const [s, w, n, e] = field.box_deg;
  const [dLat, dLon] = [(n - s) / field.rows, (e - w) / field.columns];
  for (let row = 0; row < field.rows; row += 1) {
    for (let column = 0; column < field.columns; column += 1) {
      const value = field.values_mm[row * field.columns + column] ?? null;
      if (value === null) continue;
      const [x0, y0] = project(n - row * dLat, w + column * dLon);
      const [x1, y1] = project(n - (row + 1) * dLat, w + (column + 1) * dLon);
      ctx.fillStyle = badness(value / PREDICTED_MAX_MM, dark, 0.85);
      ctx.fillRect(x0, y0, x1 - x0 + 0.5, y1 - y0 + 0.5);
    }
  }
}
