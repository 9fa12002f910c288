import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CAPACITY, Layout } from './layout.ts';
import { ListenerTable, LISTENERS_MAX, listenerRows } from './listener-table.ts';

function table(workers: number): ListenerTable {
  const capacity = { ...DEFAULT_CAPACITY, workers };
  return new ListenerTable(new Layout(capacity, new ArrayBuffer((workers + 1) * LISTENERS_MAX * 4 + 64)));
}

test('a listener holds as many connections as it may, whichever workers have them', () => {
  const listeners = table(2);
  assert.ok(listeners.open(0, 3, 3));
  assert.ok(listeners.open(0, 3, 3));
  assert.ok(listeners.open(1, 3, 3));
  assert.equal(listeners.open(1, 3, 3), false);
  assert.equal(listeners.open(0, 3, 3), false);
  assert.ok(listeners.open(1, 4, 1), 'another listener has places of its own');
  listeners.close(0, 3);
  assert.ok(listeners.open(1, 3, 3));
  assert.equal(listeners.total[3], 3);
  assert.ok(listeners.open(0, 3, Infinity), 'no limit');
});

test('what a dead worker had open is taken back, and nothing else', () => {
  const listeners = table(2);
  for (const [worker, row] of [
    [0, 0],
    [0, 0],
    [0, 5],
    [1, 0],
  ] as const)
    listeners.open(worker, row, 10);
  listeners.reclaim(0);
  assert.deepEqual([listeners.total[0], listeners.total[5]], [1, 0]);
  listeners.close(1, 0);
  listeners.reclaim(0);
  assert.equal(listeners.total[0], 0);
});

test('rows go by name, not by place', () => {
  const rows = listenerRows([{ name: 'b' }, { name: 'a' }]);
  assert.deepEqual([...rows], [...listenerRows([{ name: 'a' }, { name: 'b' }])]);
  assert.equal(new Set(rows.values()).size, 2);
});
