/**
 * The state changes that are kept for whoever comes back: the newest, as the bytes that are sent. A stream that is cut for a
 * minute while a pool of a thousand backends fails misses nothing.
 */
import type { StateChangeType } from '#contract/events.ts';

/** A thousand backends that fail and come back fit. */
export const KEPT_MAX = 2048;
/** Some 200 bytes each. Texts are bounded where they come from (supervisor/event-feed.ts). */
export const KEPT_BYTES_MAX: number = 512 * 1024;

export interface Kept {
  readonly number: number;
  readonly type: StateChangeType;
  readonly frame: Buffer;
}

export class EventMemory {
  /** In order. */
  readonly #kept: Kept[] = [];
  #bytes = 0;
  /** Number of the newest; 0: there was none. */
  newest = 0;

  /** The number that the next one has. */
  get next(): number {
    return this.newest + 1;
  }

  add(type: StateChangeType, frame: Buffer): void {
    this.newest += 1;
    this.#kept.push({ number: this.newest, type, frame });
    this.#bytes += frame.length;
    while (this.#kept.length > KEPT_MAX || (this.#bytes > KEPT_BYTES_MAX && this.#kept.length > 1))
      this.#bytes -= this.#kept.shift()?.frame.length ?? 0;
  }

  /** Those after `number`, in order, and how many after it are lost. */
  after(number: number): { readonly events: readonly Kept[]; readonly lost: number } {
    const oldest = this.newest - this.#kept.length + 1;
    return { events: this.#kept.slice(Math.max(0, number + 1 - oldest)), lost: Math.max(0, oldest - number - 1) };
  }
}
