// A browser that notes everything a page must not do: errors, requests to other places, refusals of the content policy.
import { chromium } from 'playwright-core';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-3d-apis', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });

/** Opens a page in a context of its own; what goes wrong is added to `faults`. */
export async function open(browser, base, faults, { locale = 'zh-CN', dark = false, storageState } = {}) {
  const context = await browser.newContext({ locale, colorScheme: dark ? 'dark' : 'light', viewport: { width: 1440, height: 1000 }, reducedMotion: 'reduce', ...(storageState ? { storageState } : {}) });
  const page = await context.newPage();
  const origin = new URL(base).origin;
  const answered = new Map();
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    // The browser itself reports each answer that is no success. Those of the API that a panel explains are no fault.
    const url = message.location().url;
    if (/^Failed to load resource/.test(message.text()) && url.startsWith(`${origin}/api/v1/`) && /status of (4\d\d|503)/.test(message.text())) return;
    if (/^Failed to load resource/.test(message.text()) && url.startsWith(`${origin}/api/v1/`) && /ERR_(ABORTED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION)/.test(message.text()) && page.context().closing) return;
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
  return { context, page, answered };
}

export async function speak(page, language) {
  await page.getByRole('button', { name: language === 'en' ? 'English' : '中文', exact: true }).first().click();
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, language === 'en' ? 'en' : 'zh-CN');
}

export async function login(page, { user, password, code }) {
  await page.locator('input[name=user]').fill(user);
  await page.locator('input[name=password]').fill(password);
  await page.locator('form button[type=submit]').click();
  if (code) {
    await page.locator('input[name=code]').fill(code);
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
