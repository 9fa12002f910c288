/** The backends of a plan with their labels, made once for each plan: a scrape goes over them a dozen times. */
import type { BackendPlan, Plan, PoolPlan } from '#core/plan.ts';
import { LabelSet } from './label-set.ts';
import { userPools } from './observed.ts';

interface Labelled {
  readonly labels: LabelSet;
  readonly backend: BackendPlan;
  readonly pool: PoolPlan;
}

const known = new WeakMap<Plan, readonly Labelled[]>();

export function eachBackend(plan: Plan, visit: (labels: LabelSet, backend: BackendPlan, pool: PoolPlan) => void): void {
  let list = known.get(plan);
  if (list === undefined) {
    list = userPools(plan).flatMap((pool) =>
      pool.backends.map((backend) => ({
        labels: LabelSet.of({ pool: pool.name, backend: backend.id }),
        backend,
        pool,
      })),
    );
    known.set(plan, list);
  }
  for (const { labels, backend, pool } of list) visit(labels, backend, pool);
}
