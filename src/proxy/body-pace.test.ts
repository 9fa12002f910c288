import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#core/fault.ts';
import type { ListenerPlan } from '#core/plan.ts';
import { BodyPace } from './body-pace.ts';

const PERIOD_MS = 1000;

/** What a body meets whose reads come at these times; looks when it says that it must be looked at. */
function fate(
  reads: readonly { atMs: number; bytes: number }[],
  perSecond: number,
  untilMs: number,
): [FaultName, number] {
  const plan = {
    timeouts: { bodyMs: PERIOD_MS },
    limits: { bodyBytesPerSecond: perSecond },
  } as unknown as ListenerPlan;
  const pace = new BodyPace();
  pace.begin(0, 0);
  let bytes = 0;
  let next = 0;
  for (let dueMs = pace.dueMs(plan); dueMs <= untilMs; dueMs = pace.dueMs(plan)) {
    for (; next < reads.length && reads[next]!.atMs < dueMs; next++) {
      bytes += reads[next]!.bytes;
      pace.readMs = reads[next]!.atMs;
    }
    const fault = pace.judge(dueMs, bytes, plan);
    if (fault === Fault.bodyTimeout) return ['silent', dueMs];
    if (fault === Fault.bodyTooSlow) return ['slow', dueMs];
    assert.ok(pace.dueMs(plan) > dueMs, 'it is not looked at twice at one time');
  }
  return ['fine', untilMs];
}
type FaultName = 'silent' | 'slow' | 'fine';
const every = (ms: number, bytes: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({ atMs: (at + 1) * ms, bytes }));

test('a byte now and then is too slow after one period', () => {
  assert.deepEqual(fate(every(100, 1, 1000), 100, 60_000), ['slow', PERIOD_MS]);
});

test('a body that keeps the pace may take as long as it likes', () => {
  assert.deepEqual(fate(every(100, 12, 1000), 100, 60_000), ['fine', 60_000]);
});

test('a pace of 0 leaves silence alone to end it', () => {
  assert.deepEqual(fate(every(100, 1, 1000), 0, 60_000), ['fine', 60_000]);
  assert.deepEqual(fate(every(100, 1, 10), 0, 60_000), ['silent', 2000]);
});

test('silence is found exactly a period after the last byte, whatever had come before', () => {
  assert.deepEqual(fate([{ atMs: 10, bytes: 1e6 }], 100, 60_000), ['silent', 1010]);
  assert.deepEqual(fate([{ atMs: 990, bytes: 1e6 }], 100, 60_000), ['silent', 1990]);
});

test('a period of plenty does not pay for the next', () => {
  const reads = [
    { atMs: 10, bytes: 1e6 },
    ...every(400, 1, 100).map(({ atMs, bytes }) => ({ atMs: 500 + atMs, bytes })),
  ];
  assert.deepEqual(fate(reads, 100, 60_000), ['slow', 2000]);
});

test('property: nobody outlives two periods below the pace', () => {
  const reads = fc.array(
    fc.record({ gapMs: fc.integer({ min: 1, max: 300 }), bytes: fc.integer({ min: 0, max: 5 }) }),
    {
      minLength: 100,
      maxLength: 200,
    },
  );
  fc.assert(
    fc.property(reads, (gaps) => {
      let atMs = 0;
      const list = gaps.map(({ gapMs, bytes }) => ({ atMs: (atMs += gapMs), bytes }));
      // At most 5 bytes a millisecond come; far more are asked for.
      const [name, dueMs] = fate(list, 10_000, 1e6);
      assert.notEqual(name, 'fine');
      assert.ok(dueMs <= 2 * PERIOD_MS, `${name} at ${dueMs}`);
    }),
  );
});
