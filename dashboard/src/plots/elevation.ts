// C/N0 against elevation, a line for each signal.
import type { SignalFigures } from '../api/types';
import type { Palette } from '../format/colours';

/** The axis of C/N0, dB-Hz. */
const RANGE: readonly [number, number] = [20, 60];
const LEFT = 34;
const BOTTOM = 24;

/** Signals with any value, best first: so many lines can still be told apart. */
export function linesOf(signals: readonly SignalFigures[]): SignalFigures[] {
  return signals.filter((s) => s.cn0_by_elevation_dbhz?.some((v) => v !== null));
}

/** The colour and dash of the n-th line: dashes change when the colours are used up. */
export function styleOf(n: number, palette: Palette): { colour: string; dash: number[] } {
  const dashes = [[], [6, 3], [2, 3], [8, 3, 2, 3], [1, 4]];
  return {
    colour: palette.series[n % palette.series.length] as string,
    dash: dashes[Math.floor(n / palette.series.length) % dashes.length] as number[],
  };
}

export function drawElevation(ctx: CanvasRenderingContext2D, width: number, height: number, signals: readonly SignalFigures[], palette: Palette): void {
  const x = (degrees: number) => LEFT + ((width - LEFT - 8) * degrees) / 90;
  const y = (dbhz: number) => 8 + ((height - BOTTOM - 8) * (RANGE[1] - dbhz)) / (RANGE[1] - RANGE[0]);
  ctx.font = '11px system-ui, sans-serif';
  ctx.fillStyle = palette.faint;
  ctx.strokeStyle = palette.grid;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  for (let v = RANGE[0]; v <= RANGE[1]; v += 10) {
    ctx.beginPath();
    ctx.moveTo(LEFT, y(v));
    ctx.lineTo(width - 8, y(v));
    ctx.stroke();
    ctx.fillText(String(v), LEFT - 6, y(v));
  }
  ctx.textAlign = 'center';
  for (let e = 0; e <= 90; e += 15) ctx.fillText(`${e}°`, x(e), height - 10);
  linesOf(signals).forEach((signal, n) => {
    const { colour, dash } = styleOf(n, palette);
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    ctx.setLineDash(dash);
    ctx.lineWidth = 1.6;
    ctx.beginPath();
    let pen = false;
    signal.cn0_by_elevation_dbhz?.forEach((v, step) => {
      if (v === null) {
        pen = false;
        return;
      }
      if (pen) ctx.lineTo(x(step * 10 + 5), y(v));
      else ctx.moveTo(x(step * 10 + 5), y(v));
      pen = true;
    });
    ctx.stroke();
    ctx.setLineDash([]);
    signal.cn0_by_elevation_dbhz?.forEach((v, step) => {
      if (v !== null) ctx.fillRect(x(step * 10 + 5) - 1.5, y(v) - 1.5, 3, 3);
    });
  });
  ctx.lineWidth = 1;
}
