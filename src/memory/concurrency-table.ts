/**
 * What each worker has in flight in each pool that has an adaptive limit, and how high its limit is, as it last said: the
 * limits of the workers judge by the sum. Plain stores, by the worker whose row it is.
 */
import type { Peers } from '#core/limits/concurrency/adaptive-limit.ts';
import type { Layout } from './layout.ts';

/** In flight, when that was said, and the limit. */
const CELLS = 3;
/** A worker that has said nothing for so long has nothing to do. */
const FRESH_MS = 5_000;

export class ConcurrencyTable {
  readonly #rows: readonly Float64Array[];

  constructor(layout: Layout) {
    const { pools, workers } = layout.capacity;
    this.#rows = Array.from({ length: workers }, () => layout.f64(pools * CELLS));
  }

  /** What worker `w` tells the others of a pool, and asks of them. `nowMs` must be of a clock that all workers share. */
  peers(w: number, poolRow: number): Peers {
    const at = poolRow * CELLS;
    const rows = this.#rows;
    return {
      tell(inFlight, limit, nowMs) {
        const row = rows[w] as Float64Array;
        row[at] = inFlight;
        row[at + 1] = nowMs;
        row[at + 2] = limit;
      },
      others(nowMs) {
        let sum = 0;
        for (let other = 0; other < rows.length; other++) {
          const row = rows[other] as Float64Array;
          if (other !== w && nowMs - (row[at + 1] as number) < FRESH_MS) sum += row[at] as number;
        }
        return sum;
      },
    };
  }

  /** What all workers together allow; 0: none has said so yet. */
  limit(poolRow: number): number {
    return this.#rows.reduce((sum, row) => sum + (row[poolRow * CELLS + 2] as number), 0);
  }

  /** Takes back what dead worker `w` said. Supervisor only. */
  reclaim(w: number): void {
    (this.#rows[w] as Float64Array).fill(0);
  }

  /** Forgets a pool. Supervisor only, when its row changes hands. */
  clear(poolRow: number): void {
    for (const row of this.#rows) row.fill(0, poolRow * CELLS, (poolRow + 1) * CELLS);
  }
}
