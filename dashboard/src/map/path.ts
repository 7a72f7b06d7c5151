// Paints the path of one rover, its quality at every place, and the stations around.
import type { Rover, StationRow } from '../api/types';
import type { Palette } from '../format/colours';
import { qualityOf, QUALITIES } from '../format/quality';
import { drawMarks, LIGHT_SHAPE, QUALITY_SHAPE } from '../plots/shapes';
import type { Words } from '../words/zh';
import type { Hit, Paint } from './canvas_layer';
import { paintNames } from './marks';

export function paintPath(path: Rover['path'], stations: readonly StationRow[], palette: Palette, words: Words): Paint {
  return (ctx, project) => {
    const hits: Hit[] = [];
    const points = path.map(([at, lat, lon, gga]) => ({ at, xy: project(lat, lon), quality: qualityOf(gga) }));
    ctx.beginPath();
    ctx.strokeStyle = palette.faint;
    points.forEach((p, n) => (n === 0 ? ctx.moveTo(...p.xy) : ctx.lineTo(...p.xy)));
    ctx.stroke();
    for (const quality of QUALITIES) {
      drawMarks(ctx, QUALITY_SHAPE[quality], points.filter((p) => p.quality === quality).map((p) => p.xy), 4, palette.qualities[quality], palette.panel);
    }
    for (const p of points) hits.push({ x: p.xy[0], y: p.xy[1], r: 4, id: String(p.at), label: () => `${new Date(p.at * 1000).toISOString().slice(11, 19)} UTC · ${words.qualities[p.quality]}` });
    const last = points.at(-1);
    if (last) {
      ctx.beginPath();
      ctx.strokeStyle = palette.ink;
      ctx.lineWidth = 2;
      ctx.arc(...last.xy, 9, 0, 2 * Math.PI);
      ctx.stroke();
      ctx.lineWidth = 1;
    }
    const names: [string, number, number][] = [];
    for (const s of stations) {
      if (s.latitude_deg === null || s.longitude_deg === null) continue;
      const xy = project(s.latitude_deg, s.longitude_deg);
      drawMarks(ctx, LIGHT_SHAPE[s.light], [xy], 6.5, palette.lights[s.light], palette.panel);
      names.push([s.name, ...xy]);
    }
    paintNames(ctx, names, palette);
    return hits;
  };
}
