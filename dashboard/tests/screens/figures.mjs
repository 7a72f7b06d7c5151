// How large the page is and how fast: bundles, time until the overview is usable, updates, a day of seconds.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { open } from './browser.mjs';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Bytes of scripts and styles, all of them and those that the overview reads first. */
export function bundles() {
  const files = readdirSync(dist + 'assets').filter((n) => /\.(js|css|json)$/.test(n));
  const gz = Object.fromEntries(files.map((n) => [n, gzipSync(readFileSync(dist + 'assets/' + n), { level: 9 }).length]));
  const sum = (pattern) => files.filter((n) => pattern.test(n)).reduce((s, n) => s + gz[n], 0);
  return { scripts_gz: sum(/\.js$/), styles_gz: sum(/\.css$/), scripts_and_styles_gz: sum(/\.(js|css)$/), land_gz: sum(/\.json$/) };
}

/** Milliseconds from the beginning of the navigation, with nothing in the cache, until map, counts and table are there. */
export async function usable(browser, base, faults, storageState) {
  const { context, page } = await open(browser, base, faults, { storageState });
  await page.goto(`${base}/#/overview`);
  const handle = await page.waitForFunction(() => {
    const shown = (name) => {
      const state = document.querySelector(`[data-panel=${name}]`)?.dataset.state;
      return state === 'data' || state === 'reason';
    };
    const map = document.querySelector('[data-panel=map] canvas.map-canvas');
    const rows = document.querySelectorAll('[data-panel=stations] tbody tr').length;
    const none = document.querySelector('[data-panel=map]')?.dataset.state === 'reason';
    return shown('counts') && shown('map') && (none || (map && map.width > 0 && rows > 0)) ? performance.now() : false;
  }, undefined, { polling: 'raf', timeout: 15_000 });
  const ms = await handle.jsonValue();
  const transferred = await page.evaluate(() => performance.getEntriesByType('resource').filter((r) => /\.(js|css)$/.test(r.name)).reduce((s, r) => s + r.encodedBodySize, 0));
  await context.close();
  return { ms: Math.round(ms), scripts_and_styles_read: transferred };
}

const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];

/** Updates with at least so many rovers changed, watched for a while on the overview. */
export async function updates(page, least, seconds) {
  await page.evaluate(() => performance.clearMeasures());
  await page.waitForTimeout(seconds * 1000);
  const all = await page.evaluate((n) => performance.getEntriesByType('measure').filter((m) => m.name.startsWith('update:') && Number(m.name.slice(7)) >= n).map((m) => m.duration), least);
  const sorted = all.sort((a, b) => a - b);
  const round = (v) => (v === undefined ? null : Math.round(v * 10) / 10);
  return { count: sorted.length, median_ms: round(quantile(sorted, 0.5)), p95_ms: round(quantile(sorted, 0.95)), max_ms: round(sorted.at(-1)) };
}

/** Times to draw a plot of a day of seconds. */
export async function plots(page, least) {
  const all = await page.evaluate((n) => performance.getEntriesByType('measure').filter((m) => m.name.startsWith('plot:') && Number(m.name.slice(5)) >= n).map((m) => ({ points: Number(m.name.slice(5)), ms: Math.round(m.duration * 10) / 10 })), least);
  return { count: all.length, points: all[0]?.points ?? null, ms: all.map((m) => m.ms), max_ms: all.length ? Math.max(...all.map((m) => m.ms)) : null };
}
