/** Rates and burstiness of a pool's requests, out of how many came in each short step of time. */
import type { PoolRecording } from '#contract/recording.ts';

/** Steps that are compared with each other: within them, a second, traffic hardly changes otherwise. */
const BLOCK = 10;
/** Median of chi-squared over its degrees of freedom, of which a block has nine: where dispersions of 1 have their middle. */
const MEDIAN_OF_ONE = 0.927;
/** Fewer blocks of fewer requests cannot tell bunches from chance. */
const REQUESTS_LEAST = 200;
export const BURSTINESS_MAX = 50;

export interface RecordedArrivals {
  /** Requests a second, over the last part of what was recorded. */
  readonly ratesPerSecond: readonly number[];
  readonly meanPerSecond: number;
  /** How long they were recorded. */
  readonly seconds: number;
  /** Index of dispersion; null: too few to tell. */
  readonly burstiness: number | null;
}

/** `steps`: rates at most; `secondsMax`: how far back. */
export function recordedArrivals(
  { stepMs, counts }: PoolRecording['arrivals'],
  steps: number,
  secondsMax: number,
): RecordedArrivals | null {
  const last = counts.slice(-Math.round((secondsMax * 1000) / stepMs));
  const total = sum(last);
  if (total === 0) return null;
  const seconds = (last.length * stepMs) / 1000;
  // A step of less than a second would be a picture of chance.
  const number = Math.max(1, Math.min(steps, Math.floor(seconds)));
  const ratesPerSecond = Array.from({ length: number }, (_, step) => {
    const from = Math.floor((step * last.length) / number);
    const to = Math.floor(((step + 1) * last.length) / number);
    return (sum(last.slice(from, to)) * 1000) / ((to - from) * stepMs);
  });
  return { ratesPerSecond, meanPerSecond: total / seconds, seconds, burstiness: burstinessOf(last) };
}

/**
 * Variance over mean, each block for itself, so that a rate that rises does not look bursty; of the blocks the middle one, so that
 * one in which traffic began or broke off does not either. Within a tenth of what independent arrivals would give it is taken
 * to be just that.
 */
function burstinessOf(counts: readonly number[]): number | null {
  const dispersions: number[] = [];
  let requests = 0;
  for (let from = 0; from + BLOCK <= counts.length; from += BLOCK) {
    const block = counts.slice(from, from + BLOCK);
    const mean = sum(block) / BLOCK;
    requests += mean * BLOCK;
    if (mean > 0) dispersions.push(block.reduce((all, count) => all + (count - mean) ** 2, 0) / (BLOCK - 1) / mean);
  }
  if (requests < REQUESTS_LEAST) return null;
  dispersions.sort((a, b) => a - b);
  const dispersion = (dispersions[dispersions.length >> 1] as number) / MEDIAN_OF_ONE;
  // Its own standard error, were arrivals independent.
  const error = 1.25 * Math.sqrt(2 / (dispersions.length * (BLOCK - 1)));
  if (Math.abs(dispersion - 1) < Math.max(0.1, 2 * error)) return 1;
  return Math.min(BURSTINESS_MAX, dispersion);
}

function sum(list: readonly number[]): number {
  return list.reduce((all, count) => all + count, 0);
}
