/** What is staged: things that go wrong, each with the cause that must be named first. */
import type { Scene, Stage } from './stage.ts';
import type { Behaviour } from '../../faults/support/behaviour.ts';

const set =
  (id: string, behaviour: Partial<Behaviour>) =>
  async ({ backends }: Stage): Promise<void> =>
    backends[id]?.set(behaviour);

const setAll =
  (behaviour: Partial<Behaviour>) =>
  async ({ backends }: Stage): Promise<void> =>
    void (await Promise.all(Object.values(backends).map((backend) => backend.set(behaviour))));

const failing = (name: string, fault: Scene['fault'], more: Partial<Scene> = {}): Scene => ({
  name,
  expects: { rule: 'failing-backend', backend: 'b' },
  ...(fault !== undefined && { fault }),
  ...more,
});

const FAILING: readonly Scene[] = [
  failing('b answers every request with an error of its own', set('b', { failShare: 1, failStatus: 500 }), {
    perSecond: 300,
  }),
  failing('b answers a third of its requests that it is overloaded', set('b', { failShare: 0.34, failStatus: 503 }), {
    pool: { strategy: 'round-robin', circuit: { failureRatio: '90%' } },
  }),
  failing('b resets connections', set('b', { mode: 'reset' }), { pool: { strategy: 'least-connections' } }),
  failing('b ends connections without a word', set('b', { mode: 'close' }), { pool: { strategy: 'round-robin' } }),
  failing('b cuts its answers', set('b', { mode: 'cut' }), { pool: { strategy: 'two-choices' } }),
  failing('b speaks no HTTP', set('b', { mode: 'garbage' }), { pool: { strategy: 'round-robin' } }),
  failing('b hangs', set('b', { mode: 'hold' }), {
    pool: { strategy: 'round-robin' },
    route: { timeouts: { perTry: '300ms', total: '2s' } },
  }),
  failing('b refuses connections, before probes notice', ({ backends }) => backends['b']!.refuse(), {
    undo: ({ backends }) => backends['b']!.listen(),
    pool: { strategy: 'round-robin', health: { interval: '20s', unhealthyAfter: 2 } },
  }),
  failing('b fails, without circuits or retries', set('b', { failShare: 0.5, failStatus: 502 }), {
    pool: { strategy: 'round-robin', circuit: null, retry: null },
  }),
  {
    name: 'all backends answer with errors',
    expects: { rule: 'failing-pool' },
    fault: setAll({ failShare: 1, failStatus: 500 }),
  },
  {
    name: 'all backends fail a fifth of their requests',
    expects: { rule: 'failing-pool' },
    fault: setAll({ failShare: 0.2, failStatus: 503 }),
  },
  {
    name: 'two of three fail, and the pool is in panic',
    expects: { rule: 'failing-pool' },
    pool: { strategy: 'round-robin' },
    fault: async (stage) => {
      await set('a', { failShare: 1, failStatus: 502 })(stage);
      await set('b', { failShare: 1, failStatus: 502 })(stage);
    },
  },
];

const DOWN: readonly Scene[] = [
  {
    name: 'b dies, and probes notice',
    expects: { rule: 'backend-down', backend: 'b' },
    fault: ({ backends }) => backends['b']!.kill(),
    after: 1.6,
  },
  {
    name: 'b says that it is not ready',
    expects: { rule: 'backend-down', backend: 'b' },
    fault: set('b', { healthy: false }),
    after: 1.6,
  },
  { name: 'no backend is ready', expects: { rule: 'pool-down' }, fault: setAll({ healthy: false }), after: 1.6 },
  {
    name: 'the first tier is not ready, the second serves',
    expects: { rule: 'tier-down' },
    backend: { c: { tier: 1 } },
    fault: async (stage) => {
      await set('a', { healthy: false })(stage);
      await set('b', { healthy: false })(stage);
    },
    after: 1.6,
  },
  {
    name: 'b comes and goes',
    expects: { rule: 'flapping-backend', backend: 'b' },
    pool: { health: { interval: '100ms', unhealthyAfter: 2, healthyAfter: 1 } },
    warm: 1,
    fault: async (stage) => {
      for (let times = 0; times < 4; times++) {
        await set('b', { healthy: false })(stage);
        await stage.pass(0.4);
        await set('b', { healthy: true })(stage);
        await stage.pass(0.4);
      }
    },
    after: 0.3,
  },
  {
    name: 'the circuit of b opens and closes again and again',
    expects: { rule: 'flapping-backend', backend: 'b' },
    pool: { strategy: 'round-robin', circuit: { openFor: '100ms', maxOpenFor: '100ms', consecutiveFailures: 3 } },
    warm: 1,
    fault: async (stage) => {
      for (let times = 0; times < 5; times++) {
        await set('b', { failShare: 1, failStatus: 502 })(stage);
        await stage.pass(0.3);
        await set('b', { failShare: 0 })(stage);
        await stage.pass(0.4);
      }
    },
    after: 0.2,
  },
];

const PROBE_FAILURE = { path: '/healthz', interval: '300ms', unhealthyAfter: 2, healthyAfter: 1 };

const SLOW: readonly Scene[] = [
  {
    name: 'b becomes slow, under turns',
    expects: { rule: 'brown-out', backend: 'b' },
    pool: { strategy: 'round-robin' },
    fault: set('b', { delayMs: 120 }),
  },
  {
    name: 'b becomes slow, under the default strategy',
    expects: { rule: 'brown-out', backend: 'b' },
    fault: set('b', { delayMs: 150 }),
    perSecond: 300,
  },
  {
    name: 'b becomes slow, under counts of connections',
    expects: { rule: 'brown-out', backend: 'b' },
    pool: { strategy: 'least-connections' },
    fault: set('b', { delayMs: 120 }),
    perSecond: 200,
  },
  {
    name: 'b becomes slow, under a hash',
    expects: { rule: 'brown-out', backend: 'b' },
    pool: { strategy: 'random' },
    fault: set('b', { delayMs: 100 }),
  },
  { name: 'all backends become slow', expects: { rule: 'slow-pool' }, fault: setAll({ delayMs: 100 }) },
  {
    name: 'all backends become slow, and limits fill',
    expects: { rule: 'slow-pool' },
    pool: { limits: { inFlight: 4 }, strategy: 'round-robin' },
    fault: setAll({ delayMs: 150 }),
  },
  {
    name: 'b was always slow, under turns',
    expects: { rule: 'wrong-strategy' },
    pool: { strategy: 'round-robin' },
    each: { b: { delayMs: 60 }, a: { delayMs: 8 }, c: { delayMs: 8 } },
    warm: 3,
  },
  {
    name: 'backends are of three speeds, under draws',
    expects: { rule: 'wrong-strategy' },
    pool: { strategy: 'random' },
    each: { a: { delayMs: 5 }, b: { delayMs: 20 }, c: { delayMs: 60 } },
    warm: 3,
  },
  {
    name: 'the weight of b is more than it can do',
    expects: { rule: 'overweight', backend: 'b' },
    pool: { strategy: 'round-robin' },
    backend: { b: { weight: 4 } },
    each: { b: { delayMs: 80 } },
  },
  {
    name: 'a timeout is shorter than the work',
    expects: { rule: 'cut-off' },
    from: { delayMs: 150 },
    route: { timeouts: { perTry: '60ms', total: '2s' } },
  },
];

const SHARES: readonly Scene[] = [
  {
    name: 'a field that nobody sends is hashed',
    expects: { rule: 'hot-key' },
    pool: { strategy: { name: 'ring-hash', on: { header: 'x-user' } } },
    perSecond: 200,
  },
  {
    name: 'all requests have one path, which is hashed',
    expects: { rule: 'hot-key' },
    pool: { strategy: { name: 'consistent-hash', on: 'path', balanceFactor: 10 } },
    perSecond: 200,
  },
  {
    name: 'a rate limit refuses most requests',
    expects: { rule: 'rate-limited' },
    config: { rateLimits: { 'per-client': null, tight: { key: 'client-ip', rate: '20/s', burst: 5 } } },
    route: { rateLimits: ['tight'] },
  },
  {
    name: 'a limit of requests in flight is too small',
    expects: { rule: 'saturated' },
    from: { delayMs: 60 },
    pool: { limits: { inFlight: 1 } },
  },
  {
    name: 'the line is full, and too slow',
    expects: { rule: 'saturated' },
    from: { delayMs: 80 },
    pool: { limits: { inFlight: 1, queue: 4, queueTimeout: '30ms' } },
  },
  {
    name: 'a listener takes too few connections',
    expects: { rule: 'connections-full' },
    listener: { limits: { connections: 4 } },
    from: { delayMs: 100 },
    connections: 16,
  },
];

const SETTINGS: readonly Scene[] = [
  { name: 'nothing ever takes a backend out', expects: { rule: 'unwatched' }, pool: { health: null, circuit: null } },
  { name: 'nothing probes the backends', expects: { rule: 'unwatched' }, pool: { health: null } },
  { name: 'circuits are off', expects: { rule: 'unwatched' }, pool: { circuit: null } },
  {
    name: 'probes ask for what is not there',
    expects: { rule: 'wrong-probe' },
    pool: { health: { ...PROBE_FAILURE, status: '204' } },
  },
  { name: 'probes come once a minute', expects: { rule: 'slow-probes' }, pool: { health: { interval: '60s' } } },
  {
    name: 'one lost probe is enough',
    expects: { rule: 'eager-probes' },
    pool: { health: { interval: '400ms', unhealthyAfter: 1 } },
  },
  {
    name: 'one try may take as long as the request',
    expects: { rule: 'timeout-order' },
    route: { timeouts: { perTry: '5s', total: '5s' } },
  },
  {
    name: 'connecting may take as long as a try',
    expects: { rule: 'timeout-order' },
    pool: { timeouts: { connect: '5s' } },
    route: { timeouts: { perTry: '2s', total: '10s' } },
  },
  {
    name: 'unused connections are closed before a balancer in front does',
    expects: { rule: 'timeout-order' },
    listener: { timeouts: { idle: '30s' } },
  },
  {
    name: 'retries may outnumber requests',
    expects: { rule: 'retry-risk' },
    pool: { retry: { attempts: 3, budget: { share: '100%' } } },
  },
  { name: 'a pool of one', expects: { rule: 'too-few-backends' }, backends: 1 },
  {
    name: 'maintenance has left one',
    expects: { rule: 'too-few-backends' },
    backend: { a: { state: 'maintenance' }, b: { state: 'maintenance' } },
  },
  {
    name: 'a configuration was refused',
    expects: { rule: 'reload-refused' },
    fault: async ({ supervisor }) => void (await supervisor.reload()),
  },
  {
    name: 'requests match no route',
    expects: { rule: 'unrouted' },
    config: {
      routes: [
        { name: 'app', match: { path: '/elsewhere/' }, pool: 'app', rateLimits: [] },
        { name: 'control', match: { path: '/admin/' }, controlPlane: true },
      ],
    },
  },
  {
    name: 'a worker dies',
    expects: { rule: 'worker-restarts' },
    fault: async ({ supervisor }) => void (await supervisor.workers[0]?.thread.terminate()),
  },
];

export const INCIDENTS: readonly Scene[] = [...FAILING, ...DOWN, ...SLOW, ...SHARES, ...SETTINGS];

const healthy = (name: string, more: Partial<Scene> = {}): Scene => ({
  name,
  expects: null,
  warm: 1.5,
  after: 1.3,
  ...more,
});

/** Nothing is wrong in any of these, though much happens. */
export const HEALTHY: readonly Scene[] = [
  healthy('the default strategy'),
  healthy('turns', { pool: { strategy: 'round-robin' } }),
  healthy('counts of connections', { pool: { strategy: 'least-connections' } }),
  healthy('two choices', { pool: { strategy: 'two-choices' } }),
  healthy('draws', { pool: { strategy: 'random' } }),
  healthy('peak-ewma', { pool: { strategy: 'peak-ewma' } }),
  healthy('few requests', { perSecond: 10, connections: 2 }),
  healthy('hardly any requests', { perSecond: 2, connections: 1 }),
  healthy('more requests', { perSecond: 400, connections: 24 }),
  healthy('long requests', { from: { delayMs: 150 } }),
  healthy('backends of different speed, which the default strategy sees to', {
    each: { a: { delayMs: 5 }, b: { delayMs: 12 } },
  }),
  healthy('a backend that is a little slower', { pool: { strategy: 'round-robin' }, each: { b: { delayMs: 8 } } }),
  healthy('one backend twice the weight of the others, and up to it', {
    pool: { strategy: 'round-robin' },
    backend: { b: { weight: 2 } },
  }),
  healthy('a hundredth of the requests fails', { from: { failShare: 0.01, failStatus: 503 } }),
  healthy('a single failure of b', {
    fault: async (stage) => {
      await set('b', { failShare: 1, failStatus: 503 })(stage);
      await stage.pass(0.02);
      await set('b', { failShare: 0 })(stage);
    },
    perSecond: 60,
  }),
  healthy('a second tier that waits', { backend: { c: { tier: 1 } } }),
  healthy('hedging', { pool: { hedge: { after: 'p95', budget: '5%' } } }),
  healthy('large answers', { from: { bytes: 100_000 } }),
  healthy('a rate limit that nobody reaches', {
    config: { rateLimits: { 'per-client': null, wide: { key: 'client-ip', rate: '10000/s' } } },
    route: { rateLimits: ['wide'] },
  }),
  healthy('a limit that finds itself', { pool: { concurrency: { algorithm: 'gradient' } }, from: { delayMs: 5 } }),
];
