/**
 * How each backend compares with the rest of its pool, from what was observed of all: the part of `adaptive` that turns
 * sums into one factor per backend, 1 for a typical one, 2 for one that is to be thought of as twice as slow.
 */
import { exp, ln } from '../math/elementary.ts';
import type { Observations } from './observations.ts';

/** A difference counts only as far as it exceeds this many standard errors: noise must not move traffic. */
const DOUBT = 0.7;
/** Least variance of log-latencies that is believed, so that a few equal samples do not look like certainty. */
const VARIANCE_LEAST = 0.05;
const SLOWNESS_MAX = 32;
/**
 * Differences below this (as a logarithm: a fifth or so) do not count at all: backends that are nearly alike share the
 * load as their weights say, and on a quiet pool the slightly faster one does not get everything.
 */
const ALIKE = 0.2;
/**
 * Mean latencies that are no more milliseconds apart than this are the same. A process that has to be woken or a cache that
 * cooled for a moment makes as much, and among answers of a few milliseconds that would look like a slower backend.
 */
const RESOLUTION_MS = 1;
/** Samples in the whole pool below which nothing is known of it. */
const KNOWN_LEAST = 0.5;
/** How finely the typical log-latency is found: a hundredth of `ALIKE`. */
const TYPICAL_GRAIN = 0.002;
/** As many halvings as lead from the widest range of log-latencies, 0.05 ms to a day, to that grain. */
const HALVINGS_MAX = 14;
/** A backend that always fails, while others never do, counts as e to this power (90) times slower. */
const ERROR_WEIGHT = 4.5;

export class Comparison {
  /** How many times slower than typical each backend is to be thought of, by slot; unknown ones are typical. */
  readonly factor: Float64Array;
  /** Ends of attempts to be expected of each, per millisecond and request served; 0 when nothing is known. */
  readonly pace: Float64Array;
  /**
   * Log-latency of the typical backend: half of the pool's requests are at backends no slower. By requests and not by
   * backends, for where most backends are avoided, what was seen of them last is not what is usual. NaN: none is known.
   */
  typical = NaN;
  /** Standard deviation of log-latencies within one backend. */
  deviation = 1;

  constructor(slots: number) {
    this.factor = new Float64Array(slots).fill(1);
    this.pace = new Float64Array(slots);
  }

  compare(slots: Int32Array, count: number, observations: Observations): void {
    const { samples, mean, variance, tries, errorShare } = observations;
    let spread = 0;
    let leastErrors = 1;
    let total = 0;
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      total += samples[slot];
      spread += samples[slot] * variance[slot];
      if (tries[slot] > 0.5 && errorShare[slot] < leastErrors) leastErrors = errorShare[slot];
    }
    this.typical = total > KNOWN_LEAST ? typicalOf(slots, count, samples, mean, total) : NaN;
    this.deviation = Math.sqrt(Math.max(VARIANCE_LEAST, total > 0 ? spread / total : 0));
    for (let at = 0; at < count; at++) this.#rate(slots[at], observations, leastErrors);
  }

  #rate(slot: number, observations: Observations, leastErrors: number): void {
    if (Number.isNaN(this.typical)) {
      this.factor[slot] = 1;
      this.pace[slot] = 0;
      return;
    }
    const { samples, mean, tries, errorShare } = observations;
    const slowness = this.#slowness(samples[slot], mean[slot]);
    this.factor[slot] = slowness * errorPenalty(errorShare[slot], tries[slot], leastErrors);
    this.pace[slot] = exp(-this.typical) / this.factor[slot];
  }

  /** How far a mean log-latency lies from the typical one; 0 where that cannot be told or would not count. */
  #distance(mean: number): number {
    const { typical } = this;
    if (Math.abs(mean - typical) < ALIKE) return 0;
    const usualMs = exp(typical);
    const apartMs = exp(mean) - usualMs;
    if (Math.abs(apartMs) <= RESOLUTION_MS) return 0;
    // Grows steadily from 0, and takes next to nothing from what is many milliseconds (garrote threshold, Breiman 1995).
    return ln(1 + (apartMs - RESOLUTION_MS ** 2 / apartMs) / usualMs);
  }

  /** Soft threshold by the standard error (Donoho and Johnstone 1994), then shrunk towards 1 when samples are few. */
  #slowness(samples: number, mean: number): number {
    if (samples === 0) return 1;
    const distance = this.#distance(mean);
    const doubt = (DOUBT * this.deviation) / Math.sqrt(Math.max(samples, 0.3));
    const sure = Math.max(0, Math.abs(distance) - doubt) * (samples / (samples + 1));
    if (sure < ALIKE) return 1;
    return Math.min(SLOWNESS_MAX, exp(distance < 0 ? -sure : sure));
  }
}

/**
 * Only errors beyond those of the best backend count, less what chance explains: when every backend fails alike, moving
 * traffic would not help.
 */
function errorPenalty(share: number, tries: number, least: number): number {
  const chance = Math.sqrt((least * (1 - least) + 0.01) / (tries + 1));
  const excess = share - least - 2 * chance;
  return excess > 0 ? exp(ERROR_WEIGHT * excess) : 1;
}

/** The median of the slots' means, each as often as it has samples, found by halving the range where it lies. */
function typicalOf(slots: Int32Array, count: number, samples: Float64Array, mean: Float64Array, total: number): number {
  let low = Infinity;
  let high = -Infinity;
  for (let at = 0; at < count; at++) {
    const slot = slots[at];
    if (samples[slot] === 0) continue;
    if (mean[slot] < low) low = mean[slot];
    if (mean[slot] > high) high = mean[slot];
  }
  for (let halvings = 0; halvings < HALVINGS_MAX && high - low > TYPICAL_GRAIN; halvings++) {
    const middle = (low + high) / 2;
    let below = 0;
    for (let at = 0; at < count; at++) if (mean[slots[at]] <= middle) below += samples[slots[at]];
    if (below * 2 < total) low = middle;
    else high = middle;
  }
  return high;
}
