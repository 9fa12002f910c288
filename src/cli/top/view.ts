/** What `top` shows, as data: two looks at the admin API, and what moved between them. */
import type { BackendsAnswer, MetricsAnswer, OverviewAnswer, PoolEntry, BackendEntry } from '#contract/admin.ts';

/** One look. */
export interface Look {
  /** Milliseconds of a clock that only goes forward. */
  readonly atMs: number;
  readonly overview: OverviewAnswer;
  readonly metrics: MetricsAnswer;
  readonly backends: BackendsAnswer;
}

export interface BackendRow {
  readonly pool: string;
  readonly backend: BackendEntry;
  /** Attempts a second; null until there are two looks. */
  readonly rate: number | null;
}

export interface View {
  readonly look: Look;
  readonly pools: readonly { readonly pool: PoolEntry; readonly rows: readonly BackendRow[] }[];
  /** A second; null until there are two looks. */
  readonly rates: { readonly requests: number; readonly errors: number; readonly retries: number } | null;
  /** Of all routes: the median of what requests took, and the worst route's 99th percentile; null without requests. */
  readonly latency: { readonly p50: number; readonly p99: number } | null;
}

export function viewOf(look: Look, before: Look | null): View {
  const seconds = before === null ? 0 : (look.atMs - before.atMs) / 1000;
  // A restart sets counters back; what it counts from then on is not known until the next look.
  const known = before !== null && seconds > 0 && before.overview.startedAt === look.overview.startedAt;
  const perSecond = (now: number, then: number): number => Math.max(0, now - then) / seconds;
  const then = new Map(
    known
      ? before.backends.pools.flatMap(({ name, backends }) =>
          backends.map((backend) => [keyOf(name, backend.id), backend.requests] as const),
        )
      : [],
  );
  return {
    look,
    pools: look.backends.pools.map((pool) => ({
      pool,
      rows: pool.backends.map((backend) => {
        const requests = then.get(keyOf(pool.name, backend.id));
        return {
          pool: pool.name,
          backend,
          rate: requests === undefined ? null : perSecond(backend.requests, requests),
        };
      }),
    })),
    rates: known
      ? {
          requests: perSecond(look.metrics.totalRequests, before.metrics.totalRequests),
          errors: perSecond(look.metrics.statusClasses['5xx'], before.metrics.statusClasses['5xx']),
          retries: perSecond(look.metrics.retries, before.metrics.retries),
        }
      : null,
    latency: latencyOf(look.metrics),
  };
}

/** A backend's place among all: no pool's name has a line feed. */
export function keyOf(pool: string, id: string): string {
  return `${pool}\n${id}`;
}

/** Percentiles cannot be added up: the median of routes' medians, each as often as it was seen, and the worst of the rest. */
function latencyOf({ routes }: MetricsAnswer): View['latency'] {
  const seen = routes.filter(({ samples }) => samples > 0).toSorted((a, b) => a.p50 - b.p50);
  const half = seen.reduce((sum, { samples }) => sum + samples, 0) / 2;
  let passed = 0;
  for (const route of seen) {
    passed += route.samples;
    if (passed >= half) return { p50: route.p50, p99: Math.max(...seen.map(({ p99 }) => p99)) };
  }
  return null;
}
