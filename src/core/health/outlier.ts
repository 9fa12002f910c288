/**
 * Whether a backend fails so much more often than its pool's others that chance is ruled out.
 *
 * Why: a backend that loses one request in five never fails five times in a row and stays below a ratio of one half, yet
 * its neighbours show that nothing asks for that. When all fail alike the trouble lies behind them, and taking one out
 * would help nobody.
 * Conditions: enough attempts at it, enough at the others (at least two of them), a share of failures of a tenth or more,
 * three times that of the others, and a distance of four standard errors between the two shares (two-proportion z-test,
 * pooled): looked at again and again, less would be met by chance.
 * Sources: Envoy's success-rate outlier detection, which needs five hosts and a normal distribution; the test does not.
 */
const SHARE_LEAST = 0.1;
const TIMES_LEAST = 3;
const STANDARD_ERRORS = 4;
/** Others that have been asked enough: one alone may be the better one by luck. */
export const OTHERS_LEAST = 2;

export function isOutlier(failures: number, attempts: number, otherFailures: number, otherAttempts: number): boolean {
  if (attempts === 0 || otherAttempts === 0) return false;
  const share = failures / attempts;
  // One more success and one more failure, so that others without any failure are not taken for perfect.
  const otherShare = (otherFailures + 1) / (otherAttempts + 2);
  if (share < SHARE_LEAST || share < TIMES_LEAST * otherShare) return false;
  const pooled = (failures + otherFailures + 1) / (attempts + otherAttempts + 2);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / attempts + 1 / otherAttempts));
  return share - otherShare > STANDARD_ERRORS * error;
}
