/**
 * Keeps the file like the store. Why a file: so that a restart does not blank the dashboard. It is no acknowledged state, so
 * it must never hold anything up, and nothing may fail because of it:
 *
 * - It is written every 10 s, by one transaction; a crash loses what came since. The disk is waited for on the supervisor's
 *   thread, so after a write that took long there is a pause of a hundred times as long: whatever the disk is like, it takes
 *   1 % of the thread's time at most.
 * - A file that is damaged, or no history of this version, is moved aside (`.bad`), and a new one begins with what memory has.
 * - A full disk, a directory that cannot be written, another process that has the file: the history goes on in memory. The
 *   log says so once, and once when it is kept again; a minute passes between two tries.
 *
 * The first time that a file opens, what it holds is taken over and added to. From then on memory is right: a file opened
 * again is written anew as a whole.
 */
import type { Log, Timers } from '#core/ports.ts';
import { HistoryFile, troubleOf, type FileTrouble } from './history-file.ts';
import type { HistoryStore } from './history-store.ts';

export const WRITE_EVERY_MS = 10_000;
export const RETRY_MS = 60_000;
const PAUSE_FACTOR = 100;

const WHY: Readonly<Record<FileTrouble, string>> = {
  held: 'another process has it open; give each process a state.dir of its own',
  unusable: 'it is damaged, or not a history of this version',
  full: 'there is no room for it on the disk',
  other: 'it cannot be opened or written; check that state.dir exists and can be written',
};

export interface MirrorOptions {
  readonly path: string;
  readonly store: HistoryStore;
  readonly timers: Pick<Timers, 'nowMs'>;
  readonly log: Log;
  /** `HistoryFile.open`; tests hand in files that fail. */
  readonly open?: (path: string) => HistoryFile;
}

export class HistoryMirror {
  readonly #options: MirrorOptions;
  #file: HistoryFile | null = null;
  #adopted = false;
  /** The file has nothing of what memory has. */
  #whole = false;
  #troubled = false;
  #nextMs = -Infinity;

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /** Opens or writes the file where it is time for it. Never throws. */
  keepUp(): void {
    if (this.#options.timers.nowMs() >= this.#nextMs) this.#turn();
  }

  /** Writes what is left and lets the file go. Never throws. */
  close(): void {
    // A file that was never opened, in a process that ends at once, may still have a past to add to.
    this.#turn();
    this.#letGo();
  }

  #turn(): void {
    const { timers } = this.#options;
    const beganMs = timers.nowMs();
    const kept = this.#attempt();
    const endMs = timers.nowMs();
    this.#nextMs = endMs + (kept ? Math.max(WRITE_EVERY_MS, PAUSE_FACTOR * (endMs - beganMs)) : RETRY_MS);
  }

  /** False: memory only, for now. */
  #attempt(): boolean {
    try {
      this.#write();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble !== 'unusable') return this.#fail(trouble, error);
      try {
        this.#replace(error);
      } catch (again) {
        return this.#fail(troubleOf(again), again);
      }
    }
    if (this.#troubled) this.#options.log.info({ file: this.#options.path }, 'the history is kept in its file again');
    this.#troubled = false;
    return true;
  }

  #write(): void {
    const { path, store, open = (at: string) => HistoryFile.open(at) } = this.#options;
    if (this.#file === null) {
      this.#file = open(path);
      if (this.#adopted) this.#whole = true;
      else store.adopt(this.#file.read());
      this.#adopted = true;
    }
    this.#file.write(store, this.#whole);
    this.#whole = false;
  }

  #replace(error: unknown): void {
    const { path, log } = this.#options;
    this.#letGo();
    HistoryFile.setAside(path);
    log.warn({ file: path, movedTo: `${path}.bad`, error: textOf(error) }, `the history begins anew: ${WHY.unusable}`);
    // Memory is all there is now; the new file is empty, and all of memory is new to it.
    this.#write();
  }

  #fail(trouble: FileTrouble, error: unknown): false {
    const { path, log } = this.#options;
    // With a full disk the file stays open: what it holds is in order, and nobody else shall have it meanwhile.
    if (trouble !== 'full') this.#letGo();
    if (!this.#troubled)
      log.warn(
        { file: path, error: textOf(error) },
        `the history is only in memory, a restart loses it: ${WHY[trouble]}`,
      );
    this.#troubled = true;
    return false;
  }

  #letGo(): void {
    const file = this.#file;
    this.#file = null;
    try {
      file?.close();
    } catch (error) {
      this.#options.log.debug({ file: this.#options.path, error: textOf(error) }, 'the history was closed badly');
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
