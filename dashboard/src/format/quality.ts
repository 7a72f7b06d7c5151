// Qualities of positions as NMEA's GGA tells them, and their colours and shapes.

export type Quality = 'fixed' | 'float' | 'dgps' | 'single' | 'none' | 'unknown';
export const QUALITIES: readonly Quality[] = ['fixed', 'float', 'dgps', 'single', 'none', 'unknown'];

/** The systems as the field writes them; the API has them in small letters. */
const SYSTEMS: Record<string, string> = { gps: 'GPS', glonass: 'GLONASS', galileo: 'Galileo', beidou: 'BDS', beidou2: 'BDS-2', beidou3: 'BDS-3', qzss: 'QZSS', sbas: 'SBAS', navic: 'NavIC' };
export const systemName = (name: string): string => SYSTEMS[name.toLowerCase()] ?? name;

/** NMEA 0183, sentence GGA, field 6. */
export function qualityOf(gga: number | null | undefined): Quality {
  switch (gga) {
    case null:
    case undefined:
      return 'unknown';
    case 4:
      return 'fixed';
    case 5:
      return 'float';
    case 2:
      return 'dgps';
    case 1:
    case 3:
      return 'single';
    default:
      return 'none';
  }
}

/** The code to filter by; `unknown` has none. */
export const GGA: Record<Quality, number | null> = { fixed: 4, float: 5, dgps: 2, single: 1, none: 0, unknown: null };
