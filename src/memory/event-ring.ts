/**
 * Events that workers tell the supervisor of: a ring in shared memory with many writers and one reader. A writer draws a
 * number, fills that entry, then stamps it; the reader takes entries in order as far as they are stamped. When more than
 * `EVENTS_MAX` come between two looks, the oldest are lost and counted.
 */
import type { Layout } from './layout.ts';

/** A pool of a thousand backends that fails at once fits; each entry is 32 bytes. */
const EVENTS_MAX = 2048;
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
  /** stamp, kind, subject, state, cause, failures, attempts, - */
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
    cells[at + 1] = kind;
    cells[at + 2] = subject;
    cells[at + 3] = state;
    cells[at + 4] = cause;
    cells[at + 5] = failures;
    cells[at + 6] = attempts;
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
      const at = (this.#next & (EVENTS_MAX - 1)) * CELLS;
      const cells = this.#cells;
      if (Atomics.load(cells, at) !== stampOf(this.#next)) {
        if (++this.#looks < LOOKS_MAX) return;
        this.lost += 1;
      } else {
        onEvent({
          kind: cells[at + 1] as EventKind,
          subject: cells[at + 2] as number,
          state: cells[at + 3] as number,
          cause: cells[at + 4] as number,
          failures: cells[at + 5] as number,
          attempts: cells[at + 6] as number,
        });
      }
      this.#looks = 0;
    }
  }
}

/** Never 0, which marks an entry that is being written. */
function stampOf(number: number): number {
  return number === -1 ? 1 : (number + 1) | 0;
}
