/**
 * The memory that strategies ask for by `MemorySpec`. Every worker has `STRATEGY_ROWS_MAX` f64 columns over all slots:
 * a slot belongs to one pool and a pool has one strategy, so pools never meet in a column. Words are per pool.
 */
import type { MemorySpec } from '#core/strategy.ts';
import { STRATEGY_ROWS_MAX, STRATEGY_WORDS_MAX, type Layout } from './layout.ts';

export class StrategyMemory {
  /** columns[column][worker] */
  readonly #columns: readonly (readonly Float64Array[])[];
  readonly #words: Int32Array;

  constructor(layout: Layout) {
    const { workers, slots, pools } = layout.capacity;
    this.#columns = Array.from({ length: STRATEGY_ROWS_MAX }, () =>
      Array.from({ length: workers }, () => layout.f64(slots)),
    );
    // A cache line for each pool's words.
    this.#words = layout.i32(pools * 16);
  }

  rows(spec: MemorySpec): Record<string, readonly Float64Array[]> {
    if (spec.rows.length > STRATEGY_ROWS_MAX) throw new RangeError(`a strategy has at most ${STRATEGY_ROWS_MAX} rows`);
    return Object.fromEntries(spec.rows.map((name, at) => [name, this.#columns[at] as readonly Float64Array[]]));
  }

  words(spec: MemorySpec, pool: number): Record<string, Int32Array> {
    if (spec.words.length > STRATEGY_WORDS_MAX)
      throw new RangeError(`a strategy has at most ${STRATEGY_WORDS_MAX} words`);
    return Object.fromEntries(
      spec.words.map((name, at) => [name, this.#words.subarray(pool * 16 + at, pool * 16 + at + 1)]),
    );
  }

  /** Forgets what was learned about a slot. Supervisor only, when the slot changes hands or its pool its strategy. */
  clearSlot(slot: number): void {
    for (const column of this.#columns) for (const row of column) row[slot] = 0;
  }

  clearWords(pool: number): void {
    this.#words.fill(0, pool * 16, pool * 16 + 16);
  }
}
