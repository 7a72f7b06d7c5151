// The geometry of plots and maps, and what they say of figures.
import { describe, expect, it } from 'vitest';
import type { Diagnosis, SkySatellite } from '../src/api/types';
import { chainOf } from '../src/format/chain';
import { cividis, css } from '../src/format/colours';
import { milestonesOf } from '../src/format/timeline';
import { unpackRing } from '../src/map/land';
import { badness, badnessOf } from '../src/plots/badness';
import { cellAt, LABEL_WIDTH, rowHeight, TOP, worstFirst } from '../src/plots/heatmap';
import { reachOf } from '../src/plots/scatter';
import { LIGHT_SHAPE, QUALITY_SHAPE } from '../src/plots/shapes';
import { cn0Of, multipathOf, skyPoint } from '../src/plots/skyplot';
import { boundsOf, cellsOf, kindOf, shareOf, step } from '../src/screens/archive/calendar';
import { en } from '../src/words/en';
import { zh } from '../src/words/zh';

const near = (got: readonly number[], wanted: readonly number[]) => got.forEach((v, n) => expect(v).toBeCloseTo(wanted[n] as number, 9));

describe('the skyplot', () => {
  it('has the zenith in the middle, north up and east to the right', () => {
    near(skyPoint(90, 123, 100), [0, 0]);
    near(skyPoint(0, 0, 100), [0, -100]);
    near(skyPoint(0, 90, 100), [100, 0]);
    near(skyPoint(45, 180, 100), [0, 50]);
    near(skyPoint(30, 270, 90), [-60, 0]);
  });
  it('keeps what stands below the horizon at the rim', () => near(skyPoint(-5, 90, 100), [100, 0]));
  it('takes the mean of known signals', () => {
    const satellite = (values: (number | null)[]): SkySatellite => ({ satellite: 'G05', elevation_deg: 1, azimuth_deg: 1, fixed: true, signals: values.map((cn0_dbhz, n) => ({ signal: `${n + 1}C`, cn0_dbhz, lock_s: 1 })) });
    expect(cn0Of(satellite([40, null, 50]))).toBe(45);
    expect(cn0Of(satellite([null]))).toBeNull();
    expect(multipathOf(satellite([40, 41]), { G1C: 0.2, G2C: 0.4, E1C: 9 })).toBeCloseTo(0.3, 12);
    expect(multipathOf(satellite([40]), {})).toBeNull();
  });
});

describe('colours', () => {
  const lightness = (text: string) => {
    const [r = 0, g = 0, b = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  it('of C/N0 grow lighter all the way', () => {
    const steps = Array.from({ length: 33 }, (_, n) => lightness(css(cividis(n / 32))));
    expect(steps.every((v, n) => n === 0 || v > (steps[n - 1] as number))).toBe(true);
  });
  it('of badness go one way in lightness, by day and by night', () => {
    for (const dark of [false, true]) {
      const steps = Array.from({ length: 33 }, (_, n) => lightness(badness(n / 32, dark)));
      expect(steps.every((v, n) => n === 0 || (dark ? v > (steps[n - 1] as number) : v < (steps[n - 1] as number)))).toBe(true);
    }
  });
  it('are never the only sign: each state has a shape of its own', () => {
    for (const shapes of [LIGHT_SHAPE, QUALITY_SHAPE]) expect(new Set(Object.values(shapes)).size).toBe(Object.keys(shapes).length);
  });
});

describe('the heat map', () => {
  it('finds the cell under a point', () => {
    const width = LABEL_WIDTH + 600;
    expect(cellAt(LABEL_WIDTH + 1, TOP + 1, width, 5, 60)).toEqual({ row: 0, column: 0 });
    expect(cellAt(width - 1, TOP + rowHeight(5) * 4 + 3, width, 5, 60)).toEqual({ row: 4, column: 59 });
    expect(cellAt(10, TOP + 3, width, 5, 60)).toEqual({ row: 0, column: -1 });
    expect(cellAt(LABEL_WIDTH + 1, TOP - 1, width, 5, 60)).toBeNull();
    expect(cellAt(LABEL_WIDTH + 1, TOP + rowHeight(5) * 5 + 1, width, 5, 60)).toBeNull();
  });
  it('shows the worst first, and stations without data before them', () => {
    const rows = [{ station: 'good', values: [1, 1] }, { station: 'silent', values: [null, null] }, { station: 'bad', values: [0.5, 1] }];
    expect(worstFirst(rows, 'completeness', 60).map((r) => r.station)).toEqual(['silent', 'bad', 'good']);
  });
  it('calls nothing lost good, and all lost bad', () => {
    expect(badnessOf('completeness', 1, 60)).toBe(0);
    expect(badnessOf('completeness', 0, 60)).toBe(1);
    expect(badnessOf('slips', 0, 60)).toBe(0);
    expect(badnessOf('latency_p95_s', 3, 60)).toBeCloseTo(1, 12);
  });
});

describe('"why no fix?"', () => {
  const diagnosis = (states: string[]): Diagnosis => ({ code: 'no_position', sentence: 's', at: null, steps: states.map((state, n) => ({ step: n === 0 ? 'login' : 'position', state: state as 'ok', text: `t${n}` })) });
  it('marks the first wrong step alone', () => {
    expect(chainOf(diagnosis(['ok', 'bad', 'bad', 'unknown']), en).map((s) => s.culprit)).toEqual([false, true, false, false]);
    expect(chainOf(diagnosis(['ok', 'unknown']), en).some((s) => s.culprit)).toBe(false);
  });
  it('names steps in the language of the page, and unknown ones by themselves', () => {
    expect(chainOf(diagnosis(['ok']), zh)[0]).toMatchObject({ name: '登录', stateWord: '正常', text: 't0' });
    expect(chainOf({ ...diagnosis([]), steps: [{ step: 'weather', state: 'ok', text: '' }] }, zh)[0]?.name).toBe('weather');
  });
  it('takes a state of a newer server for unknown', () => expect(chainOf(diagnosis(['perhaps']), en)[0]).toMatchObject({ state: 'unknown', shape: 'ring' }));
});

describe('the timeline', () => {
  const at = { utc: '', gps_week: 0, gps_seconds: 0, unix_s: 0 };
  it('goes from login to first fix, with what is missing behind what has happened', () => {
    const shown = milestonesOf([{ what: 'first_position', at, after_s: 1.2 }, { what: 'login', at, after_s: 0 }]);
    expect(shown.map((m) => m.what)).toEqual(['login', 'first_position', 'first_byte', 'first_fix']);
    expect(shown.map((m) => m.after_s)).toEqual([0, 1.2, null, null]);
    expect(shown.map((m) => m.x)).toEqual([0, 1 / 3, 2 / 3, 1]);
  });
});

describe('the archive calendar', () => {
  it('begins its weeks on Monday', () => {
    expect(cellsOf(2026, 11).indexOf('2026-11-01')).toBe(6);
    expect(cellsOf(2026, 6)[0]).toBe('2026-06-01');
    expect(cellsOf(2028, 2).at(-1)).toBe('2028-02-29');
  });
  it('knows bounds of months and years, and their neighbours', () => {
    expect(boundsOf(2026, 2)).toEqual({ from: '2026-02-01', until: '2026-02-28' });
    expect(boundsOf(2026, null)).toEqual({ from: '2026-01-01', until: '2026-12-31' });
    expect(step(2026, 1, -1)).toEqual({ year: 2025, month: 12 });
    expect(step(2026, 12, 1)).toEqual({ year: 2027, month: 1 });
  });
  it('tells a gap from what was never recorded', () => {
    expect([1, 0.9995, 0.5, 0, null].map(kindOf)).toEqual(['whole', 'whole', 'part', 'gap', 'unknown']);
    expect(shareOf({ date: '', day_of_year: 1, hours: [1, 0.5, null], files: [] })).toBe(0.75);
    expect(shareOf(undefined)).toBeNull();
  });
});

describe('maps', () => {
  it('unpack steps of thousandths into latitude and longitude', () => expect(unpackRing([108000, 23000, 500, -250], 3)).toEqual([[23, 108], [22.75, 108.5]]));
  it('reach far enough for a scatter', () => {
    expect(reachOf([{ colour: '', east: [1, -14, null], north: [2, 3, null] }])).toBe(20);
    expect(reachOf([])).toBe(10);
  });
});
