/** Sums a simulation up: quantiles of latency, errors, and each backend's share. */
import { Outcome } from '#core/outcome.ts';
import type { SimulationResult } from './simulation.ts';

export interface Summary {
  /** Requests that were counted. */
  readonly requests: number;
  /** Latency of the successful ones, from arrival to the end of the answer. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Share of requests that failed, 0 to 1. */
  readonly errors: number;
  /** Share of requests that each backend got, 0 to 1. */
  readonly shares: readonly number[];
  /** The greatest of them. */
  readonly mostShare: number;
}

export function summarize(result: SimulationResult, countedMs = result.scenario.countedMs): Summary {
  const { arrivedMs, latencyMs, slot, outcome } = result;
  const [fromMs, toMs] = countedMs;
  const latencies: number[] = [];
  const picks: number[] = [];
  let requests = 0;
  for (let request = 0; request < arrivedMs.length; request++) {
    if (arrivedMs[request] < fromMs || arrivedMs[request] >= toMs) continue;
    requests++;
    picks[slot[request]] = (picks[slot[request]] ?? 0) + 1;
    if (outcome[request] === Outcome.success) latencies.push(latencyMs[request]);
  }
  const shares = Array.from(picks, (count) => (count ?? 0) / requests);
  const sorted = Float64Array.from(latencies).sort();
  return {
    requests,
    p50Ms: quantile(sorted, 0.5),
    p95Ms: quantile(sorted, 0.95),
    p99Ms: quantile(sorted, 0.99),
    p999Ms: quantile(sorted, 0.999),
    errors: (requests - latencies.length) / requests,
    shares,
    mostShare: Math.max(...shares),
  };
}

/** The nearest-rank quantile of sorted values. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

/** The mean of each figure over several seeds. */
export function average(summaries: readonly Summary[]): Summary {
  const mean = (value: (summary: Summary) => number): number =>
    summaries.reduce((sum, summary) => sum + value(summary), 0) / summaries.length;
  return {
    requests: mean((s) => s.requests),
    p50Ms: mean((s) => s.p50Ms),
    p95Ms: mean((s) => s.p95Ms),
    p99Ms: mean((s) => s.p99Ms),
    p999Ms: mean((s) => s.p999Ms),
    errors: mean((s) => s.errors),
    mostShare: mean((s) => s.mostShare),
    shares: (summaries[0]?.shares ?? []).map((_, at) => mean((s) => s.shares[at] ?? 0)),
  };
}
