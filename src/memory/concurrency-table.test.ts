import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CAPACITY, Layout } from './layout.ts';
import { ConcurrencyTable } from './concurrency-table.ts';

test('each worker hears of all but itself, pool by pool, as long as they have something to say', () => {
  const capacity = { ...DEFAULT_CAPACITY, workers: 3, pools: 4 };
  const table = new ConcurrencyTable(new Layout(capacity, new ArrayBuffer(1024)));
  const [a, b, elsewhere] = [table.peers(0, 2), table.peers(1, 2), table.peers(2, 3)] as const;
  a.tell(10, 30, 1000);
  b.tell(5, 20, 2000);
  elsewhere.tell(100, 400, 2000);
  assert.equal(a.others(2000), 5);
  assert.equal(b.others(2000), 10);
  assert.equal(table.peers(2, 2).others(2000), 15);
  assert.equal(b.others(5999), 10);
  assert.equal(b.others(6000), 0, 'a worker that has been silent for 5 s');
  b.tell(7, 25, 6000);
  assert.equal(a.others(6000), 7);
  assert.equal(table.limit(2), 55);
  assert.equal(table.limit(3), 400);
  table.clear(2);
  assert.equal(table.limit(2), 0);
  assert.equal(a.others(6000), 0);
  assert.equal(table.peers(0, 3).others(6000), 100);
  table.reclaim(2);
  assert.equal(table.limit(3), 0);
});
