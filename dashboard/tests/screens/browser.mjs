// A browser that notes everything a page must not do: errors, requests to other places, refusals of the content policy.
import { createHmac } from 'node:crypto';
import { chromium } from 'playwright-core';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-3d-apis', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });

/** Opens a page in a context of its own; what goes wrong is added to `faults`. */
export async function open(browser, base, faults, { locale = 'zh-CN', dark = false, storageState } = {}) {
  const context = await browser.newContext({ locale, colorScheme: dark ? 'dark' : 'light', viewport: { width: 1440, height: 1000 }, reducedMotion: 'reduce', ...(storageState ? { storageState } : {}) });
  const page = await context.newPage();
  const origin = new URL(base).origin;
  const answered = new Map();
  /** Set while the network is taken away on purpose. */
  const watch = { offline: false };
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    // The browser itself reports each answer that is no success. Those of the API that a panel explains are no fault.
    const url = message.location().url;
    if (/^Failed to load resource/.test(message.text()) && url.startsWith(`${origin}/api/v1/`) && /status of (4\d\d|503)/.test(message.text())) return;
    if (watch.offline && /ERR_INTERNET_DISCONNECTED|ERR_FAILED/.test(message.text())) return;
    faults.push(`console: ${message.text()} (${url})`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) faults.push(`request to another place: ${url}`);
  });
  page.on('response', (response) => {
    if (response.status() < 400) return;
    const key = `${response.status()} ${new URL(response.url()).pathname}`;
    answered.set(key, (answered.get(key) ?? 0) + 1);
    if (response.status() >= 500 && response.status() !== 503) faults.push(`answer: ${key}`);
  });
  return { context, page, answered, watch };
}

export async function speak(page, language) {
  await page.getByRole('button', { name: language === 'en' ? 'English' : '中文', exact: true }).first().click();
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language === 'en' ? 'en' : 'zh-CN');
}

/** The step of time of the last code that was given out. */
let used = -1;
/** The code of a secret now (RFC 6238, six digits, SHA-1), never the same twice: a server refuses a code that was used. */
export async function totp(secret) {
  let step = Math.floor(Date.now() / 30_000);
  while (step <= used) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    step = Math.floor(Date.now() / 30_000);
  }
  used = step;
  let bits = '';
  for (const c of secret.toUpperCase().replace(/[^A-Z2-7]/g, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

export async function login(page, { user, password, code, secret }) {
  await page.locator('input[name=user]').fill(user);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form button[type=submit]').click();
  if (code || secret) {
    await page.locator('input[name=code]').fill(secret ? await totp(secret) : code);
    await page.locator('form button[type=submit]').click();
  }
  await page.locator('.frame').waitFor({ timeout: 10_000 });
}

/** Goes to a screen and waits until no panel of it is being read any more. */
export async function go(page, hash) {
  await page.evaluate((to) => {
    location.hash = to;
  }, hash);
  await settle(page);
}

export async function settle(page) {
  await page.waitForTimeout(150);
  await page.waitForFunction(
    () => document.querySelectorAll('[data-panel]').length > 0 && document.querySelectorAll('[data-panel][data-state=loading]').length === 0,
    undefined, { timeout: 15_000 },
  ).catch(() => undefined);
  await page.waitForTimeout(350);
}
