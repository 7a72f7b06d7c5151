// What changes each second: overview, stations, rovers, alarms. Rows change in place; `tick` tells that they did.
import { ask } from '../api/client';
import { follow, type Kind } from '../api/events';
import type { Alarm, Items, Overview, Page, RoverRow, StationNews, StationRow } from '../api/types';
import { mapFacts } from './map_facts.svelte';
import { measured } from './measures';
import { session } from './session.svelte';
import { Rows } from './table';

/** Data older than this is shown in red. Seconds. */
export const OLD_S = 5;
/** Without a stream the page asks so often. Milliseconds. */
const POLL_MS = 3_000;
/** What the stream's news leave out of a station's row is read again so often. Milliseconds. */
const WHOLE_MS = 30_000;
/** Pages of rovers read at most at the beginning: 20 of 1,000. */
const PAGES_MAX = 20;

class Live {
  overview = $state.raw<Overview | null>(null);
  /** As the stream told of them last: that they changed, not in which language they are read. */
  alarms = $state.raw<{ raised: Alarm[]; over: Alarm[] } | null>(null);
  readonly stations = new Rows<string, StationRow>((row) => row.name);
  readonly rovers = new Rows<number, RoverRow>((row) => row.session);
  /** Rises whenever rows of stations changed. */
  stationsTick = $state(0);
  roversTick = $state(0);
  /** Whether a first list has been read. */
  stationsKnown = $state(false);
  roversKnown = $state(false);
  /** Why a list could not be read. */
  stationsTrouble = $state.raw<unknown>(null);
  roversTrouble = $state.raw<unknown>(null);
  overviewTrouble = $state.raw<unknown>(null);
  streaming = $state(false);
  /** When data came last, by the clock of this computer. Milliseconds; 0: never. */
  heard = $state(0);
  /** Time of this computer, renewed each half second. Milliseconds. */
  clock = $state(Date.now());

  private stop: (() => void) | null = null;
  private timers: ReturnType<typeof setInterval>[] = [];

  get age_s(): number | null {
    return this.heard === 0 ? null : Math.max(0, (this.clock - this.heard) / 1000);
  }

  start(): void {
    if (this.stop) return;
    this.timers.push(setInterval(() => (this.clock = Date.now()), 500));
    let ended = false;
    let unfollow = () => {};
    this.stop = () => {
      ended = true;
      unfollow();
    };
    mapFacts.need();
    // The stream begins with much at once: what an operator looks at first does not wait behind it.
    void Promise.all([this.readOverview(), this.readStations()]).then(() => {
      if (ended) return;
      unfollow = this.follow();
      void this.readRovers();
    });
    this.timers.push(
      setInterval(() => {
        // Who may not see stations is told of changes only: asking shows that the data are fresh all the same.
        if (!this.streaming || !session.may('stations')) void this.readAll();
      }, POLL_MS),
      setInterval(() => {
        if (this.streaming) void this.readStations();
      }, WHOLE_MS),
    );
  }

  private follow(): () => void {
    const listener = {
      event: (kind: Kind, data: unknown, began: number) => this.take(kind, data, began),
      open: (open: boolean) => (this.streaming = open),
    };
    return follow(listener, session.may('stations'));
  }

  end(): void {
    this.stop?.();
    this.stop = null;
    for (const timer of this.timers) clearInterval(timer);
    this.timers = [];
    this.overview = null;
    this.alarms = null;
    this.stations.replace([]);
    this.rovers.replace([]);
    this.stationsKnown = this.roversKnown = this.streaming = false;
    this.stationsTrouble = this.roversTrouble = this.overviewTrouble = null;
    this.heard = 0;
  }

  private async readAll(): Promise<void> {
    // Rovers are the long list: what an operator looks at first does not wait behind it.
    await Promise.all([this.readOverview(), this.readStations()]);
    await this.readRovers();
  }

  private async readOverview(): Promise<void> {
    if (!session.may('stations')) return;
    try {
      this.overview = await ask<Overview>('/overview', { background: true });
      this.overviewTrouble = null;
      this.mark();
    } catch (error) {
      this.overviewTrouble = error;
    }
  }

  private async readStations(): Promise<void> {
    if (!session.may('stations')) return;
    try {
      const answer = await ask<Items<StationRow>>('/stations', { background: true });
      this.stations.replace(answer.items);
      this.stationsKnown = true;
      this.stationsTrouble = null;
      this.stationsTick += 1;
    } catch (error) {
      this.stationsTrouble = error;
    }
  }

  private async readRovers(): Promise<void> {
    if (!session.may('rovers') && !session.may('own_rovers')) return;
    try {
      const rows: RoverRow[] = [];
      let cursor: string | null = null;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const more: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
        const answer: Page<RoverRow> = await ask('/rovers?state=open&limit=1000' + more, { background: true });
        rows.push(...answer.items);
        cursor = answer.next;
        if (!cursor) break;
      }
      this.rovers.replace(rows);
      this.roversKnown = true;
      this.roversTrouble = null;
      this.roversTick += 1;
      this.mark();
    } catch (error) {
      this.roversTrouble = error;
    }
  }

  private mark(): void {
    this.heard = Date.now();
    this.clock = this.heard;
  }

  /** Takes one event of the stream. */
  take(kind: Kind, data: unknown, began: number): void {
    this.mark();
    if (kind === 'overview') this.overview = data as Overview;
    else if (kind === 'stations') {
      for (const news of (data as Items<StationNews>).items) this.stations.change(news.name, news);
      this.stationsTick += 1;
    } else if (kind === 'rovers') {
      const { changed, gone } = data as { changed: RoverRow[]; gone: number[] };
      for (const row of changed) if (row.ended === null) this.rovers.put(row);
      this.rovers.remove(gone);
      this.rovers.remove(changed.filter((row) => row.ended !== null).map((row) => row.session));
      this.roversTick += 1;
      this.measure(began, changed.length);
    } else if (kind === 'alarms') this.alarms = data as { raised: Alarm[]; over: Alarm[] };
    else void this.readAll();
  }

  /** Notes how long it took until the change was drawn: effects and canvases run before the second frame. */
  private measure(began: number, changed: number): void {
    requestAnimationFrame(() =>
      setTimeout(() => {
        measured(`update:${changed}`, began);
      }),
    );
  }
}

export const live = new Live();
