// The live stream: one EventSource, which the browser resumes by the newest id, and polling where the stream does not come.
import { BASE } from './client';

export type Kind = 'overview' | 'stations' | 'rovers' | 'alarms' | 'reset';
export const KINDS: readonly Kind[] = ['overview', 'stations', 'rovers', 'alarms', 'reset'];

/** So long a stream that failed is left alone before it is tried again. Milliseconds. */
const TRY_AGAIN_MS = 5_000;
/** A stream that said nothing for so long is taken for dead, where the server speaks each second. Milliseconds. */
const DEAD_MS = 20_000;

export interface Listener {
  /** `began`: when the message came, by `performance.now()`. */
  event: (kind: Kind, data: unknown, began: number) => void;
  /** Whether the stream is open; while it is not, the caller polls. */
  open: (open: boolean) => void;
}

/** Follows the stream until the returned function is called. A stream that only speaks of changes may be silent for long. */
export function follow(listener: Listener, speaksEachSecond: boolean): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let heard = 0;

  const start = () => {
    // A new EventSource does not know what its predecessor heard, so everything has to be read again.
    if (source) listener.event('reset', null, performance.now());
    source = new EventSource(BASE + '/events');
    heard = Date.now();
    source.onopen = () => listener.open(true);
    source.onerror = () => {
      listener.open(false);
      // The browser tries again by itself unless the server refused.
      if (source?.readyState === EventSource.CLOSED) again();
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (message) => {
        const began = performance.now();
        heard = Date.now();
        let data: unknown;
        try {
          data = message.data ? JSON.parse(message.data) : null;
        } catch {
          return;
        }
        listener.event(kind, data, began);
      });
    }
  };
  const again = () => {
    source?.close();
    clearTimeout(timer);
    timer = setTimeout(start, TRY_AGAIN_MS);
  };
  const watch = setInterval(() => {
    if (speaksEachSecond && source?.readyState === EventSource.OPEN && Date.now() - heard > DEAD_MS) {
      listener.open(false);
      again();
    }
  }, 2_000);
  start();
  return () => {
    clearInterval(watch);
    clearTimeout(timer);
    source?.close();
  };
}
