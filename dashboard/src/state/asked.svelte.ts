// An answer of the API that a panel shows: read when its address changes, and again by a timer.
import { untrack } from 'svelte';
import { ask } from '../api/client';

export class Asked<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  busy = $state(true);
  private turn = $state(0);
  private abort = new AbortController();
  private pending = 0;

  /**
   * `path` is followed: where it gives null nothing is asked. A span that ends now may be part of it: the timer asks for
   * the address anew. `everyS` is followed too where it is a function; 0 asks once. Must be called while a component is made.
   */
  constructor(path: () => string | null, everyS: number | (() => number) = 0) {
    let shown: string | null = null;
    $effect(() => {
      const address = path();
      void this.turn;
      if (address === null) {
        shown = null;
        this.value = null;
        this.error = null;
        this.busy = false;
        return;
      }
      const abort = (this.abort = new AbortController());
      if (address !== shown) {
        this.value = null;
        this.error = null;
        this.busy = true;
        shown = address;
      }
      void this.read(address, abort.signal, false);
      return () => abort.abort();
    });
    const period = $derived(path() === null ? 0 : typeof everyS === 'function' ? everyS() : everyS);
    $effect(() => {
      if (period <= 0) return;
      const timer = setInterval(() => {
        const address = untrack(path);
        // A server that is slower than the timer is not asked for more.
        if (address !== null && this.pending === 0) void this.read(address, this.abort.signal, true);
      }, period * 1000);
      return () => clearInterval(timer);
    });
  }

  private async read(address: string, signal: AbortSignal, background: boolean): Promise<void> {
    this.pending += 1;
    try {
      const value = await ask<T>(address, { signal, background });
      if (signal.aborted) return;
      this.value = value;
      this.error = null;
    } catch (error) {
      if (signal.aborted) return;
      this.error = error;
    } finally {
      this.pending -= 1;
    }
    this.busy = false;
  }

  /** Asks again, because something was changed. */
  again(): void {
    untrack(() => (this.turn += 1));
  }
}

/** A long list, read page by page. */
export class Paged<T> {
  items = $state.raw<T[]>([]);
  next = $state.raw<string | null>(null);
  error = $state.raw<unknown>(null);
  busy = $state(true);
  private turn = $state(0);
  private address: string | null = null;

  constructor(path: () => string | null) {
    $effect(() => {
      const address = path();
      void this.turn;
      if (address !== this.address) {
        this.items = [];
        this.next = null;
        this.error = null;
        this.busy = address !== null;
      }
      this.address = address;
      if (address !== null) void this.read(address, null);
    });
  }

  private async read(address: string, cursor: string | null): Promise<void> {
    const path = cursor ? `${address}${address.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}` : address;
    try {
      const page = await ask<{ items: T[]; next: string | null }>(path);
      if (address !== this.address) return;
      this.items = cursor ? [...this.items, ...page.items] : page.items;
      this.next = page.next;
      this.error = null;
    } catch (error) {
      if (address === this.address) this.error = error;
    }
    this.busy = false;
  }

  more(): void {
    if (this.address && this.next) void this.read(this.address, this.next);
  }

  again(): void {
    untrack(() => (this.turn += 1));
  }
}
