// One ramp of colours for good and bad: what is good is quiet, what is bad stands out; lightness alone tells it too.

type Rgb = readonly [number, number, number];
const LIGHT: readonly Rgb[] = [[226, 238, 241], [158, 200, 214], [222, 148, 74], [150, 34, 20]];
const DARK: readonly Rgb[] = [[30, 52, 64], [48, 100, 122], [200, 118, 52], [255, 218, 130]];

/** The colour of a badness of 0 (good) to 1 (bad). */
export function badness(share: number, dark: boolean, alpha = 1): string {
  const ramp = dark ? DARK : LIGHT;
  const at = Math.min(1, Math.max(0, share)) * (ramp.length - 1);
  const low = Math.min(ramp.length - 2, Math.floor(at));
  const part = at - low;
  const [a, b] = [ramp[low] as Rgb, ramp[low + 1] as Rgb];
  const mix = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * part);
  return alpha === 1 ? `rgb(${mix(0)},${mix(1)},${mix(2)})` : `rgba(${mix(0)},${mix(1)},${mix(2)},${alpha})`;
}

export type HeatKind = 'completeness' | 'latency_p95_s' | 'slips';

/** How bad a value of a heat map is. `step_s` is the length of a cell: slips add up over it. */
export function badnessOf(kind: HeatKind, value: number, step_s: number): number {
  switch (kind) {
    case 'completeness':
      // The square root shows a lost second of a minute and does not stop at an hour's outage.
      return Math.sqrt(Math.min(1, Math.max(0, 1 - value)));
    case 'latency_p95_s':
      // 0.2 s is a good line, 3 s is the limit of the alarm.
      return Math.log(Math.max(value, 0.2) / 0.2) / Math.log(3 / 0.2);
    case 'slips':
      // Twenty slips in a quarter of an hour are an alarm.
      return Math.log1p(value) / Math.log1p(Math.max(3, (20 * step_s) / 900));
  }
}
