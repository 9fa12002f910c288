/**
 * Where each table lies in the one block of memory that supervisor and workers share. Fixed at start: nothing here is
 * allocated, grown or moved later. Pages that no one touches cost no resident memory.
 */
export interface Capacity {
  /** Rows for data-plane threads. */
  readonly workers: number;
  /** Backends known at one time, those still draining after a reload included. */
  readonly slots: number;
  /** Routes, each with one series per method. */
  readonly routes: number;
  readonly pools: number;
  /** Rate limits. */
  readonly limits: number;
  /** Sets of the table of token buckets; a power of two. */
  readonly bucketSets: number;
}

export const DEFAULT_CAPACITY = { slots: 8192, routes: 256, pools: 256, limits: 64, bucketSets: 2 ** 19 } as const;

/** Named i32 words and f64 rows that strategies of one pool may ask for at most. */
export const STRATEGY_ROWS_MAX = 8;
export const STRATEGY_WORDS_MAX = 4;

/**
 * Hands out views one after another, each on cache lines of its own so that no two tables share one. Without a buffer it
 * only measures, and every view is empty.
 */
export class Layout {
  readonly capacity: Capacity;
  readonly #buffer: ArrayBufferLike | null;
  #bytes = 0;

  constructor(capacity: Capacity, buffer: ArrayBufferLike | null) {
    this.capacity = capacity;
    this.#buffer = buffer;
  }

  i32(length: number): Int32Array {
    const at = this.#reserve(length * 4);
    return this.#buffer === null ? new Int32Array(0) : new Int32Array(this.#buffer, at, length);
  }

  u32(length: number): Uint32Array {
    const at = this.#reserve(length * 4);
    return this.#buffer === null ? new Uint32Array(0) : new Uint32Array(this.#buffer, at, length);
  }

  f64(length: number): Float64Array {
    const at = this.#reserve(length * 8);
    return this.#buffer === null ? new Float64Array(0) : new Float64Array(this.#buffer, at, length);
  }

  /** Bytes handed out so far. */
  get bytes(): number {
    return this.#bytes;
  }

  #reserve(bytes: number): number {
    const at = this.#bytes;
    this.#bytes = Math.ceil((at + bytes) / 64) * 64;
    return at;
  }
}
