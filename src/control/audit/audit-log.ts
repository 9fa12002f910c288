/**
 * Who changed what, when, from where: one JSON line each in `audit.jsonl` of the state directory. A line is on the disk
 * before the change is answered. Lines that come while one is written go out together behind it, with one sync for all.
 *
 * Bounded: a file that has grown to 8 MiB becomes `audit.jsonl.1` in place of the one before. What a crash tore off the end
 * of the file is skipped when it is read. Where nothing is kept, the last lines are in memory.
 */
import { createReadStream } from 'node:fs';
import { open, rename, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AuditEntry, RevisionEntry } from '#contract/control.ts';
import type { Log, Timers } from '#core/ports.ts';
import { makePrivateDirectory, syncDirectory } from '../files/replace-file.ts';
import type { AuditPort } from '../admin/ports.ts';

const NAME = 'audit.jsonl';
const FILE_BYTES_MAX = 8 * 1024 * 1024;
/** Entries that can be asked for. */
export const ENTRIES_MAX = 1000;
/** Lines that may wait for the disk. A disk this far behind is as good as full. */
const WAITING_MAX = 1000;
/** What somebody wrote into an entry is cut here. */
const TEXT_MAX = 1000;

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class AuditLog implements AuditPort {
  readonly #path: string | null;
  readonly #timers: Timers;
  readonly #log: Log;
  /** The oldest first. */
  readonly #entries: AuditEntry[] = [];
  /** Revisions that an entry tells of. */
  #told = new Set<number>();
  #waiting: Waiting[] = [];
  #writing = false;
  #file: FileHandle | null = null;
  #bytes = 0;

  /** `directory` null: in memory only. */
  constructor(directory: string | null, timers: Timers, log: Log) {
    this.#path = directory === null ? null : join(directory, NAME);
    this.#timers = timers;
    this.#log = log;
  }

  /** Reads what was kept, and adds a line for each revision that has none: one that was made just before a crash. */
  async open(revisions: readonly RevisionEntry[]): Promise<void> {
    if (this.#path !== null) {
      await this.#read(`${this.#path}.1`);
      await this.#read(this.#path);
      try {
        await this.#openFile(this.#path);
      } catch (error) {
        this.#log.error({ error: messageOf(error) }, `changes cannot be audited: ${this.#path} cannot be written`);
      }
    }
    const oldest = Math.min(...this.#told);
    await this.#tell(revisions.filter(({ revision }) => this.#told.size === 0 || revision > oldest));
    const kept = new Set(revisions.map(({ revision }) => revision));
    this.#told = new Set([...this.#told].filter((revision) => kept.has(revision)));
  }

  async record(entry: Omit<AuditEntry, 'at'>): Promise<void> {
    await this.#add({ at: new Date(this.#timers.wallMs()).toISOString(), ...entry });
  }

  /** Adds a line for each revision that came from a file: nobody asked for it over the API, which audits its own. */
  async reconcile(revisions: readonly RevisionEntry[]): Promise<void> {
    await this.#tell(revisions.filter(({ source }) => source === 'file'));
  }

  entries(limit: number): readonly AuditEntry[] {
    return this.#entries.slice(-Math.min(limit, ENTRIES_MAX)).reverse();
  }

  /** Resolves when all that waited is written. */
  async close(): Promise<void> {
    while (this.#writing) await new Promise((resolve) => setImmediate(resolve));
    await this.#file?.close();
    this.#file = null;
  }

  async #tell(revisions: readonly RevisionEntry[]): Promise<void> {
    const missing = revisions.filter(({ revision }) => !this.#told.has(revision));
    for (const { revision, at, by, source, summary } of missing.toSorted((a, b) => a.revision - b.revision)) {
      const action = source === 'rollback' ? 'config.rollback' : source === 'file' ? 'config.load' : 'config.change';
      try {
        await this.#add({ at, by, action, summary, revision, ok: true });
      } catch (error) {
        this.#log.error({ revision, error: messageOf(error) }, 'a revision has no line in the audit');
        return;
      }
    }
  }

  async #add(entry: AuditEntry): Promise<void> {
    const kept = { ...entry, summary: entry.summary.slice(0, TEXT_MAX) };
    if (entry.revision !== null) this.#told.add(entry.revision);
    if (this.#path !== null) await this.#write(`${JSON.stringify(kept)}\n`);
    this.#keep(kept);
  }

  #keep(entry: AuditEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > 2 * ENTRIES_MAX) this.#entries.splice(0, ENTRIES_MAX);
  }

  #write(line: string): Promise<void> {
    return new Promise((done, failed) => {
      if (this.#waiting.length >= WAITING_MAX) return failed(new Error('the disk does not keep up with the audit'));
      this.#waiting.push({ line, done, failed });
      if (!this.#writing) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#append(batch.map(({ line }) => line).join(''));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = false;
  }

  async #append(text: string): Promise<void> {
    const path = this.#path as string;
    if (this.#bytes > FILE_BYTES_MAX) await this.#rotate(path);
    const file = this.#file ?? (await this.#openFile(path));
    try {
      await file.appendFile(text);
      await file.datasync();
      this.#bytes += Buffer.byteLength(text);
    } catch (error) {
      // Half a line may be there: opened anew, the file gets its end first.
      this.#file = null;
      await file.close().catch(() => {});
      throw error;
    }
  }

  async #rotate(path: string): Promise<void> {
    await this.#file?.close();
    this.#file = null;
    await rename(path, `${path}.1`);
    await syncDirectory(join(path, '..'));
    this.#bytes = 0;
  }

  async #openFile(path: string): Promise<FileHandle> {
    const directory = join(path, '..');
    await makePrivateDirectory(directory);
    const file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    if (size > 0) {
      const last = Buffer.alloc(1);
      await file.read(last, 0, 1, size - 1);
      if (last[0] !== 0x0a) await file.appendFile('\n');
    }
    await syncDirectory(directory);
    this.#bytes = size;
    this.#file = file;
    return file;
  }

  async #read(path: string): Promise<void> {
    if ((await stat(path).catch(() => null)) === null) return;
    try {
      for await (const line of createInterface({ input: createReadStream(path) })) {
        const entry = entryOf(line);
        if (entry === null) continue;
        this.#keep(entry);
        if (entry.revision !== null) this.#told.add(entry.revision);
      }
    } catch (error) {
      this.#log.error({ error: messageOf(error) }, `the audit so far cannot be read: ${path}`);
    }
  }
}

/** Null: what a crash left of a line, or nobody's line. */
function entryOf(line: string): AuditEntry | null {
  try {
    const entry = JSON.parse(line) as Partial<AuditEntry> | null;
    const whole =
      typeof entry?.at === 'string' && typeof entry.action === 'string' && typeof entry.by?.name === 'string';
    return whole ? (entry as AuditEntry) : null;
  } catch {
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
