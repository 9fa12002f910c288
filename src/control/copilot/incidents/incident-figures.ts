/** The figures of a span out of its history. */
import type { HistoryAnswer } from '#contract/history.ts';
import type { IncidentFigures } from '#contract/incidents.ts';

const P99 = 0.99;

export function figuresOf({ series, latency }: HistoryAnswer): IncidentFigures {
  const requests = sum(series.requests);
  return {
    requests,
    p99Ms: p99Of(latency),
    errors: requests === 0 ? null : sum(series.status5xx) / requests,
    circuitOpens: sum(series.circuitOpens),
  };
}

/** Within the bucket that it falls into, by how far into its requests; the last one has no end: its beginning. */
function p99Of(latency: HistoryAnswer['latency']): number | null {
  const counts = latency.map((bucket) => sum(bucket.counts));
  const all = sum(counts);
  if (all === 0) return null;
  const wanted = all * P99;
  let before = 0;
  for (const [at, bucket] of latency.entries()) {
    const here = counts[at] ?? 0;
    if (before + here >= wanted && here > 0) {
      const { fromMs, toMs } = bucket;
      return toMs === null ? fromMs : fromMs + (toMs - fromMs) * ((wanted - before) / here);
    }
    before += here;
  }
  return latency.at(-1)?.fromMs ?? null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
