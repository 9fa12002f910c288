import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeadlineWheel, NEVER, Timed } from './deadline.ts';

class Entry extends Timed {
  readonly fired: number[] = [];
  onDeadline(nowMs: number): void {
    this.fired.push(nowMs);
  }
}

const tick = DeadlineWheel.tickMs;

function runTo(wheel: DeadlineWheel, fromMs: number, toMs: number): void {
  for (let now = fromMs; now <= toMs; now += tick) wheel.advance(now);
}

test('a deadline fires once, not early and at most two ticks late', () => {
  const wheel = new DeadlineWheel(0);
  const entry = new Entry();
  wheel.arm(entry, 120);
  runTo(wheel, 0, 1000);
  assert.equal(entry.fired.length, 1);
  assert.ok(entry.fired[0]! >= 120 && entry.fired[0]! <= 120 + 2 * tick, `fired at ${entry.fired[0]}`);
});

test('a deadline that moves later fires at the later time only', () => {
  const wheel = new DeadlineWheel(0);
  const entry = new Entry();
  wheel.arm(entry, 100);
  wheel.arm(entry, 500);
  runTo(wheel, 0, 450);
  assert.deepEqual(entry.fired, []);
  runTo(wheel, 500, 700);
  assert.equal(entry.fired.length, 1);
});

test('a deadline that moves earlier fires at the earlier time', () => {
  const wheel = new DeadlineWheel(0);
  const entry = new Entry();
  wheel.arm(entry, 10_000);
  wheel.arm(entry, 100);
  runTo(wheel, 0, 300);
  assert.equal(entry.fired.length, 1);
});

test('deadlines further away than one round of the wheel are kept', () => {
  const wheel = new DeadlineWheel(0);
  const entry = new Entry();
  wheel.arm(entry, 200_000);
  runTo(wheel, 0, 199_950);
  assert.deepEqual(entry.fired, []);
  runTo(wheel, 200_000, 200_200);
  assert.equal(entry.fired.length, 1);
});

test('NEVER and drop stop a deadline', () => {
  const wheel = new DeadlineWheel(0);
  const [never, dropped] = [new Entry(), new Entry()];
  wheel.arm(never, 100);
  wheel.arm(never, NEVER);
  wheel.arm(dropped, 100);
  wheel.drop(dropped);
  runTo(wheel, 0, 500);
  assert.deepEqual([never.fired, dropped.fired], [[], []]);
  assert.equal(dropped.next, null, 'a dropped entry is unlinked at once');
});

test('a stopped process catches up in one call', () => {
  const wheel = new DeadlineWheel(0);
  const entries = [100, 30_000, 600_000].map((at) => {
    const entry = new Entry();
    wheel.arm(entry, at);
    return entry;
  });
  wheel.advance(1_000_000);
  wheel.advance(1_100_000);
  assert.deepEqual(
    entries.map((entry) => entry.fired.length),
    [1, 1, 1],
  );
});

test('a handler may arm its own entry again', () => {
  const wheel = new DeadlineWheel(0);
  class Again extends Entry {
    override onDeadline(nowMs: number): void {
      super.onDeadline(nowMs);
      wheel.arm(this, nowMs);
    }
  }
  const entry = new Again();
  wheel.arm(entry, 10);
  runTo(wheel, 0, 1000);
  assert.ok(entry.fired.length > 3 && entry.fired.length <= 1000 / tick);
});

test('property: whatever is armed and re-armed, each entry fires exactly when its last deadline passed', () => {
  const moves = fc.array(
    fc.record({ entry: fc.nat(4), at: fc.integer({ min: 0, max: 120_000 }), after: fc.nat(3000) }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(moves, (steps) => {
      const wheel = new DeadlineWheel(0);
      const entries = Array.from({ length: 5 }, () => new Entry());
      const due = new Array<number>(5).fill(NEVER);
      const expected = new Array<number>(5).fill(0);
      let now = 0;
      const pass = (until: number): void => {
        for (; now <= until; now += tick) wheel.advance(now);
        entries.forEach((entry, i) => {
          // Between the deadline and two ticks later it may or may not have fired yet: take what happened.
          if (due[i]! <= now - 3 * tick) {
            expected[i]!++;
            due[i] = NEVER;
          } else if (entry.fired.length > expected[i]!) {
            assert.ok(due[i]! <= now, 'fired early');
            expected[i]!++;
            due[i] = NEVER;
          }
          assert.equal(entry.fired.length, expected[i], `entry ${i}`);
        });
      };
      for (const { entry, at, after } of steps) {
        wheel.arm(entries[entry]!, now + at);
        due[entry] = now + at;
        pass(now + after);
      }
      pass(now + 130_000);
    }),
  );
});

test('no more fire in one call than may; the rest does in the calls that follow, each once', () => {
  const wheel = new DeadlineWheel(0);
  const entries = Array.from({ length: 100 }, () => new Entry());
  entries.forEach((entry, at) => wheel.arm(entry, 100 + (at % 3) * tick));
  const fired = (): number => entries.filter((entry) => entry.fired.length > 0).length;
  let calls = 0;
  for (let before = 0; !wheel.advance(1000, 16); before = fired()) {
    assert.equal(fired(), before + 16);
    calls += 1;
  }
  assert.equal(calls, 6);
  assert.equal(fired(), 100);
  assert.ok(entries.every((entry) => entry.fired.length === 1));
  assert.ok(wheel.advance(2000, 16), 'nothing is left');
});

test('what is armed and dropped between two such calls is neither lost nor fired early', () => {
  const wheel = new DeadlineWheel(0);
  const [first, second, third] = [new Entry(), new Entry(), new Entry()];
  for (const entry of [first, second, third]) wheel.arm(entry, 100);
  assert.equal(wheel.advance(200, 1), false);
  assert.equal(first.fired.length, 1);
  assert.equal(wheel.dueCount, 2);
  wheel.drop(second);
  assert.equal(wheel.dueCount, 1);
  wheel.arm(first, 1000);
  wheel.arm(third, 5000);
  assert.ok(wheel.advance(200, 1));
  runTo(wheel, 250, 950);
  assert.deepEqual([first.fired.length, second.fired.length, third.fired.length], [1, 0, 0]);
  runTo(wheel, 1000, 5200);
  assert.deepEqual([first.fired.length, second.fired.length, third.fired.length], [2, 0, 1]);
});
