/**
 * What the dashboard is built from, as one hash: its sources, the contract that it imports, and the exact versions of all
 * packages. A build that carries the same hash is the same build.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const WEB = join(import.meta.dirname, '..');
const ROOT = join(WEB, '..');

/** Folders and files; the simulator runs in the dashboard as well, over core and memory. */
const SOURCES = [
  'web/index.html',
  'web/package.json',
  'web/vite-config.ts',
  'web/build',
  'web/src',
  'src/contract',
  'src/simulator',
  'src/core',
  'src/memory',
  'package-lock.json',
];
/** Tests beside their source change nothing that is built. */
const UNUSED = /\.test\.tsx?$|\.md$/;

/** Resolves with 64 hexadecimal digits. */
export async function sourceHash(): Promise<string> {
  const paths = (await Promise.all(SOURCES.map((source) => filesBelow(join(ROOT, source))))).flat();
  const used = paths.filter((path) => !UNUSED.test(path)).sort();
  const texts = await Promise.all(used.map((path) => readFile(path)));
  const hash = createHash('sha256');
  for (const [index, path] of used.entries()) {
    const text = texts[index] as Buffer;
    hash.update(`${relative(ROOT, path).replaceAll('\\', '/')}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex');
}

/** The file itself where it is one; nothing where there is none. */
async function filesBelow(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return [path];
    if (code === 'ENOENT') return [];
    throw error;
  }
}
