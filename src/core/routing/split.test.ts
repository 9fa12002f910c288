import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSplit } from './split.ts';

test('each pool owns its share of [0, 1)', () => {
  const split = [
    { pool: 7, weight: 95 },
    { pool: 3, weight: 5 },
  ];
  const counts = new Map<number, number>();
  for (let i = 0; i < 1000; i++) {
    const pool = chooseSplit(split, i / 1000);
    counts.set(pool, (counts.get(pool) ?? 0) + 1);
  }
  assert.deepEqual(
    [...counts],
    [
      [7, 950],
      [3, 50],
    ],
  );
});

test('a weight of 0 is never chosen, wherever it stands', () => {
  const split = [
    { pool: 0, weight: 0 },
    { pool: 1, weight: 1 },
    { pool: 2, weight: 0 },
  ];
  for (const random of [0, 0.5, 0.999999, 1 - Number.EPSILON / 2]) assert.equal(chooseSplit(split, random), 1);
});

test('without any weight there is no pool', () => {
  assert.equal(chooseSplit([], 0.5), -1);
  assert.equal(chooseSplit([{ pool: 0, weight: 0 }], 0.5), -1);
});
