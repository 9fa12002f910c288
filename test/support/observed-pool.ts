/** A pool of so many backends over tables of its own, with nothing counted yet. */
import type { PoolPlan } from '#core/plan.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import type { Observed } from '#observe/observed.ts';
import { planOf } from './plans.ts';

export interface ObservedPool {
  readonly observed: Observed;
  readonly plan: PoolPlan;
  readonly slots: readonly number[];
}

export function observedPool(count: number): ObservedPool {
  const capacity = { workers: 1, slots: Math.max(8, count), routes: 4, pools: 2, limits: 2, bucketSets: 2 };
  const tables = layTables(new ArrayBuffer(tablesBytes(capacity)), capacity);
  const backends = Array.from({ length: count }, (_, at) => ({ id: `b${at}`, url: `http://127.0.0.1:${9000 + at}` }));
  let slot = 0;
  const plan = planOf(
    { pools: [{ backends }] },
    {
      revision: 1,
      assignSlot: () => slot++,
      assignRouteRow: () => 1,
      assignPoolRow: () => 0,
      assignLimitRow: () => 0,
      memoryBytes: 1024 ** 3,
      controlSocket: '',
      cpus: 1,
    },
  );
  tables.slots.weight.fill(1, 0, count);
  const observed: Observed = {
    plan,
    tables,
    workerRows: 1,
    probes: () => null,
    addresses: () => [],
    circuitChange: () => null,
    certificates: [],
    discovery: () => null,
  };
  const pool = plan.pools[0] as PoolPlan;
  return { observed, plan: pool, slots: pool.backends.map((one) => one.slot) };
}
