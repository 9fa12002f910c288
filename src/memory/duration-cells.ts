/**
 * Durations counted by the buckets that Prometheus is told of. A fine histogram (histogram.ts) gives quantiles; these give a
 * scrape of a thousand backends its buckets by reading 15 cells each, and are exact at every bound.
 */

/** Upper bounds in seconds that OpenTelemetry recommends for the duration of HTTP requests. */
export const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
/** One for each bound, and one for what is longer. */
export const DURATION_CELLS: number = DURATION_BOUNDS.length + 1;

const BOUNDS_US = Float64Array.from(DURATION_BOUNDS, (seconds) => seconds * 1e6);

/** The cell that counts `us`. Most requests end below the first bound or two, so that looking in order is quickest. */
export function durationCell(us: number): number {
  let cell = 0;
  while (cell < BOUNDS_US.length && us > (BOUNDS_US[cell] as number)) cell++;
  return cell;
}
