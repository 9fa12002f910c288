import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketOf, HISTOGRAM_CELLS } from '#memory/histogram.ts';
import { addCoarse, LATENCY_BUCKETS, LATENCY_FLOORS_US } from './latency-buckets.ts';

test('each latency is counted in the bucket that holds it, or in the one below by the width of an exact cell', () => {
  for (const us of [0, 1, 63, 64, 76, 77, 1_000, 12_345, 1_000_000, 60_000_000, 130_000_000, 2_000_000_000]) {
    const exact = new Uint32Array(HISTOGRAM_CELLS + 3);
    exact[3 + bucketOf(us)] = 5;
    const coarse = new Uint32Array(LATENCY_BUCKETS);
    addCoarse(exact, 3, coarse);
    const bucket = coarse.findIndex((count) => count > 0);
    assert.equal(coarse[bucket], 5);
    assert.ok(LATENCY_FLOORS_US[bucket]! <= us, `${us}`);
    assert.ok(us * 0.98 <= (LATENCY_FLOORS_US[bucket + 1] ?? Infinity), `${us}`);
  }
});

test('the buckets ascend by a fourth of an octave, from 64 us to more than two minutes', () => {
  assert.equal(LATENCY_FLOORS_US.length, LATENCY_BUCKETS);
  assert.deepEqual(LATENCY_FLOORS_US.slice(0, 2), [0, 64]);
  for (let at = 2; at < LATENCY_BUCKETS; at++)
    assert.ok(Math.abs(LATENCY_FLOORS_US[at]! / LATENCY_FLOORS_US[at - 1]! - 2 ** 0.25) < 1e-9);
  assert.ok(LATENCY_FLOORS_US.at(-1)! > 120e6);
});
