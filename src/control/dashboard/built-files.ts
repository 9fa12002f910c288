/**
 * The built dashboard, in memory: its files and their compressed copies as they were written by the build. A build that is
 * made anew while this runs is taken up with the next request for a page; until then the one before is whole.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Written last by a build, so whatever has it is whole. */
const RECORD = 'build.json';
/** A few chunks and styles for each page; more is no build of the dashboard. */
const FILES_MAX = 1000;
const BYTES_MAX = 32 * 1024 * 1024;

export type Coding = 'br' | 'gzip' | 'identity';

export interface BuiltFile {
  readonly etag: string;
  /** Its name changes with its content. */
  readonly fingerprinted: boolean;
  /** Only the codings that make it smaller. */
  readonly bodies: Readonly<Partial<Record<Coding, Buffer>>> & { readonly identity: Buffer };
}

/** By path below dist/. */
export type Build = ReadonlyMap<string, BuiltFile>;

export class BuiltFiles {
  readonly #folder: string;
  #version = '';
  #build: Build | null = null;
  #reading: Promise<void> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The build there is; null: there is none. `again`: looks whether there is a newer one. */
  async current(again: boolean): Promise<Build | null> {
    if (again || this.#build === null) await (this.#reading ??= this.#read().finally(() => (this.#reading = null)));
    return this.#build;
  }

  async #read(): Promise<void> {
    try {
      const { ino, mtimeMs } = await stat(join(this.#folder, RECORD));
      const version = `${ino} ${mtimeMs}`;
      if (version === this.#version) return;
      this.#build = await readBuild(this.#folder);
      this.#version = version;
    } catch {
      // There is none, or it is being replaced this very moment: what was read before still serves.
    }
  }
}

async function readBuild(folder: string): Promise<Build> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => path !== RECORD);
  if (paths.length > FILES_MAX) throw new Error(`more than ${FILES_MAX} files are no dashboard`);
  const bytes = new Map<string, Buffer>();
  let total = 0;
  for (const path of paths) {
    const body = await readFile(join(folder, path));
    total += body.length;
    if (total > BYTES_MAX) throw new Error(`more than ${BYTES_MAX} bytes are no dashboard`);
    bytes.set(path, body);
  }
  const files = new Map<string, BuiltFile>();
  for (const [path, identity] of bytes) if (!/\.(br|gz)$/.test(path)) files.set(path, fileOf(path, identity, bytes));
  return files;
}

function fileOf(path: string, identity: Buffer, bytes: ReadonlyMap<string, Buffer>): BuiltFile {
  const br = bytes.get(`${path}.br`);
  const gzip = bytes.get(`${path}.gz`);
  return {
    etag: createHash('sha256').update(identity).digest('base64url').slice(0, 22),
    fingerprinted: path.startsWith('assets/'),
    bodies: { identity, ...(br && { br }), ...(gzip && { gzip }) },
  };
}
