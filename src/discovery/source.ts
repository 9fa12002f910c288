/** Where a pool's members come from: something that gives whole answers, again and again. */
import type { Cancel, Timers } from '#core/ports.ts';
import type { Member } from './member.ts';

export interface Listener {
  /** All members there are now. */
  answer(members: readonly Member[]): void;
  /** It could not be asked, or what it said makes no sense. A sentence without a full stop. */
  failure(why: string): void;
}

export interface Source {
  stop(): void;
}

export interface Look {
  readonly members: readonly Member[];
  /** How long the answer holds; null: it does not say. */
  readonly ttlMs: number | null;
}

const WAIT_MIN_MS = 1_000;
const RETRY_MIN_MS = 1_000;

/**
 * A source that is asked at intervals: each answer's own time where that is shorter, after a failure sooner and then ever
 * later, up to the interval.
 */
export class Polled implements Source {
  readonly #look: () => Promise<Look>;
  readonly #intervalMs: number;
  readonly #listener: Listener;
  readonly #timers: Timers;
  #cancel: Cancel | null = null;
  #stopped = false;
  #failures = 0;
  #looking = false;
  /** Somebody said that there is something new while it was being looked at. */
  #again = false;

  constructor(look: () => Promise<Look>, intervalMs: number, listener: Listener, timers: Timers) {
    this.#look = look;
    this.#intervalMs = intervalMs;
    this.#listener = listener;
    this.#timers = timers;
    void this.#ask();
  }

  /** There is something new. */
  hurry(): void {
    if (this.#stopped) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#cancel?.();
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #ask(): Promise<void> {
    this.#looking = true;
    let waitMs: number;
    try {
      const { members, ttlMs } = await this.#look();
      if (this.#stopped) return;
      this.#failures = 0;
      this.#listener.answer(members);
      waitMs = Math.min(this.#intervalMs, Math.max(WAIT_MIN_MS, ttlMs ?? this.#intervalMs));
    } catch (error) {
      if (this.#stopped) return;
      this.#failures += 1;
      this.#listener.failure(error instanceof Error ? error.message : String(error));
      waitMs = Math.min(this.#intervalMs, RETRY_MIN_MS * 2 ** Math.min(16, this.#failures - 1));
    }
    this.#looking = false;
    this.#cancel = this.#timers.after(this.#again ? 0 : waitMs, () => void this.#ask());
    this.#again = false;
  }
}
