import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_CAPACITY, Layout } from '#memory/layout.ts';
import { ProcessTable } from '#memory/process-table.ts';
import { LoadGuard, Shed } from './load-guard.ts';

const TICK_MS = 50;
const GIB = 1024 ** 3;
const PLAN = { eventLoopLagMs: 500, memoryBytes: GIB };

function setUp(): {
  guard: LoadGuard;
  table: ProcessTable;
  draw: (value: number) => void;
  run: (lateMs: number, ticks: number) => void;
} {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1 };
  const table = new ProcessTable(new Layout(capacity, new ArrayBuffer(64)));
  let drawn = 0.5;
  let nowMs = 1000;
  const guard = new LoadGuard(table, () => drawn, TICK_MS, nowMs);
  guard.obey(PLAN);
  return {
    guard,
    table,
    draw: (value) => void (drawn = value),
    run: (lateMs, ticks) => {
      for (let tick = 0; tick < ticks; tick++) guard.tick((nowMs += TICK_MS + lateMs));
    },
  };
}

test('on time and small: nobody is refused, and chance is not asked', () => {
  const { guard, run, draw } = setUp();
  draw(0);
  run(0, 100);
  assert.equal(guard.shed(), Shed.none);
  run(400, 100);
  assert.equal(guard.shed(), Shed.none);
});

test('late by one and a half times the bound: every second request, until the loop is on time again', () => {
  const { guard, run, draw } = setUp();
  run(750, 100);
  draw(0.49);
  assert.equal(guard.shed(), Shed.lag);
  draw(0.51);
  assert.equal(guard.shed(), Shed.none);
  draw(0);
  run(0, 3);
  assert.equal(guard.shed(), Shed.none);
});

test('memory between nine tenths of the bound and the bound: its share, and it is named first', () => {
  const { guard, table, run, draw } = setUp();
  table.residentBytes = 0.95 * GIB;
  run(0, 1);
  draw(0.49);
  assert.equal(guard.shed(), Shed.memory);
  draw(0.51);
  assert.equal(guard.shed(), Shed.none);
  run(5000, 20);
  assert.equal(guard.shed(), Shed.lag, 'the loop is late too');
  draw(0.1);
  assert.equal(guard.shed(), Shed.memory);
  table.residentBytes = 0.5 * GIB;
  run(0, 20);
  assert.equal(guard.shed(), Shed.none);
});

test('a new plan is obeyed at once; without one nothing is refused', () => {
  const { guard, table, run, draw } = setUp();
  draw(0);
  table.residentBytes = GIB;
  guard.obey({ eventLoopLagMs: 500, memoryBytes: 0 });
  assert.equal(guard.shed(), Shed.none);
  guard.obey(PLAN);
  assert.equal(guard.shed(), Shed.memory);
  guard.obey(null);
  run(5000, 20);
  assert.equal(guard.shed(), Shed.none);
});

test('how late the loop was is remembered over a plan that changes nothing about it', () => {
  const { guard, run, draw } = setUp();
  draw(0);
  run(1000, 100);
  guard.obey({ ...PLAN, memoryBytes: 2 * GIB });
  assert.equal(guard.shed(), Shed.lag);
  guard.obey({ ...PLAN, eventLoopLagMs: 5000 });
  assert.equal(guard.shed(), Shed.none);
});
