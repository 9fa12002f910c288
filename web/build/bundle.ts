/** One build: bundled into a folder of its own, compressed, and put in the place of the one before in one step. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build, mergeConfig, type Manifest } from 'vite';
import config from '../vite-config.ts';
import type { BuildRecord } from './build-record.ts';
import { compress } from './compression.ts';

/** The page that is shown first is lazy like the others, so it is not part of what the entry names. */
const FIRST_PAGE = 'src/pages/overview/page.tsx';

/**
 * `hash`: of the sources, to be remembered with it. `folder`: where it may work, on the same file system. Rejects with what is
 * wrong in the sources.
 */
export async function bundle(dist: string, hash: string, folder: string): Promise<BuildRecord> {
  const made = join(folder, 'new');
  const old = join(folder, 'old');
  await build(
    mergeConfig(config, {
      configFile: false,
      logLevel: 'silent',
      build: { outDir: made, emptyOutDir: true },
    }),
  );
  const manifest = JSON.parse(await readFile(join(made, '.vite/manifest.json'), 'utf8')) as Manifest;
  await rm(join(made, '.vite'), { recursive: true });
  const paths = await filesOf(made);
  const sizes = await Promise.all(paths.map((path) => compress(join(made, path))));
  const record: BuildRecord = {
    hash,
    firstView: firstView(manifest),
    files: Object.fromEntries(paths.map((path, index) => [path, sizes[index] as (typeof sizes)[number]])),
  };
  await writeFile(join(made, 'build.json'), `${JSON.stringify(record, null, 2)}\n`);
  await mkdir(dist, { recursive: true });
  await rename(dist, old);
  await rename(made, dist);
  return record;
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/')).sort();
}

/** Everything that the entry and the first page import, and what that imports in turn; styles as well. */
function firstView(manifest: Manifest): string[] {
  const seen = new Set<string>();
  const files = new Set<string>();
  const take = (key: string): void => {
    const chunk = manifest[key];
    if (chunk === undefined || seen.has(key)) return;
    seen.add(key);
    files.add(chunk.file);
    for (const style of chunk.css ?? []) files.add(style);
    for (const imported of chunk.imports ?? []) take(imported);
  };
  take('index.html');
  if (manifest[FIRST_PAGE] === undefined) throw new Error(`${FIRST_PAGE} is no chunk of its own any more`);
  take(FIRST_PAGE);
  return [...files].sort();
}
