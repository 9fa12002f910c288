import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SmallPool, type SmallPoolOptions } from '../../../test/support/small-pool.ts';
import { AdminState, HealthState } from '../health-state.ts';
import { Outcome } from '../outcome.ts';
import { Candidates } from './candidates.ts';

function candidatesOf(pool: SmallPool, threshold = 0, admitDue = false): { slots: number[]; candidates: Candidates } {
  const candidates = new Candidates(pool.members, pool.circuits[0] ?? null, threshold);
  candidates.collect(pool.nowMs, admitDue);
  return { slots: [...candidates.slots.subarray(0, candidates.count)], candidates };
}

function poolOf(options: SmallPoolOptions, ...open: number[]): SmallPool {
  const pool = new SmallPool(options);
  for (const slot of open) pool.open(slot);
  return pool;
}

describe('eligible', () => {
  test('well members with closed circuits, in the order of the configuration', () => {
    const pool = poolOf({ tiers: [0, 0, 0, 0, 0] }, 3);
    pool.set(1, { health: HealthState.unhealthy });
    assert.deepEqual(candidatesOf(pool).slots, [0, 2, 4]);
  });

  test('of the lowest tier that has any', () => {
    const pool = poolOf({ tiers: [1, 0, 1, 2] });
    assert.deepEqual(candidatesOf(pool).slots, [1]);
    pool.open(1);
    assert.deepEqual(candidatesOf(pool).slots, [0, 2]);
    pool.set(0, { admin: AdminState.draining });
    pool.set(2, { weight: 0 });
    assert.deepEqual(candidatesOf(pool).slots, [3]);
  });

  test('those not probed yet only where nothing better exists', () => {
    const pool = poolOf({});
    pool.set(0, { health: HealthState.unknown });
    assert.deepEqual(candidatesOf(pool).slots, [1, 2]);
    for (const slot of [1, 2]) pool.set(slot, { health: HealthState.unhealthy });
    assert.deepEqual(candidatesOf(pool).slots, [0]);
  });
});

describe('panic', () => {
  test('below the threshold all that probes do not call down are used, whatever their circuits say', () => {
    const pool = poolOf({ tiers: [0, 0, 0, 0] }, 0, 1);
    assert.deepEqual(candidatesOf(pool, 0.5).slots, [2, 3]);
    pool.set(3, { health: HealthState.unhealthy });
    const { slots, candidates } = candidatesOf(pool, 0.5);
    assert.ok(candidates.panic);
    assert.deepEqual(slots, [0, 1, 2]);
  });

  test('probes alone make none: what they call down stays out', () => {
    const pool = poolOf({ tiers: [0, 0, 0, 0] });
    for (const slot of [0, 1, 2]) pool.set(slot, { health: HealthState.unhealthy });
    const { slots, candidates } = candidatesOf(pool, 0.9);
    assert.ok(!candidates.panic);
    assert.deepEqual(slots, [3]);
  });

  test('what an operator took out is no member, neither counted nor used', () => {
    const pool = poolOf({ tiers: [0, 0, 0, 0] }, 0);
    for (const slot of [1, 2]) pool.set(slot, { admin: AdminState.maintenance });
    // One of two is eligible: not below one half.
    const { slots, candidates } = candidatesOf(pool, 0.5);
    assert.ok(!candidates.panic);
    assert.deepEqual(slots, [3]);
  });
});

describe('last resort', () => {
  /** Two backends, both called down by probes; 0 answered a moment ago. */
  function downButAnswering(): SmallPool {
    const pool = poolOf({ tiers: [0, 0] });
    pool.ends(0, Outcome.success);
    for (const slot of [0, 1]) pool.set(slot, { health: HealthState.unhealthy });
    return pool;
  }

  test('what probes call down is used while it answers', () => {
    const pool = downButAnswering();
    const { slots, candidates } = candidatesOf(pool);
    assert.deepEqual(slots, [0]);
    assert.ok(candidates.resort);
  });

  test('and no longer once it has not answered for the window', () => {
    const pool = downButAnswering();
    pool.nowMs += pool.plan.windowMs + 1;
    pool.fail(0, 2);
    assert.deepEqual(candidatesOf(pool).slots, []);
  });

  test('not while anything better is there', () => {
    const pool = downButAnswering();
    pool.set(1, { health: HealthState.unknown });
    const { slots, candidates } = candidatesOf(pool);
    assert.deepEqual(slots, [1]);
    assert.ok(!candidates.resort);
  });
});

describe('due for a trial', () => {
  test('a member of the same tier takes its place in the order, not counted as serving', () => {
    const pool = poolOf({}, 1);
    assert.deepEqual(candidatesOf(pool, 0, true).slots, [0, 2], 'not due yet');
    pool.nowMs += 2_000;
    const { slots, candidates } = candidatesOf(pool, 0, true);
    assert.deepEqual(slots, [0, 1, 2]);
    assert.equal(candidates.servingCount, 2);
  });

  test('bug: one that is due in a lower tier must not push those that serve out', () => {
    const pool = poolOf({ tiers: [0, 1, 1] }, 0);
    pool.nowMs += 2_000;
    const { slots, candidates } = candidatesOf(pool, 0, true);
    assert.deepEqual(slots, [0, 1, 2]);
    assert.equal(candidates.servingCount, 2);
  });

  test('one of a higher tier waits for its turn', () => {
    const pool = poolOf({ tiers: [0, 0, 1] }, 2);
    pool.nowMs += 2_000;
    assert.deepEqual(candidatesOf(pool, 0, true).slots, [0, 1]);
  });

  test('alone, it is a candidate that does not serve', () => {
    const pool = poolOf({ tiers: [0, 1] }, 0);
    pool.set(1, { health: HealthState.unhealthy });
    pool.nowMs += 2_000;
    const { slots, candidates } = candidatesOf(pool, 0, true);
    assert.deepEqual(slots, [0]);
    assert.equal(candidates.servingCount, 0);
  });
});
