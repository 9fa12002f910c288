/**
 * Draws service times: the inverse of a distribution as a table of equal shares, so that a draw is one look and one
 * interpolation. The last share, where long requests are, is worked out exactly. Only arithmetic that is the same in every
 * engine decides (core/math/elementary.ts).
 */
import type { ServiceTimes } from '#contract/simulate.ts';
import { exp, ln } from '#core/math/elementary.ts';
import { normalQuantile } from './normal-quantile.ts';

/** Fine enough that a mean is off by less than a thousandth; 8 KiB for each backend. */
const CELLS = 1024;
/** No time is shorter: an end must come after its beginning. */
const LEAST_MS = 1e-6;
/** Nothing is longer than an hour: a lognormal of large sigma has no end. */
const MOST_MS = 3_600_000;

export class InverseTimes {
  /** Of the table, as the draws will have it. */
  readonly meanMs: number;
  readonly #cells = new Float64Array(CELLS + 1);
  readonly #exact: (share: number) => number;

  /** `times`: so many times as long. */
  constructor(service: ServiceTimes, times = 1) {
    const of = inverseOf(service);
    this.#exact = (share) => Math.min(MOST_MS, Math.max(LEAST_MS, of(share) * times));
    for (let at = 0; at < CELLS; at++) this.#cells[at] = this.#exact(at / CELLS);
    this.#cells[CELLS] = this.#exact(1 - 1 / (CELLS * CELLS));
    this.meanMs = this.#mean();
  }

  /** The time below which `share` of all lie, 0 <= share < 1. */
  at(share: number): number {
    const place = share * CELLS;
    const cell = place | 0;
    if (cell >= CELLS - 1) return this.#exact(share);
    const low = this.#cells[cell] as number;
    return low + ((this.#cells[cell + 1] as number) - low) * (place - cell);
  }

  #mean(): number {
    let sum = 0;
    for (let at = 0; at < CELLS - 1; at++) sum += ((this.#cells[at] as number) + (this.#cells[at + 1] as number)) / 2;
    let last = 0;
    for (let at = 0; at < CELLS; at++) last += this.#exact(1 - (1 - (at + 0.5) / CELLS) / CELLS);
    return (sum + last / CELLS) / CELLS;
  }
}

function inverseOf(service: ServiceTimes): (share: number) => number {
  switch (service.kind) {
    case 'constant':
      return () => service.ms;
    case 'exponential':
      return (share) => -service.meanMs * ln(1 - share);
    case 'lognormal': {
      const { meanMs, sigma } = service;
      const middle = ln(meanMs) - (sigma * sigma) / 2;
      return (share) => (share <= 0 ? 0 : exp(middle + sigma * normalQuantile(share)));
    }
    case 'bimodal':
      return (share) => (share < 1 - service.longShare ? service.shortMs : service.longMs);
    case 'quantiles':
      return betweenQuantiles(service.shares, service.ms);
  }
}

function betweenQuantiles(shares: readonly number[], ms: readonly number[]): (share: number) => number {
  const logs = ms.map((time) => ln(Math.max(LEAST_MS, time)));
  return (share) => {
    if (share <= (shares[0] as number)) return ms[0] as number;
    for (let at = 1; at < shares.length; at++) {
      const to = shares[at] as number;
      if (share > to) continue;
      const from = shares[at - 1] as number;
      const part = to > from ? (share - from) / (to - from) : 1;
      return exp((logs[at - 1] as number) + ((logs[at] as number) - (logs[at - 1] as number)) * part);
    }
    return ms.at(-1) as number;
  };
}
