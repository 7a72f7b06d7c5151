// Puts a gzip and a brotli form beside every file of the built page that gets smaller by it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const compressible = /\.(html|js|css|svg|json|geojson|txt)$/;
let plain = 0;
let gz = 0;
let br = 0;
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = readFileSync(path);
  const zipped = gzipSync(bytes, { level: 9 });
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  if (zipped.length < bytes.length) writeFileSync(`${path}.gz`, zipped);
  if (brotli.length < bytes.length) writeFileSync(`${path}.br`, brotli);
  if (/\.(js|css)$/.test(entry.name)) {
    plain += bytes.length;
    gz += zipped.length;
    br += brotli.length;
  }
}
console.log(`scripts and styles: ${plain} bytes, ${gz} gzip, ${br} brotli`);
