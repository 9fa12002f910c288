/** A data plane inside the test's own process: one worker's share, with a plan written by hand. */
import type { TestContext } from 'node:test';
import type { BackendPlan, ListenerPlan, Plan, PoolPlan, RoutePlan } from '#core/plan.ts';
import { HealthState } from '#core/health-state.ts';
import { DEFAULT_CAPACITY } from '#memory/layout.ts';
import { layTables, tablesBytes, type Tables } from '#memory/tables.ts';
import { DataPlane } from '#proxy/data-plane.ts';
import { NetTransport } from '#transport/net/engine.ts';

export interface PlaneOptions {
  readonly ports: readonly number[];
  readonly lean?: boolean;
  readonly listener?: Partial<Pick<ListenerPlan, 'trustedProxies' | 'proxyProtocol'>> & {
    readonly limits?: Partial<ListenerPlan['limits']>;
    readonly timeouts?: Partial<ListenerPlan['timeouts']>;
  };
  readonly route?: Partial<RoutePlan>;
  readonly pool?: Partial<Omit<PoolPlan, 'timeouts' | 'limits'>> & {
    readonly timeouts?: Partial<PoolPlan['timeouts']>;
    readonly limits?: Partial<PoolPlan['limits']>;
  };
  readonly plan?: Partial<Pick<Plan, 'rateLimits' | 'overload' | 'accessLog' | 'requests'>>;
}

export interface TestPlane {
  readonly plane: DataPlane;
  readonly tables: Tables;
  readonly port: number;
}

/** A pool without anything that bounds failure. */
export const UNBOUNDED = { circuit: null, panicThreshold: 0, retry: null, hedge: null, concurrency: null } as const;

const NO_EDITS = { remove: [], set: [], add: [] };

export function planFor(options: PlaneOptions, revision = 1): Plan {
  const backends = options.ports.map((port, index): BackendPlan => ({
    id: `b${index}`,
    url: `http://127.0.0.1:${port}`,
    authority: `127.0.0.1:${port}`,
    address: { kind: 'tcp', host: '127.0.0.1', port },
    tlsName: null,
    weight: 1,
    tier: 0,
    discovered: false,
    state: 'active',
    slot: index + 1,
  }));
  return {
    revision,
    edition: revision,
    workers: 1,
    engine: 'net',
    listeners: [
      {
        name: 'public',
        address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
        tls: null,
        proxyProtocol: options.listener?.proxyProtocol ?? false,
        trustedProxies: options.listener?.trustedProxies ?? [],
        limits: {
          connections: 1000,
          headerBytes: 32768,
          headerCount: 100,
          targetBytes: 8192,
          bodyBytes: 0,
          bodyBytesPerSecond: 0,
          ...options.listener?.limits,
        },
        timeouts: { headerMs: 10_000, bodyMs: 30_000, idleMs: 75_000, writeMs: 30_000, ...options.listener?.timeouts },
      },
    ],
    routes: [
      {
        name: 'app',
        row: 1,
        match: { hosts: [], path: '/', exact: false, methods: [], headers: [] },
        stripPrefix: '',
        split: [{ pool: 0, weight: 1 }],
        controlPlane: false,
        rateLimits: [],
        timeouts: { totalMs: 15_000, perTryMs: 5000 },
        headers: { request: NO_EDITS, response: NO_EDITS },
        ...options.route,
      },
    ],
    pools: [
      {
        name: 'app',
        row: 0,
        strategy: { name: 'round-robin', params: {}, key: { from: 'client-ip' } },
        backends,
        health: null,
        slowStartMs: 0,
        ...UNBOUNDED,
        tls: { ca: null, cert: null, key: null },
        ...options.pool,
        limits: { inFlight: 1024, queue: 0, queueTimeoutMs: 1000, ...options.pool?.limits },
        timeouts: {
          connectMs: 2000,
          firstByteMs: 15_000,
          idleMs: 50_000,
          bodyMs: 60_000,
          tunnelMs: 3_600_000,
          ...options.pool?.timeouts,
        },
      },
    ],
    rateLimits: [],
    overload: null,
    accessLog: null,
    requests: null,
    tracing: null,
    ...options.plan,
  };
}

export async function startPlane(t: TestContext, options: PlaneOptions): Promise<TestPlane> {
  const capacity = { ...DEFAULT_CAPACITY, slots: 64, routes: 8, pools: 8, workers: 1 };
  const tables = layTables(new SharedArrayBuffer(tablesBytes(capacity)), capacity);
  options.ports.forEach((_, index) => {
    tables.slots.weight[index + 1] = 1;
    tables.slots.health[index + 1] = HealthState.unchecked;
  });
  const plane = new DataPlane(new NetTransport({ lean: options.lean ?? true }), tables, 0, planFor(options));
  plane.start();
  const port = await plane.listen('public', 0);
  t.after(async () => {
    await plane.drain(0, 0);
    for (const backend of plane.state.backends.values()) backend.retire();
    plane.stop();
  });
  return { plane, tables, port };
}

/** Runs `test` over both ways in which the net engine can hold a connection. */
export const ENGINES = [
  { engine: 'lean handles', lean: true },
  { engine: 'whole sockets', lean: false },
] as const;
