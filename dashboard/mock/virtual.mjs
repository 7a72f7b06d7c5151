// Virtual RINEX of the invented network: jobs that are made one after another, all of it a function of when they were asked for.
import { boxOf } from './answers.mjs';
import { epoch } from './world.mjs';

/** A job waits so long at least, finds its whole cycles, and is written. Seconds. */
const WAITS_S = 1.5;
const WARMS_S = 3;
const WRITES_S = 4;
const OPEN_MAX = 5;
/** Leap seconds of GPS against UTC since 2017: what is asked for is GPS time. */
const LEAP_S = 18;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/;
const unixOf = (text) => Date.parse(`${text}Z`) / 1000 - LEAP_S;

export class VirtualDesk {
  #jobs = [];
  #last = 0;

  constructor(world) {
    this.box = boxOf(world);
    const hour = Math.floor(world.started / 3600) * 3600;
    const text = (at) => new Date(at * 1000).toISOString().slice(0, 19);
    const [south, west, north, east] = this.box;
    const middle = { latitude_deg: (south + north) / 2, longitude_deg: (west + east) / 2, height_m: 80, from: text(hour - 7200), until: text(hour - 3600) };
    for (const user of ['operator', 'auditor', 'researcher']) {
      this.ask(user, middle, world.started - 3600);
      this.ask(user, { ...middle, latitude_deg: north + 3, name: 'FAR0' }, world.started - 1800);
    }
  }

  /** Status, code and words of a request that is not taken, or null. */
  refuses(user, asked, t) {
    if (!MOMENT.test(asked.from ?? '') || !MOMENT.test(asked.until ?? '')) return [400, 'bad_request', `${JSON.stringify(asked.from)} is no moment of GPS time`];
    const span = unixOf(asked.until) - unixOf(asked.from);
    if (span <= 0) return [422, 'unprocessable', 'the span ends before it begins'];
    if (span > 86400) return [422, 'unprocessable', 'a file holds a day at most: ask for several'];
    if (asked.interval_s !== undefined && asked.interval_s % 1 !== 0) return [422, 'unprocessable', "an interval is a multiple of the network's 1 s, 300 s at most"];
    if (!(Math.abs(asked.latitude_deg) <= 90)) return [422, 'unprocessable', 'no place: -90 to 90 degrees north'];
    const open = this.list(user, t).filter((job) => job.state === 'waiting' || job.state === 'running').length;
    if (open >= OPEN_MAX) return [413, 'too_large', `${OPEN_MAX} jobs of this account wait already: wait for one of them, or call it off`];
    return null;
  }

  ask(user, asked, t) {
    const begins = Math.max(t + WAITS_S, ...this.#jobs.map((job) => job.ends));
    const number = (this.#last += 1);
    this.#jobs.push({ number, user, asked, at: t, begins, ends: begins + WARMS_S + WRITES_S });
    return this.list(user, t).find((job) => job.number === number);
  }

  list(user, t) {
    return this.#jobs.filter((job) => job.user === user).map((job) => this.#view(job, t)).reverse();
  }

  remove(user, number) {
    const at = this.#jobs.findIndex((job) => job.user === user && job.number === number);
    if (at < 0) return false;
    this.#jobs.splice(at, 1);
    return true;
  }

  #view(job, t) {
    const { number, asked, begins, ends } = job;
    const [south, west, north, east] = this.box;
    const isWithin = asked.latitude_deg > south && asked.latitude_deg < north && asked.longitude_deg > west && asked.longitude_deg < east;
    // A place outside of the network is found out when the archive is read.
    const state = t < begins ? 'waiting' : !isWithin ? 'failed' : t < ends ? 'running' : 'done';
    const ran = t - begins;
    const name = asked.name ?? 'VRS0';
    const stem = `${name}00CHN_S_20263310800_01H_01S_MO`;
    const file = (end, bytes) => (state === 'done' ? { name: stem + end, path: `/virtual-rinex/${number}/${stem}${end}`, bytes } : null);
    const epochs = Math.round((unixOf(asked.until) - unixOf(asked.from)) / (asked.interval_s ?? 1));
    return {
      number, state, asked: epoch(job.at), ended: state === 'done' || state === 'failed' ? epoch(Math.min(t, ends)) : null,
      latitude_deg: asked.latitude_deg, longitude_deg: asked.longitude_deg, height_m: asked.height_m, from: epoch(unixOf(asked.from)), until: epoch(unixOf(asked.until)),
      interval_s: asked.interval_s ?? null, systems: asked.systems ?? 'GRECJ', name, warm_up_min: asked.warm_up_min ?? 30, stations: asked.stations ?? 16,
      before: state === 'waiting' ? this.#jobs.filter((other) => other.number < number && other.ends > t).length : 0,
      progress: state === 'running' && ran > 0.5
        ? { share: Math.min(1, ran / (WARMS_S + WRITES_S)), is_warming_up: ran < WARMS_S, ambiguities: 412, levelled: Math.min(398, Math.round(412 * (ran / WARMS_S))) }
        : null,
      problem: state === 'failed' ? 'the place is outside of the network: it is further than half an edge from every triangle' : null,
      rinex: file('.crx.gz', 1_843_211), report: file('.report.json', 5_120), epochs: state === 'done' ? [epochs, epochs] : null,
    };
  }
}
