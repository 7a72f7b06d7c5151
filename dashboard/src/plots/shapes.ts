// The shapes of states: each state has its own, so that colour is never the only sign.
import type { Light } from '../api/types';
import type { Quality } from '../format/quality';

export type Shape = 'circle' | 'triangle' | 'square' | 'ring' | 'diamond' | 'cross' | 'bar';
export const LIGHT_SHAPE: Record<Light, Shape> = { green: 'circle', yellow: 'triangle', red: 'square', grey: 'ring' };
export const QUALITY_SHAPE: Record<Quality, Shape> = {
  fixed: 'circle', float: 'diamond', dgps: 'triangle', single: 'bar', none: 'cross', unknown: 'ring',
};

/** Puts a shape's outline around a point, as a path that the caller fills or strokes. */
export function trace(ctx: CanvasRenderingContext2D, shape: Shape, x: number, y: number, r: number): void {
  switch (shape) {
    case 'circle':
    case 'ring':
      ctx.moveTo(x + r, y);
      ctx.arc(x, y, r, 0, 2 * Math.PI);
      break;
    case 'triangle':
      ctx.moveTo(x, y - r * 1.25);
      ctx.lineTo(x + r * 1.2, y + r * 0.85);
      ctx.lineTo(x - r * 1.2, y + r * 0.85);
      ctx.closePath();
      break;
    case 'square':
      ctx.rect(x - r, y - r, 2 * r, 2 * r);
      break;
    case 'bar':
      ctx.rect(x - r * 1.2, y - r * 0.5, r * 2.4, r);
      break;
    case 'diamond':
      ctx.moveTo(x, y - r * 1.3);
      ctx.lineTo(x + r * 1.3, y);
      ctx.lineTo(x, y + r * 1.3);
      ctx.lineTo(x - r * 1.3, y);
      ctx.closePath();
      break;
    case 'cross': {
      const [a, b] = [r * 0.4, r * 1.15];
      const corners = [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]] as const;
      corners.forEach(([dx, dy], n) => (n === 0 ? ctx.moveTo(x + dx, y + dy) : ctx.lineTo(x + dx, y + dy)));
      ctx.closePath();
    }
  }
}

/** Pictures of marks, drawn once: copying one is several times cheaper than filling its path without a graphics card. */
const pictures = new Map<string, HTMLCanvasElement>();
/** So many pictures are kept: colours of both schemes, all shapes, a few sizes. */
const PICTURES_MAX = 200;

function pictureOf(shape: Shape, r: number, colour: string, edge: string, ratio: number): HTMLCanvasElement {
  const key = `${shape} ${r} ${colour} ${edge} ${ratio}`;
  const known = pictures.get(key);
  if (known) return known;
  if (pictures.size >= PICTURES_MAX) pictures.clear();
  const half = Math.ceil(r * 1.4 + 2);
  const picture = document.createElement('canvas');
  picture.width = picture.height = Math.ceil(2 * half * ratio);
  const ctx = picture.getContext('2d');
  if (ctx) {
    ctx.scale(ratio, ratio);
    ctx.beginPath();
    trace(ctx, shape, half, half, r);
    ctx.lineWidth = shape === 'ring' ? 2 : 1;
    ctx.strokeStyle = shape === 'ring' ? colour : edge;
    ctx.stroke();
    if (shape !== 'ring') {
      ctx.fillStyle = colour;
      ctx.fill();
    }
  }
  pictures.set(key, picture);
  return picture;
}

/** Draws many marks of one colour and shape. */
export function drawMarks(ctx: CanvasRenderingContext2D, shape: Shape, points: readonly (readonly [number, number])[], r: number, colour: string, edge: string): void {
  if (points.length === 0) return;
  const ratio = ctx.getTransform().a || 1;
  const picture = pictureOf(shape, r, colour, edge, ratio);
  const side = picture.width / ratio;
  // Whole pixels: a picture between pixels would have to be mixed anew for each copy.
  for (const [x, y] of points) ctx.drawImage(picture, Math.round((x - side / 2) * ratio) / ratio, Math.round((y - side / 2) * ratio) / ratio, side, side);
}
