/**
 * Requests by listener, route, method and status, for processes with more than one listener: nearly all combinations never
 * occur, so that a table of all would be gigabytes of nothing. An open hash, one per worker: that worker alone adds keys and
 * counts, by plain stores; whoever reads goes over all of it. A key is never taken out; when its route is gone its count
 * becomes 0, and the key waits for whoever gets the route's row.
 */
import type { Layout } from './layout.ts';

/** Combinations of one worker, a power of two; three quarters may be used. A busy configuration has some hundreds. */
export const LISTENER_SERIES_CELLS = 16_384;
const USED_MAX = (LISTENER_SERIES_CELLS * 3) / 4;
const SHIFT = 32 - Math.log2(LISTENER_SERIES_CELLS);
/** 2^32 divided by the golden ratio: neighbouring keys are spread over the whole table. */
const SPREAD = 0x9e3779b1;

export class ListenerSeries {
  /** A key and 1; 0: free. */
  readonly #keys: Int32Array;
  readonly #counts: Float64Array;
  readonly #used: Int32Array;

  constructor(layout: Layout) {
    this.#keys = layout.i32(LISTENER_SERIES_CELLS);
    this.#counts = layout.f64(LISTENER_SERIES_CELLS);
    this.#used = layout.i32(2);
  }

  /** One more of `key`, 0 to 2^31 - 2. A new key finds no room when too many were seen: then it only counts as left out. */
  add(key: number): void {
    const keys = this.#keys;
    const wanted = key + 1;
    let at = Math.imul(key, SPREAD) >>> SHIFT;
    for (;;) {
      const there = keys[at] as number;
      if (there === wanted) break;
      if (there === 0) {
        if ((this.#used[0] as number) >= USED_MAX) {
          this.#used[1]! += 1;
          return;
        }
        this.#used[0]! += 1;
        keys[at] = wanted;
        break;
      }
      at = (at + 1) & (LISTENER_SERIES_CELLS - 1);
    }
    this.#counts[at]! += 1;
  }

  /** Some key found no room. */
  get isOverfull(): boolean {
    return this.#used[1] !== 0;
  }

  /** Adds every key's count to `into`. */
  addTo(into: Map<number, number>): void {
    if (this.#used[0] === 0) return;
    for (let at = 0; at < LISTENER_SERIES_CELLS; at++) {
      const count = this.#counts[at] as number;
      if (count === 0) continue;
      const key = (this.#keys[at] as number) - 1;
      into.set(key, (into.get(key) ?? 0) + count);
    }
  }

  /** Forgets the counts of all keys for which `isGone`. Supervisor only, while no worker counts them. */
  clear(isGone: (key: number) => boolean): void {
    if (this.#used[0] === 0) return;
    for (let at = 0; at < LISTENER_SERIES_CELLS; at++) {
      const there = this.#keys[at] as number;
      if (there !== 0 && isGone(there - 1)) this.#counts[at] = 0;
    }
  }
}
