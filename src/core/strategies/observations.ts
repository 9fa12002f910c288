/**
 * What workers have observed of each backend: sums that fade with time, one row per worker, so that adding the rows of
 * all workers gives what a single observer would have kept. Latencies are kept as logarithms (of milliseconds), whose
 * mean is not at the mercy of a few long requests.
 */
import { exp } from '../math/elementary.ts';
import type { StrategyEnv } from '../strategy.ts';

/** Rows of `Observations`. */
export const OBSERVATION_ROWS = ['at', 'n', 'x', 'xx', 'drift', 'errors', 'tries', 'since'] as const;

/** The fast mean follows the last this many samples. */
const FAST_SAMPLES = 16;
/** A fast mean that is so many times its usual distance away from the slow one means that the backend has changed. */
const CHANGE_TIMES = 4.5;
/** The median of a normal quantity's distance from its mean, in standard deviations. */
const MEDIAN_DISTANCE = 0.6745;
/** Share of the present median in the usual distance, by calibration: it follows within a few seconds. */
const USUAL_SHARE = 0.01;
/** Error shares look back on this many attempts at most. */
const TRIES = 8;

export class Observations {
  /** Sums of all workers at the last `merge`, by slot: samples, mean and variance of the log-latency. */
  readonly samples: Float64Array;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** Attempts remembered, and the share of them that failed. */
  readonly tries: Float64Array;
  readonly errorShare: Float64Array;
  /**
   * When the present silence began: the last end of an attempt, or when the backend last ceased to be idle. As far as
   * this worker knows; `silentSince` asks the others.
   */
  readonly since: Float64Array;
  /** How far the fast mean lies from the slow one, in standard errors; -1 when too little is known. By slot. */
  readonly #distance: Float64Array;
  /**
   * What `#distance` usually is, as a multiple of what it would be if samples were independent: latencies of requests that
   * waited behind the same long one are not.
   */
  #usual = 1;
  #sorted = new Float64Array(16);
  /** About how many workers' samples make up the sums, by slot. */
  readonly #voices: Float64Array;
  readonly #memoryMs: number;
  readonly #rows: Readonly<Record<string, readonly Float64Array[]>>;
  readonly #own: Readonly<Record<(typeof OBSERVATION_ROWS)[number], Float64Array>>;

  constructor(env: StrategyEnv, memoryMs: number) {
    const bySlot = (): Float64Array => new Float64Array(env.weight.length);
    this.samples = bySlot();
    this.mean = bySlot();
    this.variance = bySlot();
    this.tries = bySlot();
    this.errorShare = bySlot();
    this.since = bySlot();
    this.#distance = bySlot();
    this.#voices = bySlot().fill(1);
    this.#memoryMs = memoryMs;
    this.#rows = env.rows;
    const own = OBSERVATION_ROWS.map((name) => [name, env.rows[name][env.worker]]);
    this.#own = Object.fromEntries(own) as Record<(typeof OBSERVATION_ROWS)[number], Float64Array>;
  }

  /** The backend ceases to be idle. */
  wake(slot: number, nowMs: number): void {
    this.#own.since[slot] = nowMs;
    this.since[slot] = nowMs;
  }

  /** An attempt ended after a log-latency of `x`; NaN: its latency is not to be remembered. */
  end(slot: number, x: number, failed: boolean, nowMs: number): void {
    const own = this.#own;
    const keep = this.#fade(own.at[slot], nowMs);
    const keepTries = keep * (1 - Math.min(0.5, this.#voices[slot] / TRIES));
    own.errors[slot] = own.errors[slot] * keepTries + (failed ? 1 : 0);
    own.tries[slot] = own.tries[slot] * keepTries + 1;
    own.since[slot] = nowMs;
    this.since[slot] = nowMs;
    if (!Number.isNaN(x)) this.#add(slot, x, keep, nowMs);
  }

  /** A client left after a wait that says: at least so long. It is neither an answer nor a failure. */
  outwait(slot: number, x: number, nowMs: number): void {
    const own = this.#own;
    const keep = this.#fade(own.at[slot], nowMs);
    own.errors[slot] *= keep;
    own.tries[slot] *= keep;
    this.#add(slot, x, keep, nowMs);
  }

  #add(slot: number, x: number, keep: number, nowMs: number): void {
    const own = this.#own;
    own.n[slot] = own.n[slot] * keep + 1;
    own.x[slot] = own.x[slot] * keep + x;
    own.xx[slot] = own.xx[slot] * keep + x * x;
    own.at[slot] = nowMs;
    if (this.samples[slot] <= 1) return;
    own.drift[slot] += (x - this.mean[slot] - own.drift[slot]) * this.#fastShare(slot);
  }

  /** Adds the rows of all workers up; `deviation` is the usual standard deviation of a log-latency. */
  merge(slot: number, deviation: number, nowMs: number): void {
    const { at, n, x, xx, drift, errors, tries } = this.#rows;
    let samples = 0;
    let sum = 0;
    let squares = 0;
    let drifted = 0;
    let failed = 0;
    let tried = 0;
    let heaviest = 0;
    for (let worker = 0; worker < n.length; worker++) {
      if (n[worker][slot] === 0) continue;
      const keep = this.#fade(at[worker][slot], nowMs);
      const weight = n[worker][slot] * keep;
      samples += weight;
      if (weight > heaviest) heaviest = weight;
      sum += x[worker][slot] * keep;
      squares += xx[worker][slot] * keep;
      drifted += drift[worker][slot] * weight;
      failed += errors[worker][slot] * keep;
      tried += tries[worker][slot] * keep;
    }
    const mean = samples > 0 ? sum / samples : 0;
    this.samples[slot] = samples;
    this.mean[slot] = mean;
    this.variance[slot] = samples > 0 ? Math.max(0, squares / samples - mean * mean) : 0;
    this.errorShare[slot] = failed / (tried + 0.5);
    this.tries[slot] = tried;
    this.silentSince(slot);
    this.#voices[slot] = samples > 0 ? samples / heaviest : 1;
    this.#distance[slot] = -1;
    if (samples > FAST_SAMPLES) this.#followChange(slot, drifted / samples, deviation);
  }

  /** What is left now of a weight of 1; workers' clocks may differ a little. */
  #fade(thenMs: number, nowMs: number): number {
    return thenMs < nowMs ? exp((thenMs - nowMs) / this.#memoryMs) : 1;
  }

  /** Learns from all candidates, once they are merged, how far fast means usually stray. The median, for some do change. */
  calibrate(slots: Int32Array, count: number): void {
    if (this.#sorted.length < count) this.#sorted = new Float64Array(count * 2);
    let known = 0;
    for (let at = 0; at < count; at++) {
      if (this.#distance[slots[at]] >= 0) this.#sorted[known++] = this.#distance[slots[at]];
    }
    if (known === 0) return;
    const median = this.#sorted.subarray(0, known).sort()[(known - 1) >> 1];
    this.#usual = Math.max(1, this.#usual + (median / MEDIAN_DISTANCE - this.#usual) * USUAL_SHARE);
  }

  /** How much a sample moves its worker's fast mean, so that those of all workers follow `FAST_SAMPLES` together. */
  #fastShare(slot: number): number {
    return Math.min(0.5, this.#voices[slot] / FAST_SAMPLES);
  }

  /** Asks all workers when the present silence of a backend began. */
  silentSince(slot: number): number {
    return (this.since[slot] = this.latestOf(slot));
  }

  /** The same, and nothing is remembered of the answer. */
  latestOf(slot: number): number {
    const { since } = this.#rows;
    let latest = 0;
    for (let worker = 0; worker < since.length; worker++) {
      if (since[worker][slot] > latest) latest = since[worker][slot];
    }
    return latest;
  }

  /**
   * When the recent samples of all workers lie so far from the mean that chance is ruled out, the past is forgotten: the
   * mean jumps to where they lie, as if it were known from those few alone. Else a long memory, which noise asks for,
   * would take seconds to see what happened.
   */
  #followChange(slot: number, drift: number, deviation: number): void {
    const voices = this.#voices[slot];
    const share = this.#fastShare(slot);
    const distance = Math.abs(drift) / (deviation * Math.sqrt(share / (2 - share) / voices));
    this.#distance[slot] = distance;
    if (distance < CHANGE_TIMES * this.#usual) return;
    const own = this.#own;
    if (own.n[slot] === 0) return;
    const samples = Math.min(own.n[slot], FAST_SAMPLES / voices);
    const mean = this.mean[slot] + drift;
    own.n[slot] = samples;
    own.x[slot] = samples * mean;
    own.xx[slot] = samples * (this.variance[slot] + mean * mean);
    own.drift[slot] -= drift;
  }
}
