import assert from 'node:assert/strict';
import { test } from 'node:test';
import { roundRobin } from './round-robin.ts';
import { tally, TestPool } from './test-pool.ts';

const picksOf = (pool: TestPool, turns: number): number[] =>
  Array.from({ length: turns }, (_, turn) => pool.pick(turn % pool.strategies.length));

test('5, 1, 1 gives a a b a c a a, again and again', () => {
  const pool = new TestPool(roundRobin);
  pool.update([10, 11, 12], { 10: 5, 11: 1, 12: 1 });
  const cycle = [10, 10, 11, 10, 12, 10, 10];
  assert.deepEqual(picksOf(pool, 14), [...cycle, ...cycle]);
});

test('equal weights give the candidates in their order', () => {
  const pool = new TestPool(roundRobin);
  pool.update([4, 2, 9]);
  assert.deepEqual(picksOf(pool, 7), [4, 2, 9, 4, 2, 9, 4]);
});

test('several workers take turns in one sequence', () => {
  const pool = new TestPool(roundRobin, { workers: 4 });
  pool.update([10, 11, 12], { 10: 5, 11: 1, 12: 1 });
  assert.deepEqual(picksOf(pool, 7), [10, 10, 11, 10, 12, 10, 10]);
  pool.update([1, 2, 3, 4]);
  const first = picksOf(pool, 4);
  assert.equal(new Set(first).size, 4, 'four workers with one request each take four backends');
});

test('weights that ramp are followed exactly in the long run, and evenly', () => {
  const pool = new TestPool(roundRobin, { workers: 3 });
  const weights: Record<number, number> = { 1: 1, 2: 0.37, 3: 2.5, 4: 1.13 };
  pool.update([1, 2, 3, 4], weights);
  const counts = new Map<number, number>();
  for (let turn = 1; turn <= 5000; turn++) {
    const slot = pool.pick(turn % 3);
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
    for (const [name, weight] of Object.entries(weights)) {
      assert.ok(Math.abs((counts.get(Number(name)) ?? 0) - turn * (weight / 5)) < 3, `turn ${turn}, slot ${name}`);
    }
  }
});

test('cycles too long to be written out keep their shares', () => {
  const pool = new TestPool(roundRobin, { capacity: 1000 });
  const slots = Array.from({ length: 900 }, (_, at) => at);
  pool.update(slots, Object.fromEntries(slots.map((slot) => [slot, 1 + (slot % 255)])));
  const total = slots.reduce((sum, slot) => sum + pool.weight[slot], 0);
  const counts = tally(picksOf(pool, total));
  for (const slot of slots) assert.ok(Math.abs((counts.get(slot) ?? 0) - pool.weight[slot]) <= 3);
});

test('a pick among a subset does not disturb the cycle', () => {
  const pool = new TestPool(roundRobin);
  pool.update([1, 2, 3]);
  assert.equal(pool.pick(), 1);
  const among = tally(Array.from({ length: 61 }, () => pool.pickAmong([1, 3])));
  assert.ok(Math.abs((among.get(1) ?? 0) - 30.5) <= 3 && among.get(2) === undefined);
  assert.deepEqual(picksOf(pool, 3), [2, 3, 1]);
});
