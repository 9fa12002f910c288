import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tried, UNTRIED } from './tried.ts';

test('remembers slots in order, and which was the last', () => {
  const tried = new Tried(3);
  assert.equal(tried.last, -1);
  for (const slot of [4, 0, 9]) tried.add(slot);
  assert.equal(tried.last, 9);
  assert.deepEqual(
    [4, 0, 9, 1].map((slot) => tried.has(slot)),
    [true, true, true, false],
  );
  tried.clear();
  assert.deepEqual([tried.count, tried.last, tried.has(4)], [0, -1, false]);
});

test('keeps no more than it has room for, and nothing at all for a first attempt', () => {
  const tried = new Tried(2);
  for (const slot of [1, 2, 3]) tried.add(slot);
  assert.deepEqual([tried.count, tried.has(3)], [2, false]);
  UNTRIED.add(1);
  assert.deepEqual([UNTRIED.count, UNTRIED.has(1)], [0, false]);
});
