// The live stream and what the page keeps of it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RoverRow, StationRow } from '../src/api/types';

class Source {
  static made: Source[] = [];
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  readyState = Source.OPEN;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  private readonly listeners = new Map<string, (message: { data: string; lastEventId: string }) => void>();
  constructor(readonly url: string) {
    Source.made.push(this);
  }
  addEventListener(kind: string, listener: (message: { data: string; lastEventId: string }) => void): void {
    this.listeners.set(kind, listener);
  }
  close(): void {
    this.readyState = Source.CLOSED;
  }
  tell(kind: string, data: string): void {
    this.listeners.get(kind)?.({ data, lastEventId: '1' });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  Source.made = [];
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('requestAnimationFrame', () => 0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the stream', () => {
  const begin = async (each = true) => {
    const { follow } = await import('../src/api/events');
    const heard: [string, unknown][] = [];
    const opens: boolean[] = [];
    const stop = follow({ event: (kind, data) => heard.push([kind, data]), open: (open) => opens.push(open) }, each);
    return { heard, opens, stop };
  };
  it('gives what it hears, and survives what it cannot read', async () => {
    const { heard, stop } = await begin();
    Source.made[0]?.tell('overview', '{"version":"1"}');
    Source.made[0]?.tell('overview', '{broken');
    Source.made[0]?.tell('reset', '');
    expect(heard).toEqual([['overview', { version: '1' }], ['reset', null]]);
    stop();
  });
  it('leaves it to the browser to resume, but begins anew and reads everything where the server refused', async () => {
    const { heard, opens, stop } = await begin();
    const first = Source.made[0] as Source;
    first.readyState = 0;
    first.onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(Source.made.length).toBe(1);
    first.readyState = Source.CLOSED;
    first.onerror?.();
    expect(opens).toEqual([false, false]);
    vi.advanceTimersByTime(6_000);
    expect(Source.made.length).toBe(2);
    expect(heard).toEqual([['reset', null]]);
    stop();
  });
  it('takes a stream that should speak each second and does not for dead', async () => {
    const { stop } = await begin();
    vi.advanceTimersByTime(30_000);
    expect(Source.made.length).toBe(2);
    expect(Source.made[0]?.readyState).toBe(Source.CLOSED);
    stop();
    vi.advanceTimersByTime(60_000);
    expect(Source.made.length).toBe(2);
  });
  it('waits for one that only tells of changes', async () => {
    const { stop } = await begin(false);
    vi.advanceTimersByTime(120_000);
    expect(Source.made.length).toBe(1);
    stop();
  });
});

describe('what is kept', () => {
  it('changes in place with the news of stations', async () => {
    const { live } = await import('../src/state/live.svelte');
    const row = { name: 'A', light: 'green', silent_s: 0.3, completeness: 1 } as StationRow;
    live.stations.replace([row]);
    live.take('stations', { items: [{ name: 'A', light: 'red', silent_s: 6, satellites: 0, latency_s: null, fixed: 0 }] }, 0);
    expect(live.stations.all.get('A')).toBe(row);
    expect(row).toMatchObject({ light: 'red', silent_s: 6, completeness: 1 });
  });
  it('holds open sessions only', async () => {
    const { live } = await import('../src/state/live.svelte');
    const rover = (session: number, ended: boolean) => ({ session, ended: ended ? { unix_s: 1 } : null }) as RoverRow;
    live.rovers.replace([rover(1, false), rover(2, false), rover(3, false)]);
    live.take('rovers', { changed: [rover(1, true), rover(4, false)], gone: [3] }, 0);
    expect([...live.rovers.all.keys()].sort()).toEqual([2, 4]);
  });
  it('knows its age', async () => {
    const { live } = await import('../src/state/live.svelte');
    live.take('overview', null, 0);
    expect(live.age_s).toBe(0);
    live.clock += 7_000;
    expect(live.age_s).toBeCloseTo(7, 6);
  });
});
