import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SmallPool, takenAt, tried, type SmallPoolOptions } from '../../../test/support/small-pool.ts';
import { CircuitState, stateOf } from '../health/circuit.ts';
import { HealthState } from '../health-state.ts';
import { Outcome } from '../outcome.ts';
import type { Strategy } from '../strategy.ts';
import { Members } from './members.ts';
import { ALL_FULL, ALL_OPEN, ALL_TRIED, NO_BACKEND, Selector, TRIAL_GRACE_MS } from './selector.ts';

/** A pool in which these circuits opened, long enough ago for a trial. */
function dueAt(options: SmallPoolOptions, ...slots: number[]): SmallPool {
  const pool = new SmallPool(options);
  for (const slot of slots) pool.open(slot);
  pool.nowMs += 2 * pool.plan.openForMs;
  return pool;
}
const down = (pool: SmallPool, ...slots: number[]): void => {
  for (const slot of slots) pool.set(slot, { health: HealthState.unhealthy });
};

describe('counting', () => {
  test('an attempt is in flight from its pick to its end, in the worker’s own row and in all', () => {
    const pool = new SmallPool({ tiers: [0], workers: 2 });
    const { slots } = pool.tables;
    const first = pool.taken({ worker: 1 });
    const second = pool.taken({ worker: 0 });
    assert.deepEqual([first.inFlightBefore, second.inFlightBefore], [0, 1]);
    assert.deepEqual([slots.total[0], slots.rows[0]![0], slots.rows[1]![0]], [2, 1, 1]);
    pool.settle(first, Outcome.success);
    pool.settle(second, Outcome.timeout);
    assert.deepEqual([slots.total[0], slots.rows[0]![0], slots.rows[1]![0]], [0, 0, 0]);
  });

  test('another worker may take the last place between a look and the count: then another slot is looked for', () => {
    const pool = new SmallPool({ tiers: [0, 0], inFlightMax: 1 });
    const { slots } = pool.tables;
    const begin = slots.begin.bind(slots);
    let races = 0;
    slots.begin = (w, slot) => {
      if (races++ === 0) Atomics.add(slots.total, slot, 1);
      return begin(w, slot);
    };
    assert.equal(pool.taken().slot, 1);
    assert.deepEqual([...slots.total], [1, 1]);
    assert.equal(pool.take(), ALL_FULL);
    assert.deepEqual([...slots.total], [1, 1], 'what could not be taken is not counted');
  });
});

describe('why there is none', () => {
  test('nobody takes part, or all are down', () => {
    const pool = new SmallPool();
    down(pool, 0, 1);
    pool.set(2, { weight: 0 });
    assert.equal(pool.pick(), NO_BACKEND);
  });

  test('all are full', () => {
    const pool = new SmallPool({ tiers: [0, 0, 1], inFlightMax: 1 });
    assert.deepEqual([pool.taken().slot, pool.taken().slot], [0, 1]);
    assert.equal(pool.pick(), ALL_FULL, 'a higher tier is for those that are down, not for those that are busy');
  });

  test('circuits keep out all that are not down', () => {
    const pool = new SmallPool({ tiers: [0, 0] });
    pool.open(0);
    down(pool, 1);
    assert.equal(pool.pick(), ALL_OPEN);
    assert.equal(new SmallPool({ tiers: [0], panicThreshold: 0.5 }).pick(), 0);
  });

  test('all have been tried', () => {
    const pool = new SmallPool({ tiers: [0, 1] });
    assert.equal(pool.pick({ tried: tried(0), again: false }), 1);
    assert.equal(pool.pick({ tried: tried(0, 1), again: false }), ALL_TRIED);
  });
});

describe('probes that fail while the application works (circuits or not)', () => {
  for (const circuit of [{}, null])
    test(`bug: they cut all traffic where a pool has no circuits; with ${circuit === null ? 'none' : 'circuits'}`, () => {
      const pool = new SmallPool({ tiers: [0, 0, 0], circuit, workers: 2 });
      // The other worker has seen the answers.
      for (const slot of [0, 1]) pool.settle({ ...pool.taken({ worker: 1 }), slot }, Outcome.success);
      down(pool, 0, 1, 2);
      const picked = new Set([pool.pick(), pool.pick(), pool.pick()]);
      assert.deepEqual(picked, new Set([0, 1]), 'what answered a moment ago, and not the third');
      pool.nowMs += 11_000;
      assert.equal(pool.pick(), NO_BACKEND, 'they have answered nothing for too long');
    });

  test('without circuits, failures are no answers, and what a client gave up says nothing', () => {
    const pool = new SmallPool({ tiers: [0], circuit: null });
    pool.settle(pool.taken(), Outcome.connectFailure);
    pool.settle(pool.taken(), Outcome.cancelled);
    down(pool, 0);
    assert.equal(pool.pick(), NO_BACKEND);
  });
});

describe('where a retry goes (traefik #2723: to the backend that has just failed)', () => {
  test('to one that was not tried', () => {
    const pool = new SmallPool();
    for (let turn = 0; turn < 9; turn++) assert.equal(pool.pick({ tried: tried(0, 2) }), 1);
  });

  test('to another tier when its own is used up, the least busy for its weight', () => {
    const pool = new SmallPool({ tiers: [0, 1, 1, 2] });
    pool.set(2, { weight: 3 });
    pool.tables.slots.total.set([0, 1, 2, 0]);
    assert.equal(pool.pick({ tried: tried(0) }), 2);
    assert.equal(pool.pick({ tried: tried(0, 2) }), 1);
    assert.equal(pool.pick({ tried: tried(0, 2, 1) }), 3);
  });

  test('else to one that was tried before, and to the one that just failed only when it is alone', () => {
    const pool = new SmallPool({ tiers: [0, 0] });
    for (let turn = 0; turn < 5; turn++) assert.equal(pool.pick({ tried: tried(0, 1) }), 0);
    down(pool, 0);
    assert.equal(pool.pick({ tried: tried(0, 1) }), 1);
  });

  test('never to one that is full, down or open', () => {
    const pool = new SmallPool({ tiers: [0, 0, 1, 1], inFlightMax: 1 });
    pool.open(2);
    down(pool, 3);
    pool.tables.slots.total[1] = 1;
    assert.equal(pool.pick({ tried: tried(0) }), 0);
    assert.equal(pool.pick({ tried: tried(0), again: false }), ALL_TRIED);
  });

  test('hasUntried knows beforehand', () => {
    const pool = new SmallPool({ tiers: [0, 0, 1] });
    const { nowMs, selectors } = pool;
    const left = (...slots: number[]): boolean => selectors[0]!.hasUntried(nowMs, tried(...slots));
    assert.deepEqual([left(0), left(0, 1), left(0, 1, 2)], [true, true, false]);
  });
});

describe('trials', () => {
  test('a request that can be made again is a trial as soon as one is due', () => {
    const pool = dueAt({}, 1);
    const { slot, trial } = pool.taken();
    assert.deepEqual([slot, trial], [1, true]);
    assert.equal(stateOf(pool.tables.circuits.words[1]!), CircuitState.halfOpen);
    // The only one that is let through: the others go on as if it were not there.
    for (let turn = 0; turn < 6; turn++) assert.notEqual(pool.pick(), 1);
  });

  test('one that cannot is none before the grace is over, and then it is', () => {
    const pool = new SmallPool();
    pool.open(1);
    pool.nowMs += 0.9 * pool.plan.openForMs + TRIAL_GRACE_MS - 10;
    for (let turn = 0; turn < 6; turn++) assert.notEqual(pool.pick({ repeatable: false }), 1);
    pool.nowMs += 0.2 * pool.plan.openForMs + 20;
    assert.equal(pool.taken({ repeatable: false }).slot, 1);
  });

  test('a trial that went well brings the backend back, one that failed does not', () => {
    const pool = dueAt({}, 1);
    pool.settle(pool.taken(), Outcome.reset);
    assert.notEqual(pool.pick(), 1);
    pool.nowMs += 4 * pool.plan.openForMs;
    pool.settle(pool.taken(), Outcome.success);
    assert.deepEqual(new Set([pool.pick(), pool.pick(), pool.pick()]), new Set([0, 1, 2]));
  });

  test('a full backend, or one that this exchange was at, gets none', () => {
    const pool = dueAt({ inFlightMax: 1 }, 1);
    pool.tables.slots.total[1] = 1;
    assert.notEqual(pool.pick(), 1);
    pool.tables.slots.total[1] = 0;
    assert.notEqual(pool.pick({ tried: tried(1) }), 1);
    assert.equal(pool.pick(), 1);
  });

  test('where all others are down, a backend that is due is tried, and all else is refused', () => {
    const pool = dueAt({ tiers: [0, 0] }, 0);
    down(pool, 1);
    assert.ok(pool.taken().trial);
    assert.equal(pool.pick(), ALL_OPEN);
  });

  test('bug: an answer that goes on for hours (a tunnel, events) was a lost trial, for ever', () => {
    const pool = dueAt({}, 1);
    const taken = pool.taken();
    const [selector, circuits] = [pool.selectors[0]!, pool.circuits[0]!];
    selector.answered(taken, Outcome.success, pool.nowMs);
    assert.ok(circuits.isClosed(1));
    pool.nowMs += 3_600_000;
    selector.settle({ ...taken, answered: true }, 3_600_000, Outcome.truncated, pool.nowMs);
    assert.ok(circuits.isClosed(1), 'its end says nothing of the circuit any more');
    assert.equal(pool.tables.slots.total[1], 0);
  });

  test('bug: refused connections between tunnels that last for hours counted as failures in a row', () => {
    const pool = new SmallPool({ tiers: [0, 0] });
    for (let hour = 0; hour < 9; hour++) {
      pool.nowMs += 3_600_000;
      pool.fail(1);
      const circuits = pool.circuits[0]!;
      pool.selectors[0]!.answered(takenAt(1, circuits.permit(1)), Outcome.success, pool.nowMs);
    }
    assert.ok(pool.circuits[0]!.isClosed(1));
  });
});

describe('keyed strategies', () => {
  test('a backend that is due gets its own key back as its trial, and others only after the grace', () => {
    const pool = new SmallPool({ keyed: true });
    pool.open(1);
    pool.nowMs += 1.1 * pool.plan.openForMs;
    assert.equal(pool.pick({ key: 2 }), 2);
    assert.equal(pool.pick({ key: 0 }), 0);
    const { slot, trial } = pool.taken({ key: 1 });
    assert.deepEqual([slot, trial], [1, true]);
    const later = new SmallPool({ keyed: true });
    later.open(1);
    later.nowMs += 1.1 * later.plan.openForMs + TRIAL_GRACE_MS;
    assert.equal(later.pick({ key: 2 }), 1);
  });

  test('a request of that key that cannot be made again goes to the key’s next place', () => {
    const pool = dueAt({ keyed: true }, 1);
    pool.nowMs -= TRIAL_GRACE_MS;
    assert.notEqual(pool.pick({ key: 1, repeatable: false }), 1);
  });

  test('bug: while a lone backend of a lower tier was due, requests that cannot be made again were refused', () => {
    const pool = new SmallPool({ keyed: true, tiers: [0, 1, 1] });
    pool.open(0);
    pool.nowMs += 1.1 * pool.plan.openForMs;
    for (let key = 0; key < 6; key++) assert.ok(pool.pick({ key, repeatable: false }) >= 1);
  });

  test('bug: with nothing but a backend that is due the reason was "full"', () => {
    const pool = new SmallPool({ keyed: true, tiers: [0, 0] });
    pool.open(0);
    down(pool, 1);
    pool.nowMs += 1.1 * pool.plan.openForMs;
    assert.equal(pool.pick({ repeatable: false }), ALL_OPEN);
  });
});

describe('changes', () => {
  test('panic is told of when it begins and when it ends', () => {
    const pool = new SmallPool({ panicThreshold: 0.5 });
    pool.open(0);
    pool.pick();
    assert.deepEqual(pool.panics, []);
    pool.open(1);
    const picked = new Set([pool.pick(), pool.pick(), pool.pick(), pool.pick()]);
    assert.deepEqual([pool.panics, picked], [[true], new Set([0, 1, 2])]);
    down(pool, 0, 1);
    pool.pick();
    assert.deepEqual(pool.panics, [true, false]);
  });

  test('bug: a last resort went on though it no longer answered, until something else changed', () => {
    const pool = new SmallPool({ tiers: [0] });
    pool.ends(0, Outcome.success);
    down(pool, 0);
    assert.equal(pool.pick(), 0);
    for (let second = 0; second < 12; second++) {
      pool.nowMs += 1_000;
      pool.fail(0);
      pool.pick();
    }
    assert.equal(pool.pick(), NO_BACKEND);
  });

  test('what a superseded selector still settles does not reach the strategy, which has another memory by then', () => {
    const told: number[] = [];
    const { selector } = sharing(new SmallPool(), { settle: (slot) => void told.push(slot) });
    selector.take(0, 0, tried(), true, true);
    selector.settle(takenAt(0), 1, Outcome.success, 0);
    selector.supersede();
    selector.settle(takenAt(0), 1, Outcome.success, 0);
    assert.deepEqual(told, [0]);
  });

  test('bug: selectors of two plans that share a strategy asked it for what the other had told it', () => {
    const pool = new SmallPool({ tiers: [0, 0, 0] });
    let known: number[] = [];
    const strategy: Partial<Strategy> = {
      update: (slots, count) => void (known = [...slots.subarray(0, count)]),
      pick: () => known[0]!,
      pickAmong: (slots, count) => {
        for (const slot of slots.subarray(0, count)) assert.ok(known.includes(slot), `${slot} is no candidate`);
        return slots[0]!;
      },
    };
    const older = sharing(pool, strategy, [0, 0, 1]);
    const newer = sharing(pool, older.strategy, [1, 0, 0]);
    for (let turn = 0; turn < 3; turn++) {
      assert.equal(older.selector.take(0, 0, tried(), true, true), 0);
      assert.equal(newer.selector.take(0, 0, tried(), true, true), 1);
      assert.equal(older.selector.take(0, 0, tried(0), true, true), 1);
      assert.equal(newer.selector.take(0, 0, tried(1), true, true), 2);
    }
  });
});

/** A selector of a plan of its own, with these tiers and a strategy that may be another's. */
function sharing(
  pool: SmallPool,
  strategy: Partial<Strategy>,
  tiers = [0, 0, 0],
): { selector: Selector; strategy: Strategy } {
  const indifferent: Strategy = { update: () => {}, pick: () => 0, pickAmong: (slots) => slots[0]! };
  // The same object as was given: two selectors may share it.
  const whole = Object.assign(strategy, { ...indifferent, ...strategy });
  const selector = new Selector({
    members: new Members(
      tiers.map((tier, slot) => ({ slot, tier })),
      pool.tables.slots,
    ),
    strategy: whole,
    keyed: false,
    circuits: null,
    inFlightMax: 1000,
    panicThreshold: 0,
    worker: 0,
    random: () => 0,
    onPanic: () => {},
  });
  return { selector, strategy: whole };
}
