import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Comparison } from './comparison.ts';
import type { Observations } from './observations.ts';

interface Seen {
  readonly mean: number;
  readonly samples?: number;
  readonly errorShare?: number;
}

/** The factors of a pool of which this has been seen; log-latencies vary with a standard deviation of 1. */
function factors(pool: readonly Seen[]): number[] {
  const column = (value: (seen: Seen) => number): Float64Array => Float64Array.from(pool, value);
  const observations: Pick<Observations, 'samples' | 'mean' | 'variance' | 'tries' | 'errorShare'> = {
    samples: column(({ samples = 300 }) => samples),
    mean: column(({ mean }) => mean),
    variance: column(() => 1),
    tries: column(({ samples = 300 }) => Math.min(8, samples)),
    errorShare: column(({ errorShare = 0 }) => errorShare),
  };
  const comparison = new Comparison(pool.length);
  const slots = Int32Array.from(pool, (_, slot) => slot);
  comparison.compare(slots, slots.length, observations as Observations);
  return [...comparison.factor];
}

test('the typical backend is the lower median, and counts as 1', () => {
  const [fast, usual, slow, slower] = factors([{ mean: 2 }, { mean: 3 }, { mean: 4 }, { mean: 5 }]);
  assert.equal(usual, 1);
  assert.ok(fast < 0.45 && slow > 2.2 && slower > 6, `${fast} ${slow} ${slower}`);
});

test('differences that noise explains, or that are small, do not count', () => {
  assert.deepEqual(factors([{ mean: 3 }, { mean: 3.15 }, { mean: 2.9 }, { mean: 3 }]), [1, 1, 1, 1]);
  const few = factors([{ mean: 3 }, { mean: 3 }, { mean: 3.6, samples: 2 }]);
  assert.equal(few[2], 1, 'two samples prove nothing');
});

test('what is less than a millisecond apart is the same; of what is much more, next to nothing is lost', () => {
  const ms = (...latencies: number[]): number[] =>
    factors(latencies.map((latency) => ({ mean: Math.log(latency), samples: 10_000 })));
  assert.deepEqual(ms(0.2, 1.1, 0.2, 0.2), [1, 1, 1, 1]);
  assert.deepEqual(ms(1.1, 0.2, 1.1, 1.1), [1, 1, 1, 1], 'nor is the fast one preferred');
  const slower = ms(20, 20, 41)[2];
  assert.ok(slower > 1.98 && slower < 2.06, `${slower}`);
  const faster = ms(20, 20, 9)[2];
  assert.ok(faster > 0.44 && faster < 0.47, `${faster}`);
});

test('typical is where the requests are, not where most backends are', () => {
  const [used, ...avoided] = factors([{ mean: 3, samples: 900 }, { mean: 6 }, { mean: 6 }, { mean: 6 }]);
  assert.equal(used, 1);
  for (const factor of avoided) assert.ok(factor > 10, `${factor}`);
});

test('a backend of which nothing is known counts as typical, and does not set the standard', () => {
  const pool = factors([{ mean: 0, samples: 0 }, { mean: 3 }, { mean: 3 }, { mean: 5 }]);
  assert.deepEqual(pool.slice(0, 3), [1, 1, 1]);
  assert.ok(pool[3] > 5);
  assert.deepEqual(factors([{ mean: 0, samples: 0 }]), [1]);
});

test('what was seen long ago fades to nothing', () => {
  const slow = [300, 10, 1, 0.1].map((samples) => factors([{ mean: 3 }, { mean: 3 }, { mean: 5, samples }])[2]);
  for (let at = 1; at < slow.length; at++) assert.ok(slow[at] < slow[at - 1], slow.join());
  assert.equal(slow[3], 1);
});

test('errors beyond those of the best backend weigh heavily; errors of all do not', () => {
  const one = factors([{ mean: 3 }, { mean: 3 }, { mean: 3, errorShare: 0.95 }]);
  assert.deepEqual(one.slice(0, 2), [1, 1]);
  assert.ok(one[2] > 30, `${one[2]}`);
  assert.deepEqual(factors(new Array<Seen>(3).fill({ mean: 3, errorShare: 0.5 })), [1, 1, 1]);
  assert.deepEqual(factors([{ mean: 3, errorShare: 0 }, { mean: 3, errorShare: 0.05 }]), [1, 1]); // prettier-ignore
});

test('slowness is bounded', () => {
  assert.equal(factors([{ mean: 0 }, { mean: 0 }, { mean: 20 }])[2], 32);
});
