/**
 * Token buckets of all rate limits, exact over all workers: sets of eight ways, a cache line each; a way is a fingerprint and
 * the word of core/limits/token-bucket.ts, both changed by compare-and-swap only. The set and the fingerprint come from a
 * keyed hash of limit and client, so the table knows no names and its size does not grow with them.
 *
 * A new key takes a way that is empty or whose bucket is full again, which loses nothing. Where there is none it takes the
 * way whose bucket is nearest to full: a flood of new keys pushes out other new keys first, never one that is being
 * limited. With 2^19 sets (32 MiB) a million live keys leave two of ten thousand sets without a free way.
 */
import type { TokenBucket } from '#core/limits/token-bucket.ts';
import type { Layout } from './layout.ts';

const WAYS = 8;
const STRIDE = 2;
const SET_CELLS = WAYS * STRIDE;
/** Another worker may change a way between a look and a write; after so many times a request goes through uncounted. */
const RACES_MAX = 16;

export class BucketTable {
  /** The key of the hash, two words; the supervisor draws it before any worker starts. */
  readonly hashKey: Int32Array;
  /** Whether the last `take` pushed out a bucket that was not full again. */
  evicted = false;
  readonly #cells: Int32Array;
  readonly #setMask: number;

  constructor(layout: Layout) {
    const { bucketSets } = layout.capacity;
    if ((bucketSets & (bucketSets - 1)) !== 0) throw new RangeError('the number of sets is a power of two');
    this.hashKey = layout.i32(2);
    this.#cells = layout.i32(bucketSets * SET_CELLS);
    this.#setMask = bucketSets - 1;
  }

  /** Takes a token from the bucket of the key that hashes to `low`, `high`; what came of it is in `bucket`. */
  take(bucket: TokenBucket, low: number, high: number, nowTicks: number, chance: number): boolean {
    const cells = this.#cells;
    const set = (low & this.#setMask) * SET_CELLS;
    const mark = high | 0 || 1;
    this.evicted = false;
    for (let races = 0; races < RACES_MAX; races++) {
      let at = find(cells, set, mark);
      if (at === -1) at = this.#insert(set, mark, nowTicks);
      if (at === -1) continue;
      const word = cells[at + 1] as number;
      const next = bucket.step(word, nowTicks, chance);
      if (!bucket.allowed) return false;
      if (next !== word && Atomics.compareExchange(cells, at + 1, word, next) !== word) continue;
      // A way that went to another key, or was merged, does not count what was taken from it just now.
      if (Atomics.load(cells, at) === mark) return true;
    }
    return true;
  }

  /** A way for a new key; -1 when another worker was faster. */
  #insert(set: number, mark: number, nowTicks: number): number {
    const cells = this.#cells;
    let best = set;
    let bestAhead = Infinity;
    for (let at = set; at < set + SET_CELLS; at += STRIDE) {
      const ahead = cells[at] === 0 ? -1 : Math.max(0, ((cells[at + 1] as number) - nowTicks) | 0);
      if (ahead >= bestAhead) continue;
      best = at;
      bestAhead = ahead;
      if (ahead <= 0) break;
    }
    const old = cells[best] as number;
    // The bucket is full before the key can be found; whoever changed it meanwhile has the way.
    const word = cells[best + 1] as number;
    if (Atomics.compareExchange(cells, best + 1, word, nowTicks) !== word) return -1;
    if (Atomics.compareExchange(cells, best, old, mark) !== old) return -1;
    if (bestAhead > 0) this.evicted = true;
    // Another worker may have put the same key into another way meanwhile: the first of them counts.
    let first = -1;
    for (let at = set; at < set + SET_CELLS; at += STRIDE) {
      if (Atomics.load(cells, at) !== mark) continue;
      if (first === -1) first = at;
      else this.#merge(at, first, mark, nowTicks);
    }
    return first;
  }

  /** Two ways have one key: what was taken from the second counts in the first. */
  #merge(from: number, into: number, mark: number, nowTicks: number): void {
    const cells = this.#cells;
    // Nobody finds it any more; who has found it before sees so after taking from it, and takes again.
    if (Atomics.compareExchange(cells, from, mark, 0) !== mark) return;
    const taken = (Atomics.load(cells, from + 1) - nowTicks) | 0;
    if (taken <= 0) return;
    for (;;) {
      const word = Atomics.load(cells, into + 1);
      const ahead = Math.max(0, (word - nowTicks) | 0);
      if (Atomics.compareExchange(cells, into + 1, word, (nowTicks + ahead + taken) | 0) === word) return;
    }
  }
}

function find(cells: Int32Array, set: number, mark: number): number {
  for (let at = set; at < set + SET_CELLS; at += STRIDE) if (cells[at] === mark) return at;
  return -1;
}
