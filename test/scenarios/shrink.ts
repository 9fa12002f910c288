/**
 * Makes a failing scenario small: takes away whatever the failure does not need (faults, pools, workers, backends, time,
 * traffic, parts of the plan), as long as the same invariant still fails.
 */
import type { Fault, PoolSketch, Scenario } from './scenario.ts';
import { run, type Failure, type RunOptions } from './world.ts';

/** Runs that one shrinking may take. */
const RUNS_MAX = 600;

export interface Shrunk {
  readonly scenario: Scenario;
  readonly failure: Failure;
  readonly runs: number;
}

export function shrink(scenario: Scenario, failure: Failure, options: RunOptions = {}): Shrunk {
  let best: Shrunk = { scenario, failure, runs: 0 };
  let runs = 0;
  for (let progress = true; progress && runs < RUNS_MAX;) {
    progress = false;
    for (const smaller of simpler(best.scenario, best.failure)) {
      if (runs >= RUNS_MAX) break;
      runs += 1;
      const result = run(smaller, options).failure;
      if (result?.invariant !== failure.invariant) continue;
      best = { scenario: smaller, failure: result, runs };
      progress = true;
      // What is simpler than this one is asked anew.
      break;
    }
  }
  return { ...best, runs };
}

/** How large a scenario is; shrinking makes it less. */
export function sizeOf(scenario: Scenario): number {
  return JSON.stringify(scenario).length;
}

/** Scenarios that are each simpler in one way, those that save most first. */
function* simpler(scenario: Scenario, { atMs }: Failure): Generator<Scenario> {
  const { pools, faults } = scenario;
  if (atMs + 1 < scenario.durationMs) yield endedAt(scenario, atMs + 1);
  for (let at = 0; at < pools.length && pools.length > 1; at++) yield withoutPool(scenario, pools[at]!.name);
  for (let at = 0; at < faults.length; at++) yield { ...scenario, faults: faults.toSpliced(at, 1) };
  if (scenario.workers > 1) yield { ...scenario, workers: scenario.workers - 1 };
  if (scenario.limit !== null) yield { ...scenario, limit: null };
  if (scenario.startMs !== 0) yield { ...scenario, startMs: 0 };
  for (let at = 0; at < pools.length; at++)
    for (const pool of simplerPools(pools[at]!)) yield { ...scenario, pools: pools.with(at, pool) };
  for (let at = 0; at < faults.length; at++)
    for (const fault of simplerFaults(faults[at]!)) yield { ...scenario, faults: faults.with(at, fault) };
  if (scenario.durationMs > 1_000) yield endedAt(scenario, Math.floor(scenario.durationMs / 2));
}

function endedAt(scenario: Scenario, durationMs: number): Scenario {
  const begun = scenario.faults.filter((fault) => ('atMs' in fault ? fault.atMs : fault.fromMs) < durationMs);
  return { ...scenario, durationMs, faults: begun };
}

function withoutPool(scenario: Scenario, name: string): Scenario {
  return {
    ...scenario,
    pools: scenario.pools.filter((pool) => pool.name !== name),
    faults: scenario.faults.filter((fault) => !('pool' in fault) || fault.pool !== name),
  };
}

function* simplerPools(pool: PoolSketch): Generator<PoolSketch> {
  const { backends, traffic, limits } = pool;
  if (backends.length > 4) yield { ...pool, backends: backends.slice(0, backends.length >> 1) };
  for (let at = 0; at < backends.length && backends.length > 1; at++)
    yield { ...pool, backends: backends.toSpliced(at, 1) };
  if (pool.hedge !== null) yield { ...pool, hedge: null };
  if (pool.retry !== null) yield { ...pool, retry: null };
  if (pool.circuit !== null) yield { ...pool, circuit: null };
  if (pool.health !== null) yield { ...pool, health: null };
  if (pool.slowStartMs > 0) yield { ...pool, slowStartMs: 0 };
  if (pool.strategy !== 'round-robin') yield { ...pool, strategy: 'round-robin', params: {} };
  if (limits.queue > 0) yield { ...pool, limits: { ...limits, queue: 0 } };
  if (limits.inFlight < 1024) yield { ...pool, limits: { ...limits, inFlight: 1024 } };
  if (backends.some(({ weight }) => weight !== 1))
    yield { ...pool, backends: backends.map((backend) => ({ ...backend, weight: 1 })) };
  if (backends.some(({ tier }) => tier !== 0))
    yield { ...pool, backends: backends.map((backend) => ({ ...backend, tier: 0 })) };
  for (const share of ['unsafe', 'streamed', 'leave', 'long'] as const)
    if (traffic[share] > 0) yield { ...pool, traffic: { ...traffic, [share]: 0 } };
  if (traffic.phases.length > 1) yield { ...pool, traffic: { ...traffic, phases: traffic.phases.slice(0, -1) } };
  const halved = traffic.phases.map((phase) => ({ ...phase, from: phase.from / 2, to: phase.to / 2 }));
  if (traffic.phases.some(({ from, to }) => from + to > 2)) yield { ...pool, traffic: { ...traffic, phases: halved } };
}

function* simplerFaults(fault: Fault): Generator<Fault> {
  if (fault.kind === 'reload') {
    const keys = Object.keys(fault.change) as (keyof PoolSketch)[];
    const { backends } = fault.change;
    if (backends === undefined || keys.length > 1) return;
    for (let at = 0; at < backends.length && backends.length > 1; at++)
      yield { ...fault, change: { backends: backends.toSpliced(at, 1) } };
  } else if (fault.kind === 'worker-death') {
    if (fault.locked) yield { ...fault, locked: false };
    if (fault.inTrial) yield { ...fault, inTrial: false };
  } else if (fault.kind === 'flap') {
    yield { kind: 'crash', pool: fault.pool, backend: fault.backend, fromMs: fault.fromMs, toMs: fault.toMs };
  } else if (fault.kind === 'errors' && fault.share < 1) yield { ...fault, share: 1 };
}
