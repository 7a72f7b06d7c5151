// How long things took, in the browser's own timeline, where tests and developers find it.

/** Entries kept of each name: the timeline would grow for ever otherwise. */
const KEPT = 300;

/** Notes what began at `began` (by `performance.now()`) and has just ended. */
export function measured(name: string, began: number): void {
  if (performance.getEntriesByName(name, 'measure').length >= KEPT) performance.clearMeasures(name);
  performance.measure(name, { start: began, end: performance.now() });
}
