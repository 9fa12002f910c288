/**
 * What several seeds say together: the mean, and the interval in which the true mean lies with 95 % confidence, by Student's t
 * distribution with one degree of freedom less than seeds. Seeds are independent; figures of one seed are not, which is why the
 * interval is not made from requests. Too narrow where single runs are far from normal (p99.9 of few requests).
 */
import type { Estimate } from '#contract/simulate.ts';

/** Below five an interval is more than twice as wide as it would be with ten, and says little. */
export const SEEDS_LEAST = 5;
/** More make it narrower by less than they cost. */
export const SEEDS_MOST = 100;

/** The 97.5 % quantiles of Student's t by degrees of freedom from 1 (Fisher and Yates). */
const T_975 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const T_MANY = 1.984;

/** Said with every prediction. */
export const METHOD_SAYS =
  'Means over seeds with 95 % confidence intervals by Student’s t; a difference is taken seed by seed, over the same requests.';

/** NaN are left out: a seed in which there was nothing to measure. Without any, all is NaN; with one, the interval is unknown. */
export function estimate(values: readonly number[]): Estimate {
  const known = values.filter((value) => !Number.isNaN(value));
  const count = known.length;
  if (count === 0) return { mean: NaN, low: NaN, high: NaN };
  const mean = known.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, low: mean, high: mean };
  const squares = known.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const half = (T_975[count - 2] ?? T_MANY) * Math.sqrt(squares / (count - 1) / count);
  return { mean, low: mean - half, high: mean + half };
}
