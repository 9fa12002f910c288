import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdminState, HealthState } from '#core/health-state.ts';
import type { BackendPlan, Plan } from '#core/plan.ts';
import { layTables, tablesBytes } from '#memory/tables.ts';
import { planOf, type PoolSketch } from '../../test/support/plans.ts';
import { VirtualTimers } from '../../test/support/virtual-timers.ts';
import { Membership } from './membership.ts';

const ALL = new Set([0, 1, 2]);
const NONE = new Set<number>();
const nowhere = (slot: number): boolean => slot === 2;

function setUp() {
  const capacity = { workers: 1, slots: 8, routes: 2, pools: 1, limits: 1, bucketSets: 2 };
  const { slots } = layTables(new ArrayBuffer(tablesBytes(capacity)), capacity);
  const timers = new VirtualTimers();
  const membership = new Membership(slots, timers);
  return { slots, timers, membership };
}

/** A pool of backends with these weights, in slots 0, 1, …. */
function plan(weights: number[], pool: Partial<PoolSketch> = {}) {
  const backends = weights.map((weight, at) => ({ id: `b${at}`, url: `http://127.0.0.1:${9000 + at}`, weight }));
  const assignSlot = (_: string, id: string): number => Number(id.slice(1));
  const context = {
    revision: 1,
    assignSlot,
    assignRouteRow: () => 1,
    assignPoolRow: () => 0,
    assignLimitRow: () => 0,
    memoryBytes: 1024 ** 3,
    controlSocket: '',
    cpus: 1,
  };
  return planOf({ pools: [{ backends, ...pool }] }, context);
}
const { unknown, healthy, unhealthy, unchecked } = HealthState;

describe('membership', () => {
  test('new backends are unknown until probed; without probes they are as well as their names', () => {
    const { slots, membership } = setUp();
    membership.apply(plan([1, 2, 3], { health: {} }), ALL, () => false);
    assert.deepEqual([...slots.health.subarray(0, 3)], [unknown, unknown, unknown]);
    assert.deepEqual([...slots.weight.subarray(0, 4)], [1, 2, 3, 0]);
    membership.apply(plan([1, 2, 3]), NONE, nowhere);
    assert.deepEqual([...slots.health.subarray(0, 3)], [unchecked, unchecked, unhealthy]);
  });

  test('a backend that stays keeps its state when its weight changes; one that is new in its slot does not', () => {
    const { slots, membership } = setUp();
    membership.apply(plan([1, 1], { health: {} }), ALL, () => false);
    slots.health.set([healthy, unhealthy]);
    slots.admin[1] = AdminState.maintenance;
    const epoch = slots.epoch[0] as number;
    membership.apply(plan([5, 1], { health: {} }), new Set([1]), () => false);
    assert.deepEqual([...slots.health.subarray(0, 2)], [healthy, unknown]);
    assert.equal(slots.weight[0], 5);
    assert.equal(slots.admin[1], AdminState.active);
    assert.ok((slots.epoch[0] as number) > epoch);
  });

  test('a backend that comes back gets its weight little by little, and workers are told each time', async () => {
    const { slots, timers, membership } = setUp();
    membership.apply(plan([10], { health: {}, slowStartMs: 1_000 }), ALL, () => false);
    membership.ramp(0);
    const seen = [slots.weight[0]];
    for (let step = 0; step < 5; step++) {
      const epoch = slots.epoch[0] as number;
      await timers.advance(250);
      seen.push(slots.weight[0]);
      if (step < 4) assert.equal(slots.epoch[0], epoch + 1);
    }
    assert.deepEqual(seen, [1, 3.25, 5.5, 7.75, 10, 10]);
    assert.equal(timers.pending, 0, 'nothing ticks once no backend ramps');
  });

  test('a new weight takes effect in the middle of a ramp, at its present share', async () => {
    const { slots, timers, membership } = setUp();
    membership.apply(plan([10], { health: {}, slowStartMs: 1_000 }), ALL, () => false);
    membership.ramp(0);
    await timers.advance(500);
    membership.apply(plan([20], { health: {}, slowStartMs: 1_000 }), NONE, () => false);
    assert.equal(slots.weight[0], 11);
  });

  test('without slow start the weight is whole at once', () => {
    const { slots, timers, membership } = setUp();
    membership.apply(plan([10], { health: {} }), ALL, () => false);
    membership.ramp(0);
    assert.equal(slots.weight[0], 10);
    assert.equal(timers.pending, 0);
  });

  test("an operator's state is obeyed with each plan; back from maintenance a weight rises, back from draining it does not", () => {
    const { slots, timers, membership } = setUp();
    const stated = (...states: BackendPlan['state'][]): Plan => {
      const made = plan([4, 4], { slowStartMs: 10_000 });
      const pools = made.pools.map((pool) => ({
        ...pool,
        backends: pool.backends.map((backend, at) => ({ ...backend, state: states[at] as BackendPlan['state'] })),
      }));
      return { ...made, pools };
    };
    membership.apply(stated('draining', 'maintenance'), ALL, () => false);
    assert.deepEqual([...slots.admin.subarray(0, 2)], [AdminState.draining, AdminState.maintenance]);
    assert.deepEqual([...slots.weight.subarray(0, 2)], [4, 4]);
    membership.apply(stated('active', 'active'), NONE, () => false);
    assert.deepEqual([...slots.admin.subarray(0, 2)], [AdminState.active, AdminState.active]);
    assert.equal(slots.weight[0], 4);
    assert.ok((slots.weight[1] as number) < 4);
    assert.equal(timers.pending, 1, 'it goes on rising');
    membership.stop();
  });
});
