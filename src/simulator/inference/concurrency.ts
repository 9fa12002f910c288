/**
 * How many requests a backend works on side by side, out of how long it takes by how many it has. While there is a free place an
 * answer takes what its work takes, however many others there are; beyond, each one more in line adds the time in which one
 * place falls free. So the mean over the number in flight is flat at first and then rises in a straight line:
 *
 *     mean(n) = S                          for n < c
 *     mean(n) = S * (1 + (n - c + 1) / c)  for n >= c
 *
 * (exact for exponential work and first come first served; M. Harchol-Balter, Performance Modeling and Design of Computer
 * Systems, 2013, chapter 14). For each c the S that fits best is found by least squares, each mean weighed by what is known
 * of it, and the c with the smallest rest is taken.
 *
 * Backends of a pool are usually alike: one c for all of them is taken unless the rests say clearly that they differ. A bound
 * is believed in only where it explains much more than none.
 */
import type { LoadLevel } from '#contract/recording.ts';

/** More than this is as good as any number: a pool that keeps so many busy hardly waits for one. */
export const CONCURRENCY_MAX = 64;
/** A mean of fewer says nothing. */
const ATTEMPTS_LEAST = 8;
/** How much smaller the rest must be, in variances, for a bound to be believed in; and for each backend that has its own. */
const BOUND_GAIN = 12;
const OWN_GAIN = 6;

export interface ConcurrencyFit {
  /** By backend: null: nothing was seen of a bound. */
  readonly of: readonly (number | null)[];
  /** The most in flight that each was seen with, where something can be told. */
  readonly seen: readonly number[];
  /** All backends were taken to be alike. */
  readonly common: boolean;
}

/** Rests of one backend: of no bound at [0], of c at [c]. */
type Rests = Float64Array;

export function fitConcurrency(backends: readonly (readonly LoadLevel[])[]): ConcurrencyFit {
  const usable = backends.map((levels) => levels.filter(({ attempts }) => attempts >= ATTEMPTS_LEAST));
  const rests = usable.map(restsOf);
  const seen = usable.map((levels) => levels.reduce((most, { inFlight }) => Math.max(most, inFlight), 0));
  const all = new Float64Array(CONCURRENCY_MAX + 1);
  for (const one of rests) one.forEach((rest, c) => (all[c]! += rest));
  const own = rests.map(smallest);
  const together = smallest(all);
  const ownRest = rests.reduce((sum, one, at) => sum + (one[own[at] as number] as number), 0);
  const degrees = usable.reduce((sum, levels) => sum + Math.max(0, levels.length - 2), 0);
  // The model is never exact: what it leaves unexplained at its best is no evidence for anything.
  const noise = Math.max(1, ownRest / Math.max(1, degrees));
  const others = usable.filter((levels) => levels.length > 1).length - 1;
  if ((all[together] as number) - ownRest <= OWN_GAIN * noise * Math.max(0, others))
    return { of: believed(all, together, noise, Math.max(...seen, 0), backends.length), seen, common: true };
  const of = rests.map((one, at) => believed(one, own[at] as number, noise, seen[at] as number, 1)[0] as number | null);
  return { of, seen, common: false };
}

function believed(rests: Rests, c: number, noise: number, seen: number, count: number): (number | null)[] {
  const gain = (rests[0] as number) - (rests[c] as number);
  const bound = c > 0 && c <= seen && gain > BOUND_GAIN * noise ? c : null;
  return new Array<number | null>(count).fill(bound);
}

function smallest(rests: Rests): number {
  let best = 0;
  for (let c = 1; c < rests.length; c++) if ((rests[c] as number) < (rests[best] as number)) best = c;
  return best;
}

function restsOf(levels: readonly LoadLevel[]): Rests {
  const rests = new Float64Array(CONCURRENCY_MAX + 1);
  if (levels.length < 2) return rests;
  const attempts = levels.reduce((sum, level) => sum + level.attempts, 0);
  // Of the relative spread, which is much the same at every level: that of few attempts alone may be far off.
  const spread = levels.reduce((sum, one) => sum + (one.attempts * one.varianceMs2) / one.meanMs ** 2, 0) / attempts;
  const weights = levels.map(
    ({ attempts: count, varianceMs2, meanMs }) =>
      count / Math.max(varianceMs2, (spread / 2) * meanMs ** 2, 1e-6 * meanMs ** 2),
  );
  for (let c = 0; c <= CONCURRENCY_MAX; c++) {
    let [top, bottom] = [0, 0];
    levels.forEach(({ inFlight, meanMs }, at) => {
      const factor = slowdown(inFlight, c);
      top += (weights[at] as number) * factor * meanMs;
      bottom += (weights[at] as number) * factor * factor;
    });
    const serviceMs = top / bottom;
    rests[c] = levels.reduce(
      (sum, { inFlight, meanMs }, at) =>
        sum + (weights[at] as number) * (meanMs - serviceMs * slowdown(inFlight, c)) ** 2,
      0,
    );
  }
  return rests;
}

/** How many times as long as alone it takes with so many others before it; c = 0: no bound. */
export function slowdown(inFlight: number, c: number): number {
  return c === 0 || inFlight < c ? 1 : 1 + (inFlight - c + 1) / c;
}
