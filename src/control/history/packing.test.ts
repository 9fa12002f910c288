import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LATENCY_BUCKETS } from './latency-buckets.ts';
import { NAMES_MAX } from './name-book.ts';
import { addPicks, isPacked, PACKED_BYTES_MAX, packStep, unpackSeries, unpackStep } from './packing.ts';
import { COUNTER_COUNT, GAUGE_COUNT, PICKS_MAX, Step } from './step.ts';

const amount = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const steps = fc
  .record({
    counters: fc.array(amount, { minLength: COUNTER_COUNT, maxLength: COUNTER_COUNT }),
    gauges: fc.array(amount, { minLength: GAUGE_COUNT, maxLength: GAUGE_COUNT }),
    latency: fc.array(amount, { minLength: LATENCY_BUCKETS, maxLength: LATENCY_BUCKETS }),
    picks: fc.dictionary(
      fc.nat(NAMES_MAX).map(String),
      amount.filter((count) => count > 0),
    ),
  })
  .map(({ counters, gauges, latency, picks }) => stepOf(counters, gauges, picks, latency));

function stepOf(
  counters: readonly number[],
  gauges: readonly number[],
  picks: Readonly<Record<string, number>>,
  latency: readonly number[] = [],
): Step {
  const step = new Step();
  step.counters.set(counters);
  step.gauges.set(gauges);
  step.latency.set(latency);
  // Keys that are whole numbers come in ascending order.
  for (const [id, count] of Object.entries(picks)) step.pick(Number(id), count);
  return step;
}

function packed(step: Step): Uint8Array {
  const bytes = new Uint8Array(PACKED_BYTES_MAX);
  return bytes.slice(0, packStep(step, bytes));
}

function plain({ counters, gauges, latency, ids, picks, length }: Step): object {
  const pairs = Array.from({ length }, (_, at) => [ids[at], picks[at]]);
  return { counters: [...counters], gauges: [...gauges], latency: [...latency], pairs };
}

test('what is packed is unpacked the same, whatever the place held before', () => {
  fc.assert(
    fc.property(steps, steps, (step, leftover) => {
      const bytes = packed(step);
      assert.ok(isPacked(bytes));
      assert.deepEqual(plain(unpackStep(bytes, leftover)), plain(step));
    }),
  );
});

test('picks can be added up without unpacking, which comes to the same', () => {
  fc.assert(
    fc.property(steps, steps, (one, other) => {
      const expected = new Float64Array(PICKS_MAX);
      const sums = new Float64Array(PICKS_MAX);
      for (const { step, bytes } of [one, other].map((step) => ({ step, bytes: packed(step) }))) {
        for (let at = 0; at < step.length; at++) expected[step.ids[at]!]! += step.picks[at]!;
        const series = new Step();
        const highest = addPicks(bytes, unpackSeries(bytes, series), sums);
        assert.equal(highest, step.length === 0 ? 0 : step.ids[step.length - 1]);
        assert.deepEqual([series.counters, series.gauges], [step.counters, step.gauges]);
      }
      assert.deepEqual(sums, expected);
    }),
  );
});

test('the largest step fits', () => {
  const step = new Step();
  step.counters.fill(Number.MAX_SAFE_INTEGER);
  step.gauges.fill(Number.MAX_SAFE_INTEGER);
  for (let id = 0; id < PICKS_MAX; id++) step.pick(id, Number.MAX_SAFE_INTEGER);
  const bytes = packed(step);
  assert.ok(bytes.length <= PACKED_BYTES_MAX);
  assert.deepEqual(plain(unpackStep(bytes, new Step())), plain(step));
});

test('what is negative, broken or no number at all is 0, never bytes that cannot be read', () => {
  const step = stepOf([-5, NaN, Infinity, 1.5], [-1], {});
  const { counters, gauges } = unpackStep(packed(step), new Step());
  assert.deepEqual([...counters.subarray(0, 4)], [0, 0, Number.MAX_SAFE_INTEGER, 2]);
  assert.equal(gauges[0], 0);
});

test('bytes that were cut, or have something behind them, are no step', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (step, cut) => {
      const bytes = packed(step);
      assert.equal(isPacked(bytes.subarray(0, cut % bytes.length)), false);
      assert.equal(isPacked(Uint8Array.of(...bytes, 0)), false);
    }),
  );
});

test('bytes out of nowhere are refused, or are a step that can be read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      if (!isPacked(bytes)) return;
      const step = unpackStep(bytes, new Step());
      assert.ok(step.length <= PICKS_MAX);
      for (let at = 1; at < step.length; at++) assert.ok(step.ids[at]! > step.ids[at - 1]!);
      assert.ok([...step.counters, ...step.gauges].every((value) => Number.isSafeInteger(value) && value >= 0));
    }),
    { numRuns: 2000 },
  );
  // Each list says first how long it is.
  for (const liar of [
    [255, 255, 255, 255, 127],
    [0, 0, 255, 255, 255, 127],
    [0, 0, 0, 1, 5],
    [0, 0, 0, 2, 5, 1, 0, 1],
  ])
    assert.equal(isPacked(Uint8Array.from(liar)), false, liar.join());
});

test('a version that counted less, or counts more, is understood', () => {
  const older = Uint8Array.of(2, 7, 8, 1, 9, 1, 6, 1, 3, 4);
  assert.ok(isPacked(older));
  const step = stepOf(new Array<number>(COUNTER_COUNT).fill(1), [1, 1, 1], {});
  assert.deepEqual([...unpackStep(older, step).counters], [7, 8, ...new Array<number>(COUNTER_COUNT - 2).fill(0)]);
  assert.deepEqual([...step.gauges], [9, 0, 0]);
  const newer = Uint8Array.of(
    COUNTER_COUNT + 2,
    ...new Array<number>(COUNTER_COUNT + 2).fill(5),
    3,
    1,
    2,
    3,
    0,
    1,
    3,
    4,
  );
  assert.ok(isPacked(newer));
  assert.deepEqual(plain(unpackStep(newer, step)), {
    counters: new Array<number>(COUNTER_COUNT).fill(5),
    gauges: [1, 2, 3],
    latency: new Array<number>(LATENCY_BUCKETS).fill(0),
    pairs: [[3, 4]],
  });
});
