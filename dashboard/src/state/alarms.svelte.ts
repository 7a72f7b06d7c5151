// Raised alarms in the language of the page. Their words are asked for; the stream tells when they have changed.
import { query } from '../api/client';
import type { Alarm, Items } from '../api/types';
import { Asked } from './asked.svelte';
import { live } from './live.svelte';
import { look } from './look.svelte';
import { session } from './session.svelte';

/** Asked again so often even if the stream says nothing. Seconds. */
const AGAIN_S = 15;

export class RaisedAlarms {
  readonly asked: Asked<Items<Alarm>>;

  /** Must be made while a component is made. `changed` is called after each change that the stream told of. */
  constructor(changed: () => void = () => {}) {
    this.asked = new Asked<Items<Alarm>>(() => (session.may('alarms') ? '/alarms' + query({ state: 'raised', lang: look.lang }) : null), AGAIN_S);
    let seen = live.alarms ? this.marks(live.alarms) : '';
    $effect(() => {
      const marks = live.alarms ? this.marks(live.alarms) : seen;
      if (marks === seen) return;
      seen = marks;
      this.asked.again();
      changed();
    });
  }

  private marks(alarms: { raised: Alarm[]; over: Alarm[] }): string {
    return JSON.stringify([alarms.raised.map((a) => [a.id, a.acknowledged?.by]), alarms.over.map((a) => a.id)]);
  }
}
