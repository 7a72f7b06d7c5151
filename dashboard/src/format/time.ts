// How epochs are written: in UTC or in the time of Beijing, always with the day where it matters.
import type { Epoch } from '../api/types';
import { NONE } from './numbers';

export type Zone = 'utc' | 'beijing';
/** China's time is eight hours ahead of UTC, the year round. Seconds. */
const BEIJING_S = 8 * 3600;

const shifted = (unix_s: number, zone: Zone): Date => new Date((unix_s + (zone === 'beijing' ? BEIJING_S : 0)) * 1000);
const two = (n: number): string => String(n).padStart(2, '0');

export function day(unix_s: number, zone: Zone): string {
  const t = shifted(unix_s, zone);
  return `${t.getUTCFullYear()}-${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`;
}

export function clock(unix_s: number, zone: Zone, seconds = true): string {
  const t = shifted(unix_s, zone);
  return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}` + (seconds ? `:${two(t.getUTCSeconds())}` : '');
}

/** Day and time of an epoch. */
export function moment(epoch: Epoch | null | undefined, zone: Zone): string {
  return epoch ? `${day(epoch.unix_s, zone)} ${clock(epoch.unix_s, zone)}` : NONE;
}

/** The time alone if the epoch is of the same day as `now_s`, else day and time without seconds. */
export function brief(epoch: Epoch | null | undefined, now_s: number, zone: Zone): string {
  if (!epoch) return NONE;
  const d = day(epoch.unix_s, zone);
  if (d === day(now_s, zone)) return clock(epoch.unix_s, zone);
  return `${d.slice(5)} ${clock(epoch.unix_s, zone, false)}`;
}

/** All forms of an epoch, for a title. */
export function full(epoch: Epoch | null | undefined): string {
  return epoch ? `${epoch.utc} · GPS ${epoch.gps_week} / ${epoch.gps_seconds.toFixed(1)} s` : '';
}

/** The first second of GPS time, 1980-01-06, as POSIX counts. */
const GPS_BEGAN_S = 315_964_800;
const WEEK_S = 604_800;

/** Day and time on the calendar of GPS time, as RINEX writes it. */
export function gpsCivil(epoch: Epoch): string {
  const text = new Date((GPS_BEGAN_S + epoch.gps_week * WEEK_S + epoch.gps_seconds) * 1000).toISOString();
  return text.slice(0, 19).replace('T', ' ');
}

/** A span on the calendar of GPS time; the day stands once where both ends are of it. */
export function gpsSpan(from: Epoch, until: Epoch): string {
  const [a, b] = [gpsCivil(from), gpsCivil(until)];
  return `${a} – ${a.slice(0, 10) === b.slice(0, 10) ? b.slice(11) : b}`;
}

/** RFC 3339 as the page writes days and minutes. */
export function rfc3339(text: string | null | undefined, zone: Zone): string {
  if (!text) return NONE;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : `${day(ms / 1000, zone)} ${clock(ms / 1000, zone, false)}`;
}

/** The last day of a month, 1..12. */
export function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
