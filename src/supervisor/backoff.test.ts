import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backoff } from './backoff.ts';

test('at once the first time, then 100 ms doubling to 5 s', () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 9 }, () => backoff.next(50));
  assert.deepEqual(waits, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
});

test('a worker that lived ten seconds begins anew', () => {
  const backoff = new Backoff();
  backoff.next(50);
  backoff.next(50);
  assert.equal(backoff.next(9_999), 200);
  assert.equal(backoff.next(10_000), 0);
  assert.equal(backoff.next(50), 100);
});
