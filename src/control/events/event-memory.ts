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
  /** In order; those before `#first` are gone. */
  #kept: Kept[] = [];
  #first = 0;
  #bytes = 0;
  /** Of the newest; 0: there was none. */
  newest = 0;

  /** The number that the next one has. */
  get next(): number {
    return this.newest + 1;
  }

  add(type: StateChangeType, frame: Buffer): void {
    this.newest += 1;
    this.#kept.push({ number: this.newest, type, frame });
    this.#bytes += frame.length;
    while (this.#size > KEPT_MAX || (this.#bytes > KEPT_BYTES_MAX && this.#size > 1)) {
      this.#bytes -= this.#kept[this.#first]!.frame.length;
      this.#first += 1;
    }
    // Half of it is gone: moving the rest costs no more than adding it did.
    if (this.#first <= KEPT_MAX) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }

  /** Those after `number`, in order, and how many after it are lost. */
  after(number: number): { readonly events: readonly Kept[]; readonly lost: number } {
    const oldest = this.newest - this.#size + 1;
    const skipped = Math.max(0, number + 1 - oldest);
    return { events: this.#kept.slice(this.#first + skipped), lost: Math.max(0, oldest - number - 1) };
  }

  get #size(): number {
    return this.#kept.length - this.#first;
  }
}
