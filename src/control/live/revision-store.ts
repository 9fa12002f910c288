/**
 * Where revisions are kept: one file each, `STATE/config/000007.json`, and the highest number is what is in force. A file
 * comes to be by one rename, behind an fsync of what is in it, so that a crash at any moment leaves it whole or not there
 * at all. What a crash leaves half done has another name, and is removed at the next start.
 *
 * A file that cannot be read (a disk's fault, a hand's) is put aside as `.bad` and named; the one before it is then the
 * highest. At most a hundred are kept, and never fewer than the two that matter: the one in force, and one made live that
 * a change of the operator's file has set aside.
 */
import { readFileSync, statSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '#core/ports.ts';
import { makePrivateDirectory, replaceFile, syncDirectory } from '../files/replace-file.ts';
import { readRevision, writeRevision, type Revision } from './revision.ts';

/** Undo reaches no further back than anybody remembers. */
const REVISIONS_MAX = 100;
/** All of them together; a configuration is a few kilobytes, and may be 4 MiB. */
const BYTES_MAX = 64 * 1024 * 1024;

export interface RevisionStore {
  /** Whether what is appended survives a restart. */
  readonly kept: boolean;
  /** The oldest first. */
  readonly revisions: readonly Revision[];
  /** Null: it is not kept any more, or cannot be read. */
  text(revision: number): string | null;
  /** Resolves once it cannot be lost. Rejects with the system's error; nothing was appended then. */
  append(revision: Revision, text: string): Promise<void>;
  /** Takes back the newest. */
  withdraw(revision: number): Promise<void>;
}

/** Nothing survives; `state.dir: null`. */
export class MemoryStore implements RevisionStore {
  readonly kept = false;
  readonly #texts = new Map<number, { readonly revision: Revision; readonly text: string }>();

  get revisions(): readonly Revision[] {
    return [...this.#texts.values()].map(({ revision }) => revision);
  }

  text(revision: number): string | null {
    return this.#texts.get(revision)?.text ?? null;
  }

  append(revision: Revision, text: string): Promise<void> {
    this.#texts.set(revision.revision, { revision, text });
    const sizes = new Map([...this.#texts].map(([number, one]) => [number, one.text.length]));
    for (const number of surplus(this.revisions, sizes)) this.#texts.delete(number);
    return Promise.resolve();
  }

  withdraw(revision: number): Promise<void> {
    this.#texts.delete(revision);
    return Promise.resolve();
  }
}

export class DirectoryStore implements RevisionStore {
  readonly kept = true;
  readonly #directory: string;
  readonly #log: Log;
  readonly #revisions = new Map<number, Revision>();
  readonly #bytes = new Map<number, number>();

  private constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Reads what `stateDir` keeps. `tidy`: also removes what a crash has left. Rejects with the system's error. */
  static async open(stateDir: string, log: Log, tidy: boolean): Promise<DirectoryStore> {
    const store = new DirectoryStore(join(stateDir, 'config'), log);
    if (tidy) {
      await makePrivateDirectory(stateDir);
      await makePrivateDirectory(store.#directory);
    }
    refuseOpenDoors(stateDir);
    refuseOpenDoors(store.#directory);
    await store.#load(tidy);
    return store;
  }

  get revisions(): readonly Revision[] {
    return [...this.#revisions.values()];
  }

  /** The highest number that the directory holds now; 0 when it holds none. */
  async highest(): Promise<number> {
    return Math.max(0, ...(await readdir(this.#directory)).map(numberOf));
  }

  text(revision: number): string | null {
    if (!this.#revisions.has(revision)) return null;
    try {
      return readRevision(readFileSync(this.#path(revision), 'utf8'))?.text ?? null;
    } catch {
      return null;
    }
  }

  async append(revision: Revision, text: string): Promise<void> {
    const written = writeRevision(revision, text);
    await replaceFile(this.#path(revision.revision), written);
    this.#revisions.set(revision.revision, revision);
    this.#bytes.set(revision.revision, written.length);
    for (const number of surplus(this.revisions, this.#bytes)) {
      this.#forget(number);
      // Left behind it does no harm, and goes the next time.
      await rm(this.#path(number), { force: true }).catch(() => {});
    }
  }

  async withdraw(revision: number): Promise<void> {
    this.#forget(revision);
    await rm(this.#path(revision), { force: true });
    await syncDirectory(this.#directory);
  }

  async #load(tidy: boolean): Promise<void> {
    const names = await readdir(this.#directory);
    const numbers = names.map(numberOf).filter((number) => number > 0);
    const read = await Promise.all(
      numbers.toSorted((a, b) => a - b).map(async (number) => this.#readOne(number, tidy)),
    );
    for (const one of read) {
      if (one === null) continue;
      this.#revisions.set(one.revision.revision, one.revision);
      this.#bytes.set(one.revision.revision, one.bytes);
    }
    if (!tidy) return;
    for (const name of names.filter((one) => one.endsWith('.tmp')))
      await rm(join(this.#directory, name), { force: true }).catch(() => {});
  }

  async #readOne(
    number: number,
    tidy: boolean,
  ): Promise<{ readonly revision: Revision; readonly bytes: number } | null> {
    const path = this.#path(number);
    let why = 'it is not a revision, or not whole';
    try {
      refuseOpenDoors(path);
      const json = await readFile(path, 'utf8');
      const read = readRevision(json);
      if (read?.revision.revision === number) return { revision: read.revision, bytes: json.length };
    } catch (error) {
      why = String(error);
    }
    this.#log.error({ file: path, why }, 'a kept revision cannot be read; it is put aside as .bad and left out');
    if (tidy) await rename(path, `${path}.bad`).catch(() => {});
    return null;
  }

  #forget(revision: number): void {
    this.#revisions.delete(revision);
    this.#bytes.delete(revision);
  }

  #path(revision: number): string {
    return join(this.#directory, `${String(revision).padStart(6, '0')}.json`);
  }
}

/** What is kept may be somebody else's. */
export class OpenDoors extends Error {
  override readonly name = 'OpenDoors';
}

/** What others may write to is not believed: they could plant a configuration. Throws `OpenDoors`. */
function refuseOpenDoors(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  const me = process.getuid?.() ?? stat.uid;
  if (stat.uid !== me && stat.uid !== 0 && me !== 0)
    throw new OpenDoors(`${path} belongs to another user; give it to the one that runs edgebalancer (chown)`);
  if ((stat.mode & 0o022) !== 0) {
    const wanted = stat.isDirectory() ? '700' : '600';
    throw new OpenDoors(`others may write to ${path}; run: chmod ${wanted} ${path}`);
  }
}

/** 0 for what is not the name of a revision's file. */
function numberOf(name: string): number {
  return Number(/^(\d{6,15})\.json$/.exec(name)?.[1] ?? 0);
}

/** The oldest that are too many. */
function surplus(revisions: readonly Revision[], bytes: ReadonlyMap<number, number>): number[] {
  const newest = revisions.at(-1);
  let count = revisions.length;
  let sum = [...bytes.values()].reduce((a, b) => a + b, 0);
  const gone: number[] = [];
  for (const { revision } of revisions) {
    if (count <= REVISIONS_MAX && sum <= BYTES_MAX) break;
    if (revision === newest?.revision || revision === newest?.setAside) continue;
    gone.push(revision);
    count -= 1;
    sum -= bytes.get(revision) ?? 0;
  }
  return gone;
}
