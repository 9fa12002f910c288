/** Quantiles of the coarse histograms that the history keeps for each step (contract/history.ts): within a tenth. */
import type { HistoryAnswer, HistoryLatency } from '#contract/history.ts';

/** A bucket without an end is taken to be as wide as the one before it. */
const WIDTH = 2 ** 0.25;

/** For each step the value in milliseconds below which `share` of its requests lie; null where there were none. */
export function quantileOf({ at, latency }: Pick<HistoryAnswer, 'at' | 'latency'>, share: number): (number | null)[] {
  return at.map((_, step) => quantileAt(latency, step, share));
}

function quantileAt(latency: readonly HistoryLatency[], step: number, share: number): number | null {
  let total = 0;
  for (const { counts } of latency) total += counts[step] ?? 0;
  if (total === 0) return null;
  const rank = Math.max(1, share * total);
  let seen = 0;
  for (const { fromMs, toMs, counts } of latency) {
    const count = counts[step] ?? 0;
    if (count === 0) continue;
    if (seen + count >= rank) return within(fromMs, toMs ?? fromMs * WIDTH, (rank - seen) / count);
    seen += count;
  }
  return null;
}

/** So far into a bucket, by ratio as the buckets are made; the first one begins at zero. */
function within(fromMs: number, toMs: number, part: number): number {
  return fromMs === 0 ? toMs * part : fromMs * (toMs / fromMs) ** part;
}
