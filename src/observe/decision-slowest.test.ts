import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#core/math/prng.ts';
import { DecisionSlowest, SLOWEST_MAX } from './decision-slowest.ts';

const MINUTES_5 = 300_000;

test('keeps the slowest of a window however many come, and says whom it would keep', (t) => {
  const seed = Number(process.env['SEED'] ?? 7);
  t.diagnostic(`seed ${seed}`);
  const random = createPrng(seed);
  const slowest = new DecisionSlowest<{ durationMs: number }>();
  slowest.turn(0);
  const all = Array.from({ length: 5000 }, () => Math.ceil(random() * 1e6));
  for (const durationMs of all) if (durationMs > slowest.floorMs) slowest.put({ durationMs });
  const expected = all.toSorted((a, b) => b - a).slice(0, SLOWEST_MAX);
  assert.deepEqual(slowest.list.map(({ durationMs }) => durationMs), expected); // prettier-ignore
  assert.equal(slowest.floorMs, expected.at(-1));
});

test('those of one window are there for another, and then gone', () => {
  const slowest = new DecisionSlowest<{ durationMs: number }>();
  const list = () => slowest.list.map(({ durationMs }) => durationMs);
  slowest.turn(0);
  for (let i = 0; i < SLOWEST_MAX; i++) slowest.put({ durationMs: 9000 });
  assert.equal(slowest.floorMs, 9000);
  slowest.turn(MINUTES_5 - 1);
  assert.equal(slowest.floorMs, 9000, 'the window goes on');
  slowest.turn(MINUTES_5);
  assert.equal(slowest.floorMs, 0, 'whatever comes is among the slowest again');
  slowest.put({ durationMs: 5 });
  assert.deepEqual([list().length, list().at(-1)], [SLOWEST_MAX + 1, 5]);
  slowest.turn(2 * MINUTES_5);
  assert.deepEqual(list(), [5]);
  slowest.turn(4 * MINUTES_5);
  assert.deepEqual(list(), []);
});
