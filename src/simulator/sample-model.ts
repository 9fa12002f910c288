/** A model to measure and to test with: backends of four places at 25 ms a request, and a pool with the defaults of its settings. */
import type { BackendShape, SimulatedPool, SimulationModel, TrafficShape } from '#contract/simulate.ts';
import { Outcome } from '#core/outcome.ts';
import { DEFAULT_STRATEGY } from '#core/strategies/index.ts';

export interface SampleParts {
  readonly backends?: number;
  readonly pool?: Partial<SimulatedPool>;
  readonly traffic?: Partial<TrafficShape>;
  /** Of every backend. */
  readonly shape?: Partial<BackendShape>;
}

/** Eight backends, 75 % busy, unless `parts` says otherwise. Backends are called a, b, c, … */
export function sampleModel({ backends = 8, pool, traffic, shape }: SampleParts = {}): SimulationModel {
  const ids = Array.from({ length: backends }, (_, at) => String.fromCharCode(97 + at));
  return {
    version: 1,
    pool: {
      ...SETTINGS,
      backends: ids.map((id) => ({ id, authority: `${id}.test:80`, weight: 1, tier: 0, state: 'active' })),
      ...pool,
    },
    traffic: {
      ratesPerSecond: [120 * backends],
      stepMs: 1000,
      burstiness: 1,
      keys: { count: 10_000, skew: 0 },
      slownessOf: 'backend',
      repeatable: 1,
      backends: ids.map((id) => ({
        id,
        service: { kind: 'exponential', meanMs: 25 },
        concurrency: 4,
        failures: [],
        ...shape,
      })),
      ...traffic,
    },
    outages: [],
  };
}

/** As the configuration has them when nothing is said. */
const SETTINGS: Omit<SimulatedPool, 'backends'> = {
  name: 'app',
  strategy: { name: DEFAULT_STRATEGY, params: {} },
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
    trialMs: 30_000,
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
  slowStartMs: 30_000,
  limits: { inFlight: 1024, queue: 0, queueTimeoutMs: 1000 },
  probes: { downMs: 15_000, upMs: 10_000 },
  tryTimeoutMs: 15_000,
  workers: 1,
};
