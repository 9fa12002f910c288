/**
 * Words of a pool that all workers share, by the pool's row, on a cache line of its own; changed by atomic operations only.
 * The supervisor takes back what a dead worker's requests in line were counted as, from `queueRows`.
 */
import { BUDGET_CELLS } from '#core/limits/retry-budget.ts';
import type { Layout } from './layout.ts';

const WORDS = 16;
const QUEUED_AT = BUDGET_CELLS;

export class PoolTable {
  readonly #words: Int32Array;
  /** queueRows[worker][pool row]: each worker's share of `queued`, plain stores by that worker. */
  readonly queueRows: readonly Int32Array[];

  constructor(layout: Layout) {
    const { pools, workers } = layout.capacity;
    this.#words = layout.i32(pools * WORDS);
    this.queueRows = Array.from({ length: workers }, () => layout.i32(pools));
  }

  /** The cells of the pool's retry budget. */
  budget(row: number): Int32Array {
    return this.#words.subarray(row * WORDS, row * WORDS + BUDGET_CELLS);
  }

  /** Requests of all workers that wait for a backend of the pool. */
  queued(row: number): number {
    return Atomics.load(this.#words, row * WORDS + QUEUED_AT);
  }

  /** Worker `w` puts a request in line; false when `most` wait already. */
  enqueue(w: number, row: number, most: number): boolean {
    const at = row * WORDS + QUEUED_AT;
    if (Atomics.add(this.#words, at, 1) >= most) {
      Atomics.sub(this.#words, at, 1);
      return false;
    }
    (this.queueRows[w] as Int32Array)[row]! += 1;
    return true;
  }

  /** A request that worker `w` put in line waits no more. */
  dequeue(w: number, row: number): void {
    (this.queueRows[w] as Int32Array)[row]! -= 1;
    Atomics.sub(this.#words, row * WORDS + QUEUED_AT, 1);
  }

  /** Takes back what dead worker `w` had in line. Supervisor only. */
  reclaim(w: number): void {
    const rows = this.queueRows[w] as Int32Array;
    for (let row = 0; row < rows.length; row++) {
      const share = rows[row] as number;
      if (share === 0) continue;
      rows[row] = 0;
      Atomics.sub(this.#words, row * WORDS + QUEUED_AT, share);
    }
  }

  /** Forgets a pool. Supervisor only, when its row changes hands. */
  clear(row: number): void {
    this.#words.fill(0, row * WORDS, (row + 1) * WORDS);
  }
}
