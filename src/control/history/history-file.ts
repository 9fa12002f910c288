/**
 * The file of the history: the rings row for row, in one table each. A row's key is its place, so there can never be more
 * rows than places. Written by whole transactions into a write-ahead log; what a power failure can take is the last few.
 * One process holds it for as long as it is open; another is told so at once and does not wait.
 */
import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Contents, HistoryStore, StoredStep } from './history-store.ts';
import type { StepRing } from './step-ring.ts';

/** "EBhi": says that a file is ours. */
const APPLICATION_ID = 0x45_42_68_69;
/** 2: steps have latencies. */
const VERSION = 2;
const PAGE_BYTES = 4096;
/** Three times what both rings may hold in memory: a row may leave most of its last page empty. */
const FILE_BYTES_MAX = 96 * 1024 * 1024;
/** What the write-ahead log is cut back to once it has been copied into the file. */
const LOG_BYTES_MAX = 4 * 1024 * 1024;
/** Free pages are given back when they are more than this and a quarter of the file, so many at a time. */
const FREE_PAGES_MIN = 256;
const VACUUM_PAGES = 256;

/** What went wrong with a file, as far as it decides what to do. */
export type FileTrouble = 'held' | 'unusable' | 'full' | 'other';

/** Not a history of this version. */
class Foreign extends Error {}

/** Codes of SQLite (https://www.sqlite.org/rescode.html). */
const TROUBLES: Readonly<Record<number, FileTrouble>> = {
  5: 'held',
  6: 'held',
  11: 'unusable',
  13: 'full',
  26: 'unusable',
};

export function troubleOf(error: unknown): FileTrouble {
  if (error instanceof Foreign) return 'unusable';
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
  return errcode === undefined ? 'other' : (TROUBLES[errcode & 0xff] ?? 'other');
}

export class HistoryFile {
  readonly #db: DatabaseSync;
  readonly #putName: StatementSync;
  readonly #rows: readonly RingTable[];
  #namesWritten = 0;
  #namesGeneration = -1;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.#putName = db.prepare('INSERT OR REPLACE INTO names (id, name) VALUES (?, ?)');
    this.#rows = [new RingTable(db, 'seconds'), new RingTable(db, 'minutes')];
  }

  /** Throws; `troubleOf` says what to do about it. */
  static open(path: string): HistoryFile {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Never open a file that exists beside SQLite: closing it would drop the locks that this process has on it.
    if (!existsSync(path)) closeSync(openSync(path, 'wx', 0o600));
    if (!lstatSync(path).isFile()) throw new Foreign('it is not a regular file');
    chmodSync(path, 0o600);
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const db = new DatabaseSync(path, { timeout: 0 });
    try {
      prepare(db);
      return new HistoryFile(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Puts a file that cannot be used out of the way; one that lay there before is replaced. */
  static setAside(path: string): void {
    rmSync(`${path}.bad`, { recursive: true, force: true });
    renameSync(path, `${path}.bad`);
    for (const rest of ['-wal', '-shm', '-journal']) rmSync(path + rest, { force: true });
  }

  read(): Contents {
    const names = this.#db.prepare('SELECT id, name FROM names ORDER BY id');
    const [seconds, minutes] = this.#rows as [RingTable, RingTable];
    return {
      names: names.all().map(({ id, name }) => [id as number, String(name)] as const),
      seconds: seconds.read(),
      minutes: minutes.read(),
    };
  }

  /** Makes the file what the store is, as one transaction: what changed, or all of it. The store is told when it is done. */
  write(store: HistoryStore, whole: boolean): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#writeNames(store, whole);
      [store.seconds, store.minutes].forEach((ring, at) => this.#rows[at]!.write(ring, whole));
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#namesGeneration = -1;
      throw error;
    }
    this.#namesWritten = store.names.size;
    this.#namesGeneration = store.names.generation;
    store.seconds.changed.clear();
    store.minutes.changed.clear();
    this.#giveBack();
  }

  /** Copies what the log holds into the file. SQLite does so by itself from time to time, and when the file is closed. */
  checkpoint(): void {
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.#db.close();
  }

  #writeNames({ names }: HistoryStore, whole: boolean): void {
    const anew = whole || names.generation !== this.#namesGeneration;
    if (anew) this.#db.exec('DELETE FROM names');
    let at = 0;
    for (const [id, name] of names.entries()) if (anew || at++ >= this.#namesWritten) this.#putName.run(id, name);
  }

  #giveBack(): void {
    const free = pragma(this.#db, 'freelist_count');
    if (free < FREE_PAGES_MIN || free * 4 < pragma(this.#db, 'page_count')) return;
    this.#db.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
  }
}

class RingTable {
  readonly #read: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #clear: StatementSync;

  constructor(db: DatabaseSync, table: string) {
    this.#read = db.prepare(`SELECT place, at, step FROM ${table}`);
    this.#put = db.prepare(`INSERT INTO ${table} (place, at, step) VALUES (?, ?, ?)`);
    this.#delete = db.prepare(`DELETE FROM ${table} WHERE place = ?`);
    this.#clear = db.prepare(`DELETE FROM ${table}`);
  }

  /** All of it before any of it is used: a damaged page must not leave half a history behind. */
  read(): StoredStep[] {
    return Array.from(this.#read.iterate(), ({ place, at, step }) => ({
      place: place as number,
      atS: at as number,
      packed: step as Uint8Array,
    }));
  }

  write(ring: StepRing, whole: boolean): void {
    if (whole) {
      this.#clear.run();
      ring.markAllChanged();
    }
    for (const place of ring.changed) {
      const step = ring.at(place);
      // Deleted first and not replaced: only what is deleted lets pages that became empty be joined and given back.
      if (!whole) this.#delete.run(place);
      if (step !== null) this.#put.run(place, step.atS, step.packed);
    }
  }
}

function prepare(db: DatabaseSync): void {
  db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL`);
  const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
  const ours = pragma(db, 'application_id') === APPLICATION_ID && pragma(db, 'user_version') === VERSION;
  if (tables > 0 && !ours) throw new Foreign('it is not a history of this version');
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec(`PRAGMA journal_size_limit = ${LOG_BYTES_MAX}; PRAGMA max_page_count = ${FILE_BYTES_MAX / PAGE_BYTES}`);
  const columns = 'place INTEGER PRIMARY KEY, at INTEGER NOT NULL, step BLOB NOT NULL';
  // Taking the lock for writing now tells of another process before anything was promised.
  db.exec('BEGIN IMMEDIATE');
  db.exec(`
    CREATE TABLE IF NOT EXISTS seconds (${columns}) STRICT;
    CREATE TABLE IF NOT EXISTS minutes (${columns}) STRICT;
    CREATE TABLE IF NOT EXISTS names (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
    PRAGMA application_id = ${APPLICATION_ID};
    PRAGMA user_version = ${VERSION};
    COMMIT
  `);
}

function pragma(db: DatabaseSync, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
}
