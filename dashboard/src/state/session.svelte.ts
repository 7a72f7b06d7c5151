// Who uses the page: log in, log out, second factor, rights.
import { ApiError, ask, hooks } from '../api/client';
import type { Enrolment, Right, Session } from '../api/types';

/** The session is asked for so often, to know its end without being activity. Milliseconds. */
const LOOK_MS = 30_000;

class SessionState {
  /** `undefined`: not known yet. `null`: nobody. */
  now = $state.raw<Session | null | undefined>(undefined);
  /** The session ended by itself: the login form says so. */
  expired = $state(false);
  /** Why the server could not be asked at all. */
  trouble = $state<string | null>(null);

  constructor() {
    hooks.onUnauthorized = () => {
      if (this.now) this.expired = true;
      this.put(null);
    };
    setInterval(() => {
      if (this.now) void this.look();
    }, LOOK_MS);
  }

  private put(session: Session | null): void {
    hooks.csrf = session?.csrf ?? '';
    this.now = session;
    if (session) this.expired = false;
  }

  /** Asks who is logged in. */
  async look(): Promise<void> {
    try {
      this.put(await ask<Session>('/session', { background: true }));
      this.trouble = null;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.trouble = null;
        this.put(null);
      } else {
        this.trouble = error instanceof ApiError ? error.code : String(error);
        if (this.now === undefined) this.put(null);
      }
    }
  }

  async login(user: string, password: string, code: string): Promise<void> {
    const body = code ? { user, password, code } : { user, password };
    this.put(await ask<Session>('/session', { method: 'POST', body }));
    this.trouble = null;
  }

  async logout(): Promise<void> {
    try {
      await ask('/session', { method: 'DELETE' });
    } finally {
      this.expired = false;
      this.put(null);
    }
  }

  beginEnrolment(): Promise<Enrolment> {
    return ask<Enrolment>('/session/second-factor', { method: 'POST' });
  }

  async finishEnrolment(code: string): Promise<void> {
    this.put(await ask<Session>('/session/second-factor', { method: 'PUT', body: { code } }));
  }

  may(right: Right): boolean {
    return this.now?.rights.includes(right) ?? false;
  }

  /** A role that changes things may only read until it has its second factor. */
  mayChange(right: Right): boolean {
    return this.may(right) && this.now?.second_factor !== 'must_enrol';
  }
}

export const session = new SessionState();
