/**
 * Counts what happens in a what-if run. Exchanges count by when they arrive, attempts by when they begin, work by when it is
 * done: all within the counted time.
 */
import { bucketFloorUs, bucketOf, HISTOGRAM_CELLS } from '#memory/histogram.ts';

export class Tally {
  readonly fromMs: number;
  readonly toMs: number;
  /** Good answers by `bucketOf` their microseconds. */
  readonly latencies: Float64Array = new Float64Array(HISTOGRAM_CELLS);
  requests = 0;
  answered = 0;
  failed = 0;
  refused = 0;
  retries = 0;
  hedges = 0;
  opens = 0;
  /** By position. */
  readonly attempts: Float64Array;
  readonly failures: Float64Array;
  readonly inFlightMs: Float64Array;

  constructor(backends: number, fromMs: number, toMs: number) {
    this.fromMs = fromMs;
    this.toMs = toMs;
    this.attempts = new Float64Array(backends);
    this.failures = new Float64Array(backends);
    this.inFlightMs = new Float64Array(backends);
  }

  counts(atMs: number): boolean {
    return atMs >= this.fromMs && atMs < this.toMs;
  }

  answer(arrivedMs: number, nowMs: number): void {
    if (!this.counts(arrivedMs)) return;
    this.answered++;
    this.latencies[bucketOf((nowMs - arrivedMs) * 1000)]!++;
  }

  fail(arrivedMs: number, refused: boolean): void {
    if (!this.counts(arrivedMs)) return;
    this.failed++;
    if (refused) this.refused++;
  }

  attempt(position: number, startedMs: number, nowMs: number, failed: boolean): void {
    const from = startedMs > this.fromMs ? startedMs : this.fromMs;
    const to = nowMs < this.toMs ? nowMs : this.toMs;
    if (to > from) this.inFlightMs[position]! += to - from;
    if (!this.counts(startedMs)) return;
    this.attempts[position]!++;
    if (failed) this.failures[position]!++;
  }

  /** The latency below which `share` of the good answers lie, in milliseconds, within half a percent; NaN: there are none. */
  quantileMs(share: number): number {
    if (this.answered === 0) return NaN;
    const rank = Math.max(1, share * this.answered);
    let seen = 0;
    for (let at = 0; at < HISTOGRAM_CELLS; at++) {
      const count = this.latencies[at] as number;
      if (seen + count >= rank) {
        const from = bucketFloorUs(at);
        return (from + ((bucketFloorUs(at + 1) - from) * (rank - seen)) / count) / 1000;
      }
      seen += count;
    }
    return NaN;
  }
}
