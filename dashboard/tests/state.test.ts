// Rows that change in place, routes, reasons and errors.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError, ask, hooks, query } from '../src/api/client';
import { reasonIf, reasonOf, troubleOf } from '../src/state/asked_words';
import { hrefOf, parseRoute } from '../src/state/route';
import { compare, Rows } from '../src/state/table';
import { bodyOf, localOf, stateOf } from '../src/screens/accounts/account_state';
import { zh } from '../src/words/zh';

describe('rows', () => {
  const make = () => {
    const rows = new Rows<string, { name: string; light: string; silent_s: number | null }>((row) => row.name);
    rows.replace([{ name: 'A', light: 'green', silent_s: 1 }, { name: 'B', light: 'green', silent_s: 1 }]);
    return rows;
  };
  it('keep their identity when a new list comes', () => {
    const rows = make();
    const a = rows.all.get('A');
    rows.replace([{ name: 'A', light: 'red', silent_s: 9 }]);
    expect(rows.all.get('A')).toBe(a);
    expect(a?.light).toBe('red');
    expect(rows.all.size).toBe(1);
  });
  it('take news of what is known and leave the rest of the row', () => {
    const rows = make();
    expect(rows.change('B', { light: 'red' })).toBe(true);
    expect(rows.all.get('B')).toEqual({ name: 'B', light: 'red', silent_s: 1 });
    expect(rows.change('C', { light: 'red' })).toBe(false);
    expect(rows.all.has('C')).toBe(false);
  });
  it('go when they are gone', () => {
    const rows = make();
    rows.remove(['A', 'nobody']);
    expect(rows.list().map((r) => r.name)).toEqual(['B']);
  });
  it('all take the values of a new list', () => {
    const rows = new Rows<number, { id: number; x: number }>((row) => row.id);
    const list = (x: number) => Array.from({ length: 2000 }, (_, id) => ({ id, x }));
    rows.replace(list(1));
    rows.replace(list(2));
    expect([...rows.all.values()].every((r) => r.x === 2)).toBe(true);
  });
});

describe('sorting', () => {
  it('puts what is not known last both ways', () => {
    const sort = (down: boolean) => [3, null, 1, undefined, 2].sort((a, b) => compare(a ?? null, b ?? null, down));
    expect(sort(false).slice(0, 3)).toEqual([1, 2, 3]);
    expect(sort(true).slice(0, 3)).toEqual([3, 2, 1]);
  });
  it('reads numbers within names', () => expect(['S10', 'S9'].sort((a, b) => compare(a, b, false))).toEqual(['S9', 'S10']));
});

describe('routes', () => {
  it('carry names with any letters there and back', () => {
    const href = hrefOf(['stations', 'A/B 站?#'], { range: 'day1', day: null });
    expect(parseRoute(href)).toEqual({ parts: ['stations', 'A/B 站?#'], query: { range: 'day1' } });
  });
  it('survive a broken address', () => expect(parseRoute('#/stations/%E0%A4%A').parts).toEqual(['stations', '%E0%A4%A']));
  it('of nothing are empty', () => expect(parseRoute('')).toEqual({ parts: [], query: {} }));
});

describe('reasons', () => {
  it('say what the server said', () => {
    expect(reasonOf(new ApiError(503, 'unavailable', 'no archive is configured'), zh)).toContain('no archive is configured');
    expect(reasonOf(new ApiError(0, 'unreachable', 'TypeError'), zh)).toBe(zh.because.unreachable);
    expect(reasonOf(new ApiError(500, 'http_500', ''), zh)).toContain('http_500');
  });
  it('prefer an old answer to a new error, and an error to emptiness', () => {
    expect(reasonIf({ value: [], error: new ApiError(0, 'unreachable', '') }, null, zh)).toBeNull();
    expect(reasonIf({ value: null, error: new ApiError(403, 'forbidden', '') }, 'empty', zh)).toBe(zh.because.forbidden);
    expect(reasonIf({ value: null, error: null }, 'empty', zh)).toBeNull();
    expect(reasonIf({ value: [], error: null }, 'empty', zh)).toBe('empty');
  });
  it('of what was done use the stable codes', () => expect(troubleOf(new ApiError(409, 'conflict', ''), zh)).toBe(zh.errors['conflict']));
});

describe('asking', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    hooks.csrf = '';
    hooks.onUnauthorized = () => {};
  });
  const stub = (status: number, body: unknown) => {
    const fetch = vi.fn(async (_path: string, _init: RequestInit) => new Response(status === 204 ? null : JSON.stringify(body), { status }));
    vi.stubGlobal('fetch', fetch);
    return fetch;
  };
  const headers = (fetch: ReturnType<typeof stub>) => fetch.mock.calls[0]?.[1].headers as Record<string, string>;
  it('sends the token with changes only', async () => {
    hooks.csrf = 'token';
    const read = stub(200, {});
    await ask('/overview');
    expect(headers(read)['X-CSRF-Token']).toBeUndefined();
    const change = stub(204, null);
    expect(await ask('/alarms/7/acknowledge', { method: 'POST', body: { note: '' } })).toBeUndefined();
    expect(headers(change)['X-CSRF-Token']).toBe('token');
  });
  it('marks what a timer asks', async () => {
    const fetch = stub(200, {});
    await ask('/overview', { background: true });
    expect(headers(fetch)['X-Background']).toBe('1');
  });
  it('tells the end of a session, but not a wrong password, to its owner', async () => {
    const ended = vi.fn();
    hooks.onUnauthorized = ended;
    stub(401, { code: 'wrong_credentials', message: '' });
    await expect(ask('/session', { method: 'POST', body: {} })).rejects.toMatchObject({ code: 'wrong_credentials' });
    expect(ended).not.toHaveBeenCalled();
    stub(401, { code: 'unauthorized', message: '' });
    await expect(ask('/stations')).rejects.toMatchObject({ status: 401 });
    expect(ended).toHaveBeenCalledOnce();
  });
  it('calls a server that does not answer unreachable, and one that answers no JSON unreadable', async () => {
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('refused')));
    await expect(ask('/status')).rejects.toMatchObject({ code: 'unreachable', status: 0 });
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 200 }));
    await expect(ask('/status')).rejects.toMatchObject({ code: 'unreadable' });
  });
  it('leaves out of a query what is not given', () => expect(query({ a: 1, b: null, c: '', d: 'x y' })).toBe('?a=1&d=x+y'));
});

describe('accounts', () => {
  const now = Date.parse('2026-11-27T00:00:00Z');
  it.each([
    [{ enabled: false, valid_from: null, valid_until: null }, 'disabled'], [{ enabled: true, valid_from: null, valid_until: '2026-11-26T00:00:00Z' }, 'expired'],
    [{ enabled: true, valid_from: '2026-12-01T00:00:00Z', valid_until: null }, 'early'], [{ enabled: true, valid_from: null, valid_until: '2026-11-28T00:00:00Z' }, 'enabled'],
  ] as const)('%o is %s', (account, state) => expect(stateOf(account, now)).toBe(state));
  it('send null for what is empty', () => {
    const body = bodyOf({ name: 'x', organisation: ' ', role: 'rover', enabled: true, validFrom: '', validUntil: '', sessionsMax: '', whenFull: '', mountpoints: ' VRS，NEAR, ', area: '', note: '', password: '' });
    expect(body).toMatchObject({ organisation: null, valid_from: null, sessions_max: null, when_full: null, mountpoints: ['VRS', 'NEAR'], area: null });
  });
  it('keep an instant through the form', () => {
    const text = '2026-11-28T04:05:00.000Z';
    expect(new Date(localOf(text)).toISOString()).toBe(text);
  });
});
