import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { playQueue, type QueueOptions, type Slice } from '../../../test/support/limited-queue.ts';
import { Outcome, OUTCOME_COUNT } from '../outcome.ts';
import { createLimit, type ConcurrencyLimit } from './concurrency.ts';

const ALGORITHMS = ['gradient', 'vegas', 'aimd'] as const;
const PLACES = 32;
const MEAN_MS = 25;
/** What the essays of the algorithms promise. */
const LIMIT_MIN = 4;
const LIMIT_INITIAL = 20;
const LIMIT_MAX = 10_000;

function play(options: Partial<QueueOptions> & Pick<QueueOptions, 'algorithm' | 'load'>): Slice[] {
  return playQueue({ seed: 7, places: PLACES, meanMs: MEAN_MS, endMs: 30_000, sliceMs: 5_000, ...options });
}
const told = (slices: readonly Slice[]): string =>
  slices
    .map(({ endMs, goodput, meanMs, refused, limit }) =>
      [endMs / 1000, goodput.toFixed(2), meanMs.toFixed(0), refused.toFixed(2), limit.toFixed(0)].join(' '),
    )
    .join('; ');

/** One window after another in which every attempt takes `latencyMs` while `inFlight` are going on. */
function drive(limit: ConcurrencyLimit, windows: number, latencyMs: number, inFlight: () => number, from = 0): number {
  let nowMs = from;
  for (let window = 0; window < windows; window++) {
    for (let attempt = 0; attempt < 20; attempt++) {
      nowMs += Math.max(100, latencyMs) / 19;
      const going = inFlight();
      limit.admit(going);
      limit.settle(latencyMs, going, Outcome.success, nowMs);
    }
  }
  return nowMs;
}

for (const algorithm of ALGORITHMS) {
  describe(`${algorithm}: a queue of ${PLACES} places`, () => {
    test('three times as much as it can do: nearly all of its throughput, and a short queue, for as long as it lasts', () => {
      const slices = play({ algorithm, load: () => 3, endMs: 300_000, sliceMs: 20_000 });
      for (const { goodput, meanMs } of slices.slice(1)) {
        assert.ok(goodput > 0.95, told(slices));
        assert.ok(meanMs < 2.5 * MEAN_MS, told(slices));
      }
    });

    for (const strangers of [false, true]) {
      const [who, most] = strangers ? ['do not know of each other', 20] : ['share the pool', 6];
      test(`the same over four workers that ${who}`, () => {
        const slices = play({ algorithm, load: () => 3, workers: 4, strangers, endMs: 200_000, sliceMs: 20_000 });
        for (const { goodput, meanMs } of slices.slice(1)) {
          assert.ok(goodput > 0.95, told(slices));
          assert.ok(meanMs < most * MEAN_MS, told(slices));
        }
      });
    }

    test('work that scatters widely neither starves nor drowns it', () => {
      // Lognormal, sigma 1.3.
      const draw = (random: () => number): number =>
        Math.exp(1.3 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) - 1.3 ** 2 / 2);
      const slices = play({ algorithm, load: () => 3, draw, endMs: 100_000, sliceMs: 20_000 });
      for (const { goodput, meanMs } of slices.slice(1)) {
        assert.ok(goodput > 0.85, told(slices));
        assert.ok(meanMs < 8 * MEAN_MS, told(slices));
      }
    });

    for (const load of [0.02, 0.3, 0.7]) {
      test(`${load * 100} % of it: nobody is refused, and the limit never sinks`, () => {
        const slices = play({ algorithm, load: () => load, sliceMs: 2_000 });
        for (const { refused } of slices.slice(1)) assert.ok(refused === 0, told(slices));
        for (const { limit } of slices) assert.ok(limit >= LIMIT_INITIAL, told(slices));
      });
    }

    test('eight times slower for ten seconds: what can be done is done, and afterwards all is as before', () => {
      const slowness = (nowMs: number): number => (nowMs > 10_000 && nowMs < 20_000 ? 8 : 1);
      const slices = play({ algorithm, load: () => 0.7, slowness, endMs: 40_000 });
      const during = slices.filter(({ endMs }) => endMs === 20_000);
      for (const { goodput } of during) assert.ok(goodput > 0.5 / 8, told(slices));
      const after = slices.filter(({ endMs }) => endMs >= 30_000);
      for (const { refused, meanMs } of after) assert.ok(refused < 0.01 && meanMs < 1.3 * MEAN_MS, told(slices));
    });

    for (const workers of [1, 4]) {
      test(`three times slower for good, ${workers} worker(s): the limit is not kept down for it`, () => {
        const slowness = (nowMs: number): number => (nowMs > 10_000 ? 3 : 1);
        const slices = play({ algorithm, load: () => 0.7, slowness, workers, endMs: 60_000 });
        for (const { goodput } of slices.filter(({ endMs }) => endMs >= 25_000))
          assert.ok(goodput > 0.8 / 3, told(slices));
      });
    }
  });

  describe(`${algorithm}: rules`, () => {
    test('stays within its bounds and usable, whatever it is told', () => {
      const attempt = fc.record({
        elapsedMs: fc.oneof(fc.double({ min: 0, max: 1e5, noNaN: true }), fc.constant(0)),
        inFlight: fc.nat(20_000),
        outcome: fc.nat(OUTCOME_COUNT - 1),
        afterMs: fc.oneof(fc.nat(20), fc.nat(100_000)),
        times: fc.nat(100),
      });
      fc.assert(
        fc.property(fc.array(attempt, { maxLength: 60 }), (attempts) => {
          const limit = createLimit(algorithm);
          let nowMs = 0;
          for (const { elapsedMs, inFlight, outcome, afterMs, times } of attempts) {
            for (let time = 0; time < times; time++) {
              nowMs += afterMs;
              limit.admit(inFlight);
              limit.settle(elapsedMs, inFlight, outcome as Outcome, nowMs);
              assert.ok(limit.limit >= LIMIT_MIN && limit.limit <= LIMIT_MAX, String(limit.limit));
            }
          }
          assert.ok(limit.admit(0), 'one may always begin when nothing goes on');
          assert.equal(limit.admit(LIMIT_MAX), false);
        }),
      );
    });

    test('admits as many as the limit says', () => {
      const limit = createLimit(algorithm);
      assert.equal(limit.limit, LIMIT_INITIAL);
      assert.ok(limit.admit(LIMIT_INITIAL - 1));
      assert.equal(limit.admit(LIMIT_INITIAL), false);
    });

    test('a pool that uses less than half of its limit changes nothing, however slow it becomes', () => {
      const limit = createLimit(algorithm);
      const nowMs = drive(limit, 20, 10, () => 5);
      drive(limit, 50, 5000, () => 5, nowMs);
      assert.equal(limit.limit, LIMIT_INITIAL);
    });

    test('grows while it is needed and latency stays where it is', () => {
      const limit = createLimit(algorithm);
      drive(limit, 30, 10, () => Math.floor(limit.limit));
      assert.ok(limit.limit > 100, String(limit.limit));
    });

    test('backends that fail fast do not look fast', () => {
      const limit = createLimit(algorithm);
      const nowMs = drive(limit, 10, 100, () => Math.floor(limit.limit));
      const before = limit.limit;
      let at = nowMs;
      for (let attempt = 0; attempt < 2000; attempt++)
        limit.settle(1, Math.floor(before), Outcome.serverError, (at += 1));
      assert.equal(limit.limit, before);
    });

    test('timeouts cut it', () => {
      const limit = createLimit(algorithm);
      let nowMs = drive(limit, 10, 100, () => Math.floor(limit.limit));
      const before = limit.limit;
      for (let attempt = 0; attempt < 300; attempt++) {
        const going = Math.floor(limit.limit);
        limit.admit(going);
        limit.settle(5000, going, Outcome.timeout, (nowMs += 250));
      }
      assert.ok(limit.limit < before, `${before} to ${limit.limit}`);
    });

    test('clients that leave early say nothing, those that leave late say that it is slow', () => {
      const cut = (elapsedMs: number): number => {
        const limit = createLimit(algorithm);
        let nowMs = drive(limit, 10, 100, () => Math.floor(limit.limit));
        const before = limit.limit;
        for (let attempt = 0; attempt < 300; attempt++) {
          limit.admit(before);
          limit.settle(elapsedMs, Math.floor(limit.limit), Outcome.cancelled, (nowMs += 50));
        }
        return limit.limit - before;
      };
      assert.equal(cut(20), 0);
      assert.ok(cut(1000) < 0);
    });

    test('what it saw an hour ago is not mixed with what it sees now', () => {
      const limit = createLimit(algorithm);
      const nowMs = drive(limit, 10, 100, () => Math.floor(limit.limit));
      const before = limit.limit;
      // Slow ones, too few for a window; then an hour of silence, and quick ones.
      for (let attempt = 0; attempt < 10; attempt++) limit.settle(60_000, before, Outcome.success, nowMs + attempt);
      drive(limit, 1, 100, () => Math.floor(limit.limit), nowMs + 3_600_000);
      assert.ok(limit.limit >= before, `${before} to ${limit.limit}`);
    });
  });
}
