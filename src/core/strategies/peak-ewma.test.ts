import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '../math/prng.ts';
import { Outcome } from '../outcome.ts';
import { peakEwma } from './peak-ewma.ts';
import { tally, TestPool } from './test-pool.ts';

const observe = (
  pool: TestPool,
  slot: number,
  latencyMs: number,
  outcome: Outcome = Outcome.success,
  worker = 0,
): void => pool.strategies[worker].settle?.(slot, 0, latencyMs, outcome, pool.nowMs);
const costOf = (pool: TestPool, slot: number, worker = 0): number => pool.rows['cost'][worker][slot];
const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9 * expected, `${actual}, not ${expected}`);

test('a peak counts at once, what lies below only by its share of the time', () => {
  const pool = new TestPool(peakEwma, { params: { decayMs: 1000 } });
  pool.update([1, 2]);
  observe(pool, 1, 50);
  near(costOf(pool, 1), 50);
  pool.nowMs = 500;
  observe(pool, 1, 400);
  near(costOf(pool, 1), 400);
  pool.nowMs = 1200;
  observe(pool, 1, 10);
  const keep = Math.exp(-0.7);
  near(costOf(pool, 1), 400 * keep + 10 * (1 - keep));
});

test('the cheaper of two wins: cost times requests in flight', () => {
  const pool = new TestPool(peakEwma);
  pool.update([1, 2]);
  observe(pool, 1, 10);
  observe(pool, 2, 30);
  const all = (): Map<number, number> => tally(Array.from({ length: 40 }, () => pool.pick()));
  assert.deepEqual(all(), new Map([[1, 40]]));
  pool.inFlight[1] = 4;
  assert.deepEqual(all(), new Map([[2, 40]]));
});

test('costs within a millisecond of each other are the same: requests in flight decide', () => {
  const pool = new TestPool(peakEwma);
  pool.update([1, 2]);
  observe(pool, 1, 0.2);
  observe(pool, 2, 1.1);
  const picks = tally(Array.from({ length: 400 }, () => pool.pick()));
  assert.ok((picks.get(2) ?? 0) > 150, `${picks.get(2)} of 400`);
  pool.inFlight[1] = 1;
  assert.deepEqual(tally(Array.from({ length: 40 }, () => pool.pick())), new Map([[2, 40]]));
});

test('what a backend takes when it is cold counts as no more than usual', () => {
  const pool = new TestPool(peakEwma);
  pool.update([1, 2]);
  observe(pool, 1, 10);
  observe(pool, 2, 10);
  pool.advance(5000);
  pool.begin(1, { latencyMs: 80 });
  pool.advance(80);
  assert.ok(costOf(pool, 1) <= 10, `${costOf(pool, 1)}`);
  pool.begin(1, { latencyMs: 80 });
  pool.advance(80);
  near(costOf(pool, 1), 80);
});

test('a new backend gets one request, and no second one before that is answered', () => {
  const pool = new TestPool(peakEwma);
  pool.update([1, 2]);
  observe(pool, 1, 10);
  assert.equal(
    pool.send(() => ({ latencyMs: 5000 })),
    2,
  );
  for (let turn = 0; turn < 40; turn++)
    assert.equal(
      pool.send(() => ({ latencyMs: 10 })),
      1,
    );
});

test('each error doubles the cost, up to a bound; a client that left early says nothing', () => {
  const pool = new TestPool(peakEwma);
  pool.update([1, 2]);
  observe(pool, 1, 20);
  for (let error = 1; error <= 5; error++) {
    observe(pool, 1, 1, Outcome.serverError);
    near(costOf(pool, 1), 20 * 2 ** error);
  }
  for (let error = 0; error < 5; error++) observe(pool, 1, 1, Outcome.reset);
  near(costOf(pool, 1), 20 * 64);
  observe(pool, 2, 20);
  observe(pool, 2, 3, Outcome.cancelled);
  near(costOf(pool, 2), 20);
  observe(pool, 2, 300, Outcome.cancelled);
  near(costOf(pool, 2), 300);
});

test('workers carry one average on: each begins from the newest row', () => {
  const pool = new TestPool(peakEwma, { workers: 2, params: { decayMs: 1000 } });
  pool.update([1, 2]);
  pool.advance(100);
  observe(pool, 1, 100, Outcome.success, 0);
  pool.advance(500);
  observe(pool, 1, 10, Outcome.success, 1);
  const keep = Math.exp(-0.5);
  near(costOf(pool, 1, 1), 100 * keep + 10 * (1 - keep));
  near(costOf(pool, 1, 0), 100);
});

test('a light weight gets little, though noise often makes it look cheaper', () => {
  const random = createPrng(1);
  const pool = new TestPool(peakEwma);
  pool.update([1, 2], { 1: 9, 2: 1 });
  const picks = Array.from({ length: 10_000 }, () => {
    const slot = pool.send(() => ({ latencyMs: -10 * Math.log(1 - random()) }));
    pool.advance(100);
    return slot;
  });
  const light = (tally(picks).get(2) ?? 0) / picks.length;
  assert.ok(light > 0.03 && light < 0.2, `share ${light}`);
});

test('answers that go on for hours: what is known of their heads keeps the first backend from getting all (seed 255954781)', () => {
  const pool = new TestPool(peakEwma);
  pool.update([1, 2]);
  observe(pool, 1, 30);
  const heard = (slot: number): void => pool.strategies[0].heard?.(slot, 30, pool.nowMs);
  const counts = new Map([
    [1, 0],
    [2, 0],
  ]);
  for (let at = 0; at < 400; at++) {
    const slot = pool.pick();
    pool.inFlight[slot]! += 1;
    counts.set(slot, counts.get(slot)! + 1);
    pool.nowMs += 10;
    heard(slot);
  }
  for (const [slot, count] of counts) assert.ok(count > 150, `slot ${slot}: ${count} of 400`);
});
