/**
 * The state directory as far as the configuration needs it: who may write to it, and the store in it. A process that may
 * not write (the directory is read-only, another process has it) starts all the same, with what it could read: nobody is
 * better off without a balancer. It says so once, and refuses changes, since a change that is lost at the next start is worse
 * than one that was refused.
 */
import type { Log, Timers } from '#core/ports.ts';
import { DirectoryStore, MemoryStore, OpenDoors, type RevisionStore } from './revision-store.ts';
import type { Revision } from './revision.ts';
import { StateLock } from './state-lock.ts';

export class StateDirectory {
  store: RevisionStore = new MemoryStore();
  /** Why nothing can be kept, as a sentence; null: it can be, or need not be (`state.dir: null`). */
  unwritable: string | null = null;
  readonly #dir: string | null;
  readonly #log: Log;
  readonly #lock: StateLock | null;
  /** The highest revision that was there when this process took what is in force. */
  #seen = 0;

  private constructor(dir: string | null, log: Log, timers: Timers) {
    this.#dir = dir;
    this.#log = log;
    this.#lock = dir === null ? null : new StateLock(dir, timers);
  }

  /** Never rejects. `dir` null: memory. */
  static async open(dir: string | null, log: Log, timers: Timers): Promise<StateDirectory> {
    const state = new StateDirectory(dir, log, timers);
    if (dir === null) return state;
    state.unwritable = await state.#takeLock();
    try {
      state.store = await DirectoryStore.open(dir, log, state.unwritable === null);
    } catch (error) {
      state.unwritable ??= whyNot(dir, error);
    }
    state.#seen = state.store.revisions.at(-1)?.revision ?? 0;
    if (state.unwritable !== null) {
      log.warn({}, `${state.unwritable} It runs, and changes through the admin API are refused.`);
      state.store = copied(state.store);
    }
    return state;
  }

  /** Makes sure that this process may write, as far as that can be had by now; null when it may, else why not. */
  async writable(current: Revision, text: string): Promise<string | null> {
    if (this.#dir === null || this.#lock === null) return null;
    const blocked = await this.#takeLock();
    if (blocked !== null) return (this.unwritable = blocked);
    if (this.unwritable === null) return null;
    // It was another's until now; what that one has made since is not what runs here.
    try {
      const store = await DirectoryStore.open(this.#dir, this.#log, true);
      const newest = store.revisions.at(-1)?.revision ?? 0;
      if (newest > this.#seen) {
        await this.#lock.release();
        return (this.unwritable = `${this.#dir} holds revision ${newest}, which another process has made; restart to take it up, or to begin anew with the file.`);
      }
      if (newest < current.revision) await store.append(current, text);
      this.store = store;
      this.unwritable = null;
      return null;
    } catch (error) {
      return (this.unwritable = whyNot(this.#dir, error));
    }
  }

  /** Keeps a revision. Rejects with a sentence that says what would help. */
  async keep(revision: Revision, text: string): Promise<void> {
    try {
      await this.store.append(revision, text);
    } catch (error) {
      throw new Error(whyNot(this.#dir ?? '', error), { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#lock?.release();
  }

  async #takeLock(): Promise<string | null> {
    const dir = this.#dir as string;
    try {
      const other = await (this.#lock as StateLock).take();
      return other === null
        ? null
        : `The state directory ${dir} is in use by ${other}; give each its own (\`state.dir\`), or stop that one.`;
    } catch (error) {
      return whyNot(dir, error);
    }
  }
}

function whyNot(dir: string, error: unknown): string {
  if (error instanceof OpenDoors)
    return `What ${dir} keeps is not believed, since others could have written it: ${error.message}.`;
  const { code, message } = error as NodeJS.ErrnoException;
  const help = HELP[code ?? ''] ?? 'make it writable';
  return `The state directory ${dir} cannot be written (${code ?? message}); ${help}, name another (\`state.dir\`), or write \`state: { dir: null }\` to keep nothing.`;
}

/** What to do, by the system's code. */
const HELP: Readonly<Record<string, string>> = {
  ENOSPC: 'make room on its disk',
  EDQUOT: "make room in its user's quota",
  EEXIST: 'it is no directory: remove what is there',
  ENOTDIR: 'it is no directory: remove what is there',
  ENOENT: 'it is gone, or a link that leads nowhere: make it',
};

/** What could be read, to go on with in memory. */
function copied(store: RevisionStore): MemoryStore {
  const memory = new MemoryStore();
  for (const revision of store.revisions) {
    const text = store.text(revision.revision);
    if (text !== null) void memory.append(revision, text);
  }
  return memory;
}
