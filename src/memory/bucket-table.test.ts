import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TokenBucket } from '#core/limits/token-bucket.ts';
import { createPrng } from '#core/math/prng.ts';
import { BucketTable } from './bucket-table.ts';
import { Layout } from './layout.ts';

function tableOf(bucketSets: number, limits = 4): BucketTable {
  const capacity = { workers: 1, slots: 1, routes: 1, pools: 1, limits, bucketSets };
  const size = new Layout(capacity, null);
  new BucketTable(size);
  return new BucketTable(new Layout(capacity, new ArrayBuffer(size.bytes)));
}

function open(table: BucketTable, row: number, perSecond: number, burst: number): TokenBucket {
  const bucket = new TokenBucket({ row, perSecond, burst });
  table.know(bucket);
  return bucket;
}

describe('the table of buckets', () => {
  test('keys do not share buckets, one key does', () => {
    const table = tableOf(4);
    const bucket = open(table, 0, 1, 2);
    const take = (key: number) => table.take(bucket, key, key * 7919, 1000);
    assert.deepEqual([take(1), take(1), take(1)], [true, true, false]);
    assert.deepEqual([take(2), take(5)], [true, true]);
  });

  test('limits do not share buckets, and read each other’s words', () => {
    const table = tableOf(1);
    const slow = open(table, 0, 1 / 3600, 2);
    const fast = open(table, 3, 1000, 1000);
    for (let i = 0; i < 2; i++) assert.ok(table.take(slow, 7, 7, 5000));
    assert.equal(table.take(slow, 7, 7, 5000), false);
    assert.equal(table.take(fast, 7, 7, 5000), true);
    assert.equal(fast.remaining, 999);
    for (let key = 0; key < 6; key++) table.take(fast, 0, 100 + key, 5000);
    assert.equal(table.evicted, false);
    // A minute later the fast ones are full again, the slow one is not.
    table.take(fast, 0, 200, 65_000);
    assert.equal(table.evicted, false);
    assert.equal(table.take(slow, 7, 7, 65_000), false);
  });

  test('a key of any hash can be stored, 0 included', () => {
    const table = tableOf(1);
    const bucket = open(table, 0, 1, 1);
    for (const high of [0, 1, -1, 0x400000]) assert.ok(table.take(bucket, 0, high, 0), `${high}`);
    for (const high of [0, 1, -1, 0x400000]) assert.equal(table.take(bucket, 0, high, 0), false, `${high}`);
  });

  test('full buckets make room before others, and among others those nearest to full', () => {
    const table = tableOf(1);
    const bucket = open(table, 0, 10, 10);
    const take = (key: number, ms: number) => table.take(bucket, 0, key, ms);
    for (let i = 0; i < 10; i++) take(100, 0);
    assert.equal(take(100, 0), false, 'this one is being limited');
    for (let key = 1; key <= 7; key++) take(key, 0);
    assert.equal(table.evicted, false);
    for (let key = 200; key < 1000; key++) {
      take(key, 0.01);
      assert.equal(table.evicted, true);
    }
    assert.equal(take(100, 0.02), false, 'a flood of new keys does not push it out');
    // A tenth of a second later the others are full again.
    take(5000, 200);
    assert.equal(table.evicted, false);
  });

  test('a limit with another rate begins anew, and what it left makes room', () => {
    const table = tableOf(1);
    const before = open(table, 0, 1, 1);
    for (let key = 0; key < 8; key++) assert.ok(table.take(before, 0, key, 1000));
    const after = open(table, 0, 100, 5);
    for (let i = 0; i < 5; i++) assert.ok(table.take(after, 0, 3, 1000));
    assert.equal(table.take(after, 0, 3, 1000), false);
    // The same again goes on where it was.
    const again = open(table, 0, 100, 5);
    assert.equal(table.take(again, 0, 3, 1000), false);
  });

  test('a token given back can be taken again', () => {
    const table = tableOf(4);
    const bucket = open(table, 1, 1, 2);
    for (let round = 0; round < 5; round++) {
      assert.ok(table.take(bucket, 9, 9, 1000));
      table.giveBack(bucket, 9, 9);
    }
    assert.deepEqual(
      [1, 2, 3].map(() => table.take(bucket, 9, 9, 1000)),
      [true, true, false],
    );
    table.giveBack(bucket, 1, 1);
  });

  test('a million live keys: nearly all are kept', () => {
    const table = tableOf(2 ** 19);
    const bucket = open(table, 0, 1, 10);
    const random = createPrng(7);
    let evicted = 0;
    for (let i = 0; i < 1_000_000; i++) {
      table.take(bucket, (random() * 2 ** 32) | 0, (random() * 2 ** 32) | 0, 0);
      if (table.evicted) evicted += 1;
    }
    assert.ok(evicted < 300, `${evicted} were pushed out`);
  });
});
