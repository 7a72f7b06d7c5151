// Whether an account may be used now, and if not, why.
import type { Account } from '../../api/types';

export type AccountState = 'enabled' | 'disabled' | 'expired' | 'early';

export function stateOf(account: Pick<Account, 'enabled' | 'valid_from' | 'valid_until'>, now_ms: number): AccountState {
  if (!account.enabled) return 'disabled';
  if (account.valid_until && Date.parse(account.valid_until) <= now_ms) return 'expired';
  if (account.valid_from && Date.parse(account.valid_from) > now_ms) return 'early';
  return 'enabled';
}

/** What a form holds, as text. */
export interface AccountFields {
  name: string; organisation: string; role: string; enabled: boolean; validFrom: string; validUntil: string; sessionsMax: string;
  whenFull: string; mountpoints: string; area: string; note: string; password: string;
}

const instant = (text: string): string | null => (text === '' ? null : new Date(text).toISOString());
const words = (text: string): string | null => text.trim() || null;

/** What is sent of a form: what is empty is null, never an empty text or zero. */
export function bodyOf(fields: AccountFields): Record<string, unknown> {
  const mountpoints = fields.mountpoints.split(/[,，\s]+/).filter((m) => m !== '');
  return {
    organisation: words(fields.organisation),
    role: fields.role,
    enabled: fields.enabled,
    valid_from: instant(fields.validFrom),
    valid_until: instant(fields.validUntil),
    sessions_max: fields.sessionsMax === '' ? null : Number(fields.sessionsMax),
    when_full: words(fields.whenFull),
    mountpoints: mountpoints.length > 0 ? mountpoints : null,
    area: words(fields.area),
    note: fields.note,
  };
}

/** An instant as a field of the browser takes it: local time to the minute. */
export function localOf(text: string | null): string {
  if (!text) return '';
  const t = new Date(text);
  if (Number.isNaN(t.getTime())) return '';
  const two = (n: number) => String(n).padStart(2, '0');
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}T${two(t.getHours())}:${two(t.getMinutes())}`;
}
