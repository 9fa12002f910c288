import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FULL } from '#core/balancing/selector.ts';
import { Tried, UNTRIED } from '#core/balancing/tried.ts';
import { AdminState, HealthState } from '#core/health-state.ts';
import { Outcome } from '#core/outcome.ts';
import type { Plan } from '#core/plan.ts';
import { layTables, tablesBytes, type Tables } from '#memory/tables.ts';
import { Recorder } from '#observe/recorder.ts';
import { takenAt } from '../../test/support/small-pool.ts';
import { PlanState } from './plan-state.ts';
import type { Pool } from './pool.ts';

const CAPACITY = { workers: 2, slots: 16, routes: 2, pools: 2, limits: 2, bucketSets: 2 };

function rig(
  tiers: readonly number[],
  inFlight = 10,
): { tables: Tables; pool: Pool; next: (pools?: Plan['pools']) => Pool } {
  const tables = layTables(new ArrayBuffer(tablesBytes(CAPACITY)), CAPACITY);
  const backends = tiers.map((tier, slot) => ({
    id: `b${slot}`,
    url: `http://127.0.0.1:${slot + 1}`,
    authority: `127.0.0.1:${slot + 1}`,
    address: { kind: 'tcp', host: '127.0.0.1', port: slot + 1 } as const,
    tlsName: null,
    weight: 1,
    tier,
    discovered: false,
    state: 'active' as const,
    slot,
  }));
  tiers.forEach((_, slot) => {
    tables.slots.weight[slot] = 1;
    tables.slots.health[slot] = HealthState.healthy;
  });
  const plan: Plan = {
    revision: 1,
    edition: 1,
    workers: 1,
    engine: 'net',
    listeners: [],
    routes: [],
    rateLimits: [],
    overload: null,
    accessLog: null,
    requests: null,
    tracing: null,
    pools: [
      {
        name: 'app',
        row: 0,
        strategy: { name: 'round-robin', params: {}, key: { from: 'client-ip' } },
        backends,
        health: null,
        slowStartMs: 0,
        circuit: null,
        panicThreshold: 0,
        retry: null,
        hedge: null,
        concurrency: null,
        tls: { ca: null, cert: null, key: null },
        timeouts: { connectMs: 0, firstByteMs: 0, idleMs: 0, bodyMs: 0, tunnelMs: 0 },
        limits: { inFlight, queue: 0, queueTimeoutMs: 0 },
      },
    ],
  };
  const recorder = new Recorder(tables.counters.rows[0]!);
  const ports = { recorder, onCircuit: () => {}, onPanic: () => {}, onRoom: () => {} };
  let state = new PlanState(plan, tables, 0, null, ports);
  const next = (pools = plan.pools): Pool => {
    state = new PlanState({ ...plan, pools }, tables, 0, state, ports);
    return state.pools[0] as Pool;
  };
  return { tables, pool: state.pools[0] as Pool, next };
}

function set(tables: Tables, slot: number, health: HealthState): void {
  tables.slots.health[slot] = health;
  tables.slots.moveEpoch();
}

function tried(...slots: number[]): Tried {
  const some = new Tried(8);
  for (const slot of slots) some.add(slot);
  return some;
}

/** Takes a slot and gives it back at once. */
function pick(pool: Pool, already: Tried = UNTRIED): number {
  const slot = pool.take(0, 0, already, true, true);
  if (slot >= 0) settle(pool, slot);
  return slot;
}

function settle(pool: Pool, slot: number): void {
  pool.settle(takenAt(slot), 5, Outcome.success, 5);
}

const picks = (pool: Pool, count = 30): number[] =>
  [...new Set(Array.from({ length: count }, () => pick(pool)))].sort();

test('only backends that are up are picked: falling counts as up, rising does not', () => {
  const { tables, pool } = rig([0, 0, 0, 0]);
  set(tables, 1, HealthState.unhealthy);
  set(tables, 2, HealthState.falling);
  set(tables, 3, HealthState.rising);
  assert.deepEqual(picks(pool), [0, 2]);
  set(tables, 3, HealthState.healthy);
  assert.deepEqual(picks(pool), [0, 2, 3]);
});

test('draining, maintenance and weight 0 take a backend out', () => {
  const { tables, pool } = rig([0, 0, 0, 0]);
  tables.slots.admin[0] = AdminState.draining;
  tables.slots.admin[1] = AdminState.maintenance;
  tables.slots.weight[2] = 0;
  tables.slots.moveEpoch();
  assert.deepEqual(picks(pool), [3]);
});

test('backends that were never probed serve only while none is known to be up', () => {
  const { tables, pool } = rig([0, 0]);
  set(tables, 0, HealthState.unknown);
  set(tables, 1, HealthState.unknown);
  assert.deepEqual(picks(pool), [0, 1]);
  set(tables, 1, HealthState.healthy);
  assert.deepEqual(picks(pool), [1]);
  set(tables, 1, HealthState.unhealthy);
  assert.deepEqual(picks(pool), [0]);
  set(tables, 0, HealthState.unhealthy);
  assert.deepEqual(picks(pool), [0, 1], 'the last resort: both answered a moment ago');
});

test('the lowest tier that is up serves alone', () => {
  const { tables, pool } = rig([1, 0, 1, 0]);
  assert.deepEqual(picks(pool), [1, 3]);
  set(tables, 1, HealthState.unhealthy);
  assert.deepEqual(picks(pool), [3]);
  set(tables, 3, HealthState.unhealthy);
  assert.deepEqual(picks(pool), [0, 2]);
});

test('full backends are passed over, counted over all workers; the one tried is the last resort', () => {
  const { tables, pool } = rig([0, 0, 0], 1);
  tables.slots.begin(0, 0);
  tables.slots.begin(1, 1);
  assert.deepEqual(picks(pool), [2]);
  assert.equal(pick(pool, tried(2)), 2, 'tried already, but the only one with room');
  assert.equal(pool.take(0, 0, UNTRIED, true, true), 2);
  assert.equal(pool.take(0, 0, UNTRIED, true, true), ALL_FULL);
  settle(pool, 0);
  assert.deepEqual(picks(pool), [0]);
});

test('one that was tried is avoided while another is eligible', () => {
  const { pool } = rig([0, 0, 0]);
  for (let i = 0; i < 30; i++) assert.notEqual(pick(pool, tried(1)), 1);
});

test('a worker that died gives back what it held, and only that', () => {
  const { tables } = rig([0, 0]);
  tables.slots.begin(0, 0);
  tables.slots.begin(1, 0);
  tables.slots.begin(1, 1);
  assert.equal(tables.slots.reclaim(1), 2);
  assert.deepEqual([tables.slots.total[0], tables.slots.total[1]], [1, 0]);
});

test('over a new plan a strategy is kept while nothing that it depends on changed', () => {
  const { pool, next } = rig([0, 0]);
  assert.equal(next().selector.strategy, pool.selector.strategy);
  const heavier = next([{ ...pool.plan, backends: pool.plan.backends.map((backend) => ({ ...backend, weight: 5 })) }]);
  assert.equal(heavier.selector.strategy, pool.selector.strategy, 'weights are in shared memory');
  assert.notEqual(
    next([{ ...pool.plan, strategy: { ...pool.plan.strategy, name: 'random' } }]).selector.strategy,
    pool.selector.strategy,
  );
});
