/** Readings out of the running balancer: what `/metrics`, `/admin/backends`, `/admin/config` and the others say, at one moment. */
import { ATTEMPT_OUTCOMES } from '#contract/copilot.ts';
import type { OverviewAnswer } from '#contract/admin.ts';
import type {
  AttemptSpan,
  BackendReading,
  EventReadings,
  ListenerReading,
  PoolReading,
  ProcessReading,
  Readings,
  RateLimitReading,
  RouteReading,
  StrategyReading,
} from '#copilot/readings.ts';
import type { BackendPlan, KeyPlan, Plan, PoolPlan, StrategyPlan } from '#core/plan.ts';
import type { LimitKeyPlan } from '#core/plan-failures.ts';
import { CIRCUIT_STATE_NAMES } from '#core/health/circuit.ts';
import { DEFAULT_STRATEGY, strategyByName } from '#core/strategies/index.ts';
import { DURATION_BOUNDS, DURATION_CELLS } from '#memory/duration-cells.ts';
import { circuitOf, panics, stateName } from '#observe/backends-report.ts';
import { userPools, type Observed } from '#observe/observed.ts';
import { UNROUTED } from '#observe/series.ts';
import { grown, attemptSpan, pairSpan, poolSpan, routeSpan } from './span-counts.ts';
import type { Spans } from './snapshot-ring.ts';

const BOUNDS_MS = DURATION_BOUNDS.map((seconds) => seconds * 1000);
const NO_ATTEMPTS: AttemptSpan = {
  outcomes: ATTEMPT_OUTCOMES.map(() => 0),
  attempts: 0,
  failures: 0,
  picks: 0,
  sumMs: 0,
  durations: new Array<number>(DURATION_CELLS).fill(0),
  circuitOpened: 0,
  circuitClosed: 0,
  probesOk: 0,
  probesFailed: 0,
};

export interface PlaneFacts {
  readonly observed: Observed;
  readonly overview: Readings['overview'];
  readonly spans: Spans;
  readonly wallMs: number;
  readonly windowMs: number;
  readonly events: EventReadings;
  readonly cost: Readings['cost'];
  readonly day: Readings['day'];
}

export function readPlane({ observed, overview, spans, wallMs, windowMs, events, cost, day }: PlaneFacts): Readings {
  const { plan } = observed;
  const { now, base, before } = spans;
  const seconds = (from: number, to: number): number => Math.round(to - from) / 1000;
  return {
    atMs: wallMs,
    windowS: Math.max(0.001, seconds(base.atMs, now.atMs)),
    wantedS: windowMs / 1000,
    earlierS: before === null ? 0 : seconds(before.atMs, base.atMs),
    longS: Math.max(0.001, seconds((before ?? base).atMs, now.atMs)),
    durationBoundsMs: BOUNDS_MS,
    defaultStrategy: DEFAULT_STRATEGY,
    overview,
    process: processReading(spans),
    listeners: plan.listeners.map((listener) => listenerReading(spans, listener)),
    routes: plan.routes.filter(({ controlPlane }) => !controlPlane).map((route) => routeReading(plan, spans, route)),
    rateLimits: plan.rateLimits.map((limit) => limitReading(spans, limit)),
    pools: userPools(plan).map((pool) => poolReading(observed, spans, pool)),
    events,
    cost,
    day,
  };
}

function processReading({ now, base, before }: Spans): ProcessReading {
  const requests = (from: Spans['base'], to: Spans['base']): number => {
    let sum = 0;
    for (const [name, counts] of to.routes) {
      const was = from.routes.get(name);
      counts.classes.forEach((count, at) => (sum += grown(was?.classes[at] ?? 0, count)));
    }
    return sum;
  };
  const none = routeSpan(base.routes.get(UNROUTED), now.routes.get(UNROUTED)).classes;
  return {
    requests: requests(base, now),
    earlierRequests: before === null ? null : requests(before, base),
    staleRetries: grown(base.staleRetries, now.staleRetries),
    shedLag: grown(base.shedLag, now.shedLag),
    shedMemory: grown(base.shedMemory, now.shedMemory),
    unrouted: none.reduce((sum, count) => sum + count, 0),
    cpuSeconds: grown(base.cpuSeconds, now.cpuSeconds),
    workerRestarts: grown((before ?? base).workerRestarts, now.workerRestarts),
  };
}

function listenerReading({ base, now }: Spans, { name, limits, timeouts }: Plan['listeners'][number]): ListenerReading {
  const [accepted, refused] = pairSpan(base.listeners, now.listeners, name);
  return { name, connections: limits.connections, idleMs: timeouts.idleMs, accepted, refused };
}

function routeReading(plan: Plan, { base, now }: Spans, route: Plan['routes'][number]): RouteReading {
  const { classes, latency } = routeSpan(base.routes.get(route.name), now.routes.get(route.name));
  return {
    name: route.name,
    pools: route.split.map(({ pool }) => plan.pools[pool]?.name ?? ''),
    rateLimits: route.rateLimits.map((at) => plan.rateLimits[at]?.name ?? ''),
    totalMs: route.timeouts.totalMs,
    perTryMs: route.timeouts.perTryMs,
    requests: classes.reduce((sum, count) => sum + count, 0),
    statusClasses: classes.slice(1),
    latency,
  };
}

function limitReading(
  { base, now }: Spans,
  { name, key, perSecond, burst, dryRun }: Plan['rateLimits'][number],
): RateLimitReading {
  const [allowed, limited] = pairSpan(base.limits, now.limits, name);
  return { name, key: keyWords(key), perSecond, burst, dryRun, allowed, limited };
}

function keyWords(key: LimitKeyPlan | KeyPlan): string {
  return 'name' in key ? `${key.from} ${key.name}` : key.from;
}

function poolReading(observed: Observed, spans: Spans, pool: PoolPlan): PoolReading {
  return {
    name: pool.name,
    strategy: strategyReading(pool.strategy),
    settings: pool,
    panic: panics(observed.tables, pool),
    waiting: observed.tables.pools.queued(pool.row),
    recent: poolSpan(spans.base, spans.now, pool.name),
    backends: pool.backends.map((backend) => backendReading(observed, spans, backend)),
  };
}

function strategyReading({ name, params, key }: StrategyPlan): StrategyReading {
  const definition = strategyByName(name);
  return {
    name,
    params,
    hashes: definition === undefined || definition.key === null ? null : keyWords(key),
    // A strategy that keeps rows of its own for each backend keeps what it has learned of it in them.
    learns: (definition?.memory.rows.length ?? 0) > 0,
  };
}

function backendReading(
  observed: Observed,
  { base, now, before }: Spans,
  { id, weight, tier, slot }: BackendPlan,
): BackendReading {
  const { tables, probes, addresses } = observed;
  return {
    id,
    weight,
    effectiveWeight: tables.slots.weight[slot] as number,
    tier,
    state: stateName(tables, slot),
    circuit: CIRCUIT_STATE_NAMES[circuitOf(tables, slot)],
    inFlight: tables.slots.total[slot] as number,
    lastProbe: probes(slot)?.last ?? null,
    addresses: addresses(slot).length,
    recent: attemptSpan(base, now, slot, true) ?? NO_ATTEMPTS,
    earlier: before === null ? null : attemptSpan(before, base, slot, false),
  };
}

/** What of the overview findings are made of. */
export function overviewOf({ uptime, drift, revision, workers, draining }: OverviewAnswer): Readings['overview'] {
  return { uptime, drift, revision, workers, draining };
}
