/** Samples for the history that a test writes as it would say them. */
import { HISTORY_COUNTERS, HISTORY_GAUGES, type HistoryCounter, type HistoryGauge } from '#contract/history.ts';
import { LATENCY_BUCKETS } from '#control/history/latency-buckets.ts';
import type { Sample } from '#control/history/step.ts';

export type Said = Partial<Record<HistoryCounter | HistoryGauge, number>> & {
  readonly picks?: Readonly<Record<string, number>>;
  /** By bucket. */
  readonly latency?: Readonly<Record<number, number>>;
};

export function sampleOf(said: Said): Sample {
  return {
    counters: Float64Array.from(HISTORY_COUNTERS, (name) => said[name] ?? 0),
    gauges: Float64Array.from(HISTORY_GAUGES, (name) => said[name] ?? 0),
    latency: Float64Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => said.latency?.[bucket] ?? 0),
    names: Object.keys(said.picks ?? {}),
    picks: Float64Array.from(Object.values(said.picks ?? {})),
  };
}

/** `count` backends, each picked `picks` times. */
export function crowdOf(count: number, picks = 7): Sample {
  const names = Array.from({ length: count }, (_, at) => `app/10.0.${at >> 8}.${at & 255}:3000`);
  return {
    ...sampleOf({ requests: count * picks, status2xx: count * picks }),
    names,
    picks: new Float64Array(count).fill(picks),
  };
}
