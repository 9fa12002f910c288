/** What `GET /admin/history` answers with. */

/**
 * Counters that the history keeps. All but the gauges are amounts within one step. Kept steps tell them apart by their place:
 * new ones go to the end of their list.
 */
export const HISTORY_COUNTERS = [
  'requests',
  'retries',
  'failovers',
  'upstreamErrors',
  'circuitOpens',
  'rateLimited',
  'status1xx',
  'status2xx',
  'status3xx',
  'status4xx',
  'status5xx',
  'bytesIn',
  'bytesOut',
] as const;
export type HistoryCounter = (typeof HISTORY_COUNTERS)[number];

/** As they were at the end of the step. */
export const HISTORY_GAUGES = ['inFlight', 'connections', 'backendsUp'] as const;
export type HistoryGauge = (typeof HISTORY_GAUGES)[number];

/** Requests of each step that took so long. Buckets are a fourth of an octave wide: quantiles of them are within a tenth. */
export interface HistoryLatency {
  /** Milliseconds, from this on and below that; `toMs` is null for whatever was slower. */
  readonly fromMs: number;
  readonly toMs: number | null;
  /** One for each of `at`. */
  readonly counts: readonly number[];
}

/** `GET /admin/history?from&to&step` */
export interface HistoryAnswer {
  /** ISO 8601, the beginning of the first step and the end of the last. */
  readonly from: string;
  readonly to: string;
  /** Seconds. At least 1 in the past hour, 60 before. */
  readonly step: number;
  /** Beginnings of steps, in seconds since 1970, ascending. A step in which nothing was recorded is not there. */
  readonly at: readonly number[];
  /** By name, one value for each of `at`. */
  readonly series: Readonly<Record<HistoryCounter | HistoryGauge, readonly number[]>>;
  /** By length of time, ascending, all routes together; only buckets that a request fell into. */
  readonly latency: readonly HistoryLatency[];
  /** Picks within each step, by `pool/backend`. */
  readonly backendSelection: Readonly<Record<string, readonly number[]>>;
}
