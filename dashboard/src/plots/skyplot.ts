// The skyplot: satellites where they stand in the sky, north up, the horizon at the rim.
import type { SkySatellite } from '../api/types';
import { cividis, css, type Palette } from '../format/colours';

/** C/N0 at the ends of the colours, dB-Hz: what a geodetic receiver sees at the horizon and at the zenith. */
export const CN0_RANGE: readonly [number, number] = [28, 54];
/** Multipath at the ends of the colours, m. */
export const MULTIPATH_RANGE: readonly [number, number] = [0, 1];

/** Where a direction comes on a plot of a radius around a middle; the radius grows evenly with the zenith distance. */
export function skyPoint(elevation_deg: number, azimuth_deg: number, radius: number): [number, number] {
  const r = (radius * (90 - Math.min(90, Math.max(0, elevation_deg)))) / 90;
  const azimuth = (azimuth_deg * Math.PI) / 180;
  return [r * Math.sin(azimuth), -r * Math.cos(azimuth)];
}

/** A satellite's C/N0: the mean over its signals, null without any. */
export function cn0Of(satellite: SkySatellite): number | null {
  const known = satellite.signals.map((s) => s.cn0_dbhz).filter((v): v is number => v !== null);
  return known.length === 0 ? null : known.reduce((sum, v) => sum + v, 0) / known.length;
}

/** A satellite's multipath: the mean of what its signals show at this station, null where none is known. */
export function multipathOf(satellite: SkySatellite, bySignal: Record<string, number | null>): number | null {
  const system = satellite.satellite.charAt(0);
  const known = satellite.signals.map((s) => bySignal[system + s.signal] ?? null).filter((v): v is number => v !== null);
  return known.length === 0 ? null : known.reduce((sum, v) => sum + v, 0) / known.length;
}

export const share = (value: number, [low, high]: readonly [number, number]): number => (value - low) / (high - low);

export interface SkyOptions {
  by: 'cn0' | 'multipath'; multipath: Record<string, number | null>; palette: Palette; north: string; dark: boolean;
}

export function drawSky(ctx: CanvasRenderingContext2D, width: number, height: number, sky: readonly SkySatellite[], options: SkyOptions): void {
  const { palette } = options;
  const radius = Math.min(width, height) / 2 - 20;
  ctx.save();
  ctx.translate(width / 2, height / 2);
  ctx.font = '11px system-ui, sans-serif';
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.strokeStyle = palette.line;
  for (const elevation of [0, 15, 30, 60]) {
    ctx.beginPath();
    ctx.arc(0, 0, (radius * (90 - elevation)) / 90, 0, 2 * Math.PI);
    ctx.stroke();
  }
  ctx.beginPath();
  ctx.moveTo(-radius, 0);
  ctx.lineTo(radius, 0);
  ctx.moveTo(0, -radius);
  ctx.lineTo(0, radius);
  ctx.stroke();
  ctx.fillStyle = palette.faint;
  ctx.fillText(options.north, 0, -radius - 9);
  for (const elevation of [30, 60]) ctx.fillText(`${elevation}°`, 12, -(radius * (90 - elevation)) / 90 + 8);
  for (const satellite of sky) drawSatellite(ctx, satellite, radius, options);
  ctx.restore();
}

function drawSatellite(ctx: CanvasRenderingContext2D, satellite: SkySatellite, radius: number, options: SkyOptions): void {
  const { palette } = options;
  const [x, y] = skyPoint(satellite.elevation_deg, satellite.azimuth_deg, radius);
  ctx.beginPath();
  ctx.arc(x, y, 10, 0, 2 * Math.PI);
  if (satellite.signals.length === 0) {
    ctx.setLineDash([3, 3]);
    ctx.strokeStyle = palette.lights.red;
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.fillStyle = palette.ink;
  } else {
    const value = options.by === 'cn0' ? cn0Of(satellite) : multipathOf(satellite, options.multipath);
    let part = value === null ? null : share(value, options.by === 'cn0' ? CN0_RANGE : MULTIPATH_RANGE);
    if (part !== null && options.by === 'multipath') part = 1 - part;
    ctx.fillStyle = part === null ? palette.grid : css(cividis(part));
    ctx.fill();
    ctx.lineWidth = satellite.fixed ? 2 : 1;
    ctx.strokeStyle = satellite.fixed ? palette.ink : palette.faint;
    if (!satellite.fixed) ctx.setLineDash([2, 2]);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.lineWidth = 1;
    // Black on the lighter half of cividis, white on the darker: both keep a contrast of 4.5.
    ctx.fillStyle = part === null ? palette.ink : part > 0.55 ? '#000' : '#fff';
  }
  ctx.font = '9.5px system-ui, sans-serif';
  ctx.fillText(satellite.satellite, x, y + 0.5);
}
