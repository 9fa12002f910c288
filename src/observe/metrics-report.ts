/** `GET /admin/metrics`: the counters as one JSON object. */
import {
  STATUS_CLASSES,
  type MetricsAnswer,
  type Percentiles,
  type RouteEntry,
  type StatusClass,
} from '#contract/admin.ts';
import { METHOD_SERIES, SLOT_PICKS } from '#memory/counters.ts';
import { quantilesUs } from '#memory/histogram.ts';
import { isControlPool, userPools, type Observed } from './observed.ts';
import { readSeries } from './series.ts';

export function metricsReport(observed: Observed): MetricsAnswer {
  const { plan, tables, workerRows } = observed;
  const { counters } = tables;
  const classes: Record<StatusClass, number> = { '1xx': 0, '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0 };
  const routes: RouteEntry[] = [];
  let total = 0;
  for (const series of readSeries(plan, counters, workerRows)) {
    if (series.controlPlane) continue;
    let samples = 0;
    for (const [status, count] of series.statuses) {
      samples += count;
      const name = STATUS_CLASSES[Math.floor(status / 100) - 1];
      if (name !== undefined) classes[name] += count;
    }
    total += samples;
    const cells = counters.seriesHistogram(series.index);
    routes.push({
      route: series.route,
      method: METHOD_SERIES[series.method] as string,
      samples,
      avgLatencyMs: millis(series.sumUs / samples),
      ...percentiles(cells),
    });
  }
  return {
    totalRequests: total,
    inFlight: inFlight(observed),
    retries: counters.global('retries'),
    failovers: counters.global('failovers'),
    upstreamErrors: counters.global('upstreamErrors'),
    circuitOpens: counters.global('circuitOpens'),
    rateLimited: counters.global('rateLimited'),
    statusClasses: classes,
    backendSelection: Object.fromEntries(
      userPools(plan).flatMap((pool) =>
        pool.backends.map(({ id, slot }) => [`${pool.name}/${id}`, counters.slotCount(slot, SLOT_PICKS)]),
      ),
    ),
    routes,
  };
}

/** Exchanges going on, without those that ask the control plane. */
export function inFlight({ plan, tables }: Observed): number {
  let control = 0;
  plan.pools.forEach((pool, at) => {
    if (isControlPool(plan, at)) for (const { slot } of pool.backends) control += tables.slots.total[slot] as number;
  });
  return Math.max(0, tables.counters.global('inFlight') - control);
}

/** Of a histogram of microseconds, in milliseconds. */
export function percentiles(cells: Float64Array): Percentiles {
  const [p50, p90, p95, p99, p999] = quantilesUs(cells, [0.5, 0.9, 0.95, 0.99, 0.999]).map(millis) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return { p50, p90, p95, p99, p999 };
}

/** Microseconds as milliseconds with three digits. */
export function millis(us: number): number {
  return Math.round(us) / 1000;
}
