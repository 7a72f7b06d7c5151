// Where the page is: follows the address, and changes it.
import { hrefOf, parseRoute, type Route } from './route';

class Place {
  route = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    addEventListener('hashchange', () => {
      this.route = parseRoute(location.hash);
    });
  }

  get screen(): string {
    return this.route.parts[0] ?? '';
  }

  go(href: string): void {
    location.hash = href;
  }

  /** Changes the query of the screen without a new entry in the browser's history. */
  set(query: Record<string, string | number | null>): void {
    const href = hrefOf(this.route.parts, { ...this.route.query, ...query });
    history.replaceState(null, '', href);
    this.route = parseRoute(location.hash);
  }
}

export const place = new Place();
