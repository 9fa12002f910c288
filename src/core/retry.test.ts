import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Outcome } from './outcome.ts';
import type { RetryPlan } from './plan-failures.ts';
import { isUnsent, RetryRules } from './retry.ts';

const PLAN: RetryPlan = {
  attempts: 1,
  outcomes: [Outcome.connectFailure, Outcome.reset],
  statuses: [503],
  methods: ['GET', 'PUT'],
  backoffBaseMs: 25,
  backoffMaxMs: 250,
  budgetShare: 0.2,
  budgetPerSecond: 10,
  bodyBytes: 65_536,
};

describe('what is made again', () => {
  test('nothing can have reached a backend to which there was no connection', () => {
    const unsent = Object.values(Outcome).filter(isUnsent);
    assert.deepEqual(unsent, [Outcome.connectFailure, Outcome.connectTimeout]);
  });

  test('is what the plan lists, and nothing else', () => {
    const rules = new RetryRules(PLAN);
    const listed = Object.values(Outcome).filter((outcome) => rules.listsOutcome(outcome));
    assert.deepEqual(listed, [Outcome.connectFailure, Outcome.reset]);
    const statuses = Array.from({ length: 500 }, (_, at) => at + 100).filter((status) => rules.listsStatus(status));
    assert.deepEqual(statuses, [503]);
    const methods = ['GET', 'PUT', 'POST', 'get', 'PATCH', ''].filter((method) => rules.listsMethod(method));
    assert.deepEqual(methods, ['GET', 'PUT']);
  });

  test('may be nothing', () => {
    const rules = new RetryRules({ ...PLAN, outcomes: [], statuses: [], methods: [] });
    assert.ok(!Object.values(Outcome).some((outcome) => rules.listsOutcome(outcome)));
    assert.ok(!rules.listsStatus(503) && !rules.listsMethod('GET'));
  });
});

describe('backoff', () => {
  test('is drawn from 0 to the base, doubled each time, up to the most', () => {
    const rules = new RetryRules(PLAN);
    const most = [1, 2, 3, 4, 5, 6, 40].map((attempt) => rules.backoffMs(attempt, 1));
    assert.deepEqual(most, [25, 50, 100, 200, 250, 250, 250]);
    assert.equal(rules.backoffMs(1, 0), 0);
    assert.equal(rules.backoffMs(2, 0.5), 25);
  });

  test('never leaves its bounds', () => {
    const anyMs = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(
        anyMs,
        anyMs,
        fc.integer({ min: 1, max: 11 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (...all) => {
          const [backoffBaseMs, backoffMaxMs, attempt, random] = all;
          const waitMs = new RetryRules({ ...PLAN, backoffBaseMs, backoffMaxMs }).backoffMs(attempt, random);
          assert.ok(waitMs >= 0 && waitMs <= backoffMaxMs);
        },
      ),
    );
  });
});
