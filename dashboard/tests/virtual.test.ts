// Virtual RINEX: what a form sends and refuses, which hour it begins with, what is told of jobs and how often they are asked for.
import { describe, expect, it } from 'vitest';
import { ApiError } from '../src/api/client';
import type { Epoch, VirtualJob } from '../src/api/types';
import { gpsCivil, gpsSpan } from '../src/format/time';
import type { Day } from '../src/screens/archive/calendar';
import { faultsOf, lastHour, momentOf, newsOf, numberOf, periodOf, refusalOf, requestOf, stageOf, withSystem, type VirtualFields } from '../src/screens/archive/virtual';
import { en } from '../src/words/en';
import { zh } from '../src/words/zh';

const fields = (more: Partial<VirtualFields> = {}): VirtualFields => ({
  latitude: '22.8167', longitude: '108.3167', height: '80', from: '2026-11-27T08:00', until: '2026-11-27T09:00', interval: '', systems: 'GRECJ', name: 'VRS0', warmUp: '30', stations: '16', ...more,
});
const epoch = (gps_week: number, gps_seconds: number): Epoch => ({ utc: '', gps_week, gps_seconds, unix_s: 0 });
const job = (more: Partial<VirtualJob> = {}): VirtualJob => ({
  number: 7, state: 'waiting', asked: epoch(2446, 0), ended: null, latitude_deg: 22.8, longitude_deg: 108.3, height_m: 80, from: epoch(2446, 0), until: epoch(2446, 3600), interval_s: null,
  systems: 'GRECJ', name: 'VRS0', warm_up_min: 30, stations: 16, before: 0, progress: null, problem: null, rinex: null, report: null, epochs: null, ...more,
});

describe('a form about virtual RINEX', () => {
  it('sends moments of GPS time with their seconds, and leaves out what is empty', () => {
    expect(requestOf(fields())).toEqual({
      latitude_deg: 22.8167, longitude_deg: 108.3167, height_m: 80, from: '2026-11-27T08:00:00', until: '2026-11-27T09:00:00', systems: 'GRECJ', name: 'VRS0', warm_up_min: 30, stations: 16,
    });
    expect(requestOf(fields({ interval: '30', name: 'abc1', from: '2026-11-27T08:00:05' }))).toMatchObject({ interval_s: 30, name: 'ABC1', from: '2026-11-27T08:00:05' });
  });
  it.each([
    [{ latitude: '90.1' }, { latitude: 'latitude' }], [{ latitude: '' }, { latitude: 'latitude' }], [{ longitude: '-181' }, { longitude: 'longitude' }], [{ longitude: '361' }, { longitude: 'longitude' }],
    [{ height: 'high' }, { height: 'height' }], [{ height: '10001' }, { height: 'height' }], [{ from: '' }, { from: 'moment' }], [{ until: '2026-11-27T08:00' }, { until: 'order' }],
    [{ until: '2026-11-28T08:00:01' }, { until: 'tooLong' }], [{ interval: '0' }, { interval: 'interval' }], [{ interval: '301' }, { interval: 'interval' }], [{ systems: '' }, { systems: 'systems' }],
    [{ name: 'VRS' }, { name: 'name' }], [{ name: 'VRS-' }, { name: 'name' }], [{ warmUp: '361' }, { warmUp: 'warmUp' }], [{ warmUp: '' }, { warmUp: 'warmUp' }],
    [{ stations: '2' }, { stations: 'stations' }], [{ stations: '3.5' }, { stations: 'stations' }], [{ stations: '61' }, { stations: 'stations' }],
  ] as const)('with %o says %o and sends nothing', (change, faults) => {
    expect(faultsOf(fields(change))).toEqual(faults);
    expect(requestOf(fields(change))).toBeNull();
  });
  it('takes what stands on the bounds', () => {
    const bounds = fields({ latitude: '-90', longitude: '360', height: '-500', until: '2026-11-28T08:00', interval: '300', warmUp: '0', stations: '60' });
    expect(faultsOf(bounds)).toEqual({});
  });
  it('has words for each fault in both languages', () => {
    for (const words of [zh, en]) for (const fault of Object.values(faultsOf(fields({ latitude: 'x', from: '', systems: '', name: '' })))) expect(words.virtual.faults[fault]).toBeTruthy();
  });
  it('reads numbers with a comma or a true minus', () => {
    expect(numberOf(' −22,5 ')).toBe(-22.5);
    expect(numberOf('')).toBeNull();
    expect(numberOf('1e999')).toBeNull();
  });
  it('knows no moment of another zone', () => {
    expect(momentOf('2026-11-27T08:00:00Z')).toBeNull();
    expect(momentOf('2026-13-27T08:00')).toBeNull();
  });
  it('keeps systems in the order of RINEX', () => {
    expect(withSystem('GJ', 'E', true)).toBe('GEJ');
    expect(withSystem('GEJ', 'G', false)).toBe('EJ');
  });
});

describe('the hour that a form begins with', () => {
  const day = (date: string, hours: (number | null)[]): Day => ({ date, day_of_year: 1, hours: [...hours, ...new Array<null>(24 - hours.length).fill(null)], files: [] });
  it('is the last whole one, though a later one is begun', () => {
    expect(lastHour([day('2026-11-26', [1, 1]), day('2026-11-27', [1, 1, 0.4])])).toEqual({ from: '2026-11-27T01:00', until: '2026-11-27T02:00' });
    expect(lastHour([day('2026-11-26', [1]), day('2026-11-27', [0.4, 0])])).toEqual({ from: '2026-11-26T00:00', until: '2026-11-26T01:00' });
  });
  it('ends on the next day where it is the last of its day', () => {
    expect(lastHour([day('2026-12-31', new Array<number>(24).fill(1))])).toEqual({ from: '2026-12-31T23:00', until: '2027-01-01T00:00' });
  });
  it('is a part where none is whole, and none where nothing is kept', () => {
    expect(lastHour([day('2026-11-27', [0, 0.5])])).toEqual({ from: '2026-11-27T01:00', until: '2026-11-27T02:00' });
    expect(lastHour([day('2026-11-27', [0])])).toBeNull();
    expect(lastHour([])).toBeNull();
  });
});

describe('jobs', () => {
  it('say how many are before them', () => {
    expect(stageOf(job({ before: 3 }), en)).toBe('3 jobs before it');
    expect(stageOf(job(), en)).toBe('next in turn');
  });
  it('tell of whole cycles while they warm up, and of the share that is fixed', () => {
    const progress = { share: 0.25, is_warming_up: true, ambiguities: 400, levelled: 100 };
    expect(stageOf(job({ state: 'running', progress }), en)).toBe('25% · finding whole cycles · 25% of ambiguities fixed');
    expect(stageOf(job({ state: 'running', progress: { ...progress, is_warming_up: false, ambiguities: 0 } }), en)).toBe('25% · writing epochs');
    expect(stageOf(job({ state: 'running' }), en)).toBe('reading the archive');
  });
  it('tell their epochs or why there is no file', () => {
    expect(stageOf(job({ state: 'done', epochs: [3600, 3600] }), en)).toBe('3600 of 3600 epochs');
    expect(stageOf(job({ state: 'failed', problem: 'nothing is archived' }), en)).toBe('nothing is archived');
  });
  it('are news when their state changes, not when they are seen first', () => {
    expect(newsOf(new Map(), [job()], en)).toEqual([]);
    expect(newsOf(new Map([[7, 'waiting']]), [job()], en)).toEqual([]);
    expect(newsOf(new Map([[7, 'running']]), [job({ state: 'failed', problem: 'no ephemerides' })], en)).toEqual(['Job 7: Failed: no ephemerides.']);
  });
  it('are asked for often while one is open, rarely otherwise, and never where there are none to be had', () => {
    expect(periodOf([job({ state: 'done' }), job()], null, true)).toBe(2);
    expect(periodOf([job({ state: 'running' })], null, false)).toBe(2);
    expect(periodOf([job({ state: 'done' })], null, true)).toBe(60);
    expect(periodOf([], null, true)).toBe(60);
    expect(periodOf([], null, false)).toBe(0);
    expect(periodOf([job()], new ApiError(404, 'unavailable', ''), true)).toBe(0);
    expect(periodOf(null, new ApiError(403, 'forbidden', ''), true)).toBe(0);
  });
  it('that are refused say why in words of their own and of the server', () => {
    expect(refusalOf(new ApiError(413, 'too_large', '5 jobs wait'), en)).toBe(`${en.virtual.ownFull} (5 jobs wait)`);
    expect(refusalOf(new ApiError(503, 'busy', '40 jobs wait'), zh)).toBe(`${zh.virtual.full} (40 jobs wait)`);
    expect(refusalOf(new ApiError(0, 'unreachable', 'x'), en)).toBe(en.errors['unreachable']);
  });
});

describe('GPS time', () => {
  it('is written as RINEX does, without leap seconds', () => {
    // Week 2238 began on 2022-11-27 by the calendar of GPS time.
    expect(gpsCivil(epoch(2238, 3600))).toBe('2022-11-27 01:00:00');
    expect(gpsSpan(epoch(2238, 0), epoch(2238, 3600))).toBe('2022-11-27 00:00:00 – 01:00:00');
    expect(gpsSpan(epoch(2238, 82_800), epoch(2238, 86_400))).toBe('2022-11-27 23:00:00 – 2022-11-28 00:00:00');
  });
});
