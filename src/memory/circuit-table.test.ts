import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureWindow, WINDOW_CELLS } from '#core/health/failure-window.ts';
import { CircuitTable } from './circuit-table.ts';
import { DEFAULT_CAPACITY, Layout } from './layout.ts';

const CAPACITY = { ...DEFAULT_CAPACITY, workers: 3, slots: 5 };

function tableOf(buffer = new ArrayBuffer(65_536)): CircuitTable {
  return new CircuitTable(new Layout(CAPACITY, buffer));
}

test('only the dead worker’s lock is released', () => {
  const table = tableOf();
  table.lock[0] = 1 + 2;
  table.releaseLock(1);
  assert.equal(table.lock[0], 3, 'worker 2 lives and holds it');
  table.releaseLock(2);
  assert.equal(table.lock[0], 0);
  table.releaseLock(0);
  assert.equal(table.lock[0], 0);
});

test('a slot that changes hands leaves nothing behind, and its neighbours as they are', () => {
  const table = tableOf();
  const windows = [0, 1, 2].map((worker) => new FailureWindow(table.windows, worker, 8_000));
  for (let slot = 0; slot < 5; slot++) {
    table.words[slot] = 100 + slot;
    table.elsewhere[slot] = 1;
    for (const window of windows) window.record(slot, true, 50_000);
  }
  table.clearSlot(2);
  assert.deepEqual([...table.words], [100, 101, 0, 103, 104]);
  assert.deepEqual([...table.elsewhere], [1, 1, 0, 1, 1]);
  for (const slot of [0, 1, 2, 3, 4]) {
    windows[0]!.sum(slot, 50_000, -Infinity);
    assert.equal(windows[0]!.attempts, slot === 2 ? 0 : 3, `slot ${slot}`);
  }
});

test('every worker sees the same cells, and tables do not overlap', () => {
  const buffer = new SharedArrayBuffer(65_536);
  const [one, two] = [tableOf(buffer as unknown as ArrayBuffer), tableOf(buffer as unknown as ArrayBuffer)];
  for (const cells of [one.words, one.since, one.lock, one.elsewhere]) cells.fill(7);
  one.windows.forEach((row, worker) => row.fill(worker + 1));
  assert.deepEqual([...two.words, ...two.since, ...two.lock, ...two.elsewhere], new Array(5 + 10 + 1 + 5).fill(7));
  two.windows.forEach((row, worker) => assert.deepEqual([...row], new Array(5 * WINDOW_CELLS).fill(worker + 1)));
});
