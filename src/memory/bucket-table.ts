/**
 * Token buckets of all rate limits, exact over all workers: sets of eight ways, a cache line each; a way is a mark (which limit,
 * and a fingerprint of who is limited) and a word (core/limits/token-bucket.ts). Set and fingerprint come from a keyed hash, so
 * the table knows no names and its size does not grow with them.
 *
 * A new key takes a way that is empty or whose bucket is full again, which loses nothing. Where there is none it takes the
 * way whose bucket is nearest to full: a flood of new keys pushes out other new keys first, never one that is being
 * limited. With 2^19 sets (32 MiB) about a hundred of a million live keys find no free way.
 *
 * There is no lock: a worker that dies holds nothing up. Whoever inserts a key marks a way as pending, then looks for the
 * same key elsewhere in the set. Of two that insert it at once at least one sees the other: a pending way is spoilt for its
 * owner, who frees it and looks again; a finished one is used by both. So a key has one way, and no token is given twice.
 */
import type { TokenBucket } from '#core/limits/token-bucket.ts';
import { mix32 } from '#core/math/hash.ts';
import type { Layout } from './layout.ts';

const WAYS = 8;
const STRIDE = 2;
const SET_CELLS = WAYS * STRIDE;
const EMPTY = 0;
/** Set in the mark of a way that is being filled. */
const PENDING = 1;
/** A way that was pending when another worker spoilt it: its owner frees it. */
const SPOILT = 1;
/** Others may change a way between a look and a write. Each time one of them got on; so many in a row mean a fault, and no count. */
const RACES_MAX = 1000;

export class BucketTable {
  /** The key of the hash, two words; the supervisor draws it before any worker starts. */
  readonly hashKey: Int32Array;
  /** Whether the last `take` pushed out a bucket that was not full again. */
  evicted = false;
  readonly #cells: Int32Array;
  readonly #setMask: number;
  readonly #rowMask: number;
  readonly #rowBits: number;
  /** By limit row: how the words of its ways are to be read. */
  readonly #buckets: (TokenBucket | undefined)[];
  readonly #salts: Int32Array;
  /** Of the way that `#choose` found. */
  #oldMark = 0;
  #oldUsed = 0;

  constructor(layout: Layout) {
    const { bucketSets, limits } = layout.capacity;
    if ((bucketSets & (bucketSets - 1)) !== 0) throw new RangeError('the number of sets is a power of two');
    this.hashKey = layout.i32(2);
    this.#cells = layout.i32(bucketSets * SET_CELLS);
    this.#setMask = bucketSets - 1;
    this.#rowBits = 32 - Math.clz32(limits - 1);
    this.#rowMask = (1 << this.#rowBits) - 1;
    this.#buckets = new Array<TokenBucket | undefined>(limits).fill(undefined);
    this.#salts = new Int32Array(limits);
  }

  /**
   * Makes a limit's words readable here; before the first `take` of a plan. Keys of a limit whose rate or burst has changed
   * get new ways: the words in the old ones count in other units.
   */
  know(bucket: TokenBucket): void {
    this.#buckets[bucket.row] = bucket;
    const [low = 0, high = 0] = new Uint32Array(new Float64Array([bucket.partsPerMs]).buffer);
    this.#salts[bucket.row] = mix32(mix32(mix32(low ^ bucket.row) ^ high) ^ bucket.wholeParts);
  }

  /** Takes a token from the bucket of the key that hashes to `low`, `high`; what came of it is in `bucket`. */
  take(bucket: TokenBucket, low: number, high: number, nowMs: number): boolean {
    const cells = this.#cells;
    const set = this.#setOf(bucket, low);
    const mark = this.#markOf(bucket, high);
    const nowParts = bucket.partsAt(nowMs);
    this.evicted = false;
    for (let races = 0; races < RACES_MAX; races++) {
      const at = find(cells, set, mark);
      if (at === -1) {
        // A word that lies in the past: nothing is known of this bucket.
        const word = bucket.step((nowParts - 1) | 0, nowParts);
        if (this.#insert(set, mark, word, nowMs)) return bucket.allowed;
        continue;
      }
      const word = Atomics.load(cells, at + 1);
      // The way may have been given away since it was found; whoever has it now marked it before it wrote the word that was
      // just read, so that a plain read sees that. If it is given away from here on, its word changes.
      if (cells[at] !== mark) continue;
      const next = bucket.step(word, nowParts);
      if (!bucket.allowed || Atomics.compareExchange(cells, at + 1, word, next) === word) return bucket.allowed;
    }
    bucket.step(nowParts, nowParts);
    return true;
  }

  /** Gives a token back that `take` took, for a request that was refused elsewhere. */
  giveBack(bucket: TokenBucket, low: number, high: number): void {
    const at = find(this.#cells, this.#setOf(bucket, low), this.#markOf(bucket, high));
    if (at !== -1) Atomics.sub(this.#cells, at + 1, bucket.tokenParts);
  }

  /** How far a key's bucket lies ahead, in parts; null: nothing is known of it here. */
  aheadOf(bucket: TokenBucket, low: number, high: number, nowMs: number): number | null {
    const at = find(this.#cells, this.#setOf(bucket, low), this.#markOf(bucket, high));
    return at === -1 ? null : bucket.aheadOf(Atomics.load(this.#cells, at + 1), bucket.partsAt(nowMs));
  }

  /** Moves a key's bucket by what others have used of it. */
  move(bucket: TokenBucket, low: number, high: number, moreParts: number, nowMs: number): void {
    const at = find(this.#cells, this.#setOf(bucket, low), this.#markOf(bucket, high));
    if (at === -1) return;
    const nowParts = bucket.partsAt(nowMs);
    for (let races = 0; races < RACES_MAX; races++) {
      const word = Atomics.load(this.#cells, at + 1);
      if (this.#cells[at] !== this.#markOf(bucket, high)) return;
      if (Atomics.compareExchange(this.#cells, at + 1, word, bucket.moved(word, nowParts, moreParts)) === word) return;
    }
  }

  #setOf({ row }: TokenBucket, low: number): number {
    return ((low ^ (this.#salts[row] as number)) & this.#setMask) * SET_CELLS;
  }

  #markOf({ row }: TokenBucket, high: number): number {
    const bits = this.#rowBits + 1;
    const mark = ((high ^ (this.#salts[row] as number)) << bits) | (row << 1);
    return mark === EMPTY ? 1 << bits : mark;
  }

  /**
   * Gives a way to a new key; false when the look must be repeated. The key's first token is taken from `word` already: a way
   * whose bucket is full would look free to others before it was first used.
   */
  #insert(set: number, mark: number, word: number, nowMs: number): boolean {
    const cells = this.#cells;
    const pending = mark | PENDING;
    const at = this.#choose(set, mark, nowMs);
    if (at === -1 || Atomics.compareExchange(cells, at, this.#oldMark, pending) !== this.#oldMark) return false;
    if (this.#oldUsed > 0) this.evicted = true;
    Atomics.store(cells, at + 1, word);
    let alone = true;
    for (let other = set; other < set + SET_CELLS && alone; other += STRIDE) {
      if (other === at) continue;
      let seen = Atomics.load(cells, other);
      if (seen === pending) seen = Atomics.compareExchange(cells, other, pending, SPOILT);
      alone = seen !== mark;
    }
    if (alone && Atomics.compareExchange(cells, at, pending, mark) === pending) return true;
    Atomics.store(cells, at, EMPTY);
    return false;
  }

  /** The way that loses least, its mark and the share of its bucket that is used; -1 when there is none, or the key itself. */
  #choose(set: number, mark: number, nowMs: number): number {
    const cells = this.#cells;
    let best = -1;
    let bestUsed = Infinity;
    let bestMark = EMPTY;
    let row = -1;
    let bucket: TokenBucket | undefined;
    let nowParts = 0;
    for (let at = set; at < set + SET_CELLS; at += STRIDE) {
      const seen = Atomics.load(cells, at);
      if (seen === mark) return -1;
      if ((seen & PENDING) !== 0) continue;
      const seenRow = (seen >>> 1) & this.#rowMask;
      if (seenRow !== row) {
        row = seenRow;
        bucket = this.#buckets[row];
        if (bucket !== undefined) nowParts = bucket.partsAt(nowMs);
      }
      // Nobody asks for keys of a limit that no plan has any more.
      const used =
        seen === EMPTY || bucket === undefined
          ? 0
          : bucket.aheadOf(Atomics.load(cells, at + 1), nowParts) / bucket.wholeParts;
      if (used >= bestUsed) continue;
      best = at;
      bestUsed = used;
      bestMark = seen;
      if (used === 0) break;
    }
    this.#oldMark = bestMark;
    this.#oldUsed = bestUsed;
    return best;
  }
}

/**
 * The way with this mark, or -1, by plain reads: 8 ns a way less than atomic ones. A read may be old. Who finds a way looks at
 * its mark again behind an atomic read; who finds none looks at the whole set so before it inserts (`#choose`).
 */
function find(cells: Int32Array, set: number, mark: number): number {
  for (let at = set; at < set + SET_CELLS; at += STRIDE) if (cells[at] === mark) return at;
  return -1;
}
