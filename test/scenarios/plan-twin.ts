/** Plans of a scenario: its pools as the compiler would leave them, each behind a route of its own. */
import { RowAllocator } from '#supervisor/row-allocator.ts';
import type { HealthPlan, Plan, PoolPlan, RoutePlan } from '#core/plan.ts';
import type { Scenario, PoolSketch } from './scenario.ts';

const NO_EDITS = { remove: [], set: [], add: [] };

export interface PlanDraft {
  readonly plan: Plan;
  /** Makes it the plan in force; the slots that were not in force before. */
  readonly commit: () => Set<number>;
}

export class Planner {
  readonly #rows: RowAllocator;

  constructor(scenario: Scenario, isIdle: (slot: number) => boolean, onReuse: (slot: number) => void) {
    const capacity = scenario.slots;
    this.#rows = new RowAllocator({ first: 0, capacity, what: 'backends', isIdle, onReuse });
  }

  /** Throws an OperatorError when there are too few slots. `obeyed`: the oldest revision that a worker may obey. */
  draft(pools: readonly PoolSketch[], revision: number, obeyed: number): PlanDraft {
    const draft = this.#rows.draft(obeyed);
    const plans = pools.map((pool, row) => poolPlan(pool, row, (id) => draft.assign(`${pool.name}/${id}`)));
    const plan: Plan = {
      revision,
      edition: revision,
      workers: 1,
      engine: 'auto',
      listeners: [],
      routes: pools.map(routePlan),
      pools: plans,
      rateLimits: [],
      overload: null,
      accessLog: null,
      requests: null,
      tracing: null,
    };
    const commit = (): Set<number> => {
      const added = this.#rows.commit(draft, revision);
      return new Set(added.map((name) => draft.rows.get(name) as number));
    };
    return { plan, commit };
  }
}

function poolPlan(pool: PoolSketch, row: number, slotOf: (id: string) => number): PoolPlan {
  const { name, circuit, panicThreshold, retry, hedge, slowStartMs, limits } = pool;
  return {
    name,
    row,
    strategy: { name: pool.strategy, params: pool.params, key: { from: 'path' } },
    backends: pool.backends.map(({ id, weight, tier }) => ({
      id,
      url: `http://${name}.${id}`,
      authority: `${name}.${id}:80`,
      address: { kind: 'tcp', host: `${name}.${id}`, port: 80 },
      tlsName: null,
      weight,
      tier,
      discovered: false,
      state: 'active' as const,
      slot: slotOf(id),
    })),
    health: pool.health === null ? null : healthPlan(pool.health),
    circuit,
    panicThreshold,
    retry,
    hedge,
    concurrency: null,
    tls: { ca: null, cert: null, key: null },
    slowStartMs,
    timeouts: {
      connectMs: pool.timeouts.connectMs,
      firstByteMs: pool.timeouts.firstByteMs,
      idleMs: 0,
      bodyMs: 0,
      tunnelMs: 0,
    },
    limits,
  };
}

function healthPlan({ intervalMs, unhealthyAfter, healthyAfter }: NonNullable<PoolSketch['health']>): HealthPlan {
  const http = { kind: 'http', path: '/', host: null, method: 'GET', status: [[200, 399]], body: null } as const;
  return { ...http, intervalMs, timeoutMs: intervalMs, unhealthyAfter, healthyAfter, jitter: 0.2 };
}

function routePlan(pool: PoolSketch, at: number): RoutePlan {
  const { totalMs, perTryMs } = pool.timeouts;
  return {
    name: pool.name,
    row: at,
    match: { hosts: [], path: `/${pool.name}`, exact: false, methods: [], headers: [] },
    stripPrefix: '',
    split: [{ pool: at, weight: 1 }],
    controlPlane: false,
    rateLimits: [],
    timeouts: { totalMs, perTryMs },
    headers: { request: NO_EDITS, response: NO_EDITS },
  };
}
