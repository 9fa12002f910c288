/**
 * How much traffic a month brings. What has been measured is carried on as it is: the counts of a period times the number of
 * such periods in a month. Of the last hour when the history has it (it survives a restart, and yesterday's peak is not
 * today's traffic), else since the process started. Asked what a number of requests would cost, everything is scaled by it;
 * where nothing has been measured, a request is what `cost.assume` says.
 */
import { readSeries } from '#observe/series.ts';
import type { Observed } from '#observe/observed.ts';
import type { HistoryAnswer } from '#contract/history.ts';
import type { CostConfig } from '../config/schema-cost.ts';

/** A month has 730 hours, as in AWS's own calculators. */
export const HOURS = 730;
export const MONTH_SECONDS = HOURS * 3600;

/** AWS's GB. */
export const GB = 1024 ** 3;

export interface RouteCounts {
  readonly name: string;
  readonly requests: number;
  /** Both directions; null: not counted. */
  readonly bytes: number | null;
}

/** What was counted in a period. */
export interface TrafficCounts {
  readonly seconds: number;
  /** Without those to the control plane. */
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly connections: number;
  /** Attempts made again. */
  readonly retries: number;
  /** Of the whole process; null: not known. */
  readonly cpuSeconds: number | null;
  readonly routes: readonly RouteCounts[];
}

/** Counts of this process since it started. */
export function trafficCounts(observed: Observed, seconds: number, cpuSeconds: number | null): TrafficCounts {
  const { plan, tables, workerRows } = observed;
  const { counters } = tables;
  const byRoute = new Map<string, { requests: number; bytes: number }>();
  for (const { route, controlPlane, statuses, bytesIn, bytesOut } of readSeries(plan, counters, workerRows)) {
    if (controlPlane) continue;
    const count = statuses.reduce((sum, [, requests]) => sum + requests, 0);
    const before = byRoute.get(route) ?? { requests: 0, bytes: 0 };
    byRoute.set(route, { requests: before.requests + count, bytes: before.bytes + bytesIn + bytesOut });
  }
  const routes = [...byRoute].map(([name, counted]) => ({ name, ...counted }));
  return {
    seconds,
    requests: routes.reduce((sum, { requests }) => sum + requests, 0),
    bytesIn: counters.global('bytesIn'),
    bytesOut: counters.global('bytesOut'),
    connections: counters.global('connectionsAccepted'),
    retries: counters.global('retries'),
    cpuSeconds,
    routes,
  };
}

/** Less than this of the history says less than the counts since the start. */
const HISTORY_SECONDS_MIN = 300;

/** The same period's counts with the totals of the last hour, where the history holds enough of it. */
export function withHistory(since: TrafficCounts, hour: HistoryAnswer): TrafficCounts {
  const seconds = hour.at.length * hour.step;
  const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
  const requests = sum(hour.series.requests);
  if (seconds < HISTORY_SECONDS_MIN || requests === 0) return since;
  const share = since.requests === 0 ? 0 : requests / since.requests;
  return {
    seconds,
    requests,
    bytesIn: sum(hour.series.bytesIn),
    bytesOut: sum(hour.series.bytesOut),
    connections: since.connections * share,
    retries: sum(hour.series.retries),
    cpuSeconds: since.cpuSeconds === null ? null : since.cpuSeconds * share,
    routes: since.routes.map(({ name, requests: count, bytes }) => ({
      name,
      requests: count * share,
      bytes: bytes === null ? null : bytes * share,
    })),
  };
}

export interface RouteShare {
  readonly name: string;
  /** Requests in a month. */
  readonly requests: number;
  /** Of all requests and of all bytes, 0 to 1. */
  readonly ofRequests: number;
  readonly ofBytes: number;
}

export interface MonthlyTraffic {
  /** Null: nothing was measured and nothing supposed. */
  readonly requests: number | null;
  readonly gbIn: number;
  readonly gbOut: number;
  readonly connections: number;
  readonly retries: number;
  /** CPU seconds of a request; null: not known. */
  readonly cpuSecondsPerRequest: number | null;
  /** Empty when no request has been measured. */
  readonly routes: readonly RouteShare[];
  /** Where the amounts come from: a part of a sentence. */
  readonly basis: string;
}

/** `asked`: requests in a month, or undefined for as many as are measured. */
export function monthlyTraffic(
  counts: TrafficCounts | null,
  asked: number | undefined,
  assume: CostConfig['assume'],
): MonthlyTraffic {
  if (counts !== null && counts.requests > 0 && counts.seconds > 0) return measured(counts, asked);
  if (asked === undefined) return { ...NOTHING, basis: 'no request has been seen yet' };
  return {
    ...NOTHING,
    requests: asked,
    gbIn: (asked * assume.requestBytes) / GB,
    gbOut: (asked * assume.responseBytes) / GB,
    connections: asked / assume.requestsPerConnection,
    basis: `supposed ${number(asked)} requests a month of ${assume.requestBytes} bytes, answered with ${assume.responseBytes} bytes`,
  };
}

const NOTHING: MonthlyTraffic = {
  requests: null,
  gbIn: 0,
  gbOut: 0,
  connections: 0,
  retries: 0,
  cpuSecondsPerRequest: null,
  routes: [],
  basis: '',
};

/** Fewer requests say nothing of how much CPU one takes: the process itself takes more. */
const CPU_REQUESTS_MIN = 1000;

function measured(counts: TrafficCounts, asked: number | undefined): MonthlyTraffic {
  const requests = asked ?? (counts.requests * MONTH_SECONDS) / counts.seconds;
  const factor = requests / counts.requests;
  const what = `${number(counts.requests)} requests in ${period(counts.seconds)}`;
  const routed = counts.routes.reduce((sum, route) => sum + route.requests, 0);
  return {
    requests,
    gbIn: (counts.bytesIn * factor) / GB,
    gbOut: (counts.bytesOut * factor) / GB,
    connections: counts.connections * factor,
    retries: counts.retries * factor,
    cpuSecondsPerRequest:
      counts.cpuSeconds === null || counts.requests < CPU_REQUESTS_MIN ? null : counts.cpuSeconds / counts.requests,
    routes: routed === 0 ? [] : routeShares(counts.routes, routed, requests),
    basis:
      asked === undefined
        ? `measured ${what}, carried on for a month`
        : `supposed ${number(asked)} requests a month that are like the measured ${what}`,
  };
}

function routeShares(routes: readonly RouteCounts[], routed: number, monthly: number): RouteShare[] {
  const bytes = routes.reduce((sum, route) => sum + (route.bytes ?? NaN), 0);
  return routes.map((route) => {
    const ofRequests = route.requests / routed;
    return {
      name: route.name,
      requests: monthly * ofRequests,
      ofRequests,
      ofBytes: bytes > 0 ? (route.bytes as number) / bytes : ofRequests,
    };
  });
}

/** A count as people read it. */
export function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function period(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return `${number(seconds / 3600)} hours`;
}
