// The heat map: a row for each station, a column for each step of time.
import type { Palette } from '../format/colours';
import { badness, badnessOf, type HeatKind } from './badness';

export const LABEL_WIDTH = 132;
export const TOP = 22;
/** Few rows are higher, so that a small network fills the eye too. Pixels. */
export const rowHeight = (rows: number): number => (rows <= 40 ? 22 : 16);

export interface HeatRow { station: string; values: (number | null)[] }
export interface Cell { row: number; column: number }

/** Rows with the worst mean first; stations without any value come first of all. */
export function worstFirst(rows: readonly HeatRow[], kind: HeatKind, step_s: number): HeatRow[] {
  const mean = (row: HeatRow) => {
    const known = row.values.filter((v): v is number => v !== null);
    return known.length === 0 ? 2 : known.reduce((sum, v) => sum + badnessOf(kind, v, step_s), 0) / known.length;
  };
  return rows.map((row) => ({ row, bad: mean(row) })).sort((a, b) => b.bad - a.bad).map(({ row }) => row);
}

/** Which cell is at a point of the canvas. */
export function cellAt(x: number, y: number, width: number, rows: number, columns: number): Cell | null {
  const row = Math.floor((y - TOP) / rowHeight(rows));
  const column = Math.floor(((x - LABEL_WIDTH) / (width - LABEL_WIDTH)) * columns);
  if (row < 0 || row >= rows || column >= columns) return null;
  return { row, column: Math.max(-1, column) };
}

export interface HeatOptions {
  kind: HeatKind; step_s: number; columns: number; dark: boolean; palette: Palette; chosen: Cell | null;
  /** The words under a column's beginning, where there are any. */
  mark: (column: number) => string | null;
}

export function drawHeat(ctx: CanvasRenderingContext2D, width: number, height: number, rows: readonly HeatRow[], options: HeatOptions): void {
  const { palette, columns } = options;
  const cell = (width - LABEL_WIDTH) / columns;
  ctx.font = '11px system-ui, sans-serif';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = palette.faint;
  ctx.textAlign = 'left';
  for (let column = 0; column < columns; column += 1) {
    const text = options.mark(column);
    if (text) ctx.fillText(text, LABEL_WIDTH + column * cell, TOP / 2);
  }
  const high = rowHeight(rows.length);
  const hatch = hatching(ctx, palette);
  rows.forEach((row, r) => {
    const y = TOP + r * high;
    ctx.fillStyle = palette.ink;
    ctx.textAlign = 'right';
    ctx.fillText(row.station, LABEL_WIDTH - 8, y + high / 2, LABEL_WIDTH - 12);
    for (let column = 0; column < columns; column += 1) {
      const value = row.values[column] ?? null;
      ctx.fillStyle = value === null ? hatch : badness(badnessOf(options.kind, value, options.step_s), options.dark);
      ctx.fillRect(LABEL_WIDTH + column * cell, y + 0.5, Math.max(1, cell - 0.5), high - 1);
    }
  });
  const { chosen } = options;
  if (chosen && chosen.column >= 0) {
    ctx.strokeStyle = palette.ink;
    ctx.lineWidth = 2;
    ctx.strokeRect(LABEL_WIDTH + chosen.column * cell, TOP + chosen.row * high, cell, high);
    ctx.lineWidth = 1;
  }
  void height;
}

/** What is not known is hatched: it must not look like anything good or bad. */
function hatching(ctx: CanvasRenderingContext2D, palette: Palette): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const brush = tile.getContext('2d');
  if (!brush) return palette.grid;
  brush.strokeStyle = palette.line;
  brush.beginPath();
  brush.moveTo(0, 6);
  brush.lineTo(6, 0);
  brush.stroke();
  return ctx.createPattern(tile, 'repeat') ?? palette.grid;
}
