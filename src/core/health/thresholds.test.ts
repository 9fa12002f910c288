import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HealthState, isUp } from '../health-state.ts';
import { stepHealth, type HealthStanding } from './thresholds.ts';

const LIMITS = { unhealthyAfter: 3, healthyAfter: 2 };

/** States after each of `results`, where `+` is a good probe and `-` a bad one. */
function walk(from: HealthState, results: string, limits = LIMITS): HealthState[] {
  let now: HealthStanding = { state: from, against: 0 };
  return [...results].map((result) => (now = stepHealth(now, result === '+', limits)).state);
}
const { unknown, healthy, falling, unhealthy, rising, unchecked } = HealthState;

describe('health by thresholds', () => {
  test('the first probe decides at once, in either direction', () => {
    assert.deepEqual(walk(unknown, '+'), [healthy]);
    assert.deepEqual(walk(unknown, '-'), [unhealthy]);
    assert.deepEqual(walk(unchecked, '-'), [unhealthy]);
  });

  test('it leaves rotation only after unhealthyAfter failures in a row', () => {
    assert.deepEqual(walk(healthy, '---'), [falling, falling, unhealthy]);
    assert.deepEqual(walk(healthy, '--+--+'), [falling, falling, healthy, falling, falling, healthy]);
  });

  test('it returns only after healthyAfter successes in a row', () => {
    assert.deepEqual(walk(unhealthy, '++'), [rising, healthy]);
    assert.deepEqual(walk(unhealthy, '+-+-'), [rising, unhealthy, rising, unhealthy]);
  });

  test('thresholds of one move at once', () => {
    assert.deepEqual(walk(healthy, '-+', { unhealthyAfter: 1, healthyAfter: 1 }), [unhealthy, healthy]);
  });

  test('from any history, a change of mind has exactly its run of results behind it', () => {
    const results = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    const limits = fc.record({
      unhealthyAfter: fc.integer({ min: 1, max: 5 }),
      healthyAfter: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(results, limits, (oks, thresholds) => {
        let now: HealthStanding = { state: unknown, against: 0 };
        oks.forEach((ok, at) => {
          const wasUp = isUp(now.state);
          now = stepHealth(now, ok, thresholds);
          if (at === 0) return assert.equal(isUp(now.state), ok);
          const needed = wasUp ? thresholds.unhealthyAfter : thresholds.healthyAfter;
          const run = oks.slice(Math.max(0, at + 1 - needed), at + 1);
          if (isUp(now.state) !== wasUp) assert.ok(run.length === needed && run.every((one) => one !== wasUp));
          else assert.ok(!(oks.slice(1, at + 1).length >= needed && run.every((one) => one !== wasUp)));
        });
      }),
      { verbose: true },
    );
  });
});
