// Addresses of screens: `#/stations/NANNING?of=...`. Pure, so that it can be tested.

export interface Route { parts: string[]; query: Record<string, string> }

/** Reads what stands behind the `#` of an address. */
export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#\/?/, '');
  const [path = '', search = ''] = text.split('?', 2);
  const parts = path.split('/').filter((part) => part !== '').map(decode);
  return { parts, query: Object.fromEntries(new URLSearchParams(search)) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Writes the address of a screen. */
export function hrefOf(parts: (string | number)[], query: Record<string, string | number | null | undefined> = {}): string {
  const set = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') set.set(key, String(value));
  }
  const search = set.toString();
  return '#/' + parts.map((part) => encodeURIComponent(String(part))).join('/') + (search ? `?${search}` : '');
}
