// Months and years of the archive's calendar. Pure, so that it can be tested.
import type { Calendar } from '../../api/types';
import { daysOfMonth } from '../../format/time';

export type Day = Calendar['days'][number];
export type HourKind = 'whole' | 'part' | 'gap' | 'unknown';
/** An hour with all but a few epochs is whole: 3 of 3600 may be missing. */
const WHOLE = 0.999;

export function kindOf(share: number | null | undefined): HourKind {
  if (share === null || share === undefined) return 'unknown';
  return share >= WHOLE ? 'whole' : share > 0 ? 'part' : 'gap';
}

/** The mean share of a day's hours that are known, null without any. */
export function shareOf(day: Day | undefined): number | null {
  const known = day?.hours.filter((h): h is number => h !== null) ?? [];
  return known.length === 0 ? null : known.reduce((sum, h) => sum + h, 0) / known.length;
}

const two = (n: number): string => String(n).padStart(2, '0');
export const dateOf = (year: number, month: number, day: number): string => `${year}-${two(month)}-${two(day)}`;

/** First and last day of a month, or of a year where no month is given. */
export function boundsOf(year: number, month: number | null): { from: string; until: string } {
  return month === null
    ? { from: dateOf(year, 1, 1), until: dateOf(year, 12, 31) }
    : { from: dateOf(year, month, 1), until: dateOf(year, month, daysOfMonth(year, month)) };
}

/** Dates of a month, with nulls before the first so that weeks begin on Monday. */
export function cellsOf(year: number, month: number): (string | null)[] {
  const before = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
  const days = Array.from({ length: daysOfMonth(year, month) }, (_, n) => dateOf(year, month, n + 1));
  return [...new Array<null>(before).fill(null), ...days];
}

/** The month before or after. */
export function step(year: number, month: number, by: 1 | -1): { year: number; month: number } {
  const n = year * 12 + (month - 1) + by;
  return { year: Math.floor(n / 12), month: (n % 12) + 1 };
}
