// How long a station is silent until the page shows it as not heard: node tests/red.mjs --base URL --user U --password P --station NAME
// [--out DIR]. The server has to play a scenario in which that station goes silent, such as tests/outage.toml.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { go, launch, login, open, speak } from './screens/browser.mjs';

const { values: o } = parseArgs({ options: { base: { type: 'string' }, user: { type: 'string' }, password: { type: 'string' }, station: { type: 'string' }, out: { type: 'string', default: 'out' } } });
if (!o.base || !o.user || !o.password || !o.station) {
  console.error('usage: red.mjs --base URL --user U --password P --station NAME [--out DIR]');
  process.exit(2);
}
/** From a station's last epoch to its red light, seconds. */
const RED_WITHIN_S = 5;
/** The page is watched for so long, milliseconds; it is looked at so often. */
const WATCHED_MS = 180_000;
const LOOK_EVERY_MS = 50;

const base = o.base.replace(/\/$/, '');
mkdirSync(o.out, { recursive: true });
const faults = [];
const browser = await launch();
try {
  const { page } = await open(browser, base, faults);
  await page.goto(`${base}/#/overview`);
  await login(page, o);
  await speak(page, 'en');
  await go(page, '#/stations');
  const row = page.locator('tr', { has: page.locator(`a:text-is("${o.station}")`) }).first();
  await row.waitFor();
  const lightOf = async () => (await row.locator('td').first().innerText()).trim();
  const silence = async () => {
    const answer = await page.evaluate(async () => (await fetch('/api/v1/stations')).json());
    return answer.items.find((s) => s.name === o.station).silent_s;
  };
  const begun = Date.now();
  const before = await lightOf();
  let now = before;
  while (now === before && Date.now() - begun < WATCHED_MS) {
    await page.waitForTimeout(LOOK_EVERY_MS);
    now = await lightOf();
  }
  // Asked at once: the server's own count of how long nothing has come.
  const silent_s = await silence();
  await page.screenshot({ path: `${o.out}/red.png` });
  writeFileSync(`${o.out}/red.json`, JSON.stringify({ station: o.station, before, now, silent_s }, null, 1));
  console.log(`${o.station}: ${before}, then ${now}, ${silent_s} s after its last epoch (wanted ${RED_WITHIN_S} s)`);
  if (now === before) faults.push(`${o.station} stays ${before}`);
  if (!(silent_s <= RED_WITHIN_S)) faults.push(`red only after ${silent_s} s`);
} finally {
  await browser.close();
}
for (const fault of faults) console.error(`FAULT ${fault}`);
process.exit(faults.length ? 1 : 0);
