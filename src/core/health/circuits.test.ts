import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SmallPool, type SmallPoolOptions } from '../../../test/support/small-pool.ts';
import { HealthState } from '../health-state.ts';
import { Outcome } from '../outcome.ts';
import { CircuitState, generationOf, levelOf, stateOf, streakOf, trialsOf } from './circuit.ts';
import { CIRCUIT_CAUSE_NAMES, CircuitCause } from './circuits.ts';

const told = (pool: SmallPool): string[] =>
  pool.events.map(({ slot, state, cause }) => `${slot} ${state} ${CIRCUIT_CAUSE_NAMES[cause]}`);
const word = (pool: SmallPool, slot: number): number => pool.tables.circuits.words[slot]!;

function dueAt(options: SmallPoolOptions, slot = 1): SmallPool {
  const pool = new SmallPool(options);
  pool.open(slot);
  pool.nowMs += 1.2 * pool.plan.openForMs;
  pool.events.length = 0;
  return pool;
}

describe('failures in a row', () => {
  test('open it at the number planned, and not one sooner; a success begins anew', () => {
    const pool = new SmallPool();
    pool.fail(1, 2);
    pool.ends(1, Outcome.success);
    pool.fail(1, 2);
    assert.ok(pool.circuits[0]!.isClosed(1));
    pool.fail(1);
    assert.equal(stateOf(word(pool, 1)), CircuitState.open);
    assert.deepEqual(told(pool), ['1 1 failures-in-a-row']);
    assert.deepEqual([pool.events[0]!.failures, pool.events[0]!.attempts], [3, 3]);
  });

  test('are counted over all workers (apisix #13888: workers disagree)', () => {
    const pool = new SmallPool({ workers: 3 });
    for (const worker of [0, 1, 2]) pool.fail(1, 1, worker);
    for (const circuits of pool.circuits) assert.ok(!circuits!.isClosed(1));
    for (const worker of [0, 1, 2]) assert.notEqual(pool.pick({ worker }), 1);
  });

  test('a client that left is neither failure nor success', () => {
    const pool = new SmallPool();
    pool.fail(1, 2);
    pool.ends(1, Outcome.cancelled);
    assert.equal(streakOf(word(pool, 1)), 2);
    pool.fail(1);
    assert.ok(!pool.circuits[0]!.isClosed(1));
  });

  test('the second opening takes no more of them than the first (envoy #40697)', () => {
    const pool = new SmallPool();
    for (const level of [1, 2, 3]) {
      pool.fail(1, 2);
      assert.ok(pool.circuits[0]!.isClosed(1));
      pool.fail(1);
      assert.deepEqual([stateOf(word(pool, 1)), levelOf(word(pool, 1))], [CircuitState.open, level]);
      pool.nowMs += 1.2 * 2 ** level * pool.plan.openForMs;
      pool.settle(pool.taken(), Outcome.success);
      assert.ok(pool.circuits[0]!.isClosed(1));
    }
  });
});

describe('what other replicas say', () => {
  test('one failure is enough where others have opened theirs', () => {
    const pool = new SmallPool();
    pool.tables.circuits.elsewhere[1] = 2;
    pool.fail(0);
    pool.fail(1);
    assert.deepEqual(told(pool), ['1 1 other-replicas']);
    assert.deepEqual([pool.events[0]!.failures, pool.events[0]!.attempts], [1, 1]);
  });

  test('without a failure here it takes nothing out: their network may be what is broken', () => {
    const pool = new SmallPool();
    pool.tables.circuits.elsewhere.fill(5);
    for (let turn = 0; turn < 30; turn++) pool.ends(turn % 3, Outcome.success);
    assert.deepEqual(told(pool), []);
    pool.tables.circuits.elsewhere.fill(0);
    pool.fail(1, 2);
    assert.deepEqual(told(pool), [], 'no longer said, and no longer believed');
  });

  test('never takes the last one out', () => {
    const pool = new SmallPool();
    pool.tables.circuits.elsewhere.fill(1);
    for (const slot of [0, 1, 2]) pool.fail(slot);
    assert.deepEqual(told(pool), ['0 1 other-replicas', '1 1 other-replicas']);
  });
});

describe('share of failures', () => {
  const ratio = { consecutiveFailures: 1000, minRequests: 10, failureRatio: 0.5 };

  test('opens it from the least number of requests on', () => {
    const pool = new SmallPool({ circuit: ratio });
    for (let turn = 0; turn < 9; turn++) pool.ends(1, turn % 2 === 0 ? Outcome.timeout : Outcome.success);
    assert.ok(pool.circuits[0]!.isClosed(1), '5 of 9, but 9 are too few');
    pool.ends(1, Outcome.success);
    pool.ends(1, Outcome.timeout);
    assert.deepEqual(told(pool), ['1 1 failure-ratio']);
    assert.deepEqual([pool.events[0]!.failures, pool.events[0]!.attempts], [6, 11]);
  });

  test('of all workers together', () => {
    const pool = new SmallPool({ circuit: ratio, workers: 2 });
    for (let turn = 0; turn < 5; turn++) pool.ends(1, Outcome.success, 0);
    for (let turn = 0; turn < 5; turn++) pool.ends(1, Outcome.timeout, 1);
    assert.deepEqual(told(pool), ['1 1 failure-ratio']);
  });

  test('one failure after a silent hour is one of one, not one of the hour before', () => {
    const pool = new SmallPool({ circuit: { ...ratio, minRequests: 2 } });
    for (let turn = 0; turn < 3; turn++) pool.ends(1, Outcome.success);
    pool.nowMs += 3_600_000;
    pool.fail(1);
    assert.ok(pool.circuits[0]!.isClosed(1));
    pool.fail(1);
    assert.deepEqual([pool.events[0]!.failures, pool.events[0]!.attempts], [2, 2]);
  });

  test('what it did before it was out has been judged', () => {
    const pool = new SmallPool({ circuit: { ...ratio, minRequests: 4, openForMs: 100, windowMs: 60_000 } });
    for (let turn = 0; turn < 4; turn++) pool.ends(1, Outcome.timeout);
    assert.equal(pool.events.length, 1);
    pool.nowMs += 20_000;
    pool.settle(pool.taken(), Outcome.success);
    pool.nowMs += 20_000;
    pool.ends(1, Outcome.success);
    pool.ends(1, Outcome.timeout);
    pool.ends(1, Outcome.success);
    pool.ends(1, Outcome.timeout);
    assert.deepEqual([pool.events.at(-1)!.failures, pool.events.at(-1)!.attempts], [2, 4]);
  });
});

describe('outliers', () => {
  const outlier = { consecutiveFailures: 1000, failureRatio: 1, minRequests: 20, outlier: true };
  /** Each of four backends is asked 100 times, a fifth or a hundredth of which fails. */
  function asked(pool: SmallPool, bad: readonly number[]): void {
    for (let turn = 0; turn < 100; turn++) {
      for (const slot of [0, 1, 2, 3]) {
        const every = bad.includes(slot) ? 5 : 100;
        pool.nowMs += 5;
        pool.ends(slot, turn % every === 0 ? Outcome.serverError : Outcome.success);
      }
    }
  }

  test('one that fails far more than the others opens', () => {
    const pool = new SmallPool({ tiers: [0, 0, 0, 0], circuit: outlier });
    asked(pool, [2]);
    assert.deepEqual(new Set(told(pool)), new Set(['2 1 outlier']));
  });

  test('when all fail alike the trouble lies behind them', () => {
    const pool = new SmallPool({ tiers: [0, 0, 0, 0], circuit: outlier });
    asked(pool, [0, 1, 2, 3]);
    assert.deepEqual(told(pool), []);
  });

  test('off is off', () => {
    const pool = new SmallPool({ tiers: [0, 0, 0, 0], circuit: { ...outlier, outlier: false } });
    asked(pool, [2]);
    assert.deepEqual(told(pool), []);
  });
});

describe('what keeps it closed', () => {
  test('no other backend is eligible: said once, not at each failure that follows', () => {
    const pool = new SmallPool({ tiers: [0, 0] });
    pool.set(0, { health: HealthState.unhealthy });
    pool.fail(1, 50);
    assert.ok(pool.circuits[0]!.isClosed(1));
    assert.deepEqual(told(pool), ['1 0 last-eligible']);
  });

  test('as soon as another is, the next failure opens it', () => {
    const pool = new SmallPool({ tiers: [0, 0] });
    pool.set(0, { health: HealthState.unhealthy });
    pool.fail(1, 50);
    pool.set(0, {});
    pool.fail(1);
    assert.deepEqual(told(pool), ['1 0 last-eligible', '1 1 failures-in-a-row']);
  });

  test('as many are open as may be; one always may', () => {
    for (const [maxOpen, open] of [
      [0, 1],
      [0.3, 1],
      [0.5, 2],
      [0.75, 3],
      [1, 3],
    ] as const) {
      const pool = new SmallPool({ tiers: [0, 0, 0, 0], circuit: { maxOpen } });
      for (const slot of [0, 1, 2, 3]) pool.fail(slot, 3);
      const opened = [0, 1, 2, 3].filter((slot) => !pool.circuits[0]!.isClosed(slot));
      assert.equal(opened.length, open, `maxOpen ${maxOpen}`);
      const why = told(pool).at(-1);
      assert.equal(why, maxOpen === 1 || maxOpen === 0.75 ? '3 0 last-eligible' : '3 0 max-open');
    }
  });

  test('another worker is just opening one: left to the next failure', () => {
    const pool = new SmallPool();
    pool.tables.circuits.lock[0] = 7;
    pool.fail(1, 4);
    assert.ok(pool.circuits[0]!.isClosed(1));
    assert.equal(pool.tables.circuits.lock[0], 7, 'the lock is its holder’s');
    pool.tables.circuits.lock[0] = 0;
    pool.fail(1);
    assert.ok(!pool.circuits[0]!.isClosed(1));
    assert.equal(pool.tables.circuits.lock[0], 0);
  });
});

describe('late results', () => {
  test('of requests sent before it opened neither close nor open it again', () => {
    const pool = dueAt({});
    const { circuits } = pool;
    for (const outcome of [Outcome.success, Outcome.timeout]) {
      const before = word(pool, 1);
      circuits[0]!.settle(1, 0, false, outcome, pool.nowMs);
      assert.equal(word(pool, 1), before);
    }
    pool.settle(pool.taken(), Outcome.success);
    for (let turn = 0; turn < 9; turn++) circuits[0]!.settle(1, 0, false, Outcome.timeout, pool.nowMs);
    assert.ok(circuits[0]!.isClosed(1));
    assert.equal(streakOf(word(pool, 1)), 0);
    assert.deepEqual(told(pool), ['1 2 due', '1 0 recovered']);
  });

  test('of a trial of another generation count for nothing', () => {
    const pool = dueAt({ circuit: { trials: 2 } });
    const [first, second] = [pool.taken(), pool.taken()];
    pool.settle(first, Outcome.reset);
    const after = word(pool, 1);
    pool.settle(second, Outcome.success);
    assert.equal(word(pool, 1), after);
  });
});

describe('trials', () => {
  test('as many go on at one time as planned, and so many must go well', () => {
    const pool = dueAt({ circuit: { trials: 3 } });
    const trials = [pool.taken(), pool.taken(), pool.taken()];
    assert.deepEqual([trials.every(({ trial }) => trial), trialsOf(word(pool, 1))], [true, 3]);
    assert.ok(!pool.circuits[0]!.takeTrial(1, pool.nowMs));
    for (const trial of trials) {
      assert.ok(!pool.circuits[0]!.isClosed(1));
      pool.settle(trial, Outcome.success);
    }
    assert.ok(pool.circuits[0]!.isClosed(1));
  });

  test('one that fails opens it for twice as long', () => {
    const pool = dueAt({ circuit: { openForMs: 1_000, maxOpenForMs: 3_000 } });
    for (const [waits, level] of [
      [2_000, 2],
      [3_000, 3],
      [3_000, 4],
    ] as const) {
      pool.settle(pool.taken(), Outcome.gatewayError);
      assert.equal(levelOf(word(pool, 1)), level);
      assert.ok(pool.circuits[0]!.dueMs(1, pool.nowMs) >= pool.nowMs + 0.9 * waits);
      pool.nowMs += 0.89 * waits;
      assert.ok(!pool.circuits[0]!.takeTrial(1, pool.nowMs));
      pool.nowMs += 0.22 * waits;
    }
  });

  test('one whose client left makes room for another', () => {
    const pool = dueAt({});
    pool.settle(pool.taken(), Outcome.cancelled);
    assert.deepEqual([stateOf(word(pool, 1)), trialsOf(word(pool, 1))], [CircuitState.halfOpen, 0]);
    assert.ok(pool.taken().trial);
  });

  test('one that says nothing is lost with its worker; what it may still say is not listened to', () => {
    const pool = dueAt({});
    const lost = pool.taken();
    pool.nowMs += pool.plan.trialMs - 1;
    assert.ok(!pool.circuits[0]!.takeTrial(1, pool.nowMs));
    pool.nowMs += 2;
    const trial = pool.taken();
    assert.ok(trial.trial);
    assert.deepEqual(told(pool), ['1 2 due', '1 2 trial-lost']);
    pool.settle(lost, Outcome.reset);
    assert.equal(stateOf(word(pool, 1)), CircuitState.halfOpen);
    pool.settle(trial, Outcome.success);
    assert.ok(pool.circuits[0]!.isClosed(1));
  });

  test('every change moves the generation and the epoch, and is told of', () => {
    const pool = new SmallPool();
    const epochs = (): number => pool.tables.slots.epoch[0]!;
    let generation = 0;
    let epoch = epochs();
    const moved = (count: number): void => {
      assert.equal(generationOf(word(pool, 1)), (generation += 1));
      assert.ok(epochs() > epoch);
      epoch = epochs();
      assert.equal(pool.events.length, count);
    };
    pool.open(1);
    moved(1);
    pool.nowMs += 1.2 * pool.plan.openForMs;
    const trial = pool.taken();
    moved(2);
    pool.settle(trial, Outcome.success);
    moved(3);
  });
});

describe('time', () => {
  test('32 bits of milliseconds wrap without harm', () => {
    for (const wrap of [2 ** 31, 2 ** 32]) {
      const pool = new SmallPool();
      pool.nowMs = wrap - 500;
      pool.open(1);
      pool.nowMs = wrap + 300;
      assert.ok(!pool.circuits[0]!.takeTrial(1, pool.nowMs), 'open for 800 ms');
      pool.nowMs = wrap + 700;
      assert.ok(pool.circuits[0]!.takeTrial(1, pool.nowMs), 'open for 1,200 ms');
    }
  });

  test('a circuit that was open for a month is due', () => {
    const pool = new SmallPool();
    pool.open(1);
    pool.nowMs += 2 ** 31 + 86_400_000;
    assert.ok(pool.circuits[0]!.takeTrial(1, pool.nowMs));
  });

  test('openings count as in a row until the circuit has held for longer than it was out', () => {
    const pool = dueAt({ circuit: { windowMs: 1_000 } });
    pool.settle(pool.taken(), Outcome.success);
    pool.open(1);
    assert.equal(levelOf(word(pool, 1)), 2);
    pool.nowMs += 2.3 * pool.plan.openForMs;
    pool.settle(pool.taken(), Outcome.success);
    pool.nowMs += 2_001;
    pool.open(1);
    assert.equal(levelOf(word(pool, 1)), 1);
  });
});

test('answeredLately asks for one success within the window, by any worker', () => {
  const pool = new SmallPool({ workers: 2, circuit: { consecutiveFailures: 1000 } });
  const lately = (): boolean => pool.circuits[0]!.answeredLately(1, pool.nowMs);
  pool.fail(1, 5);
  assert.ok(!lately());
  pool.ends(1, Outcome.success, 1);
  assert.ok(lately());
  pool.nowMs += pool.plan.windowMs;
  assert.ok(!lately());
  assert.equal(CIRCUIT_CAUSE_NAMES.length, Object.keys(CircuitCause).length);
});
