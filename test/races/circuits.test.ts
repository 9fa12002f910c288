/** Real threads hammer one set of tables at once: what must be exact is exact. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CircuitState, generationOf, stateOf, streakOf, trialsOf } from '#core/health/circuit.ts';
import { budgetCap } from '#core/limits/retry-budget.ts';
import type { Event } from '#memory/event-ring.ts';
import { BUDGET, BUDGET_ATTEMPTS, CHANGES_MAX, EVENTS_EACH, SLOTS, STREAK_EACH, TRIALS, WORKERS } from './drills.ts';
import type { TablesTwin } from '../scenarios/tables-twin.ts';
import { race } from './races.ts';

const seed = Math.floor(Math.random() * 1e9);
const all = Array.from({ length: SLOTS }, (_, slot) => slot);

describe('circuits under several threads', () => {
  test('failures in a row are counted exactly', async () => {
    const { tables } = await race('streaks', seed);
    assert.equal(streakOf(tables.circuits.words[3]!), WORKERS * STREAK_EACH);
    assert.equal(stateOf(tables.circuits.words[3]!), CircuitState.closed);
  });

  test('exactly as many are opened as may be, each once', async (t) => {
    t.diagnostic(`seed ${seed}`);
    const { tables, sum } = await race('openings', seed);
    const { words, lock } = tables.circuits;
    const open = all.filter((slot) => stateOf(words[slot]!) === CircuitState.open);
    assert.equal(open.length, SLOTS / 2);
    assert.equal(sum('changes'), SLOTS / 2, 'one event for each');
    for (const slot of open) assert.equal(generationOf(words[slot]!), 1);
    assert.equal(lock[0], 0);
  });

  test('one event for each change of state, and never more trials of a generation than planned', async (t) => {
    t.diagnostic(`seed ${seed}`);
    const { tables, spare, sum } = await race('trials', seed);
    const { words, lock } = tables.circuits;
    const changes = all.reduce((total, slot) => total + generationOf(words[slot]!), 0);
    t.diagnostic(`${changes} changes, ${sum('begun')} trials`);
    assert.ok(changes > 100 && changes < SLOTS * CHANGES_MAX + SLOTS * 100, `${changes} changes`);
    assert.equal(sum('changes'), changes);
    assert.equal(sum('tooMany'), 0);
    assert.ok(spare.every((trials) => trials <= TRIALS));
    for (const slot of all)
      if (stateOf(words[slot]!) === CircuitState.halfOpen) assert.equal(trialsOf(words[slot]!), 0, 'all have ended');
    assert.equal(lock[0], 0);
  });
});

describe('counts under several threads', () => {
  test('no backend gets more than it may, and nothing stays in flight', async (t) => {
    t.diagnostic(`seed ${seed}`);
    const { tables, sum } = await race('attempts', seed);
    assert.ok(sum('taken') > 1_000, `${sum('taken')} taken`);
    assert.equal(sum('tooMany'), 0);
    assert.deepEqual([...tables.slots.total], new Array(SLOTS).fill(0));
    for (const row of tables.slots.rows) assert.ok(row.every((share) => share === 0));
  });

  test('the retry budget is neither exceeded nor left over', async () => {
    const { sum } = await race('retries', seed);
    const whole = BUDGET.budgetPerSecond + WORKERS * BUDGET_ATTEMPTS * BUDGET.budgetShare;
    assert.ok(whole < budgetCap(BUDGET) * 100, 'not by the cap');
    assert.ok(sum('taken') <= whole, `${sum('taken')} retries of ${whole}`);
    assert.ok(sum('taken') >= whole - budgetCap(BUDGET), `${sum('taken')} retries of ${whole}`);
  });

  test('no more wait in line than may, and nobody in the end', async () => {
    const { tables, sum } = await race('lines', seed);
    assert.ok(sum('entered') > 1_000);
    assert.equal(sum('tooMany'), 0);
    assert.equal(tables.pools.queued(0), 0);
  });

  test('events of several writers arrive whole, in each writer’s order, or are counted as lost', async (t) => {
    const got: Event[] = [];
    const take = ({ events }: TablesTwin): void => events.take((event) => got.push(event));
    const { tables } = await race('events', seed, take);
    // An entry whose writer was overtaken by a whole round counts as lost after a few looks.
    for (let look = 0; look < 1_000; look++) take(tables);
    const last = new Array<number>(WORKERS).fill(-1);
    for (const { subject: worker, state: number, cause, failures, attempts } of got) {
      assert.deepEqual([cause, failures, attempts], [number ^ 0x5555, number * 3, worker * 1_000_003 + number]);
      assert.ok(number > last[worker]!, 'in order');
      last[worker] = number;
    }
    t.diagnostic(`${got.length} arrived, ${tables.events.lost} were lost`);
    assert.equal(got.length + tables.events.lost, WORKERS * EVENTS_EACH);
    assert.ok(got.length >= 1_000, 'most of those that fit into the ring at least');
  });
});
