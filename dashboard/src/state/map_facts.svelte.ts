// What the operator says about maps: asked once, when the first map is shown.
import { ask } from '../api/client';
import type { MapFacts } from '../api/types';

class MapFactsState {
  value = $state.raw<MapFacts | null>(null);
  /** Whether the answer has come, or will not come. */
  settled = $state(false);
  private asked = false;

  need(): void {
    if (this.asked) return;
    this.asked = true;
    ask<MapFacts>('/map', { background: true })
      .then((value) => {
        this.value = value;
      })
      .catch(() => {
        // Without it a map shows land alone; the next map asks again.
        this.asked = false;
      })
      .finally(() => {
        this.settled = true;
      });
  }
}

export const mapFacts = new MapFactsState();
