// Drives every screen in both languages, and fails on errors, on empty panels, on what axe-core finds serious, and on slowness:
// node tests/screens.mjs --base URL --user U --password P --out DIR [--code C | --secret BASE32] [--figures]
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { go, launch, login, open, settle, speak } from './screens/browser.mjs';
import { axe, panels } from './screens/checks.mjs';
import { bundles, plots, updates, usable } from './screens/figures.mjs';
import { accounts, acknowledge, enrolment, expiry, keyboard, narrowArchive, ownRovers, secondFactor, staleness, virtualRinex, withoutArchive } from './screens/acts.mjs';

const { values: o } = parseArgs({
  options: {
    base: { type: 'string' }, user: { type: 'string' }, password: { type: 'string' }, code: { type: 'string' }, secret: { type: 'string' }, out: { type: 'string', default: 'out' },
    figures: { type: 'boolean', default: false }, only: { type: 'string' },
  },
});
if (!o.base || !o.user || !o.password) {
  console.error('usage: screens.mjs --base URL --user U --password P --out DIR [--code C | --secret BASE32] [--figures]');
  process.exit(2);
}
/** The overview must be usable within this at least twice of five times, milliseconds: the slower ones tell of the machine's other work. */
const USABLE_MAX_MS = 1500;
/** An update of 2,000 rovers and 150 stations, median and largest; a day of seconds in a plot. Milliseconds. */
const UPDATE_MAX_MS = 100;
const PLOT_MAX_MS = 300;
const SIZE_MAX = 250_000;

const base = o.base.replace(/\/$/, '');
mkdirSync(o.out, { recursive: true });
const faults = [];
const reasons = [];
const minor = new Set();
const shots = [];

async function look(page, name, { check = true } = {}) {
  if (check) {
    reasons.push(...(await panels(page, name, faults)));
    for (const line of await axe(page, name, faults)) minor.add(line);
  }
  await page.screenshot({ path: `${o.out}/${name}.png` });
  shots.push(name);
}

/** Screens by their address; a part in braces is filled with what the network has. */
function screensOf(rights, station, rover) {
  const all = [
    ['overview', 'stations', '/overview'], ['stations', 'stations', '/stations'],
    ...(station ? [['station', 'stations', `/stations/${encodeURIComponent(station)}`], ['station-day', 'stations', `/stations/${encodeURIComponent(station)}?range=day1`], ['station-month', 'stations', `/stations/${encodeURIComponent(station)}?range=day30`]] : []),
    ['station-unknown', 'stations', '/stations/NO-SUCH-STATION'],
    ...['completeness', 'latency_p95_s', 'slips'].flatMap((of) => ['1h', '24h', '30d'].map((span) => [`heatmap-${of}-${span}`, 'stations', `/heatmap?of=${of}&span=${span}`])),
    ['network', 'network', '/network'], ['network-i95', 'network', '/network?layer=i95'], ['network-predicted', 'network', '/network?layer=predicted'],
    ['rovers', 'rovers', '/rovers'], ['rovers-ended', 'rovers', '/rovers?state=ended'], ['rovers-float', 'rovers', '/rovers?quality=5'],
    ...(rover ? [['rover', 'rovers', `/rovers/${rover}`]] : []),
    ['monitor', 'network', '/monitor'], ['alarms', 'alarms', '/alarms'],
    ...(station ? [['archive', 'archive', `/archive?station=${encodeURIComponent(station)}`], ['archive-year', 'archive', `/archive?view=year&station=${encodeURIComponent(station)}`]] : []),
    ['accounts', 'accounts', '/accounts'], ['audit', 'audit', '/audit'], ['factor', null, '/factor'],
  ];
  return all.filter(([name, right]) => (!right || rights.includes(right)) && (!o.only || name.startsWith(o.only)));
}

const browser = await launch();
const figures = { base, at: new Date().toISOString(), stations: null, rovers: null, bundles: null, usable: null, updates: null, plot_86400: null };
try {
  figures.bundles = bundles();
  if (figures.bundles.scripts_and_styles_gz > SIZE_MAX) faults.push(`scripts and styles: ${figures.bundles.scripts_and_styles_gz} bytes gzip`);
  const { context, page, answered } = await open(browser, base, faults);
  await page.goto(`${base}/#/status`);
  for (const language of ['zh', 'en']) {
    await settle(page);
    await speak(page, language);
    await look(page, `status-${language}`);
  }
  await page.goto(`${base}/#/overview`);
  await page.locator('form.card').waitFor();
  await speak(page, 'zh');
  await look(page, 'login-zh');
  await page.locator('input[name=user]').fill(o.user);
  await page.locator('input[name=password]').fill('certainly-wrong');
  await page.locator('form button[type=submit]').click();
  await page.locator('[role=alert]').waitFor();
  await speak(page, 'en');
  await look(page, 'login-wrong-en');
  await login(page, o);
  await settle(page);

  const session = await page.evaluate(async () => (await fetch('/api/v1/session', { headers: { 'X-Background': '1' } })).json());
  const first = await page.evaluate(async () => {
    const read = async (path) => {
      const response = await fetch('/api/v1' + path, { headers: { 'X-Background': '1' } });
      return response.ok ? response.json() : null;
    };
    const [stations, rovers, overview] = [await read('/stations'), await read('/rovers?state=open&limit=50'), await read('/overview')];
    return {
      station: (stations?.items.find((s) => s.light === 'green') ?? stations?.items[0])?.name ?? null,
      rover: (rovers?.items.find((r) => r.quality === 5) ?? rovers?.items[0])?.session ?? null,
      stations: stations?.items.length ?? 0, rovers: overview?.rovers.total ?? 0, mock: /mock/.test(overview?.version ?? ''),
    };
  });
  /** What only who sees stations is shown. */
  const sees = session.rights.includes('stations');
  Object.assign(figures, { stations: first.stations, rovers: first.rovers, rights: session.rights });

  for (const language of ['zh', 'en']) {
    await speak(page, language);
    for (const [name, , path] of screensOf(session.rights, first.station, first.rover)) {
      await go(page, path);
      await look(page, `${name}-${language}`);
      if (name === 'station-day' && !figures.plot_86400) figures.plot_86400 = await plots(page, 80_000);
    }
  }
  // Whole pages at once for the eye: the screens above are cut at the window.
  await page.setViewportSize({ width: 1440, height: 2000 });
  const tall = [['tall-overview', 'stations', '/overview'], ['tall-station', 'stations', `/stations/${encodeURIComponent(first.station ?? '')}`], ['tall-network', 'network', '/network'], ['tall-archive', 'archive', '/archive'], ['tall-rovers', 'rovers', '/rovers'], ['tall-rover', 'rovers', `/rovers/${first.rover}`]];
  for (const [name, right, path] of tall) {
    if (!session.rights.includes(right)) continue;
    await go(page, path);
    await look(page, name, { check: false });
  }
  await page.setViewportSize({ width: 420, height: 900 });
  await go(page, sees ? '/overview' : '/factor');
  await look(page, 'narrow');
  await page.setViewportSize({ width: 1440, height: 1000 });
  if (session.rights.includes('archive') && !o.only) await narrowArchive(page, faults, look);
  if (sees) await keyboard(page, faults);
  if (figures.plot_86400 && figures.plot_86400.count === 0 && first.mock) faults.push('no plot of a day of seconds was drawn');
  if ((figures.plot_86400?.max_ms ?? 0) > PLOT_MAX_MS) faults.push(`a day of seconds took ${figures.plot_86400.max_ms} ms`);

  const storageState = await context.storageState();
  // The page that was driven so far would take the machine's time.
  await page.goto('about:blank');
  const runs = [];
  for (let n = 0; n < 5 && sees; n += 1) runs.push(await usable(browser, base, faults, storageState));
  if (sees) figures.usable = { ms: runs.map((r) => r.ms), scripts_and_styles_read: runs[0].scripts_and_styles_read };
  if (sees && [...figures.usable.ms].sort((a, b) => a - b)[1] > USABLE_MAX_MS) faults.push(`the overview was usable after ${figures.usable.ms.join(', ')} ms`);

  await page.goto(`${base}/#/`);
  await page.locator('.frame').waitFor();
  await settle(page);
  const night = await open(browser, base, faults, { locale: 'en', dark: true, storageState });
  await night.page.goto(`${base}/#/`);
  await night.page.locator('.frame').waitFor();
  for (const [name, right, path] of [['overview', 'stations', '/overview'], ['station', 'stations', `/stations/${encodeURIComponent(first.station ?? 'X')}`], ['heatmap', 'stations', '/heatmap?of=completeness&span=24h'], ['network', 'network', '/network'], ['rover', 'rovers', `/rovers/${first.rover}`], ['alarms', 'alarms', '/alarms'], ['archive', 'archive', '/archive']]) {
    if (!session.rights.includes(right) || o.only) continue;
    await go(night.page, path);
    await look(night.page, `dark-${name}`);
  }
  await night.context.close();

  if (o.figures) {
    await go(page, '/overview');
    await page.waitForTimeout(2000);
    figures.updates = await updates(page, Math.floor(first.rovers * 0.9), 30);
    if (figures.updates.count < 10) faults.push(`only ${figures.updates.count} updates came in 30 s`);
    if (figures.updates.median_ms > UPDATE_MAX_MS) faults.push(`an update took ${figures.updates.median_ms} ms in the median`);
  }
  if (first.mock && !o.only) {
    await accounts(page, faults, look);
    await acknowledge(page, faults, look);
    await enrolment(page, faults, look);
    await virtualRinex(page, faults, look);
    await withoutArchive(browser, base, storageState, faults, look);
  }
  if (sees) await staleness(browser, base, storageState, faults, look);
  if (sees) await expiry(context, page, o, faults, look);
  await context.close();
  if (first.mock && !o.only) {
    await secondFactor(browser, base, faults, look);
    await ownRovers(browser, base, faults, look);
  }
  figures.answers_not_ok = Object.fromEntries(answered);
} catch (error) {
  faults.push(`the run broke off: ${error.stack}`);
} finally {
  await browser.close();
}
Object.assign(figures, { screenshots: shots.length, reasons: [...new Set(reasons)], axe_minor: [...minor], faults: [...new Set(faults)] });
writeFileSync(`${o.out}/figures.json`, JSON.stringify(figures, null, 2));
console.log(JSON.stringify({ ...figures, reasons: figures.reasons.length, axe_minor: figures.axe_minor.length, faults: undefined }, null, 1));
for (const fault of figures.faults) console.error(`FAULT ${fault}`);
console.log(figures.faults.length === 0 ? `${shots.length} screens are as they should be` : `${figures.faults.length} faults`);
process.exit(figures.faults.length === 0 ? 0 : 1);
