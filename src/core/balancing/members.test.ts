import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmallPool } from '../../../test/support/small-pool.ts';
import { AdminState, HealthState } from '../health-state.ts';

const STANDINGS: readonly [what: Parameters<SmallPool['set']>[1], takes: boolean, well: boolean, notDown: boolean][] = [
  [{ health: HealthState.healthy }, true, true, true],
  [{ health: HealthState.falling }, true, true, true],
  [{ health: HealthState.unchecked }, true, true, true],
  [{ health: HealthState.unknown }, true, false, true],
  [{ health: HealthState.unhealthy }, true, false, false],
  [{ health: HealthState.rising }, true, false, false],
  [{ admin: AdminState.draining }, false, false, false],
  [{ admin: AdminState.maintenance }, false, false, false],
  [{ weight: 0 }, false, false, false],
  [{ weight: 0.01 }, true, true, true],
];

test('what operators and probes say decides who takes part, and who is well', () => {
  const pool = new SmallPool();
  for (const [what, ...expected] of STANDINGS) {
    pool.set(1, what);
    const { members } = pool;
    const standing = [members.takesPart(1), members.isWell(1), members.isNotDown(1)];
    assert.deepEqual(standing, expected, JSON.stringify(what));
  }
});

test('a slot that was given to another backend is no member of an older plan any more', () => {
  const pool = new SmallPool();
  assert.ok(pool.members.takesPart(2));
  pool.tables.slots.generation[2]! += 1;
  pool.tables.slots.moveEpoch();
  assert.ok(!pool.members.takesPart(2) && !pool.members.isWell(2) && !pool.members.isNotDown(2));
  assert.deepEqual(new Set(Array.from({ length: 9 }, () => pool.pick())), new Set([0, 1]));
});
