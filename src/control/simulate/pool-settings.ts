/** A pool of the plan as the simulator takes it. */
import type { PoolMember, SimulatedPool } from '#contract/simulate.ts';
import type { HealthPlan, Plan, PoolPlan } from '#core/plan.ts';

/** Threads beyond this change nothing that a simulation could show. */
const WORKERS_MAX = 64;

export interface PlannedPool {
  readonly pool: PoolPlan;
  readonly workers: number;
  /** The least of its routes; 0: none. */
  readonly perTryMs: number;
}

export function plannedPool(plan: Plan, name: string): PlannedPool | null {
  const index = plan.pools.findIndex((pool) => pool.name === name);
  const pool = plan.pools[index];
  if (pool === undefined) return null;
  const limits = plan.routes
    .filter((route) => route.split.some((part) => part.pool === index))
    .map(({ timeouts }) => timeouts.perTryMs)
    .filter((ms) => ms > 0);
  return { pool, workers: plan.workers, perTryMs: limits.length === 0 ? 0 : Math.min(...limits) };
}

/** `stateOf`: how a backend is now, which a plan alone does not say. */
export function poolSettings(
  { pool, workers, perTryMs }: PlannedPool,
  stateOf: (backend: PoolPlan['backends'][number]) => PoolMember['state'],
): SimulatedPool {
  const limits = [perTryMs, pool.timeouts.firstByteMs].filter((ms) => ms > 0);
  return {
    name: pool.name,
    strategy: { name: pool.strategy.name, params: pool.strategy.params },
    backends: pool.backends.map((backend) => {
      const { id, authority, weight, tier } = backend;
      return { id, authority, weight, tier, state: stateOf(backend) };
    }),
    circuit: pool.circuit,
    panicThreshold: pool.panicThreshold,
    retry: pool.retry,
    hedge: pool.hedge,
    concurrency: pool.concurrency,
    slowStartMs: pool.slowStartMs,
    limits: pool.limits,
    probes: pool.health === null ? null : probesOf(pool.health),
    tryTimeoutMs: limits.length === 0 ? 0 : Math.min(...limits),
    workers: Math.min(WORKERS_MAX, workers),
  };
}

/** The last good probe was half an interval ago on average; the first bad one then takes its whole time. */
function probesOf({ intervalMs, timeoutMs, unhealthyAfter, healthyAfter }: HealthPlan): SimulatedPool['probes'] {
  return {
    downMs: intervalMs * (unhealthyAfter - 0.5) + Math.min(timeoutMs, intervalMs),
    upMs: intervalMs * (healthyAfter - 0.5),
  };
}
