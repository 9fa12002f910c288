/** The figures of a second where the stream of events cannot be had: worked out from what two answers have counted. */
import { STATUS_CLASSES, type MetricsAnswer, type OverviewAnswer, type StatusClass } from '#contract/admin.ts';
import type { MetricsEvent } from '#contract/events.ts';

export interface Counted {
  readonly atMs: number;
  readonly metrics: MetricsAnswer;
  readonly overview: OverviewAnswer;
}

/** Null: the two are not of one process, so nothing can be said of the time between. */
export function figuresBetween(before: Counted, now: Counted): MetricsEvent | null {
  const seconds = (now.atMs - before.atMs) / 1000;
  const { metrics, overview } = now;
  if (seconds <= 0 || overview.startedAt !== before.overview.startedAt) return null;
  const per = (of: (counted: Counted) => number): number => Math.max(0, of(now) - of(before)) / seconds;
  const classes = STATUS_CLASSES.map((name) => [name, per((counted) => counted.metrics.statusClasses[name])] as const);
  return {
    at: new Date(now.atMs).toISOString(),
    totalRequests: metrics.totalRequests,
    inFlight: metrics.inFlight,
    retries: metrics.retries,
    failovers: metrics.failovers,
    upstreamErrors: metrics.upstreamErrors,
    circuitOpens: metrics.circuitOpens,
    rateLimited: metrics.rateLimited,
    statusClasses: metrics.statusClasses,
    connections: overview.totals.connections,
    backends: overview.totals.backends,
    backendsUp: overview.totals.backendsUp,
    seconds,
    perSecond: {
      requests: per((counted) => counted.metrics.totalRequests),
      retries: per((counted) => counted.metrics.retries),
      failovers: per((counted) => counted.metrics.failovers),
      upstreamErrors: per((counted) => counted.metrics.upstreamErrors),
      circuitOpens: per((counted) => counted.metrics.circuitOpens),
      rateLimited: per((counted) => counted.metrics.rateLimited),
      bytesIn: per((counted) => counted.overview.totals.bytesIn),
      bytesOut: per((counted) => counted.overview.totals.bytesOut),
      statusClasses: Object.fromEntries(classes) as Record<StatusClass, number>,
    },
    // Percentiles since the start are no percentiles of this second.
    latencyMs: null,
  };
}
