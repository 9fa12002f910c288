import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { leastConnections } from './least-connections.ts';
import { tally, TestPool } from './test-pool.ts';

test('takes a candidate with the fewest in flight for its weight', () => {
  const backend = fc.record({ load: fc.nat(9), weight: fc.integer({ min: 1, max: 5 }) });
  fc.assert(
    fc.property(fc.array(backend, { minLength: 1, maxLength: 128 }), (backends) => {
      const pool = new TestPool(leastConnections, { capacity: 200 });
      const slots = backends.map((_, at) => at + 20);
      pool.update(slots, Object.fromEntries(backends.map(({ weight }, at) => [at + 20, weight])));
      backends.forEach(({ load }, at) => (pool.inFlight[at + 20] = load));
      const loadOf = (slot: number): number => pool.inFlight[slot] / pool.weight[slot];
      const least = Math.min(...slots.map(loadOf));
      assert.equal(loadOf(pool.pick()), least);
      assert.equal(loadOf(pool.pickAmong(slots)), least);
    }),
  );
});

test('ties of equal weights are taken in turn, by all workers together', () => {
  const pool = new TestPool(leastConnections, { workers: 3 });
  pool.update([5, 6, 7, 8]);
  pool.inFlight[6] = 1;
  assert.deepEqual(
    Array.from({ length: 7 }, (_, turn) => pool.pick(turn % 3)),
    [5, 7, 8, 5, 7, 8, 5],
  );
});

test('ties of unequal weights are taken smoothly by weight', () => {
  const pool = new TestPool(leastConnections, { workers: 2 });
  pool.update([1, 2, 3], { 1: 5, 2: 1, 3: 1 });
  const picks = Array.from({ length: 700 }, (_, turn) => pool.pick(turn % 2));
  for (let start = 0; start < 690; start++) {
    const window = tally(picks.slice(start, start + 9));
    assert.ok((window.get(1) ?? 0) >= 5 && (window.get(2) ?? 0) <= 2 && (window.get(3) ?? 0) <= 2);
  }
  assert.ok(Math.abs((tally(picks).get(2) ?? 0) - 100) <= 3);
});

test('in a large pool picks come from the least few percent, from everywhere, and idle ones are found', () => {
  const pool = new TestPool(leastConnections, { capacity: 1000 });
  const slots = Array.from({ length: 1000 }, (_, at) => at);
  pool.update(slots);
  // Each load from 0 to 99 ten times; those listed side by side are alike.
  slots.forEach((slot) => (pool.inFlight[slot] = Math.floor(slot / 10)));
  const picks = Array.from({ length: 5000 }, () => pool.pick());
  assert.ok(picks.every((slot) => pool.inFlight[slot] < 20));
  assert.ok(picks.reduce((sum, slot) => sum + pool.inFlight[slot], 0) / picks.length < 2);
  assert.ok(new Set(picks.filter((slot) => pool.inFlight[slot] === 0)).size === 10);
});

test('among many, the least of all is taken', () => {
  const pool = new TestPool(leastConnections, { capacity: 1000 });
  const slots = Array.from({ length: 1000 }, (_, at) => at);
  pool.update(slots);
  slots.forEach((slot) => (pool.inFlight[slot] = slot < 500 ? 3 : 1));
  pool.inFlight[777] = 0;
  assert.equal(pool.pickAmong(slots), 777);
  pool.inFlight[777] = 1;
  for (let turn = 0; turn < 50; turn++) assert.ok(pool.pickAmong(slots) >= 500);
});
