/** Draws scenarios: random plans that the schema would accept, random traffic, random faults; small, so that many are run. */
import { createPrng } from '#core/math/prng.ts';
import { Outcome } from '#core/outcome.ts';
import type { CircuitPlan, HedgePlan, RetryPlan } from '#core/plan-failures.ts';
import { STRATEGIES } from '#core/strategies/index.ts';
import type { ParamSpec, ParamValues } from '#core/strategy.ts';
import { Chance } from './chance.ts';
import { drawFaults, type Flavour } from './fault-generator.ts';
import type { BackendSketch, PoolSketch, Scenario, TrafficSketch } from './scenario.ts';

/** About how many requests one scenario has: a thousand take some ten milliseconds. */
const REQUESTS_LEAST = 100;
const REQUESTS_MOST = 2_500;
const HOUR_MS = 3_600_000;
const RING_BACKENDS_MAX = 6;

/** Shapes of a run: how long it is, and how its traffic comes. */
type Shape = 'short' | 'long' | 'hour';

export function drawScenario(seed: number): Scenario {
  const chance = new Chance(createPrng(seed));
  const workers = chance.between(1, 4);
  const shape = chance.weighted<Shape>([
    ['short', 12],
    ['long', 3],
    ['hour', 1],
  ]);
  const durationMs = shape === 'short' ? chance.between(4_000, 40_000) : chance.between(60_000, 200_000);
  const flavour = chance.weighted<Flavour>([
    ['plain', 8],
    ['outlier', 1],
    ['churn', 1],
    ['crowded', 1],
  ]);
  const poolCount = chance.weighted([
    [1, 6],
    [2, 3],
    [3, 1],
  ]);
  const pools = Array.from({ length: poolCount }, (_, at) => {
    const pool = drawPool(chance, `p${at}`, shape, durationMs, poolCount);
    if (flavour === 'outlier') return { ...pool, circuit: outlierCircuit(pool) };
    if (flavour === 'crowded')
      return { ...pool, limits: { inFlight: chance.between(1, 2), queue: 50, queueTimeoutMs: 500 } };
    return pool;
  });
  const totalMs = shape === 'hour' ? durationMs + HOUR_MS : durationMs;
  const backends = pools.reduce((sum, pool) => sum + pool.backends.length, 0);
  const scenario: Scenario = {
    seed,
    startMs: chance.weighted([
      [0, 3],
      [1_234_567, 5],
      [2 ** 31 - durationMs / 2, 1],
      [2 ** 32 - durationMs / 2, 1],
    ]),
    durationMs: totalMs,
    workers,
    // Hardly more than are needed at one time, so that rows change hands.
    slots: backends + (flavour === 'churn' ? 1 : chance.below(4)),
    pools,
    limit: chance.true(0.15) ? { perSecond: chance.oneOf([0.05, 1, 7, 100]), burst: chance.oneOf([1, 5, 50]) } : null,
    faults: [],
  };
  return { ...scenario, faults: drawFaults(chance, scenario, flavour, shape === 'hour' ? HOUR_MS : 0) };
}

function drawPool(chance: Chance, name: string, shape: Shape, durationMs: number, pools: number): PoolSketch {
  const definition = chance.oneOf(STRATEGIES);
  const most =
    definition.key === 'crc32'
      ? RING_BACKENDS_MAX
      : chance.weighted([
          [4, 5],
          [10, 3],
          [40, 1],
        ]);
  const serviceMs = chance.log(1, 60);
  const timeouts = drawTimeouts(chance, serviceMs);
  const intervalMs = chance.log(shape === 'short' ? 200 : 2_000, shape === 'short' ? 5_000 : 20_000);
  return {
    name,
    strategy: definition.name,
    params: Object.fromEntries(definition.params.map((spec) => [spec.name, drawParam(chance, spec)])) as ParamValues,
    backends: drawBackends(chance, chance.between(1, most)),
    circuit: chance.true(0.9) ? drawCircuit(chance, timeouts) : null,
    panicThreshold: chance.oneOf([0, 0, 0.3, 0.5, 0.5, 1]),
    retry: chance.true(0.8) ? drawRetry(chance) : null,
    hedge: chance.true(0.4) ? drawHedge(chance, serviceMs) : null,
    slowStartMs: chance.oneOf([0, 0, 2_000, 10_000]),
    health: chance.true(0.6)
      ? { intervalMs, unhealthyAfter: chance.between(1, 4), healthyAfter: chance.between(1, 3) }
      : null,
    limits: {
      inFlight: chance.oneOf([1, 2, 4, 16, 1024, 1024, 1024]),
      queue: chance.oneOf([0, 0, 1, 5, 100]),
      queueTimeoutMs: chance.between(10, 1_000),
    },
    timeouts,
    traffic: drawTraffic(chance, shape, durationMs, serviceMs, pools),
  };
}

/** Well backends answer in time, always: else a fine one could not be told from a bad one. */
function drawTimeouts(chance: Chance, serviceMs: number): PoolSketch['timeouts'] {
  const connectMs = chance.log(20, 2_000);
  const firstByteMs = serviceMs * 8 + chance.log(50, 3_000);
  const perTryMs = serviceMs * 8 + chance.log(50, 3_000);
  const least = connectMs + Math.min(firstByteMs, perTryMs);
  return { connectMs, firstByteMs, perTryMs, totalMs: least * chance.log(1, 4) };
}

function drawBackends(chance: Chance, count: number): BackendSketch[] {
  const tiers = chance.true(0.25) ? 2 : 1;
  const weights = chance.oneOf([[1], [1], [1, 2, 5], [0.5, 1, 3], [0, 1, 1]]);
  return Array.from({ length: count }, (_, at) => ({
    id: `b${at}`,
    weight: chance.oneOf(weights),
    tier: chance.below(tiers),
  }));
}

function drawCircuit(chance: Chance, timeouts: PoolSketch['timeouts']): CircuitPlan {
  const openForMs = chance.log(10, 5_000);
  return {
    consecutiveFailures: chance.oneOf([1, 2, 3, 5, 5, 20, 10_000]),
    failureRatio: chance.oneOf([0.1, 0.5, 0.5, 1]),
    minRequests: chance.oneOf([1, 5, 10, 20]),
    windowMs: chance.log(200, 20_000),
    outlier: chance.true(0.7),
    openForMs,
    maxOpenForMs: openForMs * chance.log(1, 8),
    trials: chance.oneOf([1, 1, 1, 2, 3, 5]),
    maxOpen: chance.oneOf([0, 0.3, 0.5, 0.5, 1]),
    trialMs: Math.min(30_000, timeouts.connectMs + timeouts.firstByteMs),
  };
}

/** A circuit that hardly opens but for being worse than the others. */
function outlierCircuit({ circuit, timeouts }: PoolSketch): CircuitPlan {
  const plan = circuit ?? drawCircuit(new Chance(createPrng(1)), timeouts);
  return { ...plan, consecutiveFailures: 10_000, failureRatio: 0.9, minRequests: 10, windowMs: 20_000, outlier: true };
}

function drawRetry(chance: Chance): RetryPlan {
  const all = [Outcome.connectFailure, Outcome.connectTimeout, Outcome.reset, Outcome.timeout];
  return {
    attempts: chance.oneOf([1, 1, 1, 2, 3, 10]),
    outcomes: chance.true(0.8) ? all : all.slice(0, 2),
    statuses: chance.oneOf([[502, 503, 504], [502, 503, 504], [500, 503], [429], []]),
    methods: chance.true(0.9) ? ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'] : ['HEAD'],
    backoffBaseMs: chance.oneOf([0, 1, 25]),
    backoffMaxMs: chance.oneOf([1, 250]),
    budgetShare: chance.oneOf([0, 0.05, 0.2, 0.2, 1]),
    budgetPerSecond: chance.oneOf([0, 0.3, 1, 10, 10, 1_000_000]),
    bodyBytes: 65_536,
  };
}

function drawHedge(chance: Chance, serviceMs: number): HedgePlan {
  const after = chance.true(0.5)
    ? { quantile: chance.oneOf([0.5, 0.9, 0.95]) }
    : { ms: Math.max(1, serviceMs * chance.log(0.5, 5)) };
  return { after, budget: chance.oneOf([0.02, 0.05, 0.3, 1]) };
}

function drawTraffic(
  chance: Chance,
  shape: Shape,
  durationMs: number,
  serviceMs: number,
  pools: number,
): TrafficSketch {
  const requests = chance.log(REQUESTS_LEAST, REQUESTS_MOST) / pools;
  const rate = (requests * 1000) / durationMs;
  const steady = [{ forMs: durationMs, from: rate, to: rate }];
  const half = { forMs: durationMs / 2, from: rate, to: rate };
  const phases =
    shape === 'hour'
      ? [half, { forMs: HOUR_MS, from: 0, to: 0 }, half]
      : chance.weighted([
          [steady, 6],
          [[{ forMs: durationMs, from: 0, to: 2 * rate }], 1],
          [[{ forMs: durationMs, from: 2 * rate, to: 0 }], 1],
          [drawBursts(chance, durationMs, rate), 3],
        ]);
  return {
    phases,
    serviceMs,
    unsafe: chance.oneOf([0, 0.1, 0.5, 1]),
    streamed: chance.oneOf([0, 0, 0.2]),
    leave: chance.oneOf([0, 0, 0.05, 0.3]),
    long: chance.oneOf([0, 0, 0, 0, 0, 0.02, 0.02, 1]),
    keys: chance.oneOf([1, 10, 10_000]),
  };
}

function drawBursts(chance: Chance, durationMs: number, rate: number): TrafficSketch['phases'][number][] {
  const bursts = chance.between(2, 6);
  const forMs = durationMs / (2 * bursts);
  const quiet = chance.oneOf([0, rate / 5]);
  return Array.from({ length: 2 * bursts }, (_, at) => {
    const now = at % 2 === 0 ? quiet : 2 * rate;
    return { forMs, from: now, to: now };
  });
}

function drawParam(chance: Chance, spec: ParamSpec): number | string | boolean {
  if (spec.type === 'boolean') return chance.true(0.5);
  if (spec.type === 'choice') return chance.oneOf(spec.choices);
  if (chance.true(0.5)) return spec.default;
  // Not far from the default: a memory of minutes is the operator's wish, and no starvation.
  const value = spec.default * chance.log(0.5, 2);
  const bounded = Math.max(spec.min, Math.min(spec.max, value));
  return spec.integer ? Math.round(bounded) : bounded;
}
