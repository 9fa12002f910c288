import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Warmth } from './warmth.ts';

const SLOT = 3;

/** Asks the slot every `gapMs`, so that this is what requests usually find. */
function usedEvery(gapMs: number, times = 200): { warmth: Warmth; nowMs: number } {
  const warmth = new Warmth(8);
  let nowMs = 1;
  for (let turn = 0; turn < times; turn++) {
    warmth.wake(SLOT, nowMs, nowMs + gapMs);
    nowMs += gapMs;
    warmth.settle(SLOT, 0, nowMs);
  }
  return { warmth, nowMs };
}

test('an attempt at a backend never heard of is cold, the next is not', () => {
  const warmth = new Warmth(8);
  warmth.wake(SLOT, 0, 5);
  assert.ok(warmth.settle(SLOT, 10, 15));
  warmth.wake(SLOT, 15, 20);
  assert.ok(!warmth.settle(SLOT, 5, 25));
});

test('all that begin before the first has ended are cold, those after it are not', () => {
  const { warmth, nowMs } = usedEvery(10);
  warmth.wake(SLOT, nowMs, nowMs + 1500);
  // A second one begins beside the first, which ends at 1540; the third begins then.
  assert.ok(warmth.settle(SLOT, 40, nowMs + 1540));
  assert.ok(warmth.settle(SLOT, 50, nowMs + 1560));
  assert.ok(!warmth.settle(SLOT, 20, nowMs + 1561));
});

test('an idle time is cold only beside what is usual: seldom used pools have no warm backends to compare with', () => {
  const busy = usedEvery(10);
  busy.warmth.wake(SLOT, busy.nowMs, busy.nowMs + 900);
  assert.ok(!busy.warmth.settle(SLOT, 5, busy.nowMs + 905), 'less than a second');
  const seldom = usedEvery(4000);
  seldom.warmth.wake(SLOT, seldom.nowMs, seldom.nowMs + 6000);
  assert.ok(!seldom.warmth.settle(SLOT, 5, seldom.nowMs + 6005));
  seldom.warmth.wake(SLOT, seldom.nowMs, seldom.nowMs + 9000);
  assert.ok(seldom.warmth.settle(SLOT, 5, seldom.nowMs + 9005));
});

test('one long night does not make long idle times usual', () => {
  const { warmth, nowMs } = usedEvery(10);
  const morningMs = nowMs + 8 * 3_600_000;
  warmth.wake(SLOT, nowMs, morningMs);
  warmth.settle(SLOT, 20, morningMs + 20);
  warmth.wake(SLOT, morningMs, morningMs + 1200);
  assert.ok(warmth.settle(SLOT, 20, morningMs + 1220));
});
