import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ATTEMPTS_KEPT, BUDGET_CELLS, budgetCap, RetryBudget, type BudgetPlan } from './retry-budget.ts';

const START_MS = 1_000_000;

function budgetOf(plan: BudgetPlan, workers = 1): RetryBudget[] {
  const cells = new Int32Array(BUDGET_CELLS);
  return Array.from({ length: workers }, () => new RetryBudget(plan, cells));
}
/** How many retries there are at once. */
function takeAll(budget: RetryBudget, nowMs: number, most = 100_000): number {
  let taken = 0;
  while (taken < most && budget.take(nowMs)) taken += 1;
  return taken;
}

describe('tokens', () => {
  test('a second’s worth to begin with, then by time', () => {
    const [budget] = budgetOf({ budgetShare: 0, budgetPerSecond: 10 });
    assert.equal(takeAll(budget!, START_MS), 10);
    assert.equal(takeAll(budget!, START_MS + 99), 0);
    assert.equal(takeAll(budget!, START_MS + 100), 1);
    assert.equal(takeAll(budget!, START_MS + 3_100), 30);
  });

  test('by first attempts, of whichever worker', () => {
    const [one, two] = budgetOf({ budgetShare: 0.2, budgetPerSecond: 0 }, 2);
    for (let attempt = 0; attempt < 50; attempt++) one!.attempt();
    for (let attempt = 0; attempt < 50; attempt++) two!.attempt();
    // What the other has yet to put in is less than what `ATTEMPTS_KEPT` are worth.
    const taken = takeAll(one!, START_MS);
    assert.ok(taken <= 20 && taken >= 20 - ATTEMPTS_KEPT * 0.2, `${taken}`);
    assert.equal(taken + takeAll(two!, START_MS), 20);
  });

  test('no more than the bucket holds, however long nothing is asked', () => {
    const plan = { budgetShare: 0.2, budgetPerSecond: 10 };
    const [budget] = budgetOf(plan);
    takeAll(budget!, START_MS);
    assert.equal(takeAll(budget!, START_MS + 86_400_000), 100, 'ten seconds of the rate');
    for (let attempt = 0; attempt < 100_000; attempt++) budget!.attempt();
    assert.equal(takeAll(budget!, START_MS + 86_500_000), budgetCap(plan));
  });

  test('none without a share and a rate', () => {
    const [budget] = budgetOf({ budgetShare: 0, budgetPerSecond: 0 });
    for (let attempt = 0; attempt < 1_000; attempt++) budget!.attempt();
    assert.equal(takeAll(budget!, START_MS), 0);
    assert.equal(takeAll(budget!, START_MS + 1_000_000), 0);
  });

  test('one that is given back can be taken again', () => {
    const [budget] = budgetOf({ budgetShare: 0, budgetPerSecond: 1 });
    assert.equal(takeAll(budget!, START_MS), 1);
    budget!.giveBack();
    assert.equal(budget!.tokens, 1);
    assert.equal(takeAll(budget!, START_MS), 1);
  });

  test('a plan with a lower cap leaves no more than that', () => {
    const cells = new Int32Array(BUDGET_CELLS);
    const rich = new RetryBudget({ budgetShare: 1, budgetPerSecond: 100 }, cells);
    for (let attempt = 0; attempt < 5_000; attempt++) rich.attempt();
    rich.take(START_MS);
    assert.equal(takeAll(new RetryBudget({ budgetShare: 0, budgetPerSecond: 2 }, cells), START_MS), 20);
  });
});

describe('the bound', () => {
  type Act = { kind: 'attempt' | 'take' | 'wait'; worker: number; count: number };
  const acts = fc.array(
    fc.record<Act>({
      kind: fc.constantFrom('attempt', 'take', 'take', 'wait'),
      worker: fc.nat(2),
      count: fc.integer({ min: 1, max: 40 }),
    }),
    { maxLength: 150 },
  );
  const plans = fc.record({
    budgetShare: fc.constantFrom(0, 0.05, 0.2, 1),
    budgetPerSecond: fc.constantFrom(0, 0.3, 1, 10, 1000),
  });

  test('holds between any two moments, for all workers together', () => {
    fc.assert(
      fc.property(acts, plans, (sequence, plan) => {
        const budgets = budgetOf(plan, 3);
        const late = 3 * ATTEMPTS_KEPT * plan.budgetShare + 1;
        let nowMs = START_MS;
        const log = [{ nowMs, attempts: 0, taken: 0 }];
        let [attempts, taken] = [0, 0];
        for (const { kind, worker, count } of sequence) {
          if (kind === 'wait') nowMs += count * 25;
          for (let turn = 0; turn < count && kind === 'attempt'; turn++) budgets[worker]!.attempt();
          if (kind === 'attempt') attempts += count;
          for (let turn = 0; turn < count && kind === 'take'; turn++) if (budgets[worker]!.take(nowMs)) taken += 1;
          log.push({ nowMs, attempts, taken });
        }
        for (const [at, from] of log.entries())
          for (const to of log.slice(at)) {
            const time = (plan.budgetPerSecond * (to.nowMs - from.nowMs)) / 1000;
            const most = budgetCap(plan) + plan.budgetShare * (to.attempts - from.attempts) + time + late;
            assert.ok(to.taken - from.taken <= most + 1e-6, `${to.taken - from.taken} taken, at most ${most}`);
          }
        const whole = plan.budgetPerSecond * (1 + (nowMs - START_MS) / 1000) + plan.budgetShare * attempts;
        assert.ok(taken <= whole + 1e-6, `${taken} taken since the start, at most ${whole}`);
      }),
      { numRuns: 200 },
    );
  });
});

describe('bugs', () => {
  test('bug: less than one a second, asked every millisecond, never came to one', () => {
    const [budget] = budgetOf({ budgetShare: 0, budgetPerSecond: 0.3 });
    let taken = 0;
    for (let ms = 0; ms < 60_000; ms++) if (budget!.take(START_MS + ms)) taken += 1;
    assert.ok(taken >= 17 && taken <= 19, `${taken} in a minute`);
  });

  test('bug: odd rates lost a part of every millisecond', () => {
    const [budget] = budgetOf({ budgetShare: 0, budgetPerSecond: 1.9 });
    let taken = 0;
    for (let ms = 0; ms < 100_000; ms++) if (budget!.take(START_MS + ms)) taken += 1;
    assert.ok(taken >= 188 && taken <= 192, `${taken} in 100 s`);
  });

  test('bug: a pool without retries for a month got none by time for weeks', () => {
    const [budget] = budgetOf({ budgetShare: 0, budgetPerSecond: 10 });
    takeAll(budget!, START_MS);
    assert.equal(takeAll(budget!, START_MS + 2 ** 31 + 1_000), 100);
    for (const wrap of [2 ** 31, 2 ** 32]) {
      const [near] = budgetOf({ budgetShare: 0, budgetPerSecond: 10 });
      takeAll(near!, wrap - 200);
      assert.equal(takeAll(near!, wrap + 300), 5);
    }
  });

  test('bug: a rate that the schema allows overflowed its cell', () => {
    const plan = { budgetShare: 1, budgetPerSecond: 1_000_000 };
    const [budget] = budgetOf(plan);
    assert.equal(takeAll(budget!, START_MS, 1_500_000), 1_000_000);
    budget!.take(START_MS + 3_600_000);
    assert.ok(budget!.tokens > 1_999_000 && budget!.tokens <= budgetCap(plan), `${budget!.tokens}`);
  });

  test('bug: what a worker had counted long ago came on top of a full bucket', () => {
    const plan = { budgetShare: 0.2, budgetPerSecond: 0 };
    const [quiet, busy] = budgetOf(plan, 2);
    for (let attempt = 0; attempt < 100_000; attempt++) quiet!.attempt();
    for (let attempt = 0; attempt < 100_000; attempt++) busy!.attempt();
    const taken = takeAll(busy!, START_MS) + takeAll(quiet!, START_MS) + takeAll(busy!, START_MS);
    assert.ok(taken <= budgetCap(plan) + 2 * ATTEMPTS_KEPT * 0.2, `${taken} at one moment`);
  });
});
