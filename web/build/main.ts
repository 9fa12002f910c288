/**
 * `node web/build/main.ts`: builds the dashboard into web/dist and says how large it came out. `--if-stale` does so only when
 * its sources have changed since, and says nothing. Exits 1 with one sentence, then the reason, when it cannot be built.
 */
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { alone } from './build-lock.ts';
import { firstViewBytes, readRecord, type BuildRecord } from './build-record.ts';
import { sourceHash } from './source-hash.ts';

const WEB = join(import.meta.dirname, '..');
const DIST = join(WEB, 'dist');
const onlyIfStale = process.argv.includes('--if-stale');

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1).padStart(6)} kB`;

function sizes({ files, firstView, ...record }: BuildRecord): string {
  const rows = Object.entries(files)
    .filter(([path]) => /\.(js|css)$/.test(path))
    .map(([path, { gzip }]) => `  ${kilobytes(gzip)}  ${path}${firstView.includes(path) ? '  first view' : ''}`);
  const first = kilobytes(firstViewBytes({ files, firstView, ...record })).trim();
  return `${rows.join('\n')}\nJavaScript of the first view: ${first} (gzip)\n`;
}

async function main(): Promise<void> {
  // Most starts find that nothing has changed: they take no lock.
  if (onlyIfStale && (await readRecord(DIST))?.hash === (await sourceHash())) return;
  await alone(join(WEB, '.building'), async (folder) => {
    const hash = await sourceHash();
    if (onlyIfStale && (await readRecord(DIST))?.hash === hash) return;
    const { bundle } = await import('./bundle.ts');
    const record = await bundle(DIST, hash, folder);
    if (!onlyIfStale) process.stdout.write(sizes(record));
  });
}

try {
  await main();
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The dashboard could not be built: ${stripVTControlCharacters(reason)}\n`);
  process.exitCode = 1;
}
