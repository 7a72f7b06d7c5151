// Asks the API: one way to read, one way to change, one kind of error.

export const BASE = '/api/v1';

/** An answer that is no success, or none at all (`unreachable`). */
export class ApiError extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** What the client has to know of the session, set by its owner. */
export const hooks = {
  csrf: '' as string,
  /** Called when the server no longer knows the session. */
  onUnauthorized: () => {},
};

export interface AskOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** Asked by a timer and not by a person: the server then does not count it as activity. */
  background?: boolean;
  signal?: AbortSignal;
}

/** Asks and gives the JSON of the answer, or `undefined` for an answer without a body. */
export async function ask<T>(path: string, options: AskOptions = {}): Promise<T> {
  const method = options.method ?? 'GET';
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (options.background) headers['X-Background'] = '1';
  if (method !== 'GET' && hooks.csrf) headers['X-CSRF-Token'] = hooks.csrf;
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new ApiError(0, 'unreachable', String(cause));
  }
  if (response.ok) {
    if (response.status === 204) return undefined as T;
    try {
      return (await response.json()) as T;
    } catch {
      throw new ApiError(response.status, 'unreadable', 'the answer is no JSON');
    }
  }
  const error = await readError(response);
  if (error.code === 'unauthorized') hooks.onUnauthorized();
  throw error;
}

async function readError(response: Response): Promise<ApiError> {
  const fallback = response.status === 401 ? 'unauthorized' : `http_${response.status}`;
  try {
    const told = (await response.json()) as { code?: string; message?: string };
    return new ApiError(response.status, told.code ?? fallback, told.message ?? '');
  } catch {
    return new ApiError(response.status, fallback, '');
  }
}

/** A query of those values that are given. */
export function query(values: Record<string, string | number | null | undefined>): string {
  const set = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') set.set(key, String(value));
  }
  const text = set.toString();
  return text ? `?${text}` : '';
}
