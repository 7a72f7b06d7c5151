// Keeps rows by key, takes changes in place, and says what changed. Pure, so that it can be tested and measured.

export class Rows<K, T extends object> {
  readonly all = new Map<K, T>();

  constructor(private readonly keyOf: (row: T) => K) {}

  /** Takes a whole new list. Rows that stay keep their identity. */
  replace(rows: readonly T[]): void {
    const seen = new Set<K>();
    for (const row of rows) {
      seen.add(this.keyOf(row));
      this.put(row);
    }
    for (const key of this.all.keys()) if (!seen.has(key)) this.all.delete(key);
  }

  put(row: T): void {
    const key = this.keyOf(row);
    const old = this.all.get(key);
    if (old) Object.assign(old, row);
    else this.all.set(key, row);
  }

  /** Changes fields of a row that is known; others are left to the next whole list. Gives whether it was known. */
  change(key: K, fields: Partial<T>): boolean {
    const old = this.all.get(key);
    if (!old) return false;
    Object.assign(old, fields);
    return true;
  }

  remove(keys: readonly K[]): void {
    for (const key of keys) this.all.delete(key);
  }

  list(): T[] {
    return [...this.all.values()];
  }
}

/** Compares two values of a column; what is not known comes last whichever way the column is sorted. */
export function compare(a: unknown, b: unknown, down: boolean): number {
  const [none, other] = [a === null || a === undefined, b === null || b === undefined];
  if (none || other) return none === other ? 0 : none ? 1 : -1;
  let order: number;
  if (typeof a === 'number' && typeof b === 'number') order = a - b;
  else order = String(a).localeCompare(String(b), undefined, { numeric: true });
  return down ? -order : order;
}
