/** Figures of attempts as cited values: rates of failure, mean times, how many took long. */
import { ATTEMPT_OUTCOMES } from '#contract/copilot.ts';
import { counted, shareOf, workedOut, type Cited, type CitedLabels } from './cited.ts';
import type { AttemptSpan, BackendReading, PoolReading, Readings } from './readings.ts';

/** Backends that requests go to: neither down by probe nor taken out by an operator. */
export function isServing({ state }: BackendReading): boolean {
  return state === 'healthy' || state === 'falling';
}

/** Taken out by an operator. */
export function isTakenOut({ state }: BackendReading): boolean {
  return state === 'draining' || state === 'maintenance';
}

/** Those that compare with `backend`: serving, of its tier. */
export function peersOf(pool: PoolReading, backend: BackendReading): BackendReading[] {
  return pool.backends.filter((one) => one !== backend && one.tier === backend.tier && isServing(one));
}

export function attemptsOf(spans: readonly AttemptSpan[]): number {
  return spans.reduce((sum, { attempts }) => sum + attempts, 0);
}

export function failuresOf(spans: readonly AttemptSpan[]): number {
  return spans.reduce((sum, { failures }) => sum + failures, 0);
}

/** Milliseconds; 0 when there were none. */
export function meanOf(spans: readonly AttemptSpan[]): number {
  const attempts = attemptsOf(spans);
  return attempts === 0 ? 0 : spans.reduce((sum, { sumMs }) => sum + sumMs, 0) / attempts;
}

/** Attempts of the pool over the window. */
export function poolAttempts(pool: PoolReading): number {
  return attemptsOf(pool.backends.map(({ recent }) => recent));
}

export function labelsOf(pool: PoolReading, backend?: BackendReading): CitedLabels {
  return backend === undefined ? { pool: pool.name } : { pool: pool.name, backend: backend.id };
}

const REQUESTS = 'edgebalancer_upstream_requests_total';
const DURATION = 'edgebalancer_upstream_duration_seconds';

export function citedAttempts(labels: CitedLabels, spans: readonly AttemptSpan[], windowS: number): Cited {
  return counted(REQUESTS, labels, attemptsOf(spans), windowS);
}

export function citedFailures(labels: CitedLabels, spans: readonly AttemptSpan[], windowS: number): Cited {
  return counted(REQUESTS, { ...labels, outcome: 'failures' }, failuresOf(spans), windowS);
}

export function citedFailureShare(labels: CitedLabels, spans: readonly AttemptSpan[], windowS: number): Cited {
  return shareOf(
    'share of attempts that failed',
    citedFailures(labels, spans, windowS),
    citedAttempts(labels, spans, windowS),
  );
}

/** The mean, from the sum and the count of the histogram. */
export function citedMean(labels: CitedLabels, spans: readonly AttemptSpan[], windowS: number): Cited {
  const sumS = spans.reduce((sum, { sumMs }) => sum + sumMs, 0) / 1000;
  const parts = [
    counted(`${DURATION}_sum`, labels, sumS, windowS, 's'),
    counted(`${DURATION}_count`, labels, attemptsOf(spans), windowS),
  ];
  return workedOut('mean time of attempts', meanOf(spans), 'ms', parts);
}

/** Share of attempts that took longer than a bound of the histogram, which is told by its index. */
export function slowerThan(spans: readonly AttemptSpan[], bound: number): number {
  const all = attemptsOf(spans);
  if (all === 0) return 0;
  let slow = 0;
  for (const { durations } of spans)
    for (let at = bound + 1; at < durations.length; at++) slow += durations[at] as number;
  return slow / all;
}

/** The first bound of the histogram that is at least `ms`; -1 when there is none. */
export function boundAbove({ durationBoundsMs }: Readings, ms: number): number {
  return durationBoundsMs.findIndex((bound) => bound >= ms);
}

/** How most of the failures ended, and how many did. */
export function commonFailure(spans: readonly AttemptSpan[]): { readonly outcome: string; readonly count: number } {
  let best = { outcome: '', count: 0 };
  ATTEMPT_OUTCOMES.forEach((outcome, at) => {
    if (outcome === 'success' || outcome === 'cancelled') return;
    const count = spans.reduce((sum, { outcomes }) => sum + (outcomes[at] as number), 0);
    if (count > best.count) best = { outcome, count };
  });
  return best;
}

/** Middle of a list; 0 of an empty one. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[half] as number)
    : ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}
