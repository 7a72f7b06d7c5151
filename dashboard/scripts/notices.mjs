// Writes the licences of what is built into the page beside it: those who pass the page on have to pass them on too.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What ends up in the built files; everything else only builds or tests them. */
const BUILT_IN = ['leaflet', 'uplot', 'uqr', 'svelte', 'esm-env', 'clsx', 'world-atlas'];
const root = new URL('../node_modules/', import.meta.url);
const parts = ['The operators\u2019 page of Tianshu contains the following works. Its land is of Natural Earth, which is in the public domain.'];
for (const name of BUILT_IN) {
  const folder = new URL(`${name}/`, root);
  if (!existsSync(folder)) throw new Error(`${name} is not installed`);
  const about = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  const file = readdirSync(folder).find((f) => /^(licen[cs]e|copying)/i.test(f));
  if (!/^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0)$/.test(about.license)) throw new Error(`${name}: licence ${about.license}`);
  parts.push(`${name} ${about.version} (${about.license})\n\n${file ? readFileSync(new URL(file, folder), 'utf8').trim() : `Licence text: https://spdx.org/licenses/${about.license}`}`);
}
writeFileSync(new URL('../dist/third-party.txt', import.meta.url), parts.join(`\n\n${'-'.repeat(72)}\n\n`) + '\n');
console.log(`notices of ${BUILT_IN.length} works`);
