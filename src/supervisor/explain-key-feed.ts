/**
 * Tells the workers whose requests may ask to be recorded: the hashes of the operators' tokens, whenever they change, and to
 * workers that have come since. A token that is revoked here stops at once; what another process does to the file of tokens,
 * within TELL_MS, as it does for the admin API.
 */
import type { Cancel, Timers } from '#core/ports.ts';
import type { ExplainKey } from '#proxy/explain-keys.ts';
import type { WorkerHandle } from './worker-handle.ts';

const TELL_MS = 1000;

type Told = Pick<WorkerHandle, 'post' | 'state'>;

export class ExplainKeyFeed {
  readonly #keys: () => readonly ExplainKey[];
  readonly #workers: () => readonly Told[];
  readonly #timers: Timers;
  #told = new WeakMap<Told, string>();
  #cancel: Cancel | null = null;

  constructor(keys: () => readonly ExplainKey[], workers: () => readonly Told[], timers: Timers) {
    this.#keys = keys;
    this.#workers = workers;
    this.#timers = timers;
  }

  start(): void {
    this.tell();
    this.#cancel = this.#timers.after(TELL_MS, () => this.start());
  }

  /** They may have changed. */
  tell(): void {
    const keys = this.#keys();
    const mark = JSON.stringify(keys);
    for (const worker of this.#workers()) {
      if (worker.state !== 'listening' || this.#told.get(worker) === mark) continue;
      worker.post({ type: 'explain-keys', keys });
      this.#told.set(worker, mark);
    }
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
