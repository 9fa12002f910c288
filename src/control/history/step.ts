/**
 * What happened within one step: amounts of the counters, gauges as they were at its end, latencies, and picks by backend. A `Step` is
 * a place to work in, made once and filled again and again; what is kept are its packed bytes (packing.ts).
 */
import { HISTORY_COUNTERS, HISTORY_GAUGES } from '#contract/history.ts';
import { LATENCY_BUCKETS } from './latency-buckets.ts';
import { NAMES_MAX } from './name-book.ts';

export const COUNTER_COUNT = HISTORY_COUNTERS.length;
export const GAUGE_COUNT = HISTORY_GAUGES.length;
/** As many backends as have a name, and the one of all others. */
export const PICKS_MAX = NAMES_MAX + 1;

/** What the sampler hands over: amounts since it was asked before. Lent until it is asked again. */
export interface Sample {
  /** In the order of `HISTORY_COUNTERS`; never negative. */
  readonly counters: Float64Array;
  /** In the order of `HISTORY_GAUGES`. */
  readonly gauges: Float64Array;
  /** Requests that have ended, by bucket (latency-buckets.ts). */
  readonly latency: Float64Array;
  /** `pool/backend`, each once. The same array for as long as the names are the same. */
  readonly names: readonly string[];
  /** Picks by the place of the name in `names`. */
  readonly picks: Float64Array;
}

export class Step {
  readonly counters = new Float64Array(COUNTER_COUNT);
  readonly gauges = new Float64Array(GAUGE_COUNT);
  readonly latency = new Float64Array(LATENCY_BUCKETS);
  /** Ids of the name book, ascending, those that were picked. */
  readonly ids = new Uint32Array(PICKS_MAX);
  readonly picks = new Float64Array(PICKS_MAX);
  /** How many of `ids` and `picks` count. */
  length = 0;

  clear(): this {
    this.counters.fill(0);
    this.gauges.fill(0);
    this.latency.fill(0);
    this.length = 0;
    return this;
  }

  /** `id` must not be lower than the one before; the same again adds to it. */
  pick(id: number, count: number): void {
    if (count <= 0) return;
    const last = this.length - 1;
    if (last >= 0 && this.ids[last] === id) {
      this.picks[last]! += count;
      return;
    }
    this.ids[this.length] = id;
    this.picks[this.length++] = count;
  }

  /** Becomes the sum of two others; the gauges are those of `later`. */
  sumOf(earlier: Step, later: Step): this {
    for (let at = 0; at < COUNTER_COUNT; at++) this.counters[at] = earlier.counters[at]! + later.counters[at]!;
    this.gauges.set(later.gauges);
    for (let at = 0; at < LATENCY_BUCKETS; at++) this.latency[at] = earlier.latency[at]! + later.latency[at]!;
    this.length = 0;
    let a = 0;
    let b = 0;
    while (a < earlier.length || b < later.length) {
      const idA = a < earlier.length ? earlier.ids[a]! : Infinity;
      const idB = b < later.length ? later.ids[b]! : Infinity;
      if (idA <= idB) this.pick(idA, earlier.picks[a++]!);
      else this.pick(idB, later.picks[b++]!);
    }
    return this;
  }
}
