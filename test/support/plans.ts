/** Plans made by hand, for tests that need one without reading a configuration. */
import type { BackendPlan, HealthPlan, ListenerPlan, Plan, PoolPlan, RoutePlan } from '#core/plan.ts';
import { UNBOUNDED } from './plane.ts';
import type { CompileOptions } from '#control/config/compile.ts';

export interface PoolSketch {
  readonly name?: string;
  readonly strategy?: string;
  readonly backends: readonly { readonly id: string; readonly url: string; readonly weight?: number }[];
  readonly health?: Partial<HealthPlan> | null;
  readonly slowStartMs?: number;
}

export interface Sketch {
  readonly workers?: number;
  readonly listeners?: readonly { readonly name: string; readonly host?: string; readonly port?: number }[];
  readonly pools: readonly PoolSketch[];
}

/** A draft with one route `/` to the first pool; port 0 unless the sketch says otherwise. */
export function planOf(sketch: Sketch, context: CompileOptions): Plan {
  return {
    revision: context.revision,
    edition: context.edition ?? context.revision,
    workers: sketch.workers ?? 1,
    engine: 'auto',
    listeners: (sketch.listeners ?? [{ name: 'public' }]).map(listener),
    routes: [route(context.assignRouteRow('all'))],
    pools: sketch.pools.map((pool) => poolPlan(pool, context)),
    rateLimits: [],
    overload: null,
    accessLog: null,
    requests: null,
    tracing: null,
  };
}

function listener({
  name,
  host = '127.0.0.1',
  port = 0,
}: {
  name: string;
  host?: string;
  port?: number;
}): ListenerPlan {
  return {
    name,
    address: { kind: 'tcp', host, port },
    tls: null,
    proxyProtocol: false,
    trustedProxies: [],
    limits: {
      connections: 1000,
      headerBytes: 32768,
      headerCount: 100,
      targetBytes: 8192,
      bodyBytes: 0,
      bodyBytesPerSecond: 0,
    },
    timeouts: { headerMs: 10_000, bodyMs: 30_000, idleMs: 75_000, writeMs: 30_000 },
  };
}

function route(row: number): RoutePlan {
  return {
    name: 'all',
    row,
    match: { hosts: [], path: '/', exact: false, methods: [], headers: [] },
    stripPrefix: '',
    split: [{ pool: 0, weight: 1 }],
    controlPlane: false,
    rateLimits: [],
    timeouts: { totalMs: 15_000, perTryMs: 5_000 },
    headers: { request: { remove: [], set: [], add: [] }, response: { remove: [], set: [], add: [] } },
  };
}

function poolPlan(pool: PoolSketch, context: CompileOptions): PoolPlan {
  const name = pool.name ?? 'app';
  return {
    name,
    row: context.assignPoolRow(name),
    strategy: { name: pool.strategy ?? 'round-robin', params: {}, key: { from: 'client-ip' } },
    backends: pool.backends.map(({ id, url, weight = 1 }): BackendPlan => {
      const { hostname, port, host } = new URL(url);
      return {
        id,
        url,
        authority: host,
        address: { kind: 'tcp', host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) },
        tlsName: null,
        weight,
        tier: 0,
        discovered: false,
        state: 'active',
        slot: context.assignSlot(name, id, url),
      };
    }),
    health: pool.health === undefined || pool.health === null ? null : healthPlan(pool.health),
    tls: { ca: null, cert: null, key: null },
    slowStartMs: pool.slowStartMs ?? 0,
    ...UNBOUNDED,
    timeouts: { connectMs: 2_000, firstByteMs: 15_000, idleMs: 50_000, bodyMs: 30_000, tunnelMs: 600_000 },
    limits: { inFlight: 1024, queue: 0, queueTimeoutMs: 1000 },
  };
}

export function healthPlan(part: Partial<HealthPlan> = {}): HealthPlan {
  return {
    kind: 'http',
    path: '/healthz',
    host: null,
    method: 'GET',
    intervalMs: 5_000,
    timeoutMs: 2_000,
    unhealthyAfter: 3,
    healthyAfter: 2,
    status: [[200, 399]],
    body: null,
    jitter: 0.2,
    ...part,
  };
}
