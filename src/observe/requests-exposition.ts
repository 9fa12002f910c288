/** The part of `GET /metrics` that tells of clients' requests, by listener, route, method and status. */
import { METHOD_SERIES, ofListenerKey, statusOfCell } from '#memory/counters.ts';
import { DURATION_CELLS } from '#memory/duration-cells.ts';
import { listenerRows } from '#memory/listener-table.ts';
import type { Exposition } from './exposition.ts';
import type { Labels } from './label-set.ts';
import type { Observed } from './observed.ts';
import { readSeries, type Series } from './series.ts';

/** Stands for a listener in the counts that found no room in a worker's table of listeners (memory/listener-series.ts). */
const OTHER_LISTENER = '_OTHER';

export function requests(out: Exposition, observed: Observed): void {
  const { plan, tables, workerRows } = observed;
  const { counters } = tables;
  // Read before the series, so that no listener's count can be above its series'.
  const byListener = plan.listeners.length > 1 ? counters.byListener() : null;
  const all = readSeries(plan, counters, workerRows);
  out.family('edgebalancer_requests_total', 'counter', 'Requests answered; status 0: ended without an answer.');
  if (byListener === null) requestsOf(out, plan.listeners[0]?.name ?? '', all);
  else requestsByListener(out, observed, all, byListener);
  out.family(
    'edgebalancer_request_duration_seconds',
    'histogram',
    "From a request's head to the last byte of its answer.",
  );
  const cells = new Float64Array(DURATION_CELLS);
  for (const series of all) {
    cells.fill(0);
    counters.addSeriesDurations(series.index, cells);
    out.histogram(labelsOf(series), cells, series.sumUs);
  }
  out.family('edgebalancer_requests_in_flight', 'gauge', 'Requests that are going on now.');
  for (const { name, row } of plan.routes) out.sample({ route: name }, Math.max(0, counters.routeInFlight(row)));
  out.family('edgebalancer_route_bytes_total', 'counter', 'Bytes of requests and of their answers, heads included.');
  for (const { route, method, bytesIn, bytesOut } of all) {
    const labels = { route, method: METHOD_SERIES[method] as string };
    out.sample({ ...labels, direction: 'received' }, bytesIn).sample({ ...labels, direction: 'sent' }, bytesOut);
  }
}

function labelsOf({ route, method }: Series): Labels {
  return { route, method: METHOD_SERIES[method] as string };
}

function sampleOf(out: Exposition, listener: string, series: Series, status: number, count: number): void {
  const { route, method } = series;
  out.sample({ listener, route, method: METHOD_SERIES[method] as string, status: String(status) }, count);
}

function requestsOf(out: Exposition, listener: string, all: readonly Series[]): void {
  for (const series of all)
    for (const [status, count] of series.statuses) sampleOf(out, listener, series, status, count);
}

/** What the listeners have counted; where a worker had no room for some combinations, the rest stands for all listeners. */
function requestsByListener(
  out: Exposition,
  { plan }: Observed,
  all: readonly Series[],
  { counts, isOverfull }: { readonly counts: ReadonlyMap<number, number>; readonly isOverfull: boolean },
): void {
  const names = new Map([...listenerRows(plan.listeners)].map(([name, row]) => [row, name]));
  const bySeries = new Map(all.map((series) => [series.index, series]));
  const counted = new Map<Series, Map<number, number>>();
  for (const [key, count] of counts) {
    const { listenerRow, series: index, cell } = ofListenerKey(key);
    const series = bySeries.get(index);
    const listener = names.get(listenerRow);
    // Routes and listeners that the plan does not name any more are told of nowhere.
    if (series === undefined || listener === undefined) continue;
    const status = statusOfCell(cell);
    sampleOf(out, listener, series, status, count);
    const known = counted.get(series) ?? new Map<number, number>();
    counted.set(series, known.set(status, (known.get(status) ?? 0) + count));
  }
  if (!isOverfull) return;
  for (const series of all) {
    for (const [status, count] of series.statuses) {
      const rest = count - (counted.get(series)?.get(status) ?? 0);
      if (rest > 0) sampleOf(out, OTHER_LISTENER, series, status, rest);
    }
  }
}
