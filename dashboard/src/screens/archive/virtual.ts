// What a form about virtual RINEX holds, what is wrong with it, and what is told of jobs. Pure, so that it can be tested.
import { ApiError } from '../../api/client';
import type { JobState, VirtualJob, VirtualRequest } from '../../api/types';
import { percent } from '../../format/numbers';
import { troubleOf } from '../../state/asked_words';
import type { Words } from '../../words/zh';
import { kindOf, type Day } from './calendar';

/** As text, since people type it. Moments are of GPS time. */
export interface VirtualFields {
  latitude: string; longitude: string; height: string; from: string; until: string;
  interval: string; systems: string; name: string; warmUp: string; stations: string;
}
export type FieldName = keyof VirtualFields;
export type Fault = keyof Words['virtual']['faults'];

/** The letters of RINEX, in its order. */
export const SYSTEMS = ['G', 'R', 'E', 'C', 'J'] as const;
/** What the service takes: it refuses the rest in its own words. */
const SPAN_MAX_MS = 86_400_000;
const INTERVAL_MAX_S = 300;
const WARM_UP_MAX_MIN = 360;
const STATIONS = [3, 60] as const;
const HEIGHT_M = [-500, 10_000] as const;

/** A number as people write it, with a comma or a true minus too; null if it is none. */
export function numberOf(text: string): number | null {
  const plain = text.trim().replace(',', '.').replace('−', '-');
  const value = Number(plain);
  return plain === '' || !Number.isFinite(value) ? null : value;
}

/** A moment of GPS time with its seconds, or null. */
export function momentOf(text: string): string | null {
  const whole = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) ? `${text}:00` : text;
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?$/.test(whole) && !Number.isNaN(Date.parse(`${whole}Z`)) ? whole : null;
}

const within = (text: string, [least, most]: readonly [number, number]): boolean => {
  const value = numberOf(text);
  return value !== null && value >= least && value <= most;
};

/** What is wrong, by field. */
export function faultsOf(fields: VirtualFields): Partial<Record<FieldName, Fault>> {
  const faults: Partial<Record<FieldName, Fault>> = {};
  if (!within(fields.latitude, [-90, 90])) faults.latitude = 'latitude';
  if (!within(fields.longitude, [-180, 360])) faults.longitude = 'longitude';
  if (!within(fields.height, HEIGHT_M)) faults.height = 'height';
  const [from, until] = [momentOf(fields.from), momentOf(fields.until)];
  if (from === null) faults.from = 'moment';
  if (until === null) faults.until = 'moment';
  if (from !== null && until !== null) {
    const span = Date.parse(`${until}Z`) - Date.parse(`${from}Z`);
    if (span <= 0) faults.until = 'order';
    else if (span > SPAN_MAX_MS) faults.until = 'tooLong';
  }
  if (fields.interval.trim() !== '' && (!within(fields.interval, [0, INTERVAL_MAX_S]) || numberOf(fields.interval) === 0)) faults.interval = 'interval';
  if (fields.systems === '') faults.systems = 'systems';
  if (!/^[A-Za-z0-9]{4}$/.test(fields.name.trim())) faults.name = 'name';
  if (!within(fields.warmUp, [0, WARM_UP_MAX_MIN])) faults.warmUp = 'warmUp';
  if (!within(fields.stations, STATIONS) || !Number.isInteger(numberOf(fields.stations))) faults.stations = 'stations';
  return faults;
}

/** What is sent of a form without faults, null of another. */
export function requestOf(fields: VirtualFields): VirtualRequest | null {
  if (Object.keys(faultsOf(fields)).length > 0) return null;
  const value = (text: string) => numberOf(text) as number;
  return {
    latitude_deg: value(fields.latitude), longitude_deg: value(fields.longitude), height_m: value(fields.height),
    from: momentOf(fields.from) as string, until: momentOf(fields.until) as string,
    ...(fields.interval.trim() === '' ? {} : { interval_s: value(fields.interval) }),
    systems: fields.systems, name: fields.name.trim().toUpperCase(), warm_up_min: value(fields.warmUp), stations: value(fields.stations),
  };
}

/** Letters with one put in or taken out, in the order of RINEX. */
export function withSystem(systems: string, letter: string, on: boolean): string {
  return SYSTEMS.filter((s) => (s === letter ? on : systems.includes(s))).join('');
}

const HOUR_MS = 3_600_000;
/** An hour as a form's fields write it. */
function hourFrom(ms: number): { from: string; until: string } {
  const text = (at: number) => new Date(at).toISOString().slice(0, 16);
  return { from: text(ms), until: text(ms + HOUR_MS) };
}

/** The last hour that is archived whole, else the last of which there is anything; null without any. Days are of GPS time. */
export function lastHour(days: readonly Day[]): { from: string; until: string } | null {
  for (const wanted of ['whole', 'part'] as const) {
    for (const day of [...days].reverse()) {
      const hour = day.hours.map((share) => kindOf(share)).lastIndexOf(wanted);
      if (hour >= 0) return hourFrom(Date.parse(`${day.date}T00:00:00Z`) + hour * HOUR_MS);
    }
  }
  return null;
}

/** Waiting or being made. */
export const isOpen = (job: { state: JobState }): boolean => job.state === 'waiting' || job.state === 'running';

const PERIOD_OPEN_S = 2;
const PERIOD_CALM_S = 60;
/** How often jobs are asked for: often while one is open, rarely otherwise, never (0) where the service offers none. */
export function periodOf(jobs: readonly VirtualJob[] | null, error: unknown, isSolved: boolean): number {
  if (error instanceof ApiError && ['unavailable', 'forbidden', 'unauthorized'].includes(error.code)) return 0;
  if (jobs?.some(isOpen)) return PERIOD_OPEN_S;
  return isSolved || (jobs?.length ?? 0) > 0 ? PERIOD_CALM_S : 0;
}

/** What a job does, in words. */
export function stageOf(job: VirtualJob, words: Words): string {
  const w = words.virtual;
  if (job.state === 'waiting') return job.before > 0 ? w.before(String(job.before)) : w.isNext;
  if (job.state === 'failed') return job.problem ?? w.states.failed;
  if (job.state === 'done') return job.epochs ? w.epochs(String(job.epochs[0]), String(job.epochs[1])) : w.states.done;
  const p = job.progress;
  if (!p) return w.begins;
  const parts = [percent(p.share, 0), p.is_warming_up ? w.warming : w.making];
  if (p.ambiguities > 0) parts.push(w.levelled(percent(p.levelled / p.ambiguities, 0)));
  return parts.join(' · ');
}

/** Sentences about jobs that are in another state than before, for who cannot see it. */
export function newsOf(before: ReadonlyMap<number, JobState>, jobs: readonly VirtualJob[], words: Words): string[] {
  return jobs
    .filter((job) => before.has(job.number) && before.get(job.number) !== job.state)
    .map((job) => words.virtual.changed(String(job.number), job.state === 'failed' ? `${words.virtual.states.failed}: ${stageOf(job, words)}` : words.virtual.states[job.state]));
}

/** Why a request was not taken, with the server's own words. */
export function refusalOf(error: unknown, words: Words): string {
  const own = error instanceof ApiError ? { too_large: words.virtual.ownFull, busy: words.virtual.full, unprocessable: words.virtual.senseless }[error.code] : undefined;
  return own ? `${own} (${(error as ApiError).message})` : troubleOf(error, words);
}
