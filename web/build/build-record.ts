/** `dist/build.json`: what a build was made from and how large it came out. The last file that a build writes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sizes } from './compression.ts';

export interface BuildRecord {
  /** Of the sources (source-hash.ts). */
  readonly hash: string;
  /** Paths in dist/ of what a browser loads before it shows the overview. */
  readonly firstView: readonly string[];
  /** By path in dist/, in bytes. */
  readonly files: Readonly<Record<string, Sizes>>;
}

/** Null: there is no build, or none that came to its end. */
export async function readRecord(dist: string): Promise<BuildRecord | null> {
  try {
    return JSON.parse(await readFile(join(dist, 'build.json'), 'utf8')) as BuildRecord;
  } catch {
    return null;
  }
}

/** Bytes of JavaScript, gzipped, that the first view loads. */
export function firstViewBytes({ firstView, files }: BuildRecord): number {
  return firstView.filter((path) => path.endsWith('.js')).reduce((sum, path) => sum + (files[path]?.gzip ?? 0), 0);
}
