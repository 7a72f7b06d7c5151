// What must hold on every screen: no panel is empty, and axe-core finds nothing serious.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Puts axe-core into the page by the debugger's door, which no content policy closes. */
async function inject(page) {
  if (await page.evaluate(() => 'axe' in window)) return;
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axeSource });
  await session.detach();
}

export async function axe(page, where, faults) {
  await inject(page);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ['violations'], preload: false });
    return result.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.length, first: v.nodes[0]?.html.slice(0, 160), why: v.nodes[0]?.failureSummary?.slice(0, 240) }));
  });
  for (const v of found) if (['serious', 'critical'].includes(v.impact)) faults.push(`axe ${v.impact} on ${where}: ${v.id} (${v.nodes}) ${v.first} ${v.why}`);
  return found.filter((v) => !['serious', 'critical'].includes(v.impact)).map((v) => `${where}: ${v.id} (${v.impact}, ${v.nodes})`);
}

/** Every panel shows something: a reason in words, text, or a canvas on which more than one colour was painted. */
export async function panels(page, where, faults) {
  const found = await page.evaluate(() => {
    const painted = (canvas) => {
      if (canvas.width === 0 || canvas.height === 0) return false;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const first = `${data[0]},${data[1]},${data[2]},${data[3]}`;
      for (let i = 0; i < data.length; i += 4 * 7) if (`${data[i]},${data[i + 1]},${data[i + 2]},${data[i + 3]}` !== first) return true;
      return false;
    };
    return [...document.querySelectorAll('[data-panel]')].map((panel) => {
      const body = panel.querySelector(':scope > .body') ?? panel;
      const canvases = [...body.querySelectorAll('canvas')].filter((c) => !c.closest('.leaflet-control') && c.getBoundingClientRect().width > 0);
      const text = body.textContent.replace(/\s+/g, ' ').trim();
      return { name: panel.dataset.panel, state: panel.dataset.state, text: text.slice(0, 120), controls: body.querySelectorAll('input,button').length, canvases: canvases.length, painted: canvases.filter(painted).length };
    });
  });
  if (found.length === 0) faults.push(`${where}: no panel at all`);
  for (const p of found) {
    if (p.state === 'loading') faults.push(`${where}: panel ${p.name} never came to an end of reading`);
    else if (p.text === '' && p.painted === 0 && p.controls === 0) faults.push(`${where}: panel ${p.name} is empty`);
    else if (p.state === 'data' && p.canvases > 0 && p.painted === 0) faults.push(`${where}: panel ${p.name} has a canvas on which nothing is painted`);
  }
  return found.filter((p) => p.state === 'reason').map((p) => `${where}/${p.name}: ${p.text}`);
}
