// Says in words why a panel has nothing to show.
import { ApiError } from '../api/client';
import type { Words } from '../words/zh';

/** The reason of an error, with what the server said about it. */
export function reasonOf(error: unknown, words: Words): string {
  const because = words.because;
  if (!(error instanceof ApiError)) return because.other(String(error));
  const table: Record<string, string> = {
    unreachable: because.unreachable, unreadable: because.unreadable, unauthorized: because.unauthorized, forbidden: because.forbidden,
    not_found: because.not_found, unavailable: because.unavailable, busy: because.busy,
  };
  const text = table[error.code] ?? because.other(error.code);
  return error.message && error.status > 0 ? `${text} (${error.message})` : text;
}

/** The words for an error of something that was done. */
export function troubleOf(error: unknown, words: Words): string {
  if (!(error instanceof ApiError)) return String(error);
  const text = words.errors[error.code] ?? words.because.other(error.code);
  return error.message && error.status > 0 ? `${text} (${error.message})` : text;
}

/** Why nothing is shown: an error comes before emptiness, and what is still being read is no reason. */
export function reasonIf(asked: { value: unknown; error: unknown }, empty: string | null, words: Words): string | null {
  if (asked.value === null) return asked.error ? reasonOf(asked.error, words) : null;
  return empty;
}
