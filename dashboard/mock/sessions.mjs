// Sessions of the mock: who may log in, with which rights, and how a second factor goes.
import { epoch, now } from './world.mjs';

const READ = ['stations', 'rovers', 'own_rovers', 'network', 'alarms', 'archive'];
/** The passwords are no secrets: this server knows nothing but an invented network. */
const USERS = {
  operator: { password: 'operator', role: 'operator', factor: 'none', rights: [...READ, 'acknowledge', 'accounts', 'change_accounts', 'audit'] },
  guarded: { password: 'guarded', role: 'operator', factor: 'enrolled', rights: [...READ, 'acknowledge', 'accounts', 'change_accounts', 'audit'] },
  manager: { password: 'manager', role: 'account-manager', factor: 'must_enrol', rights: ['stations', 'accounts', 'change_accounts'] },
  auditor: { password: 'auditor', role: 'auditor', factor: 'none', rights: [...READ, 'accounts', 'audit'] },
  researcher: { password: 'researcher', role: 'researcher', factor: 'none', rights: ['stations', 'archive'] },
  anna: { password: 'anna', role: 'rover', factor: 'none', rights: ['own_rovers'] },
};
/** The one code that is right. */
const CODE = '123456';

export class Sessions {
  #open = new Map();
  #count = 0;

  of(request) {
    const token = /tianshu_session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
    const session = this.#open.get(token);
    if (!session) return null;
    if (!request.headers['x-background'] && !request.url.endsWith('/events')) session.idle_until = epoch(now() + 900);
    if (session.idle_until.unix_s > now()) return session;
    this.#open.delete(token);
    return null;
  }

  /** Answers what is about sessions, or null. */
  answer(request, path, body) {
    const session = this.of(request);
    if (path === '/session') {
      if (request.method === 'POST') return this.#login(body);
      if (!session) return refuse(401, 'unauthorized');
      if (request.method === 'DELETE') {
        this.#open.delete(session.token);
        return { status: 204, headers: { 'Set-Cookie': 'tianshu_session=; Path=/; Max-Age=0' } };
      }
      return { status: 200, body: shown(session) };
    }
    if (path !== '/session/second-factor' || !session) return null;
    if (request.headers['x-csrf-token'] !== session.csrf) return refuse(403, 'csrf');
    if (request.method === 'POST') {
      return { status: 200, body: { secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', uri: `otpauth://totp/Tianshu:${session.user}?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Tianshu` } };
    }
    if (body.code !== CODE) return refuse(401, 'second_factor_wrong');
    session.second_factor = 'enrolled';
    return { status: 200, body: shown(session) };
  }

  #login({ user, password, code }) {
    const known = Object.hasOwn(USERS, user) ? USERS[user] : null;
    if (!known || known.password !== password) return refuse(401, 'wrong_credentials');
    if (known.factor === 'enrolled' && !code) return refuse(401, 'second_factor_required');
    if (known.factor === 'enrolled' && code !== CODE) return refuse(401, 'second_factor_wrong');
    this.#count += 1;
    const token = `mock-${this.#count}-${Math.random().toString(36).slice(2)}`;
    const session = { token, user, role: known.role, csrf: `csrf-${token}`, idle_until: epoch(now() + 900), until: epoch(now() + 43200), second_factor: known.factor, rights: known.rights };
    this.#open.set(token, session);
    return { status: 200, body: shown(session), headers: { 'Set-Cookie': `tianshu_session=${token}; HttpOnly; SameSite=Strict; Path=/` } };
  }
}

const shown = ({ token: _, ...session }) => session;
const refuse = (status, code) => ({ status, body: { code, message: code.replaceAll('_', ' ') } });
