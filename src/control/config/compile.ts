/** A checked configuration becomes the plan that workers obey: flat, defaulted, frozen. */
import type {
  BackendPlan,
  HeaderEdits,
  HealthPlan,
  ListenerPlan,
  Plan,
  PoolPlan,
  RoutePlan,
  SocketAddress,
} from '#core/plan.ts';
import type { RateLimitPlan } from '#core/plan-failures.ts';
import { strategyByName } from '#core/strategies/index.ts';
import { backendIdOf, foundBackends, type BackendConfig, type FoundBackend } from './backends.ts';
import {
  compileAccessLog,
  compileCircuit,
  compileHedge,
  compileOverload,
  compileRateLimits,
  compileRetry,
  compileTracing,
} from './compile-failures.ts';
import type { ListenerConfig, PoolConfig, RouteConfig, Config } from './schema.ts';

export interface CompileOptions {
  readonly revision: number;
  /** Counts plans, where one revision may have many; the revision when left out. */
  readonly edition?: number;
  /** What discovery knows of a pool; nothing when left out. */
  readonly found?: (pool: string) => readonly FoundBackend[];
  /** The backend's row in shared memory; the same for the same backend as long as it is known. */
  readonly assignSlot: (pool: string, id: string, url: string) => number;
  /** The route's row in the metrics tables; the same for the same name. */
  readonly assignRouteRow: (name: string) => number;
  /** The pool's and the rate limit's rows, likewise. */
  readonly assignPoolRow: (name: string) => number;
  readonly assignLimitRow: (name: string) => number;
  /** The unix socket on which the control plane answers; null when it does not, and its routes find no backend. */
  readonly controlSocket: string | null;
  /** Usable CPUs, for `workers: auto`. */
  readonly cpus: number;
  /** Memory that the process may have, in bytes. */
  readonly memoryBytes: number;
}

/** No pool of a configuration can have this name: `@` is not allowed in names. */
export const CONTROL_POOL = '@control';

export function compile(config: Config, options: CompileOptions): Plan {
  const names = Object.keys(config.pools);
  const pools = Object.entries(config.pools).map(([name, pool]) => compilePool(name, pool, options));
  if (config.routes.some((route) => route.controlPlane)) {
    pools.push(controlPool(options));
    names.push(CONTROL_POOL);
  }
  const rateLimits = compileRateLimits(config.rateLimits, config.state.shared?.lease ?? null, options.assignLimitRow);
  return deepFreeze({
    revision: options.revision,
    edition: options.edition ?? options.revision,
    workers: config.workers === 'auto' ? Math.max(1, options.cpus) : config.workers,
    engine: config.engine,
    listeners: config.listeners.map(compileListener),
    routes: config.routes.map((route) => compileRoute(route, names, rateLimits, options)),
    pools,
    rateLimits,
    overload: compileOverload(config.overload, options.memoryBytes),
    accessLog: compileAccessLog(config.log.access),
    requests: config.requests === null ? null : { sample: config.requests.sample, keep: config.requests.keep },
    tracing: compileTracing(config.tracing),
  });
}

function compileListener(listener: ListenerConfig): ListenerPlan {
  const { timeouts } = listener;
  return {
    name: listener.name,
    address: listener.address,
    tls: listener.tls,
    proxyProtocol: listener.proxyProtocol,
    trustedProxies: listener.trustedProxies,
    limits: listener.limits,
    timeouts: { headerMs: timeouts.header, bodyMs: timeouts.body, idleMs: timeouts.idle, writeMs: timeouts.write },
  };
}

function compileRoute(
  route: RouteConfig,
  pools: readonly string[],
  limits: readonly RateLimitPlan[],
  options: CompileOptions,
): RoutePlan {
  const { match } = route;
  const parts = route.controlPlane
    ? [{ pool: CONTROL_POOL, weight: 1 }]
    : (route.split ?? [{ pool: route.pool ?? '', weight: 1 }]);
  return {
    name: route.name,
    row: options.assignRouteRow(route.name),
    match: {
      hosts: match.hosts,
      path: match.path.path,
      exact: match.path.exact,
      methods: match.methods,
      headers: Object.entries(match.headers).map(([name, value]) => ({
        name: name.toLowerCase(),
        value: value === true ? null : value,
      })),
    },
    stripPrefix: route.stripPrefix,
    split: parts.map((part) => ({ pool: pools.indexOf(part.pool), weight: part.weight })),
    controlPlane: route.controlPlane,
    // A limit that is turned off (null) is not among them.
    rateLimits: route.rateLimits
      .map((name) => limits.findIndex((limit) => limit.name === name))
      .filter((at) => at >= 0),
    timeouts: { totalMs: route.timeouts.total, perTryMs: route.timeouts.perTry },
    headers: { request: compileEdits(route.headers.request), response: compileEdits(route.headers.response) },
  };
}

function compileEdits(edits: RouteConfig['headers']['request']): HeaderEdits {
  const lines = (fields: Record<string, string>) =>
    Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { remove: edits.remove, set: lines(edits.set), add: lines(edits.add) };
}

function hostOf(address: SocketAddress): string {
  return address.kind === 'unix' ? 'localhost' : address.host;
}

function compilePool(name: string, pool: PoolConfig, options: CompileOptions): PoolPlan {
  const { timeouts } = pool;
  return {
    name,
    row: options.assignPoolRow(name),
    strategy: pool.strategy,
    backends: [
      ...pool.backends.map((backend) => compileBackend(name, pool, backend, false, options)),
      ...foundBackends(pool, options.found?.(name) ?? []).map((backend) =>
        compileBackend(name, pool, backend, true, options),
      ),
    ],
    health: pool.health === null ? null : compileHealth(pool.health),
    circuit: compileCircuit(pool),
    panicThreshold: pool.panicThreshold,
    retry: compileRetry(pool.retry),
    hedge: compileHedge(pool.hedge),
    concurrency: pool.concurrency,
    tls: { ca: pool.tls?.ca ?? null, cert: pool.tls?.cert ?? null, key: pool.tls?.key ?? null },
    slowStartMs: pool.slowStart ?? 0,
    timeouts: {
      connectMs: timeouts.connect,
      firstByteMs: timeouts.firstByte,
      idleMs: timeouts.idle,
      bodyMs: timeouts.body,
      tunnelMs: timeouts.tunnel,
    },
    limits: {
      inFlight: pool.limits.inFlight,
      queue: pool.limits.queue,
      queueTimeoutMs: pool.limits.queueTimeout,
    },
  };
}

function compileBackend(
  name: string,
  pool: PoolConfig,
  backend: BackendConfig,
  discovered: boolean,
  options: CompileOptions,
): BackendPlan {
  const id = backendIdOf(backend);
  const { url, authority, address, secure } = backend.url;
  return {
    id,
    url,
    authority,
    address,
    tlsName: pool.tls !== null || secure ? (pool.tls?.serverName ?? hostOf(address)) : null,
    weight: backend.weight,
    tier: backend.tier,
    state: backend.state,
    discovered,
    slot: options.assignSlot(name, id, url),
  };
}

function compileHealth(health: NonNullable<PoolConfig['health']>): HealthPlan {
  return {
    kind: health.tcp ? 'tcp' : 'http',
    path: health.path,
    host: health.host,
    method: health.method,
    intervalMs: health.interval,
    timeoutMs: health.timeout,
    unhealthyAfter: health.unhealthyAfter,
    healthyAfter: health.healthyAfter,
    status: health.status,
    body: health.body,
    jitter: health.jitter,
  };
}

/** The supervisor's own server. Its event streams may be silent for long, so bodies have no limit of silence. */
function controlPool(options: CompileOptions): PoolPlan {
  const path = options.controlSocket;
  const url = `unix:${path}`;
  return {
    name: CONTROL_POOL,
    row: options.assignPoolRow(CONTROL_POOL),
    strategy: { name: 'round-robin', params: defaultParams('round-robin'), key: { from: 'client-ip' } },
    backends:
      path === null
        ? []
        : [
            {
              id: 'control',
              url,
              authority: path,
              address: { kind: 'unix', path },
              tlsName: null,
              weight: 1,
              tier: 0,
              state: 'active',
              discovered: false,
              slot: options.assignSlot(CONTROL_POOL, 'control', url),
            },
          ],
    health: null,
    circuit: null,
    panicThreshold: 0,
    retry: null,
    hedge: null,
    concurrency: null,
    tls: { ca: null, cert: null, key: null },
    slowStartMs: 0,
    timeouts: { connectMs: 2000, firstByteMs: 15_000, idleMs: 50_000, bodyMs: 0, tunnelMs: 3_600_000 },
    limits: { inFlight: 1024, queue: 0, queueTimeoutMs: 0 },
  };
}

function defaultParams(strategy: string): Record<string, number | string | boolean> {
  return Object.fromEntries((strategyByName(strategy)?.params ?? []).map((spec) => [spec.name, spec.default]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
