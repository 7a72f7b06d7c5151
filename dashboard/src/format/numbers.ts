// How figures are written. What is not known is a dash, never zero.

export const NONE = '–';
type Figure = number | null | undefined;
const known = (value: Figure): value is number => value !== null && value !== undefined && Number.isFinite(value);

/** A figure with so many decimals. */
export function fixed(value: Figure, digits = 0): string {
  if (!known(value)) return NONE;
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** A share of 0..1 in per cent. Nothing is called 100 % that is less. */
export function percent(value: Figure, digits = 1): string {
  if (!known(value)) return NONE;
  const scale = 10 ** digits;
  let shown = Math.round(value * 100 * scale) / scale;
  if (shown >= 100 && value < 1) shown = (100 * scale - 1) / scale;
  return `${shown.toFixed(digits)}%`;
}

/** A whole number with groups of three. */
export function count(value: Figure): string {
  return known(value) ? Math.round(value).toLocaleString('en-US') : NONE;
}

/** Seconds, in the two largest fitting units. */
export function duration(value: Figure): string {
  if (!known(value)) return NONE;
  const s = Math.max(0, value);
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** Seconds as milliseconds where they are few. */
export function latency(value: Figure): string {
  if (!known(value)) return NONE;
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

export function bytes(value: Figure): string {
  if (!known(value)) return NONE;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let amount = value;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? amount : amount.toFixed(amount < 10 ? 2 : amount < 100 ? 1 : 0)} ${units[unit]}`;
}

/** Metres as millimetres, with their sign. */
export function millimetres(value: Figure, digits = 0): string {
  return known(value) ? signed(value * 1000, digits) : NONE;
}

export function signed(value: Figure, digits = 0): string {
  if (!known(value)) return NONE;
  const text = fixed(value, digits);
  return Number(text) > 0 ? `+${text}` : text;
}

/** Latitude and longitude in decimal degrees; five decimals are about a metre. */
export function place(latitude: Figure, longitude: Figure, digits = 4): string {
  return known(latitude) && known(longitude) ? `${latitude.toFixed(digits)}°, ${longitude.toFixed(digits)}°` : NONE;
}

/** The number at a share of a sorted copy (nearest rank). */
export function quantile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? null;
}
