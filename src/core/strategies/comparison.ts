/**
 * How each backend compares with the rest of its pool, from what was observed of all: the part of `adaptive` that turns
 * sums into one factor per backend, 1 for a typical one, 2 for one that is to be thought of as twice as slow.
 */
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
/** A backend that always fails, while others never do, counts as e to this power (90) times slower. */
const ERROR_WEIGHT = 4.5;

export class Comparison {
  /** How many times slower than typical each backend is to be thought of, by slot; unknown ones are typical. */
  readonly factor: Float64Array;
  /** Ends of attempts to be expected of each, per millisecond and request served; 0 when nothing is known. */
  readonly pace: Float64Array;
  /** Mean log-latency of the typical backend: the lower median of the pool. NaN while none is known. */
  typical = NaN;
  /** Standard deviation of log-latencies within one backend. */
  deviation = 1;
  #means = new Float64Array(16);

  constructor(slots: number) {
    this.factor = new Float64Array(slots).fill(1);
    this.pace = new Float64Array(slots);
  }

  compare(slots: Int32Array, count: number, observations: Observations): void {
    const { samples, mean, variance, tries, errorShare } = observations;
    if (this.#means.length < count) this.#means = new Float64Array(count * 2);
    let known = 0;
    let spread = 0;
    let leastErrors = 1;
    let total = 0;
    for (let at = 0; at < count; at++) {
      const slot = slots[at];
      total += samples[slot];
      spread += samples[slot] * variance[slot];
      if (samples[slot] > 0.5) this.#means[known++] = mean[slot];
      if (tries[slot] > 0.5 && errorShare[slot] < leastErrors) leastErrors = errorShare[slot];
    }
    this.typical = known === 0 ? NaN : this.#means.subarray(0, known).sort()[(known - 1) >> 1];
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
    this.pace[slot] = Math.exp(-this.typical) / this.factor[slot];
  }

  /** Soft threshold by the standard error (Donoho and Johnstone 1994), then shrunk towards 1 when samples are few. */
  #slowness(samples: number, mean: number): number {
    if (samples === 0) return 1;
    const distance = mean - this.typical;
    const doubt = (DOUBT * this.deviation) / Math.sqrt(Math.max(samples, 0.3));
    const sure = Math.max(0, Math.abs(distance) - doubt) * (samples / (samples + 1));
    if (sure < ALIKE) return 1;
    return Math.min(SLOWNESS_MAX, Math.exp(distance < 0 ? -sure : sure));
  }
}

/**
 * Only errors beyond those of the best backend count, less what chance explains: when every backend fails alike, moving
 * traffic would not help.
 */
function errorPenalty(share: number, tries: number, least: number): number {
  const chance = Math.sqrt((least * (1 - least) + 0.01) / (tries + 1));
  const excess = share - least - 2 * chance;
  return excess > 0 ? Math.exp(ERROR_WEIGHT * excess) : 1;
}
