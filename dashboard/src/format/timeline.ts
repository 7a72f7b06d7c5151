// The way from login to first fix as places on a line.
import type { Rover } from '../api/types';

export interface Milestone { what: string; after_s: number | null; x: number }
/** What every session should come to, in its order. */
const EXPECTED = ['login', 'first_position', 'first_byte', 'first_fix'];

/** Milestones on a line of 0..1. What has not happened stands in its order behind what has. */
export function milestonesOf(timeline: Rover['timeline']): Milestone[] {
  const known = [...timeline].sort((a, b) => a.after_s - b.after_s);
  const missing = EXPECTED.filter((what) => !known.some((k) => k.what === what));
  const all: Omit<Milestone, 'x'>[] = [...known.map((k) => ({ what: k.what, after_s: k.after_s })), ...missing.map((what) => ({ what, after_s: null }))];
  const last = all.length - 1;
  return all.map((m, n) => ({ ...m, x: last === 0 ? 0 : n / last }));
}
