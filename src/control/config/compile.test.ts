import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Outcome } from '#core/outcome.ts';
import type { Plan } from '#core/plan.ts';
import { Router } from '#core/routing/match.ts';
import { strategyByName, DEFAULT_STRATEGY } from '#core/strategies/index.ts';
import { compile, CONTROL_POOL, type CompileOptions } from './compile.ts';
import { loadConfig } from './load.ts';
import { formatProblem } from './problem.ts';

function plan(text: string, options: Partial<CompileOptions> = {}): Plan {
  const { config, problems } = loadConfig(text, 'f', {});
  assert.deepEqual(problems.map(formatProblem), []);
  assert.ok(config);
  let slot = 0;
  let pool = 0;
  let limit = 0;
  const rows: string[] = [];
  return compile(config, {
    revision: 7,
    assignSlot: () => slot++,
    assignRouteRow: (name) => rows.push(name) - 1,
    assignPoolRow: () => pool++,
    assignLimitRow: () => limit++,
    memoryBytes: 1024 ** 3,
    controlSocket: '/run/control.sock',
    cpus: 3,
    ...options,
  });
}

const EXAMPLES = new URL('../../../examples/', import.meta.url);
const example = (name: string): string => readFileSync(new URL(name, EXAMPLES), 'utf8');

const defaultStrategy = {
  name: DEFAULT_STRATEGY,
  params: Object.fromEntries((strategyByName(DEFAULT_STRATEGY)?.params ?? []).map((spec) => [spec.name, spec.default])),
  key: { from: 'client-ip' },
};

test('the least that works becomes a whole plan', () => {
  const { listeners, routes, pools, ...rest } = plan('pools: { app: { backends: [ "http://127.0.0.1:3000" ] } }');
  assert.deepEqual(rest, {
    revision: 7,
    edition: 7,
    workers: 3,
    engine: 'auto',
    rateLimits: [
      {
        name: 'per-client',
        row: 0,
        key: { from: 'client-ip' },
        perSecond: 100,
        burst: 200,
        dryRun: false,
        lease: null,
      },
    ],
    overload: { eventLoopLagMs: 500, memoryBytes: Math.floor(0.9 * 1024 ** 3) },
    accessLog: { to: '-', format: 'json', sample: 1 },
    requests: { sample: 0.01, keep: 1000 },
    tracing: null,
  });
  assert.deepEqual(listeners, [
    {
      name: 'public',
      address: { kind: 'tcp', host: '0.0.0.0', port: 8080 },
      tls: null,
      proxyProtocol: false,
      trustedProxies: [],
      limits: {
        connections: 65_536,
        headerBytes: 32_768,
        headerCount: 100,
        targetBytes: 8192,
        bodyBytes: 0,
        bodyBytesPerSecond: 100,
      },
      timeouts: { headerMs: 10_000, bodyMs: 30_000, idleMs: 75_000, writeMs: 30_000 },
    },
  ]);
  const noEdits = { remove: [], set: [], add: [] };
  const common = {
    timeouts: { totalMs: 15_000, perTryMs: 5000 },
    headers: { request: noEdits, response: noEdits },
  };
  assert.deepEqual(routes, [
    {
      ...common,
      name: 'app',
      row: 0,
      match: { hosts: [], path: '/proxy', exact: false, methods: [], headers: [] },
      stripPrefix: '/proxy',
      split: [{ pool: 0, weight: 1 }],
      controlPlane: false,
      rateLimits: [0],
    },
    {
      ...common,
      name: 'control',
      row: 1,
      match: { hosts: [], path: '/', exact: false, methods: [], headers: [] },
      stripPrefix: '',
      split: [{ pool: 1, weight: 1 }],
      controlPlane: true,
      rateLimits: [],
    },
  ]);
  assert.deepEqual(pools[0], {
    name: 'app',
    row: 0,
    strategy: defaultStrategy,
    backends: [
      {
        id: '127.0.0.1:3000',
        url: 'http://127.0.0.1:3000',
        authority: '127.0.0.1:3000',
        address: { kind: 'tcp', host: '127.0.0.1', port: 3000 },
        tlsName: null,
        weight: 1,
        tier: 0,
        state: 'active',
        discovered: false,
        slot: 0,
      },
    ],
    health: {
      kind: 'http',
      path: '/healthz',
      host: null,
      method: 'GET',
      intervalMs: 5000,
      timeoutMs: 2000,
      unhealthyAfter: 3,
      healthyAfter: 2,
      status: [[200, 399]],
      body: null,
      jitter: 0.2,
    },
    circuit: {
      consecutiveFailures: 5,
      failureRatio: 0.5,
      minRequests: 20,
      windowMs: 10_000,
      outlier: true,
      openForMs: 1000,
      maxOpenForMs: 30_000,
      trials: 1,
      maxOpen: 0.5,
      trialMs: 17_000,
    },
    panicThreshold: 0.5,
    retry: {
      attempts: 1,
      outcomes: [Outcome.connectFailure, Outcome.connectTimeout, Outcome.reset, Outcome.timeout, Outcome.invalid],
      statuses: [502, 503, 504],
      methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'],
      backoffBaseMs: 25,
      backoffMaxMs: 250,
      budgetShare: 0.2,
      budgetPerSecond: 10,
      bodyBytes: 65_536,
    },
    hedge: null,
    concurrency: null,
    tls: { ca: null, cert: null, key: null },
    slowStartMs: 30_000,
    timeouts: { connectMs: 2000, firstByteMs: 15_000, idleMs: 50_000, bodyMs: 60_000, tunnelMs: 3_600_000 },
    limits: { inFlight: 1024, queue: 0, queueTimeoutMs: 1000 },
  });
});

test('routes of the control plane go to its socket', () => {
  const text = 'pools: { app: { backends: [ "http://a:1" ] } }';
  const { pools } = plan(text);
  assert.equal(pools.length, 2);
  const [control] = pools.filter(({ name }) => name === CONTROL_POOL);
  assert.equal(control.strategy.name, 'round-robin');
  assert.equal(control.health, null);
  assert.equal(control.timeouts.bodyMs, 0);
  assert.deepEqual(control.backends, [
    {
      id: 'control',
      url: 'unix:/run/control.sock',
      authority: '/run/control.sock',
      address: { kind: 'unix', path: '/run/control.sock' },
      tlsName: null,
      weight: 1,
      tier: 0,
      state: 'active',
      discovered: false,
      slot: 1,
    },
  ]);
  assert.deepEqual(plan(text, { controlSocket: null }).pools[1].backends, []);
  const without = plan(`${text}\nroutes: [{ name: a, pool: app }]`);
  assert.deepEqual(
    without.pools.map(({ name }) => name),
    ['app'],
  );
});

test('slots and rows are asked for by what keeps them', () => {
  const asked: unknown[] = [];
  plan('pools: { app: { backends: [ { id: a, url: "http://a:1" }, "unix:/run/b.sock" ] } }', {
    assignSlot: (...args) => asked.push(args) + 40,
    assignRouteRow: (name) => asked.push(name),
  });
  assert.deepEqual(asked, [
    ['app', 'a', 'http://a:1'],
    ['app', '/run/b.sock', 'unix:/run/b.sock'],
    [CONTROL_POOL, 'control', 'unix:/run/control.sock'],
    'app',
    'control',
  ]);
});

test('everything that a file can say reaches the plan', () => {
  const { workers, engine, routes, pools } = plan(`
workers: 2
engine: net
routes:
  - name: api
    match: { hosts: [Api.Test, "*.api.test"], path: "=/v1/", methods: [GET, PURGE], headers: { X-A: true, x-b: one } }
    split: [{ pool: new, weight: 5 }, { pool: old, weight: 95 }]
    timeouts: { total: 3s }
    headers: { request: { set: { X-C: c }, add: { X-D: d }, remove: [X-E] } }
  - { name: rest, pool: old, stripPrefix: null, timeouts: { total: 0 } }
pools:
  old: { backends: ["http://[::1]:80"], health: { tcp: true, interval: 1s }, slowStart: null }
  new:
    backends: [{ url: "unix:/run/n.sock", weight: 0.5, tier: 0 }]
    health: null
    discovery: { dns: { name: New.Internal., port: 81 } }
    strategy: { name: consistent-hash, on: { cookie: sid } }
    limits: { inFlight: 7 }
`);
  assert.deepEqual([workers, engine], [2, 'net']);
  const [api, rest] = routes;
  assert.deepEqual(api.match, {
    hosts: ['api.test', '*.api.test'],
    path: '/v1/',
    exact: true,
    methods: ['GET', 'PURGE'],
    headers: [
      { name: 'x-a', value: null },
      { name: 'x-b', value: 'one' },
    ],
  });
  assert.deepEqual(api.split, [
    { pool: 1, weight: 5 },
    { pool: 0, weight: 95 },
  ]);
  assert.deepEqual(api.timeouts, { totalMs: 3000, perTryMs: 3000 }, 'one try never lasts longer than all');
  assert.deepEqual(api.headers.request, { remove: ['x-e'], set: [['x-c', 'c']], add: [['x-d', 'd']] });
  assert.deepEqual(rest.timeouts, { totalMs: 0, perTryMs: 5000 });
  assert.equal(rest.stripPrefix, '');
  const [old, fresh] = pools;
  assert.equal(old.slowStartMs, 0);
  assert.equal(old.health?.kind, 'tcp');
  assert.equal(old.health?.timeoutMs, 1000, 'a probe ends before the next is due');
  assert.equal(old.backends[0].authority, '[::1]:80');
  assert.equal(fresh.health, null);
  assert.deepEqual(fresh.strategy.key, { from: 'cookie', name: 'sid' });
  assert.equal(fresh.limits.inFlight, 7);
  assert.deepEqual(
    fresh.backends.map(({ id, weight, address }) => ({ id, weight, address })),
    [{ id: '/run/n.sock', weight: 0.5, address: { kind: 'unix', path: '/run/n.sock' } }],
  );
});

test('what was found joins what is listed; not twice, and as operators have set it', () => {
  const text = `pools:
  app:
    backends: [{ id: a, url: "http://10.0.0.1:80" }]
    discovery: { dns: { name: x, port: 80 }, overrides: { c: { state: draining, weight: 5 } } }
`;
  const found = (id: string, host: string) => ({ id, host, port: 80, weight: 2, tier: 0, state: 'active' }) as const;
  const members = [found('a', '10.0.0.9'), found('same', '10.0.0.1'), found('b', '10.0.0.2'), found('c', 'fd00::1')];
  const { pools } = plan(text, { found: () => members });
  assert.deepEqual(
    pools[0]!.backends.map(({ id, url, weight, state, discovered }) => [id, url, weight, state, discovered]),
    [
      ['a', 'http://10.0.0.1:80', 1, 'active', false],
      ['b', 'http://10.0.0.2:80', 2, 'active', true],
      ['c', 'http://[fd00::1]:80', 5, 'draining', true],
    ],
  );
});

test('a pool called control gets a route of another name', () => {
  const { routes } = plan('pools: { control: { backends: [ "http://a:1" ] } }');
  assert.deepEqual(
    routes.map(({ name }) => name),
    ['proxy', 'control'],
  );
});

test('a plan is frozen through and through, and can be posted to a thread', () => {
  const whole = plan(example('full.yaml'));
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    assert.ok(Object.isFrozen(value));
    Object.values(value).forEach(walk);
  };
  walk(whole);
  assert.deepEqual(structuredClone(whole), whole);
});

test('the examples load; the full one says nothing but defaults', () => {
  const started = plan(example('edgebalancer.yaml'));
  assert.deepEqual(
    started.pools[0].backends.map(({ id, url, weight }) => [id, url, weight]),
    [
      ['a', 'http://127.0.0.1:3001', 1],
      ['b', 'http://127.0.0.1:3002', 1],
      ['c', 'http://127.0.0.1:3003', 2],
    ],
  );
  assert.deepEqual(
    plan(example('full.yaml')),
    plan('pools: { app: { backends: [{ id: a, url: "http://10.0.0.11:3000" }] } }'),
  );
});

test('what is compiled can be routed', () => {
  const { routes } = plan(example('edgebalancer.yaml'));
  const router = new Router(routes);
  const index = (path: string): number => {
    const buf = Buffer.from(path);
    const none = { hostStart: 0, hostEnd: 0, method: 1, methodStart: 0, methodEnd: 0, header: () => null };
    return router.match({ ...none, buf, pathStart: 0, pathEnd: buf.length });
  };
  assert.deepEqual(['/proxy/x', '/proxy', '/admin/metrics', '/proxy/../admin'].map(index), [0, 0, 1, -1]);
});

test('overload: sizes stand as they are, shares are of the memory that the process may use, 0 and null turn off', () => {
  const overload = (text: string): Plan['overload'] =>
    plan(`pools: { app: { backends: [ "http://127.0.0.1:3000" ] } }\noverload: ${text}`, { memoryBytes: 4 * 1024 ** 3 })
      .overload;
  assert.deepEqual(overload('{}'), { eventLoopLagMs: 500, memoryBytes: Math.floor(3.6 * 1024 ** 3) });
  assert.deepEqual(overload('{ eventLoopLag: 2s, memory: 512MiB }'), {
    eventLoopLagMs: 2000,
    memoryBytes: 512 * 1024 ** 2,
  });
  assert.deepEqual(overload('{ eventLoopLag: 0, memory: 0 }'), { eventLoopLagMs: 0, memoryBytes: 0 });
  assert.deepEqual(overload('{ memory: 50% }')?.memoryBytes, 2 * 1024 ** 3);
  assert.equal(overload('null'), null);
});
