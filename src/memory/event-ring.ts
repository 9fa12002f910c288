/**
 * Events that workers tell the supervisor of: a ring in shared memory with many writers and one reader. A writer draws a
 * number, fills that entry, then stamps it; the reader takes entries in order as far as they are stamped. When more than
 * `EVENTS_MAX` come between two looks, the oldest are lost and counted. Writers may overtake the reader while it reads,
 * or one of their own that was held up for a whole round: a sum over number and contents shows a mixture for what it is. All
 * cells are read and written atomically, so that they are seen in order; events are rare, what that costs does not matter.
 */
import { mix32 } from '#core/math/hash.ts';
import type { Layout } from './layout.ts';

/** A pool of a thousand backends that fails at once fits; each entry is 32 bytes. */
export const EVENTS_MAX = 2048;
const CELLS = 8;
/** An entry not stamped after so many looks belongs to a writer that died. */
const LOOKS_MAX = 8;

export const EventKind = { circuit: 1, panic: 2 } as const;
export type EventKind = (typeof EventKind)[keyof typeof EventKind];

export interface Event {
  readonly kind: EventKind;
  /** The slot, or the pool's row. */
  readonly subject: number;
  readonly state: number;
  readonly cause: number;
  readonly failures: number;
  readonly attempts: number;
}

export class EventRing {
  readonly #head: Int32Array;
  /** stamp, kind, subject, state, cause, failures, attempts, sum */
  readonly #cells: Int32Array;
  #next = 0;
  #looks = 0;
  /** Events that the reader came too late for. */
  lost = 0;

  constructor(layout: Layout) {
    this.#head = layout.i32(1);
    this.#cells = layout.i32(EVENTS_MAX * CELLS);
  }

  /** Any worker. */
  put(kind: EventKind, subject: number, state: number, cause: number, failures: number, attempts: number): void {
    const number = Atomics.add(this.#head, 0, 1);
    const at = (number & (EVENTS_MAX - 1)) * CELLS;
    const cells = this.#cells;
    Atomics.store(cells, at, 0);
    Atomics.store(cells, at + 1, kind);
    Atomics.store(cells, at + 2, subject);
    Atomics.store(cells, at + 3, state);
    Atomics.store(cells, at + 4, cause);
    Atomics.store(cells, at + 5, failures);
    Atomics.store(cells, at + 6, attempts);
    Atomics.store(cells, at + 7, sumOf(number, { kind, subject, state, cause, failures, attempts }));
    Atomics.store(cells, at, stampOf(number));
  }

  /** The supervisor alone: hands each event that is there to `onEvent`, in order. */
  take(onEvent: (event: Event) => void): void {
    const head = Atomics.load(this.#head, 0);
    const behind = (head - this.#next) | 0;
    if (behind > EVENTS_MAX) {
      this.lost += behind - EVENTS_MAX;
      this.#next = (head - EVENTS_MAX) | 0;
    }
    for (; this.#next !== head; this.#next = (this.#next + 1) | 0) {
      const event = this.#read(this.#next);
      if (event !== null) onEvent(event);
      else if (++this.#looks < LOOKS_MAX) return;
      else this.lost += 1;
      this.#looks = 0;
    }
  }

  /** The event with this number; null when it is not there yet, or not any more. */
  #read(number: number): Event | null {
    const cells = this.#cells;
    const at = (number & (EVENTS_MAX - 1)) * CELLS;
    if (Atomics.load(cells, at) !== stampOf(number)) return null;
    const event = {
      kind: Atomics.load(cells, at + 1) as EventKind,
      subject: Atomics.load(cells, at + 2),
      state: Atomics.load(cells, at + 3),
      cause: Atomics.load(cells, at + 4),
      failures: Atomics.load(cells, at + 5),
      attempts: Atomics.load(cells, at + 6),
    };
    return Atomics.load(cells, at + 7) === sumOf(number, event) ? event : null;
  }
}

/** Never 0, which marks an entry that is being written. */
function stampOf(number: number): number {
  return number === -1 ? 1 : (number + 1) | 0;
}

function sumOf(number: number, { kind, subject, state, cause, failures, attempts }: Event): number {
  let sum = number;
  for (const cell of [kind, subject, state, cause, failures, attempts]) sum = mix32(sum + (cell | 0)) | 0;
  return sum;
}
