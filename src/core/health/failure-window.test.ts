import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FailureWindow, WINDOW_CELLS } from './failure-window.ts';

const EVER = -Infinity;

function rowsFor(workers: number, slots = 3): Float64Array[] {
  return Array.from({ length: workers }, () => new Float64Array(slots * WINDOW_CELLS));
}
function sumOf(window: FailureWindow, slot: number, nowMs: number, fromMs = EVER): [number, number] {
  window.sum(slot, nowMs, fromMs);
  return [window.attempts, window.failures];
}

describe('a window', () => {
  test('expires by time and not by traffic', () => {
    const window = new FailureWindow(rowsFor(1), 0, 8_000);
    for (let turn = 0; turn < 100; turn++) window.record(1, turn % 4 === 0, 10_000);
    assert.deepEqual(sumOf(window, 1, 17_000), [100, 25]);
    assert.deepEqual(sumOf(window, 1, 18_000), [0, 0]);
    window.record(1, true, 3_600_000);
    assert.deepEqual(sumOf(window, 1, 3_600_000), [1, 1]);
  });

  test('holds all of the last seven eighths, nothing older than itself, whatever is recorded when', () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.boolean(), fc.nat(2)), { maxLength: 120 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 100, max: 20_000 }), fc.nat(2 ** 32), (records, windowMs, startMs) => {
        const rows = rowsFor(3);
        const windows = rows.map((_, worker) => new FailureWindow(rows, worker, windowMs));
        let nowMs = startMs;
        const all: { atMs: number; failed: boolean }[] = [];
        for (const [gapMs, failed, worker] of records) {
          nowMs += gapMs;
          windows[worker]!.record(1, failed, nowMs);
          all.push({ atMs: nowMs, failed });
          const [attempts, failures] = sumOf(windows[0]!, 1, nowMs);
          const young = all.filter(({ atMs }) => atMs > nowMs - (windowMs * 7) / 8);
          const old = all.filter(({ atMs }) => atMs >= nowMs - windowMs);
          assert.ok(attempts >= young.length && attempts <= old.length);
          assert.ok(failures >= young.filter((one) => one.failed).length);
          assert.ok(failures <= old.filter((one) => one.failed).length);
        }
        assert.deepEqual(sumOf(windows[0]!, 0, nowMs), [0, 0], 'slots do not meet');
      }),
      { numRuns: 300 },
    );
  });

  test('looks back no further than asked, to an eighth', () => {
    const window = new FailureWindow(rowsFor(1), 0, 8_000);
    window.record(1, true, 2_500);
    window.record(1, true, 4_500);
    assert.deepEqual(sumOf(window, 1, 6_000, 2_100), [1, 1]);
    assert.deepEqual(sumOf(window, 1, 6_000, 4_100), [0, 0]);
  });

  test('sees what a worker records whose clock read is a little later', () => {
    const rows = rowsFor(2);
    const [own, other] = [new FailureWindow(rows, 0, 8_000), new FailureWindow(rows, 1, 8_000)];
    other.record(1, true, 5_000);
    assert.deepEqual(sumOf(own, 1, 4_999), [1, 1]);
  });

  test('bug: counts of long ago came back when a plan changed the window, for eighths were numbered by its length', () => {
    const rows = rowsFor(1);
    const before = new FailureWindow(rows, 0, 8_000);
    for (let turn = 0; turn < 50; turn++) before.record(1, true, 600_000);
    const after = new FailureWindow(rows, 0, 16_000);
    // 600 s in eighths of 1 s have the number that 1,200 s have in eighths of 2 s.
    after.record(1, false, 1_200_000);
    assert.deepEqual(sumOf(after, 1, 1_200_000), [1, 0]);
  });

  test('workers under plans with different windows see each other’s counts while these are young enough', () => {
    const rows = rowsFor(2);
    const short = new FailureWindow(rows, 0, 800);
    const long = new FailureWindow(rows, 1, 80_000);
    short.record(1, true, 50_000);
    long.record(1, false, 50_000);
    assert.deepEqual(sumOf(long, 1, 60_000), [2, 1]);
    assert.deepEqual(sumOf(short, 1, 50_100)[1], 1);
    assert.deepEqual(sumOf(short, 1, 60_000), [0, 0]);
  });
});
