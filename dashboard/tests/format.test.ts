// Figures and epochs as they are written.
import { describe, expect, it } from 'vitest';
import { bytes, count, duration, fixed, latency, millimetres, percent, place, quantile, signed } from '../src/format/numbers';
import { qualityOf } from '../src/format/quality';
import { brief, clock, day, daysOfMonth, full, moment, rfc3339 } from '../src/format/time';

const epoch = { utc: '2026-11-27T03:12:46.000Z', gps_week: 2446, gps_seconds: 443584, unix_s: 1795749166 };

describe('what is not known', () => {
  it('is a dash in every form, never zero', () => {
    for (const write of [fixed, percent, count, duration, latency, bytes, millimetres, signed]) {
      expect(write(null)).toBe('–');
      expect(write(undefined)).toBe('–');
      expect(write(Number.NaN)).toBe('–');
    }
    expect(place(null, 108)).toBe('–');
    expect(moment(null, 'utc')).toBe('–');
    expect(quantile([], 0.5)).toBeNull();
  });
});

describe('figures', () => {
  it.each([
    [percent(0.9999), '99.9%'], [percent(1), '100.0%'], [percent(0.99951), '99.9%'], [percent(0.5, 0), '50%'], [percent(0), '0.0%'],
    [fixed(-0.001, 1), '0.0'], [fixed(1234.5, 1), '1234.5'], [count(1234567), '1,234,567'], [signed(3.25, 1), '+3.3'], [signed(-3, 0), '-3'], [signed(0.01, 1), '0.0'],
    [duration(0.42), '0.4 s'], [duration(59.6), '60 s'], [duration(61), '1 min 1 s'], [duration(3661), '1 h 1 min'], [duration(90_000), '1 d 1 h'],
    [latency(0.2104), '210 ms'], [latency(1.234), '1.23 s'], [bytes(999), '999 B'], [bytes(1_230_000), '1.23 MB'], [millimetres(0.0041), '+4'],
  ])('writes %s as %s', (written, expected) => expect(written).toBe(expected));
  it('takes quantiles by nearest rank', () => {
    expect(quantile([5, 1, 3, 2, 4], 0.5)).toBe(3);
    expect(quantile([1, 2], 1)).toBe(2);
  });
});

describe('epochs', () => {
  it('are written in UTC and in the time of Beijing', () => {
    expect(moment(epoch, 'utc')).toBe('2026-11-27 03:12:46');
    expect(moment(epoch, 'beijing')).toBe('2026-11-27 11:12:46');
  });
  it('fall on the day of their zone', () => {
    const late = Date.UTC(2026, 10, 27, 20, 0, 0) / 1000;
    expect(day(late, 'utc')).toBe('2026-11-27');
    expect(day(late, 'beijing')).toBe('2026-11-28');
    expect(clock(late, 'beijing')).toBe('04:00:00');
  });
  it('are brief on the same day and name the day otherwise', () => {
    expect(brief(epoch, epoch.unix_s + 60, 'utc')).toBe('03:12:46');
    expect(brief(epoch, epoch.unix_s + 86_400, 'utc')).toBe('11-27 03:12');
  });
  it('tell week and second of GPS in full', () => expect(full(epoch)).toBe('2026-11-27T03:12:46.000Z · GPS 2446 / 443584.0 s'));
  it('read RFC 3339 and leave what is none', () => {
    expect(rfc3339('2026-11-27T20:00:00Z', 'beijing')).toBe('2026-11-28 04:00');
    expect(rfc3339('soon', 'utc')).toBe('soon');
  });
  it('know the days of months', () => expect([daysOfMonth(2026, 2), daysOfMonth(2028, 2), daysOfMonth(2026, 11)]).toEqual([28, 29, 30]));
});

describe('qualities of GGA', () => {
  it.each([[0, 'none'], [1, 'single'], [2, 'dgps'], [4, 'fixed'], [5, 'float'], [3, 'single'], [8, 'none'], [null, 'unknown']] as const)('%s is %s', (gga, quality) => {
    expect(qualityOf(gga)).toBe(quality);
  });
});
