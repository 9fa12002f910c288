/**
 * How many different keys requests carry, and how uneven they are, out of counts by the keys' hash: no key is kept. The number
 * of empty cells tells how many keys there are (linear counting; Whang, Vander-Zanden, Taylor 1990); the sum of squares
 * tells how much of the traffic the frequent ones are, which a Zipf law of so many keys has for one skew only.
 */
import type { PoolRecording } from '#contract/recording.ts';
import type { TrafficShape } from '#contract/simulate.ts';
import { exp, ln } from '#core/math/elementary.ts';

/** Fewer requests tell nothing of how uneven keys are. */
const REQUESTS_LEAST = 500;
const SKEW_MAX = 4;
const HALVINGS = 40;
/** Where hardly a cell is empty their number cannot be told any more. */
const KEYS_MAX = 100_000;

/** Null: too few requests. */
export function keysOf(recorded: NonNullable<PoolRecording['keys']>): TrafficShape['keys'] | null {
  const { cells, counts } = recorded;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total < REQUESTS_LEAST) return null;
  const empty = cells - counts.filter((count) => count > 0).length;
  const seen = empty === 0 ? KEYS_MAX : Math.round(-cells * ln(empty / cells));
  const count = Math.max(1, Math.min(KEYS_MAX, seen));
  // Of different requests: pairs with the same cell, less those that met in it by chance.
  const pairs = counts.reduce((sum, one) => sum + one * (one - 1), 0) / (total * (total - 1));
  const same = (pairs - 1 / cells) / (1 - 1 / cells);
  return { count, skew: skewOf(count, same) };
}

/** The skew at which two requests have the same one of `count` keys with chance `same`. */
function skewOf(count: number, same: number): number {
  let [low, high] = [0, SKEW_MAX];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (concentration(count, middle) < same) low = middle;
    else high = middle;
  }
  return Math.round(low * 100) / 100;
}

function concentration(count: number, skew: number): number {
  let [weights, squares] = [0, 0];
  for (let key = 1; key <= count; key++) {
    const weight = exp(-skew * ln(key));
    weights += weight;
    squares += weight * weight;
  }
  return squares / (weights * weights);
}
