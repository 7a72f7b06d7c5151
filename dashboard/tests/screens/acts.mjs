// What a person does on the page, done by a browser: sort by keyboard, change accounts, acknowledge, enrol, come back after a session's end.
import { go, login, open, settle, speak } from './browser.mjs';

export async function keyboard(page, faults) {
  await go(page, '/stations');
  await page.evaluate(() => document.activeElement?.blur?.());
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.locator('a.skip').focus();
  await page.keyboard.press('Enter');
  if ((await page.evaluate(() => document.activeElement?.id)) !== 'content') faults.push('the skip link does not lead to the content');
  const header = page.locator('[data-panel=stations] th button').nth(1);
  if ((await header.count()) > 0) {
    await header.focus();
    await page.keyboard.press('Enter');
    const sorted = await page.locator('[data-panel=stations] th[aria-sort]').count();
    if (sorted !== 1) faults.push('a column cannot be sorted by keyboard');
  }
  await go(page, '/heatmap');
  const heat = page.locator('.heat');
  if ((await heat.count()) > 0) {
    await heat.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(200);
    if (!(await page.evaluate(() => location.hash)).startsWith('#/stations/')) faults.push('the heat map does not open a station by keyboard');
  }
}

export async function accounts(page, faults, look) {
  await speak(page, 'en');
  await go(page, '/accounts');
  await page.getByRole('button', { name: 'New account' }).click();
  await page.locator('dialog input[name=name]').fill('made-by-test');
  await look(page, 'account-form');
  await page.locator('dialog button[type=submit]').click();
  const drawn = page.locator('[data-drawn]');
  await drawn.waitFor();
  if (!(await drawn.textContent())?.trim()) faults.push('the drawn password is not shown');
  await look(page, 'account-drawn');
  await page.locator('dialog button[type=submit]').click();
  const row = page.locator('tr', { hasText: 'made-by-test' });
  await row.waitFor();
  await row.getByRole('button', { name: 'Disable', exact: true }).click();
  await row.getByRole('button', { name: 'Enable', exact: true }).waitFor();
  // A name that is taken is refused, and the form says so.
  await page.getByRole('button', { name: 'New account' }).click();
  await page.locator('dialog input[name=name]').fill('made-by-test');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('dialog [role=alert]').waitFor();
  await page.keyboard.press('Escape');
  // Another password, and in the end the account goes.
  await row.getByRole('button', { name: 'Change', exact: true }).click();
  await look(page, 'account-change');
  await page.getByRole('button', { name: 'New password' }).click();
  await drawn.waitFor();
  await page.locator('dialog button[type=submit]').click();
  await row.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.locator('dialog button[type=submit]').click();
  await row.waitFor({ state: 'detached' });
}

export async function acknowledge(page, faults, look) {
  await go(page, '/alarms');
  const button = page.getByRole('button', { name: 'Acknowledge', exact: true });
  const before = await button.count();
  if (before === 0) {
    faults.push('no alarm to acknowledge');
    return;
  }
  await button.last().click();
  await page.locator('dialog textarea').fill('on the way');
  await look(page, 'alarm-acknowledge');
  await page.locator('dialog button[type=submit]').click();
  await page.locator('.alarm .acts .note').first().waitFor();
}

/** Asks for virtual RINEX: what is wrong is said beside the field, what is refused in the server's words, and a job is followed to its files. */
export async function virtualRinex(page, faults, look) {
  await speak(page, 'en');
  await go(page, '/archive');
  const panel = page.locator('[data-panel=virtual]');
  const ask = panel.getByRole('button', { name: 'Compute' });
  await panel.locator('.map-frame canvas').first().waitFor();
  const start = await panel.locator('input[name=latitude]').inputValue();
  if (!/^-?\d+\.\d+$/.test(start)) faults.push(`the form begins with no place but “${start}”`);
  if (!(await panel.locator('input[name=from]').inputValue())) faults.push('the form begins with no span');
  const before = await panel.boundingBox();
  await panel.locator('input[name=latitude]').fill('95');
  await ask.click();
  await panel.locator('small.fault', { hasText: '−90' }).waitFor();
  if ((await page.evaluate(() => document.activeElement?.getAttribute('name'))) !== 'latitude') faults.push('the field that is wrong does not get the focus');
  if ((await panel.boundingBox()).height !== before.height) faults.push('the form jumps when it says what is wrong');
  await look(page, 'virtual-wrong');
  // The middle of the map is within the network.
  await panel.locator('.map').click();
  await panel.locator('summary').click();
  await panel.locator('input[name=interval]').fill('1.5');
  await ask.click();
  await panel.locator('[role=alert]', { hasText: 'multiple' }).waitFor();
  await panel.locator('input[name=interval]').fill('30');
  await ask.click();
  const said = await panel.locator('[role=status]', { hasText: /Job \d+/ }).textContent();
  const number = /\d+/.exec(said)[0];
  const row = panel.locator(`[data-job="${number}"]`);
  await panel.locator(`[data-job="${number}"][data-job-state=running] progress[value]`).waitFor({ timeout: 15_000 });
  await row.scrollIntoViewIfNeeded();
  await look(page, 'virtual-running');
  await panel.locator(`[data-job="${number}"][data-job-state=done]`).waitFor({ timeout: 20_000 });
  if (!(await panel.locator('[data-news]').textContent()).includes(`Job ${number}: Done`)) faults.push('that a job is done is not said');
  const files = await row.locator('a[download]').evaluateAll((links) => Promise.all(links.map(async (a) => (await fetch(a.href)).status)));
  if (files.join() !== '200,200') faults.push(`files of a job: ${files.join()}`);
  if (!(await row.textContent()).includes('120 of 120')) faults.push('a job does not say its epochs');
  await row.scrollIntoViewIfNeeded();
  await look(page, 'virtual-done');
  await row.getByRole('button').click();
  await page.locator('dialog').getByRole('button', { name: 'Cancel' }).click();
  if ((await row.count()) !== 1) faults.push('a job went though its removal was called off');
  await row.getByRole('button').click();
  await look(page, 'virtual-remove');
  await page.locator('dialog button[type=submit]').click();
  await row.waitFor({ state: 'detached' });
}

/** A service without an archive: the panel says so, and nothing is asked about jobs. */
export async function withoutArchive(browser, base, storageState, faults, look) {
  const { context, page } = await open(browser, base, faults, { locale: 'en', storageState });
  let asked = 0;
  page.on('request', (request) => (asked += request.url().includes('/virtual-rinex') ? 1 : 0));
  await context.route('**/api/v1/archive/calendar**', (route) => route.fulfill({ status: 404, contentType: 'application/json', body: '{"code":"unavailable","message":"there is no archive"}' }));
  await page.goto(`${base}/#/archive`);
  await page.locator('[data-panel=virtual][data-state=reason]').waitFor({ timeout: 10_000 }).catch(() => faults.push('without an archive virtual RINEX is offered'));
  await page.waitForTimeout(2_500);
  if (asked > 0) faults.push(`without an archive jobs were asked for ${asked} times`);
  await look(page, 'virtual-unavailable');
  await context.close();
}

/** At the width of a telephone no part of the form stands out of the page. */
export async function narrowArchive(page, faults, look) {
  await page.setViewportSize({ width: 420, height: 2400 });
  await go(page, '/archive');
  const wide = await page.evaluate(() => [...document.querySelectorAll('[data-panel=virtual] *')].filter((e) => !e.closest('.map-frame') && !e.classList.contains('sr') && e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80)));
  if (wide.length > 0) faults.push(`too wide for a narrow page: ${wide[0]} and ${wide.length - 1} more`);
  await look(page, 'archive-narrow');
  await page.setViewportSize({ width: 1440, height: 1000 });
}

export async function enrolment(page, faults, look) {
  await go(page, '/factor');
  await page.getByRole('button', { name: 'Draw a secret' }).click();
  await page.locator('.qr canvas').waitFor();
  await page.waitForFunction(() => document.querySelector('.qr canvas').height > 150);
  await look(page, 'factor-secret');
  await page.locator('input[name=code]').fill('000000');
  await page.locator('main form button[type=submit]').click();
  await page.locator('[role=alert]').waitFor();
  await page.locator('input[name=code]').fill('123456');
  await page.locator('main form button[type=submit]').click();
  await page.locator('.done').waitFor();
}

/** Without a stream the page polls; when nothing answers any more the age of the data turns red, and back when it does. */
export async function staleness(browser, base, storageState, faults, look) {
  const { context, page, watch } = await open(browser, base, faults, { locale: 'en', storageState });
  watch.offline = true;
  await context.route('**/api/v1/events', (route) => route.abort());
  await page.goto(`${base}/#/overview`);
  await page.locator('.freshness:not(.old)', { hasText: 'Polling' }).waitFor({ timeout: 15_000 }).catch(() => faults.push('the page does not poll without a stream'));
  await settle(page);
  await context.route(/api\/v1\/(overview|rovers|stations)/, (route) => route.abort());
  await page.locator('.freshness.old').waitFor({ timeout: 15_000 }).catch(() => faults.push('old data are not shown as old'));
  await look(page, 'stale');
  await context.unrouteAll({ behavior: 'ignoreErrors' });
  await page.locator('.freshness:not(.old)', { hasText: 'Live' }).waitFor({ timeout: 20_000 }).catch(() => faults.push('the page does not find back to live data'));
  await context.close();
}

/** The session ends under the page: it shows the login form, and comes back to the same screen. */
export async function expiry(context, page, who, faults, look) {
  await go(page, '/heatmap?of=slips&span=24h');
  await context.clearCookies();
  await page.getByRole('button', { name: /30/ }).click();
  await page.locator('form.card .banner').waitFor({ timeout: 10_000 });
  await look(page, 'login-expired');
  await login(page, who);
  await settle(page);
  const hash = await page.evaluate(() => location.hash);
  if (!hash.startsWith('#/heatmap?of=slips')) faults.push(`after the session's end the page came back to ${hash}`);
  await page.getByRole('button', { name: /Log out|退出登录/ }).click();
  await page.locator('form.card').waitFor();
}

/** Who has a second factor is asked for it. */
export async function secondFactor(browser, base, faults, look) {
  const { context, page } = await open(browser, base, faults, { locale: 'en' });
  await page.goto(`${base}/#/overview`);
  await login(page, { user: 'guarded', password: 'guarded', code: '123456' });
  await context.close();
  const other = await open(browser, base, faults, { locale: 'en' });
  await other.page.goto(`${base}/`);
  await other.page.locator('form.card').waitFor();
  await other.page.locator('input[name=user]').fill('guarded');
  await other.page.locator('input[name=password]').fill('guarded');
  await other.page.locator('form button[type=submit]').click();
  await other.page.locator('input[name=code]').waitFor();
  await look(other.page, 'login-code');
  await other.context.close();
  const reader = await open(browser, base, faults, { locale: 'en' });
  await reader.page.goto(`${base}/`);
  await login(reader.page, { user: 'manager', password: 'manager' });
  await go(reader.page, '/accounts');
  await look(reader.page, 'must-enrol');
  if ((await reader.page.getByRole('button', { name: 'New account' }).count()) > 0) faults.push('who must enrol first is offered changes');
  await reader.context.close();
}

/** The owner of a rover sees the own sessions and nothing else. */
export async function ownRovers(browser, base, faults, look) {
  const { context, page } = await open(browser, base, faults, { locale: 'zh-CN' });
  await page.goto(`${base}/`);
  await login(page, { user: 'anna', password: 'anna' });
  await settle(page);
  await look(page, 'own-rovers');
  const menu = await page.locator('nav.rail li').count();
  if (menu !== 2) faults.push(`a rover's owner is offered ${menu} screens`);
  await page.evaluate(() => (location.hash = '/accounts'));
  await page.waitForTimeout(200);
  if ((await page.locator('[data-panel=accounts]').count()) > 0) faults.push("a rover's owner is shown accounts");
  await context.close();
}
