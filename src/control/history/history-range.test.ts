import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  HISTORY_FINE_SPAN_S,
  HISTORY_SPAN_S,
  HISTORY_STEPS_MAX,
  HISTORY_STEP_MAX_S,
  rangeOf,
} from './history-range.ts';

const NOW_S = 1_767_225_600 + 12_345;
const FINE_FROM_S = NOW_S - HISTORY_FINE_SPAN_S - 60;

function past(spanS: number, stepS: number | null = null): number {
  return rangeOf({ fromS: NOW_S - spanS, toS: NOW_S, stepS }, NOW_S, FINE_FROM_S).stepS;
}

test('whatever is wished, steps are aligned, as fine as is kept, and not too many', () => {
  const moment = fc.integer({ min: NOW_S - 2 * HISTORY_SPAN_S, max: NOW_S + 1000 });
  const stepS = fc.option(fc.oneof(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: HISTORY_STEP_MAX_S })));
  fc.assert(
    fc.property(moment, moment, stepS, (a, b, wished) => {
      const wish = { fromS: Math.min(a, b), toS: Math.max(a, b), stepS: wished };
      const range = rangeOf(wish, NOW_S, FINE_FROM_S);
      const steps = (range.toS - range.fromS) / range.stepS;
      assert.ok(Number.isInteger(steps) && steps >= 1 && steps <= HISTORY_STEPS_MAX, `${steps} steps`);
      assert.equal(range.fromS % range.stepS, 0);
      assert.ok(range.stepS % 60 === 0 || 60 % range.stepS === 0, `${range.stepS} s`);
      if (range.stepS < 60) assert.ok(range.fromS >= FINE_FROM_S);
      if (wished !== null) assert.ok(range.stepS >= wished, 'never finer than wished');
      // All of the range that is kept is there.
      const fromS = Math.max(wish.fromS, NOW_S - HISTORY_SPAN_S);
      const toS = Math.min(wish.toS, NOW_S);
      if (fromS < toS) assert.ok(range.fromS <= fromS && range.toS >= toS);
    }),
    { numRuns: 2000 },
  );
});

test('a wish that can be granted is granted', () => {
  assert.equal(past(600, 1), 1);
  assert.equal(past(3600, 15), 15);
  assert.equal(past(86_400, 60), 60);
  assert.equal(past(86_400, 420), 420);
});

test('one that cannot becomes the next coarser step', () => {
  assert.equal(past(3600, 1), 2, '3,600 steps would be too many');
  assert.equal(past(600, 7), 10, 'no divisor of a minute');
  assert.equal(past(600, 90), 120, 'no whole minutes');
  assert.equal(past(7200, 1), 60, 'seconds are not kept for so long');
  assert.equal(past(600, 1_000_000), HISTORY_STEP_MAX_S);
});

test('without a wish it is round, and a few hundred steps', () => {
  assert.deepEqual(
    [60, 300, 600, 3600, 21_600, 86_400].map((span) => past(span)),
    [1, 1, 2, 15, 120, 300],
  );
});

test('"the past hour", asked a moment ago, is fine', () => {
  assert.equal(past(HISTORY_FINE_SPAN_S + 5, 30), 30);
});
