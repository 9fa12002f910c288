/**
 * Which exchanges count as slow: those that take longer than all but one in a hundred lately. A log that keeps a share of its
 * lines must keep these, since they are what it will be read for.
 *
 * The mark is a running estimate of the 99th percentile that needs one number and no history (stochastic approximation after
 * Robbins and Monro, as in "Frugal Streaming for Estimating Quantiles", Ma, Muthukrishnan and Sandler, 2013): it rises by 99
 * parts where an exchange took longer and falls by one where not, so that it rests where one in a hundred is above it. Steps
 * are shares of the mark, which makes them right for microseconds and for minutes.
 *
 * Cold start: the mark begins at the first exchange's time and takes large steps; nothing is slow before WARM exchanges, since
 * there is nothing yet to compare with. Recovery: after a change of the load it takes some hundred
 * exchanges to come to the new place, upwards sooner than downwards; until then more or fewer than one in a hundred are kept.
 */

/** The share of exchanges above the mark. */
const ABOVE = 0.01;
/** How far one exchange moves it, as a share of itself. Smaller is steadier, and slower to follow. */
const STEP = 0.05;
/** Exchanges before anything is slow, and how far each of them moves the mark. */
const WARM = 200;
const WARM_STEP = 0.25;
/** Below this nothing is slow, in milliseconds. */
const LEAST_MS = 0.01;

export class SlowMark {
  /** Milliseconds; 0 before the first exchange. */
  markMs = 0;
  #seen = 0;

  /** Counts an exchange in; true when it is slow. */
  isSlow(durationMs: number): boolean {
    const warm = this.#seen >= WARM;
    if (!warm) this.#seen++;
    const slow = durationMs > this.markMs;
    const step = warm ? STEP : WARM_STEP;
    if (this.markMs === 0) this.markMs = durationMs;
    else this.markMs *= slow ? 1 + step * (1 - ABOVE) : 1 - step * ABOVE;
    if (this.markMs < LEAST_MS) this.markMs = LEAST_MS;
    return slow && warm;
  }
}
