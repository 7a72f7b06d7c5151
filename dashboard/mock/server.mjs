// A server with an invented network, for developing the page and for its figures: node mock/server.mjs [--port 8090]
// [--stations 20] [--rovers 60] [--seed 1]. Serves dist/ under the policy for content that the real server sends.
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as answers from './answers.mjs';
import * as people from './people.mjs';
import { epoch, makeWorld, newsOf, now, qualityOf, roverRow, stationRow } from './world.mjs';
import { Sessions } from './sessions.mjs';
import { VirtualDesk } from './virtual.mjs';

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '8090' }, stations: { type: 'string', default: '20' }, rovers: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const world = makeWorld({ stations: Number(options.stations), rovers: Number(options.rovers), seed: Number(options.seed) });
world.acknowledged = new Map();
const accounts = people.makeAccounts(world, now());
const sessions = new Sessions();
const desk = new VirtualDesk(world);
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png' };

class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}
const missing = (what) => new Refusal(404, 'not_found', `there is no ${what}`);

function file(request, response, path) {
  const safe = normalize(path).replace(/^(\.\.[/\\])+/, '');
  let target = join(dist, safe);
  if (!extname(safe) || !existsSync(target)) {
    if (extname(safe)) return send(response, 404, { code: 'not_found', message: 'no such file' });
    target = join(dist, 'index.html');
  }
  const accepted = request.headers['accept-encoding'] ?? '';
  const encoding = [['br', '.br'], ['gzip', '.gz']].find(([name, end]) => accepted.includes(name) && existsSync(target + end));
  const headers = {
    'Content-Type': TYPES[extname(target)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff',
    'Cache-Control': target.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (encoding) {
    headers['Content-Encoding'] = encoding[0];
    target += encoding[1];
  }
  headers['Content-Length'] = statSync(target).size;
  response.writeHead(200, headers);
  createReadStream(target).pipe(response);
}

function send(response, status, body, headers = {}) {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(text);
}

async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
}

function lightsOf(t) {
  const lights = { total: world.stations.length, green: 0, yellow: 0, red: 0, grey: 0 };
  for (const s of world.stations) lights[newsOf(world, s, t).light] += 1;
  return lights;
}
const WORD = { 4: 'fixed', 5: 'float', 2: 'dgps', 1: 'single', 0: 'none', null: 'unknown' };
function overview(t) {
  const rovers = { total: world.rovers.length, fixed: 0, float: 0, dgps: 0, single: 0, none: 0, unknown: 0 };
  for (const n of world.rovers) rovers[WORD[qualityOf(world, n, t)]] += 1;
  const { raised } = people.alarms(world, t, 'en');
  const ran = t - world.started;
  return {
    at: epoch(t), started: epoch(world.started), version: '0.1.0-mock', stations: lightsOf(t), rovers, uploads: 2,
    network: { at: epoch(Math.floor(t)), epoch: Math.floor(ran), ambiguities: 10800, levelled: 10460, fixed_ratio: 10460 / 10800, satellites: 36, withheld: 2, drifting: 0, stations_used: lightsOf(t).green },
    alarms: { critical: raised.filter((a) => a.severity === 'critical').length, warning: raised.filter((a) => a.severity === 'warning').length, notice: raised.filter((a) => a.severity === 'notice').length, acknowledged: world.acknowledged.size },
    archive: { epochs: Math.floor(ran * world.stations.length), lost: 0, spool_bytes: 1_234_567 }, delivery: { frames_sent: Math.floor(ran * world.rovers.length * 9), bytes_sent: Math.floor(ran * world.rovers.length * 900), frames_dropped: 4 },
  };
}

function page(items, query) {
  const limit = Math.min(1000, Number(query.get('limit')) || 200);
  const from = Number(query.get('cursor')) || 0;
  return { at: epoch(now()), items: items.slice(from, from + limit), next: from + limit < items.length ? String(from + limit) : null };
}

function rovers(query, session, t) {
  let rows = query.get('state') === 'ended' ? Array.from({ length: 260 }, (_, n) => people.ended(world, n, t)) : world.rovers.map((n) => roverRow(world, n, t));
  if (session.role === 'rover') rows = rows.filter((r) => r.session % 1000 < 2);
  for (const key of ['quality', 'account', 'mountpoint']) if (query.get(key)) rows = rows.filter((r) => String(r[key]) === query.get(key));
  return page(rows, query);
}

const stationOf = (name) => world.stations.find((s) => s.name === name) ?? (() => { throw missing(`station ${name}`); })();
const roverOf = (id) => {
  const n = Number(id) - 1000;
  if (!world.rovers.includes(n)) throw missing(`session ${id}`);
  return n;
};
const orRefuse = (answer) => answer ?? (() => { throw new Refusal(400, 'bad_request', 'the query is wrong'); })();

/** [method, path, right, answer]; a path's part in parentheses is given to the answer. */
const ROUTES = [
  ['GET', /^\/overview$/, 'stations', ({ t }) => overview(t)],
  ['GET', /^\/map$/, null, () => ({ middle_deg: [23, 108], box_deg: answers.boxOf(world), licence: 'Invented network, invented places', has_boundaries: false, tiles: null })],
  ['GET', /^\/map\/boundaries$/, null, () => { throw missing('file of boundaries'); }],
  ['GET', /^\/stations$/, 'stations', ({ t }) => ({ at: epoch(t), items: world.stations.map((s) => stationRow(world, s, t)) })],
  ['GET', /^\/stations\/([^/]+)$/, 'stations', ({ t, part }) => answers.stationDetail(world, stationOf(part), t)],
  ['GET', /^\/stations\/([^/]+)\/series$/, 'stations', ({ t, part, query }) => orRefuse(answers.series(world, stationOf(part), query, t))],
  ['GET', /^\/heatmap$/, 'stations', ({ t, query }) => orRefuse(answers.heatmap(world, query, t))],
  ['GET', /^\/network$/, 'network', ({ t }) => answers.network(world, t)],
  ['GET', /^\/network\/predicted-error$/, 'network', ({ t }) => answers.predictedError(world, t)],
  ['GET', /^\/rovers$/, 'own_rovers', ({ t, query, session }) => rovers(query, session, t)],
  ['GET', /^\/rovers\/(\d+)$/, 'own_rovers', ({ t, part }) => people.roverDetail(world, roverOf(part), t)],
  ['GET', /^\/rovers\/(\d+)\/why$/, 'own_rovers', ({ t, part, query }) => people.diagnosis(world, roverOf(part), t, query.get('lang'))],
  ['GET', /^\/why$/, 'own_rovers', ({ t, query }) => {
    const n = world.rovers.find((k) => roverRow(world, k, t).account === query.get('account'));
    if (n === undefined && query.get('account') !== 'anna') throw missing(`account ${query.get('account')}`);
    return people.diagnosis(world, n ?? 1, t, query.get('lang'));
  }],
  ['GET', /^\/refusals$/, 'rovers', ({ t, query }) => page(people.refusals(world, t), query)],
  ['GET', /^\/monitor-rovers$/, 'network', ({ t }) => people.monitors(world, t)],
  ['GET', /^\/monitor-rovers\/rover-(\d)\/series$/, 'network', ({ t, part, query }) => people.monitorSeries(world, Number(part) - 1, query.get('engine'), t)],
  ['GET', /^\/alarms$/, 'alarms', ({ t, query }) => ({ at: epoch(t), items: people.alarms(world, t, query.get('lang'))[query.get('state') === 'over' ? 'over' : 'raised'] })],
  ['POST', /^\/alarms\/(\d+)\/acknowledge$/, 'acknowledge', ({ t, part, session }) => void world.acknowledged.set(Number(part), { by: session.user, at: epoch(t) })],
  ['GET', /^\/accounts$/, 'accounts', ({ query }) => page(accounts, query)],
  ['POST', /^\/accounts$/, 'change_accounts', ({ body }) => {
    if (!/^[\w.-]{1,64}$/.test(body.name ?? '')) throw new Refusal(422, 'unprocessable', 'the name is not allowed');
    if (accounts.some((a) => a.name === body.name)) throw new Refusal(409, 'conflict', `account ${body.name} is there already`);
    const { password, ...fields } = body;
    const account = { ...accounts[9], ...fields, created: new Date().toISOString(), sessions_open: 0, second_factor: false };
    accounts.push(account);
    return [201, { account, password: password ? null : 'drawn-Once-4711' }];
  }],
  ['PATCH', /^\/accounts\/([^/]+)$/, 'change_accounts', ({ part, body }) => Object.assign(accountOf(part), body)],
  ['DELETE', /^\/accounts\/([^/]+)$/, 'change_accounts', ({ part }) => void accounts.splice(accounts.indexOf(accountOf(part)), 1)],
  ['POST', /^\/accounts\/([^/]+)\/password$/, 'change_accounts', ({ part }) => accountOf(part) && { password: 'drawn-Again-0815' }],
  ['DELETE', /^\/accounts\/([^/]+)\/second-factor$/, 'change_accounts', ({ part }) => void (accountOf(part).second_factor = false)],
  ['GET', /^\/audit$/, 'audit', ({ t, query }) => page(people.audit(world, t), query)],
  ['GET', /^\/archive\/calendar$/, 'archive', ({ t, query }) => orRefuse(answers.calendar(world, stationOf(query.get('station')), query, t))],
  ['GET', /^\/virtual-rinex$/, 'archive', ({ t, session }) => [200, desk.list(session.user, t)]],
  ['POST', /^\/virtual-rinex$/, 'archive', ({ t, session, body }) => {
    const refused = desk.refuses(session.user, body, t);
    if (refused) throw new Refusal(...refused);
    return [202, desk.ask(session.user, body, t)];
  }],
  ['GET', /^\/virtual-rinex\/(\d+)$/, 'archive', ({ t, session, part }) => desk.list(session.user, t).find((j) => j.number === Number(part)) ?? (() => { throw missing(`job ${part}`); })()],
  ['DELETE', /^\/virtual-rinex\/(\d+)$/, 'archive', ({ session, part }) => {
    if (!desk.remove(session.user, Number(part))) throw missing(`job ${part}`);
  }],
];
const accountOf = (name) => accounts.find((a) => a.name === name) ?? (() => { throw missing(`account ${name}`); })();

async function api(request, response, path, query) {
  const t = now();
  if (path === '/status') {
    const places = [...new Set(world.stations.map((s) => s.city))].map((name) => ({ name, state: world.stations.some((s) => s.city === name && newsOf(world, s, t).light === 'red') ? 'yellow' : 'green' }));
    return send(response, 200, { at: epoch(t), service: 'ok', network_name: 'Invented network', operator: 'Nobody', stations: lightsOf(t), fixed_ratio: 0.968, rovers: world.rovers.length, places, languages: ['zh-CN', 'en'] });
  }
  if (path === '/openapi.json') return send(response, 200, { openapi: '3.1.0' });
  const body = ['POST', 'PUT', 'PATCH'].includes(request.method) ? await bodyOf(request) : {};
  const own = sessions.answer(request, path, body);
  if (own) return send(response, own.status, own.body, own.headers);
  const session = sessions.of(request);
  if (!session) throw new Refusal(401, 'unauthorized', 'no session');
  if (!['GET', 'HEAD'].includes(request.method) && request.headers['x-csrf-token'] !== session.csrf) throw new Refusal(403, 'csrf', 'the token is missing or wrong');
  if (path === '/events') return events(request, response, session);
  for (const [method, pattern, right, answer] of ROUTES) {
    const match = pattern.exec(path);
    if (!match || method !== request.method) continue;
    if (right && !session.rights.includes(right)) throw new Refusal(403, 'forbidden', `needs the right ${right}`);
    const given = answer({ t, query, body, session, part: match[1] && decodeURIComponent(match[1]) });
    if (given === undefined) return send(response, 204);
    return Array.isArray(given) ? send(response, given[0], given[1]) : send(response, 200, given);
  }
  throw missing(`path ${path}`);
}

function events(request, response, session) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  let id = Number(request.headers['last-event-id']) || 0;
  const tell = (kind, data) => response.write(`id: ${(id += 1)}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`);
  let alarmsBefore = '';
  const step = () => {
    const t = now();
    if (session.rights.includes('stations')) {
      tell('overview', overview(t));
      tell('stations', { at: epoch(t), items: world.stations.map((s) => newsOf(world, s, t)) });
    }
    if (session.rights.includes('rovers')) tell('rovers', { at: epoch(t), changed: world.rovers.map((n) => roverRow(world, n, t)), gone: [] });
    if (session.rights.includes('alarms')) {
      const all = people.alarms(world, t, 'zh');
      const mark = JSON.stringify(all.raised.map((a) => [a.id, a.acknowledged]));
      if (mark !== alarmsBefore) tell('alarms', all);
      alarmsBefore = mark;
    }
  };
  const timer = setInterval(step, 1000);
  const awake = setInterval(() => response.write(': awake\n\n'), 15_000);
  request.on('close', () => {
    clearInterval(timer);
    clearInterval(awake);
  });
  step();
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://mock');
  const work = url.pathname.startsWith('/api/v1/') ? () => api(request, response, url.pathname.slice(7), url.searchParams)
    : /^\/(files|virtual-rinex)\//.test(url.pathname) ? () => send(response, 200, 'an invented file', { 'Content-Type': 'application/octet-stream' })
    : /^\/(livez|readyz|healthz)$/.test(url.pathname) ? () => send(response, 200, { status: 'ok' })
    : () => file(request, response, decodeURIComponent(url.pathname));
  Promise.resolve().then(work).catch((error) => {
    if (!response.headersSent) send(response, error.status ?? 500, { code: error.code ?? 'internal', message: error.message });
    if (!error.status) console.error(error);
  });
}).listen(Number(options.port), '127.0.0.1', function () {
  const built = existsSync(join(dist, 'index.html')) ? readFileSync(join(dist, 'index.html'), 'utf8').length : 0;
  console.log(`mock of ${world.stations.length} stations and ${world.rovers.length} rovers on http://127.0.0.1:${this.address().port}${built ? '' : ' (dist/ is empty: npm run build)'}`);
});
