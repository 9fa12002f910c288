/**
 * What goes on in a what-if run: exchanges and their attempts as rows of typed arrays. Rows are used again once nothing refers to
 * them; when all are in use the arrays are doubled.
 */
import type { TakenSlot } from '#core/balancing/selector.ts';
import { Outcome } from '#core/outcome.ts';
import { TRIED_MAX } from './policies.ts';

const ROWS_FIRST = 1024;

class Rows {
  #free = new Int32Array(ROWS_FIRST);
  #freeCount = 0;
  #used = 0;
  /** Rows in use. */
  live = 0;
  capacity = ROWS_FIRST;

  /** A row that nobody uses; -1: there is none, and `grow` must be called. */
  take(): number {
    if (this.#freeCount > 0) {
      this.live++;
      return this.#free[--this.#freeCount] as number;
    }
    if (this.#used === this.capacity) return -1;
    this.live++;
    return this.#used++;
  }

  give(row: number): void {
    this.live--;
    this.#free[this.#freeCount++] = row;
  }

  grow(): void {
    this.capacity *= 2;
    this.#free = enlarged(this.#free, this.capacity);
  }
}

export class ExchangeTable {
  arrivedMs = new Float64Array(ROWS_FIRST);
  /** Place in the distribution of service times, and what decides on failures; both 0 to 1. */
  work = new Float64Array(ROWS_FIRST);
  fate = new Float64Array(ROWS_FIRST);
  key = new Uint32Array(ROWS_FIRST);
  /** How many have come before it: what further draws are made from. */
  number = new Uint32Array(ROWS_FIRST);
  worker = new Int32Array(ROWS_FIRST);
  /** The attempts that go on; -1: none. */
  first = new Int32Array(ROWS_FIRST);
  second = new Int32Array(ROWS_FIRST);
  /** Attempts and retries so far. */
  tries = new Uint8Array(ROWS_FIRST);
  retries = new Uint8Array(ROWS_FIRST);
  tried = new Int32Array(ROWS_FIRST * TRIED_MAX);
  repeatable = new Uint8Array(ROWS_FIRST);
  /** When its hedge is due; what else the agenda holds for it is out of date. */
  hedgeMs = new Float64Array(ROWS_FIRST);
  /** Events of the agenda that name it. */
  events = new Int32Array(ROWS_FIRST);
  ended = new Uint8Array(ROWS_FIRST);
  readonly #rows = new Rows();

  get live(): number {
    return this.#rows.live;
  }

  take(): number {
    let row = this.#rows.take();
    if (row < 0) {
      this.#grow();
      row = this.#rows.take();
    }
    this.first[row] = -1;
    this.second[row] = -1;
    this.tries[row] = 0;
    this.retries[row] = 0;
    this.events[row] = 0;
    this.ended[row] = 0;
    this.hedgeMs[row] = Infinity;
    return row;
  }

  /** It has ended, or an event that names it is over: the row is free when both are so. */
  release(row: number): void {
    if (this.ended[row] === 1 && this.events[row] === 0) this.#rows.give(row);
  }

  #grow(): void {
    this.#rows.grow();
    const { capacity } = this.#rows;
    this.arrivedMs = enlarged(this.arrivedMs, capacity);
    this.work = enlarged(this.work, capacity);
    this.fate = enlarged(this.fate, capacity);
    this.key = enlarged(this.key, capacity);
    this.number = enlarged(this.number, capacity);
    this.worker = enlarged(this.worker, capacity);
    this.first = enlarged(this.first, capacity);
    this.second = enlarged(this.second, capacity);
    this.tries = enlarged(this.tries, capacity);
    this.retries = enlarged(this.retries, capacity);
    this.tried = enlarged(this.tried, capacity * TRIED_MAX);
    this.repeatable = enlarged(this.repeatable, capacity);
    this.hedgeMs = enlarged(this.hedgeMs, capacity);
    this.events = enlarged(this.events, capacity);
    this.ended = enlarged(this.ended, capacity);
  }
}

export class AttemptTable {
  startedMs = new Float64Array(ROWS_FIRST);
  slot = new Int32Array(ROWS_FIRST);
  worker = new Int32Array(ROWS_FIRST);
  /** -1: the exchange goes on without it. */
  exchange = new Int32Array(ROWS_FIRST);
  inFlightBefore = new Int32Array(ROWS_FIRST);
  permit = new Int32Array(ROWS_FIRST);
  trial = new Uint8Array(ROWS_FIRST);
  hedge = new Uint8Array(ROWS_FIRST);
  /** How it ends, unless its time is over before. */
  outcome = new Uint8Array(ROWS_FIRST);
  /** It has ended; its backend may still work on it. */
  ended = new Uint8Array(ROWS_FIRST);
  readonly #rows = new Rows();

  take(): number {
    const row = this.#rows.take();
    if (row >= 0) return row;
    this.#grow();
    return this.#rows.take();
  }

  give(row: number): void {
    // Whoever looks at it later must see that it is not the attempt any more that it was.
    this.startedMs[row] = NaN;
    this.#rows.give(row);
  }

  #grow(): void {
    this.#rows.grow();
    const { capacity } = this.#rows;
    this.startedMs = enlarged(this.startedMs, capacity);
    this.slot = enlarged(this.slot, capacity);
    this.worker = enlarged(this.worker, capacity);
    this.exchange = enlarged(this.exchange, capacity);
    this.inFlightBefore = enlarged(this.inFlightBefore, capacity);
    this.permit = enlarged(this.permit, capacity);
    this.trial = enlarged(this.trial, capacity);
    this.hedge = enlarged(this.hedge, capacity);
    this.outcome = enlarged(this.outcome, capacity);
    this.ended = enlarged(this.ended, capacity);
  }
}

/** What the selector is told of an attempt: one place, filled for each. */
export class Taken implements TakenSlot {
  slot = 0;
  inFlightBefore = 0;
  permit = 0;
  trial = false;
  readonly answered = false;

  of(attempts: AttemptTable, row: number): this {
    this.slot = attempts.slot[row] as number;
    this.inFlightBefore = attempts.inFlightBefore[row] as number;
    this.permit = attempts.permit[row] as number;
    this.trial = attempts.trial[row] === 1;
    return this;
  }
}

/** The status that an answered failure is taken to have (`retry.on` lists statuses); 0: there was no answer. */
export function statusOf(outcome: Outcome): number {
  if (outcome === Outcome.serverError) return 500;
  return outcome === Outcome.gatewayError ? 503 : 0;
}

type Cells = Float64Array | Int32Array | Uint32Array | Uint8Array;

function enlarged<T extends Cells>(old: T, length: number): T {
  const made = new (old.constructor as new (length: number) => T)(length);
  (made as Float64Array).set(old as Float64Array);
  return made;
}
