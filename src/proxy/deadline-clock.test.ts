import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { DeadlineClock } from './deadline-clock.ts';
import { DeadlineWheel, Timed } from './deadline.ts';

const TICK_MS = DeadlineWheel.tickMs;

class Entry extends Timed {
  firedMs = -1;
  onDeadline(nowMs: number): void {
    assert.equal(this.firedMs, -1, 'fires once');
    this.firedMs = nowMs;
  }
}

/** A clock whose time is told: `pass` lets it go by, a millisecond at a time. */
function rig(t: TestContext): { wheel: DeadlineWheel; ticks: number[]; pass: (ms: number) => void; stop: () => void } {
  t.mock.timers.enable({ apis: ['setInterval', 'setImmediate'] });
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const wheel = new DeadlineWheel(0);
  const ticks: number[] = [];
  const clock = new DeadlineClock(wheel, (at) => ticks.push(at));
  clock.start();
  const pass = (ms: number): void => {
    for (const end = nowMs + ms; nowMs < end;) {
      nowMs += 1;
      t.mock.timers.tick(1);
    }
  };
  return { wheel, ticks, pass, stop: () => clock.stop() };
}

function armed(wheel: DeadlineWheel, count: number, atMs: number): Entry[] {
  return Array.from({ length: count }, () => {
    const entry = new Entry();
    wheel.arm(entry, atMs);
    return entry;
  });
}

const firedBy = (entries: readonly Entry[], ms: number): number =>
  entries.filter(({ firedMs }) => firedMs !== -1 && firedMs <= ms).length;

test('few that are due together fire at the tick', (t) => {
  const { wheel, pass } = rig(t);
  const entries = armed(wheel, 4, 60);
  pass(99);
  assert.equal(firedBy(entries, 99), 0, 'their tick is not over');
  pass(1);
  assert.equal(firedBy(entries, 100), 4);
});

test('many that are due together are spread over the next tick, evenly', (t) => {
  const { wheel, pass } = rig(t);
  const entries = armed(wheel, 204, 60);
  pass(100);
  assert.equal(firedBy(entries, 100), 4);
  for (let ms = 101; ms <= 140; ms++) {
    pass(1);
    assert.equal(firedBy(entries, ms), 4 + (ms - 100) * 5, `after ${ms} ms`);
  }
  assert.ok(wheel.advance(140));
});

test('what falls due meanwhile is spread with the rest, and all are gone by the end of the next tick', (t) => {
  const { wheel, pass } = rig(t);
  const entries = [...armed(wheel, 1000, 60), ...armed(wheel, 1000, 110), ...armed(wheel, 1000, 160)];
  pass(150);
  assert.equal(firedBy(entries, 149), 1000);
  pass(50);
  assert.equal(firedBy(entries, 199), 2000);
  pass(50);
  assert.equal(firedBy(entries, 250), 3000);
});

test('a share of more than a turn takes several, and others have theirs between', (t) => {
  const { wheel, pass } = rig(t);
  const entries = armed(wheel, 40 * 100, 60);
  const turns = t.mock.method(wheel, 'advance');
  pass(100);
  turns.mock.resetCalls();
  pass(50);
  assert.equal(firedBy(entries, Infinity), entries.length);
  for (const { arguments: args } of turns.mock.calls) assert.ok((args[1] ?? Infinity) <= 8, `${args[1]} in one turn`);
});

test('it steps only while more is due than fires at once, and ticks on', (t) => {
  const { wheel, ticks, pass, stop } = rig(t);
  const looks = t.mock.method(wheel, 'advance');
  armed(wheel, 44, 60);
  pass(100);
  looks.mock.resetCalls();
  pass(100);
  // One entry a step, then two ticks.
  assert.equal(looks.mock.callCount(), 40 + 2);
  assert.deepEqual(ticks, [50, 100, 150, 200]);
  const left = armed(wheel, 100, 210);
  pass(60);
  const fired = firedBy(left, Infinity);
  assert.ok(fired > 4 && fired < 100);
  stop();
  pass(200);
  assert.equal(firedBy(left, Infinity), fired, 'nothing fires once it is stopped');
  assert.deepEqual(ticks, [50, 100, 150, 200, 250]);
});

test('property: whatever falls due when, nothing fires early, and all is gone two ticks after its own', (t) => {
  const { wheel, pass } = rig(t);
  let fromMs = 0;
  const burst = fc.record({ atMs: fc.integer({ min: 1, max: 1000 }), count: fc.integer({ min: 1, max: 300 }) });
  fc.assert(
    fc.property(fc.array(burst, { maxLength: 12 }), (bursts) => {
      const all = bursts.map(({ atMs, count }) => ({
        dueMs: fromMs + atMs,
        entries: armed(wheel, count, fromMs + atMs),
      }));
      pass(1000 + 3 * TICK_MS);
      fromMs += 1000 + 3 * TICK_MS;
      for (const { dueMs, entries } of all) {
        const bucketOverMs = (Math.floor(dueMs / TICK_MS) + 1) * TICK_MS;
        for (const { firedMs } of entries) {
          assert.ok(firedMs >= dueMs && firedMs <= bucketOverMs + 2 * TICK_MS, `due at ${dueMs}, fired at ${firedMs}`);
        }
      }
    }),
    { numRuns: 50 },
  );
});
