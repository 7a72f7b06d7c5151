// Horizontal errors of a monitor rover, both engines in one picture with equal axes.
import type { Palette } from '../format/colours';

export interface Cloud { colour: string; east: (number | null)[]; north: (number | null)[] }

/** Half the side of the picture, mm: a round number that holds 99 % of the points. */
export function reachOf(clouds: readonly Cloud[]): number {
  const all = clouds.flatMap((c) => [...c.east, ...c.north]).filter((v): v is number => v !== null).map(Math.abs).sort((a, b) => a - b);
  const most = all[Math.floor(all.length * 0.99)] ?? 0;
  for (const step of [10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000]) if (most <= step) return step;
  return Math.ceil(most / 5000) * 5000;
}

export function drawScatter(ctx: CanvasRenderingContext2D, width: number, height: number, clouds: readonly Cloud[], palette: Palette): void {
  const reach = reachOf(clouds);
  const radius = Math.min(width, height) / 2 - 18;
  ctx.save();
  ctx.translate(width / 2, height / 2);
  ctx.strokeStyle = palette.line;
  for (const part of [0.5, 1]) {
    ctx.beginPath();
    ctx.arc(0, 0, radius * part, 0, 2 * Math.PI);
    ctx.stroke();
  }
  ctx.beginPath();
  ctx.moveTo(-radius, 0);
  ctx.lineTo(radius, 0);
  ctx.moveTo(0, -radius);
  ctx.lineTo(0, radius);
  ctx.stroke();
  clouds.forEach((cloud, n) => {
    ctx.fillStyle = cloud.colour;
    ctx.globalAlpha = 0.55;
    cloud.east.forEach((east, i) => {
      const north = cloud.north[i] ?? null;
      if (east === null || north === null) return;
      const x = (east / reach) * radius;
      const y = (-north / reach) * radius;
      if (Math.hypot(x, y) > radius * 1.2) return;
      // Engines differ by shape as well: squares and rings of dots.
      if (n % 2 === 0) ctx.fillRect(x - 1.5, y - 1.5, 3, 3);
      else {
        ctx.beginPath();
        ctx.arc(x, y, 1.6, 0, 2 * Math.PI);
        ctx.fill();
      }
    });
    ctx.globalAlpha = 1;
  });
  ctx.fillStyle = palette.faint;
  ctx.font = '11px system-ui, sans-serif';
  ctx.textAlign = 'left';
  ctx.fillText(`${reach} mm`, radius * 0.72, -radius * 0.76);
  ctx.fillText(`${reach / 2}`, radius * 0.37, -radius * 0.4);
  ctx.restore();
}
