/** Readings of a healthy pool, for tests to make something go wrong in. */
import { OUTCOME_NAMES } from '#core/outcome.ts';
import type { AttemptSpan, BackendReading, PoolReading, Readings, RouteReading } from '#copilot/readings.ts';

const BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000];

/** `attempts` of `meanMs` each, of which `failures` ended as `outcome`. */
export function span(
  attempts: number,
  meanMs: number,
  failures = 0,
  outcome: (typeof OUTCOME_NAMES)[number] = 'server-error',
): AttemptSpan {
  const outcomes = OUTCOME_NAMES.map((name) =>
    name === 'success' ? attempts - failures : name === outcome ? failures : 0,
  );
  const at = BOUNDS_MS.findIndex((bound) => meanMs <= bound);
  const slot = at < 0 ? BOUNDS_MS.length : at;
  return {
    outcomes,
    attempts,
    failures,
    picks: attempts,
    sumMs: attempts * meanMs,
    durations: [...BOUNDS_MS, Infinity].map((_, index) => (index === slot ? attempts : 0)),
    circuitOpened: 0,
    circuitClosed: 0,
    probesOk: 12,
    probesFailed: 0,
  };
}

export function backendReading(id: string, more: Partial<BackendReading> = {}): BackendReading {
  return {
    id,
    weight: 1,
    effectiveWeight: 1,
    tier: 0,
    state: 'healthy',
    circuit: 'closed',
    inFlight: 1,
    lastProbe: { at: '2026-03-01T12:00:00.000Z', ok: true, ms: 2, detail: 'status 200' },
    addresses: 1,
    recent: span(400, 8),
    earlier: span(2000, 8),
    ...more,
  };
}

/** As a pool has it that says nothing. */
const CIRCUIT = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minRequests: 20,
  windowMs: 10_000,
  openForMs: 5000,
  maxOpenForMs: 300_000,
  trials: 3,
  maxOpen: 0.5,
  outlier: true,
  trialMs: 30_000,
};

export function poolReading(more: Partial<PoolReading> = {}): PoolReading {
  return {
    name: 'app',
    strategy: { name: 'adaptive', params: {}, hashes: null, learns: true },
    settings: {
      circuit: CIRCUIT,
      panicThreshold: 0.5,
      retry: null,
      hedge: null,
      concurrency: null,
      slowStartMs: 0,
      limits: { inFlight: 1024, queue: 256, queueTimeoutMs: 1000 },
      health: { intervalMs: 5000, timeoutMs: 2000, unhealthyAfter: 3, healthyAfter: 2 },
      timeouts: { connectMs: 1000, firstByteMs: 30_000, idleMs: 4000 },
    } as PoolReading['settings'],
    panic: false,
    waiting: 0,
    recent: {
      retries: 0,
      budgetExhausted: 0,
      failovers: 0,
      hedgesWon: 0,
      hedgesLost: 0,
      queued: 0,
      queueFull: 0,
      queueTimeouts: 0,
      backendsFull: 0,
      concurrencyLimited: 0,
    },
    backends: ['a', 'b', 'c'].map((id) => backendReading(id)),
    ...more,
  };
}

const ROUTE: RouteReading = {
  name: 'app',
  pools: ['app'],
  rateLimits: [],
  totalMs: 60_000,
  perTryMs: 10_000,
  requests: 1200,
  statusClasses: [0, 1200, 0, 0, 0],
  latency: { p50Ms: 8, p99Ms: 21 },
};

export function readings(more: Partial<Readings> = {}): Readings {
  return {
    atMs: Date.UTC(2026, 2, 1, 12),
    windowS: 60,
    wantedS: 60,
    earlierS: 300,
    longS: 360,
    durationBoundsMs: BOUNDS_MS,
    defaultStrategy: 'adaptive',
    overview: {
      uptime: 3600,
      drift: { file: null, wins: 'file', diff: [], setAside: null, says: 'There is no file.' },
      revision: 7,
      workers: [],
      draining: false,
    },
    process: {
      requests: 1200,
      earlierRequests: 6000,
      staleRetries: 0,
      shedLag: 0,
      shedMemory: 0,
      unrouted: 0,
      cpuSeconds: 2,
      workerRestarts: 0,
    },
    listeners: [{ name: 'public', connections: 20, idleMs: 75_000, accepted: 40, refused: 0 }],
    routes: [ROUTE],
    rateLimits: [],
    pools: [poolReading()],
    events: { health: [], circuit: [], worker: [], reload: [] },
    cost: null,
    day: null,
    ...more,
  };
}
