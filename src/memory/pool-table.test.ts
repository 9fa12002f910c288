import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BUDGET_CELLS, RetryBudget } from '#core/limits/retry-budget.ts';
import { DEFAULT_CAPACITY, Layout } from './layout.ts';
import { PoolTable } from './pool-table.ts';

const WORKERS = 3;
const POOLS = 4;

function tableOf(): PoolTable {
  return new PoolTable(new Layout({ ...DEFAULT_CAPACITY, workers: WORKERS, pools: POOLS }, new ArrayBuffer(65_536)));
}

test('no more wait than may, of all workers together', () => {
  const table = tableOf();
  assert.deepEqual(
    [0, 1, 2, 0].map((worker) => table.enqueue(worker, 1, 3)),
    [true, true, true, false],
  );
  assert.equal(table.queued(1), 3);
  table.dequeue(1, 1);
  assert.deepEqual([table.queued(1), table.enqueue(2, 1, 3), table.enqueue(2, 1, 3)], [2, true, false]);
  assert.equal(table.queued(0), 0, 'another pool’s line is another line');
});

test('the line is as long as its parts, and a dead worker’s part is taken back', () => {
  const acts = fc.array(
    fc.record({
      what: fc.constantFrom('enter', 'enter', 'leave', 'die'),
      worker: fc.nat(WORKERS - 1),
      pool: fc.nat(POOLS - 1),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(acts, fc.integer({ min: 0, max: 6 }), (sequence, most) => {
      const table = tableOf();
      const parts = Array.from({ length: WORKERS }, () => new Array<number>(POOLS).fill(0));
      const length = (pool: number): number => parts.reduce((sum, part) => sum + part[pool]!, 0);
      for (const { what, worker, pool } of sequence) {
        if (what === 'enter') {
          const room = length(pool) < most;
          assert.equal(table.enqueue(worker, pool, most), room);
          if (room) parts[worker]![pool]! += 1;
        } else if (what === 'leave' && parts[worker]![pool]! > 0) {
          table.dequeue(worker, pool);
          parts[worker]![pool]! -= 1;
        } else if (what === 'die') {
          table.reclaim(worker);
          parts[worker]!.fill(0);
        }
        for (let row = 0; row < POOLS; row++) assert.equal(table.queued(row), length(row));
      }
    }),
  );
});

test('a row that changes hands begins with an empty line and a fresh budget', () => {
  const table = tableOf();
  assert.equal(table.budget(2).length, BUDGET_CELLS);
  const plan = { budgetShare: 0, budgetPerSecond: 2 };
  const budget = new RetryBudget(plan, table.budget(2));
  assert.deepEqual([budget.take(5_000), budget.take(5_000), budget.take(5_000)], [true, true, false]);
  const other = new RetryBudget(plan, table.budget(1));
  assert.ok(other.take(5_000), 'each pool has its own');
  table.enqueue(0, 2, 9);
  table.clear(2);
  assert.equal(table.queued(2), 0);
  assert.ok(new RetryBudget(plan, table.budget(2)).take(5_000));
});
