/** Scenarios written by hand: one pool, with the configuration's defaults where nothing is said, and a place to count. */
import { Outcome } from '#core/outcome.ts';
import type { CircuitPlan, RetryPlan } from '#core/plan-failures.ts';
import type { Ending } from './exchange-model.ts';
import { definitionOf, type Policies } from './policies.ts';
import type { BackendSketch, Fault, PoolSketch, Scenario, TrafficSketch } from './scenario.ts';
import { run, type Result } from './world.ts';

/** What a configuration that says nothing gets. */
export const DEFAULT_CIRCUIT: CircuitPlan = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minRequests: 20,
  windowMs: 10_000,
  outlier: true,
  openForMs: 1_000,
  maxOpenForMs: 30_000,
  trials: 1,
  maxOpen: 0.5,
  trialMs: 17_000,
};
export const DEFAULT_RETRY: RetryPlan = {
  attempts: 1,
  outcomes: [Outcome.connectFailure, Outcome.connectTimeout, Outcome.reset, Outcome.timeout],
  statuses: [502, 503, 504],
  methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'],
  backoffBaseMs: 25,
  backoffMaxMs: 250,
  budgetShare: 0.2,
  budgetPerSecond: 10,
  bodyBytes: 65_536,
};

export interface Sketch {
  readonly strategy?: string;
  /** How many equal ones, or each by itself. */
  readonly backends?: number | readonly Partial<BackendSketch>[];
  readonly pool?: Partial<PoolSketch>;
  readonly traffic?: Partial<TrafficSketch>;
  readonly perSecond?: number;
  readonly seconds?: number;
  readonly workers?: number;
  readonly slots?: number;
  readonly startMs?: number;
  readonly seed?: number;
  readonly faults?: readonly Fault[];
}

/** Backends are called b0, b1, …; the pool is called app. */
export function sketched(sketch: Sketch): Scenario {
  const { strategy = 'least-connections', perSecond = 100, seconds = 30, workers = 2 } = sketch;
  const given = sketch.backends ?? 4;
  const list = typeof given === 'number' ? Array.from({ length: given }, () => ({})) : given;
  const backends = list.map((backend, at) => ({ id: `b${at}`, weight: 1, tier: 0, ...backend }));
  const defaults = definitionOf(strategy).params.map((param) => [param.name, param.default] as const);
  const pool: PoolSketch = {
    name: 'app',
    strategy,
    params: Object.fromEntries(defaults),
    backends,
    circuit: DEFAULT_CIRCUIT,
    panicThreshold: 0.5,
    retry: null,
    hedge: null,
    slowStartMs: 0,
    health: null,
    limits: { inFlight: 1024, queue: 0, queueTimeoutMs: 1_000 },
    timeouts: { connectMs: 2_000, firstByteMs: 15_000, perTryMs: 5_000, totalMs: 15_000 },
    ...sketch.pool,
    traffic: {
      phases: [{ forMs: seconds * 1000, from: perSecond, to: perSecond }],
      serviceMs: 10,
      unsafe: 0,
      streamed: 0,
      leave: 0,
      long: 0,
      keys: 1_000,
      ...sketch.traffic,
    },
  };
  return {
    seed: sketch.seed ?? 1,
    startMs: sketch.startMs ?? 1_000_000,
    durationMs: pool.traffic.phases.reduce((sum, phase) => sum + phase.forMs, 0),
    workers,
    slots: sketch.slots ?? backends.length + 4,
    pools: [pool],
    limit: null,
    faults: sketch.faults ?? [],
  };
}

/** From and to in seconds. */
export function at(
  backend: string,
  from: number,
  to: number,
): { pool: string; backend: string; fromMs: number; toMs: number } {
  return { pool: 'app', backend, fromMs: from * 1000, toMs: to * 1000 };
}

export interface Pick {
  readonly backend: string;
  readonly atMs: number;
  readonly worker: number;
  readonly trial: boolean;
  readonly exchange: number;
}
export interface End {
  readonly backend: string;
  readonly outcome: Outcome;
  readonly atMs: number;
  readonly beganMs: number;
}

export interface Lived {
  readonly result: Result;
  readonly picks: readonly Pick[];
  readonly ends: readonly End[];
  readonly endings: readonly { readonly ending: Ending; readonly atMs: number; readonly status: Outcome | null }[];
}

/** Runs a scenario that must keep every invariant, and writes down what happened. */
export function live(sketch: Sketch, policies?: Policies): Lived {
  const scenario = sketched(sketch);
  const picks: Pick[] = [];
  const ends: End[] = [];
  const endings: { ending: Ending; atMs: number; status: Outcome | null }[] = [];
  const result = run(scenario, {
    ...(policies === undefined ? {} : { policies }),
    observer: {
      began: ({ pool, trial, exchange }, backend, atMs) =>
        picks.push({ backend, atMs, trial, worker: pool.worker.row, exchange: exchange?.id ?? 0 }),
      ended: ({ startedMs }, backend, outcome, atMs) =>
        ends.push({ backend, outcome, atMs, beganMs: startedMs - scenario.startMs }),
      closed: ({ answeredBy }, ending, atMs) => endings.push({ ending, atMs, status: answeredBy?.outcome ?? null }),
    },
  });
  if (result.failure !== null) {
    const { invariant, detail, atMs } = result.failure;
    throw new Error(`${invariant} at ${atMs} ms: ${detail}\n${JSON.stringify(scenario)}`);
  }
  return { result, picks, ends, endings };
}

/** How many of the requests got no good answer. */
export function errors({ endings }: Lived): number {
  return endings.filter(({ ending, status }) => ending !== 'answered' || status !== Outcome.success).length;
}

/** Picks by backend, from one time to another. */
export function shares(picks: readonly Pick[], fromMs = 0, toMs = Infinity): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { backend, atMs } of picks)
    if (atMs >= fromMs && atMs < toMs) counts.set(backend, (counts.get(backend) ?? 0) + 1);
  return counts;
}
