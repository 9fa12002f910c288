/**
 * How one backend has moved in the past minute, worked out from the answers that came each second. The API counts since the
 * start; what an operator wants to know is what happens now.
 */
import type { BackendEntry } from '#contract/admin.ts';

/** A minute of answers: what a sparkline shows. */
export const TRAIL_MAX = 60;
/** Single seconds jump about: figures are taken over this long. */
const RATE_MS = 5_000;
const ERRORS_MS = 10_000;
/** A change of state brings an answer early; so short a time says little of a rate. */
const STEP_MIN_MS = 700;
/** Nobody looked for a while (a hidden tab, a lost line): the line is broken there. */
const STEP_MAX_MS = 5_000;

interface Sample {
  readonly atMs: number;
  readonly requests: number;
  readonly failures: number;
}

export class BackendTrail {
  /** Requests a second, the oldest first; null where nothing is known. */
  readonly rates: (number | null)[] = [];
  /** Milliseconds: the p99 as it was told, which is of all requests since the start. */
  readonly p99s: (number | null)[] = [];
  #samples: Sample[] = [];

  /** What it did before anybody looked, by seconds up to now: put before what has been seen meanwhile. */
  seed(rates: readonly (number | null)[]): void {
    const seen = this.rates.length;
    const before = rates.slice(Math.max(0, rates.length - TRAIL_MAX), Math.max(0, rates.length - seen));
    this.rates.unshift(...before);
  }

  take(atMs: number, { requests, failures, latencyMs }: BackendEntry): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && requests < last.requests) this.#forget();
    else if (last !== undefined) {
      const stepMs = atMs - last.atMs;
      if (stepMs < STEP_MIN_MS) return;
      const broken = stepMs > STEP_MAX_MS;
      push(this.rates, broken ? null : ((requests - last.requests) * 1000) / stepMs);
      if (broken) this.#samples = [];
    }
    push(this.p99s, requests === 0 ? null : latencyMs.p99);
    push(this.#samples, { atMs, requests, failures });
  }

  /** Requests a second over the past five; null: not known yet. */
  rate(): number | null {
    const step = this.#over(RATE_MS);
    return step === null ? null : (step.requests * 1000) / step.ms;
  }

  /** Share of the attempts of the past ten seconds that failed; null: there were none, or nothing is known. */
  errorShare(): number | null {
    const step = this.#over(ERRORS_MS);
    return step === null || step.requests === 0 ? null : step.failures / step.requests;
  }

  #over(ms: number): { readonly ms: number; readonly requests: number; readonly failures: number } | null {
    const last = this.#samples.at(-1);
    if (last === undefined) return null;
    const first = this.#samples.find(({ atMs }) => last.atMs - atMs <= ms);
    if (first === undefined || first === last) return null;
    return {
      ms: last.atMs - first.atMs,
      requests: last.requests - first.requests,
      failures: last.failures - first.failures,
    };
  }

  /** Another process counts from zero. */
  #forget(): void {
    this.rates.length = this.p99s.length = 0;
    this.#samples = [];
  }
}

function push<T>(list: T[], value: T): void {
  list.push(value);
  if (list.length > TRAIL_MAX) list.shift();
}
