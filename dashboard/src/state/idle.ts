// Work that may wait until the browser has nothing better to do.

/** Calls back when the browser is idle, or after so many milliseconds at the latest. The returned function calls it off. */
export function whenIdle(work: () => void, latest_ms: number): () => void {
  // Safari has no idle callback.
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(work, latest_ms / 4);
    return () => clearTimeout(timer);
  }
  const asked = requestIdleCallback(work, { timeout: latest_ms });
  return () => cancelIdleCallback(asked);
}
