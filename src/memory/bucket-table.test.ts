import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from '#core/limits/token-bucket.ts';
import { createPrng } from '#core/math/prng.ts';
import { BucketTable } from './bucket-table.ts';
import { Layout } from './layout.ts';

function table(bucketSets: number): BucketTable {
  const capacity = { workers: 1, slots: 1, routes: 1, pools: 1, limits: 1, bucketSets };
  const size = new Layout(capacity, null);
  new BucketTable(size);
  return new BucketTable(new Layout(capacity, new ArrayBuffer(size.bytes)));
}

test('keys do not share buckets, one key does', () => {
  const buckets = table(4);
  const bucket = new TokenBucket(1, 2);
  const take = (key: number) => buckets.take(bucket, key, key * 7919, 1000, 0);
  assert.deepEqual([take(1), take(1), take(1)], [true, true, false]);
  assert.deepEqual([take(2), take(5)], [true, true]);
});

test('a key of any hash can be stored, 0 included', () => {
  const buckets = table(1);
  const bucket = new TokenBucket(1, 1);
  for (const high of [0, 1, -1, 0x80000000]) buckets.take(bucket, 0, high, 0, 0);
  // 0 and 1 are one fingerprint.
  assert.equal(buckets.take(bucket, 0, 0, 0, 0), false);
  assert.equal(buckets.take(bucket, 0, -1, 0, 0), false);
});

test('full buckets make room before others, and among others those nearest to full', () => {
  const buckets = table(1);
  const bucket = new TokenBucket(10, 10);
  const take = (key: number, now: number) => buckets.take(bucket, 0, key, now, 0);
  for (let i = 0; i < 10; i++) take(100, 0);
  assert.equal(take(100, 0), false, 'this one is being limited');
  for (let key = 1; key <= 7; key++) take(key, 0);
  assert.equal(buckets.evicted, false);
  for (let key = 200; key < 1000; key++) {
    take(key, 1);
    assert.equal(buckets.evicted, true);
  }
  assert.equal(take(100, 2), false, 'a flood of new keys does not push it out');
  // A tenth of a second later the others are full again.
  take(5000, 20_000);
  assert.equal(buckets.evicted, false);
});

test('a million live keys: nearly all are kept', () => {
  const buckets = table(2 ** 19);
  const bucket = new TokenBucket(1, 10);
  const random = createPrng(7);
  let evicted = 0;
  for (let i = 0; i < 1_000_000; i++) {
    buckets.take(bucket, (random() * 2 ** 32) | 0, (random() * 2 ** 32) | 0, 0, 0);
    if (buckets.evicted) evicted += 1;
  }
  assert.ok(evicted < 1000, `${evicted} were pushed out`);
});
