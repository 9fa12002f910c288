import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '../math/prng.ts';
import { Outcome } from '../outcome.ts';
import { adaptive } from './adaptive.ts';
import { tally, TestPool, type Answer, type TestPoolOptions } from './test-pool.ts';

/** A pool of four with some history: `answer` says how each does. */
function runningPool(answer: (slot: number) => Answer, options: TestPoolOptions = {}, ms = 4000): TestPool {
  const pool = new TestPool(adaptive, options);
  pool.update([1, 2, 3, 4]);
  run(pool, answer, ms);
  return pool;
}

/** Sends 200 requests a second, by all workers in turn; returns who got how many. */
function run(pool: TestPool, answer: (slot: number) => Answer, ms: number): Map<number, number> {
  const picks: number[] = [];
  for (let turn = 0; turn * 5 < ms; turn++) {
    picks.push(pool.send(answer, turn % pool.strategies.length));
    pool.advance(5);
  }
  return tally(picks);
}

const steady = (): Answer => ({ latencyMs: 20 });

test('with nothing learned it is least connections', () => {
  const pool = new TestPool(adaptive);
  pool.update([1, 2, 3, 4]);
  [3, 1, 2, 5].forEach((load, at) => (pool.inFlight[at + 1] = load));
  for (let turn = 0; turn < 20; turn++) assert.equal(pool.pick(), 2);
});

test('ties fall at random: equal shares, and no fixed order', () => {
  const pool = new TestPool(adaptive);
  pool.update([1, 2, 3, 4]);
  const picks = Array.from({ length: 4000 }, () => pool.pick());
  const pairs = tally(picks.slice(1).map((slot, at) => picks[at] * 10 + slot));
  assert.equal(pairs.size, 16);
  for (const count of pairs.values()) assert.ok(count > 180 && count < 320, [...pairs.values()].join());
});

test('a backend three times slower gets few requests while the fast ones have room', () => {
  const counts = run(runningPool((slot) => ({ latencyMs: slot === 2 ? 60 : 20 })), (slot) => ({ latencyMs: slot === 2 ? 60 : 20 }), 4000); // prettier-ignore
  assert.ok((counts.get(2) ?? 0) < 40, `${counts.get(2)} of 800`);
});

test('a backend that falls silent is passed over before any answer tells of it', () => {
  const random = createPrng(5);
  const busy = (): Answer => ({ latencyMs: 10 + 20 * random() });
  const pool = runningPool(busy);
  const frozen = (slot: number): Answer => (slot === 3 ? { latencyMs: 500 } : busy());
  const first = run(pool, frozen, 200);
  assert.ok((first.get(3) ?? 0) <= 5, `${first.get(3)} of 40 requests into the frozen one`);
});

test('one that fails at once gets clearly less than its share, and is still tried', () => {
  const failing = (slot: number): Answer => (slot === 4 ? { latencyMs: 1, outcome: Outcome.serverError } : steady());
  for (const workers of [1, 4]) {
    const pool = runningPool(steady, { workers });
    const first = run(pool, failing, 2000);
    assert.ok((first.get(4) ?? 0) < 40, `${first.get(4)} of the first 400, not 100`);
    const later = run(pool, failing, 10_000).get(4) ?? 0;
    assert.ok(later >= 5 && later < 40, `${later} of the next 2000`);
  }
});

test('all workers know what one has seen, and so does a strategy made later', () => {
  const slow = (slot: number): Answer => ({ latencyMs: slot === 2 ? 90 : 20 });
  const pool = new TestPool(adaptive, { workers: 2 });
  pool.update([1, 2, 3, 4]);
  for (let turn = 0; turn < 800; turn++) {
    pool.send(slow, 0);
    pool.advance(5);
  }
  pool.advance(200);
  const other = Array.from({ length: 200 }, () => pool.pick(1));
  assert.equal(tally(other).get(2) ?? 0, 0);
  const env = { params: { parallelism: 4, memoryMs: 3000, explore: 0 }, inFlight: pool.inFlight, weight: pool.weight };
  const later = adaptive.create({ ...env, rows: pool.rows, words: {}, worker: 1, random: Math.random, nameOf: String });
  later.update(Int32Array.of(1, 2, 3, 4), 4, pool.nowMs);
  for (let turn = 0; turn < 200; turn++) assert.notEqual(later.pick(0, pool.nowMs), 2);
});

test('a new backend is neither flooded nor left out', () => {
  const pool = new TestPool(adaptive);
  pool.update([1, 2, 3]);
  run(pool, steady, 4000);
  pool.update([1, 2, 3, 4]);
  let most = 0;
  const counts = run(pool, (slot) => {
    most = Math.max(most, pool.inFlight[4]);
    return slot === 4 ? { latencyMs: 300 } : steady();
  }, 2000); // prettier-ignore
  assert.ok(most <= 4, `${most} in flight at once`);
  assert.ok((counts.get(4) ?? 0) >= 1);
});

/** Mean of the log-latencies that worker 0 remembers of a slot, and how many they are. */
function remembered(pool: TestPool, slot: number): { mean: number; samples: number } {
  const samples = pool.rows['n'][0][slot];
  return { mean: pool.rows['x'][0][slot] / samples, samples };
}

test('clients that leave early say nothing, those that waited long say that it was long', () => {
  const pool = runningPool(steady);
  const settle = (latencyMs: number): void =>
    pool.strategies[0].settle?.(2, 0, latencyMs, Outcome.cancelled, pool.nowMs);
  const before = remembered(pool, 2);
  settle(3);
  assert.deepEqual(remembered(pool, 2), before);
  settle(400);
  assert.ok(remembered(pool, 2).samples > before.samples - 1 && remembered(pool, 2).mean > before.mean);
  assert.ok(pool.rows['tries'][0][2] <= 8, 'it is not an attempt that succeeded');
});

test('an error never counts as faster than usual', () => {
  const half = (slot: number): Answer =>
    slot === 2 && pool.nowMs % 10 === 0 ? { latencyMs: 1, outcome: Outcome.serverError } : steady();
  const pool = runningPool(steady);
  run(pool, half, 3000);
  assert.ok(pool.rows['errors'][0][2] > 0.5);
  assert.ok(remembered(pool, 2).mean > Math.log(20) - 0.3, `${remembered(pool, 2).mean}`);
});

test('in a large pool the best of a part is taken, and no part is left out', () => {
  const pool = new TestPool(adaptive, { capacity: 1000 });
  const slots = Array.from({ length: 1000 }, (_, at) => at);
  pool.update(slots);
  slots.forEach((slot) => (pool.inFlight[slot] = Math.floor(slot / 10)));
  const picks = Array.from({ length: 5000 }, () => pool.pick());
  assert.ok(picks.every((slot) => pool.inFlight[slot] < 20));
  const idle = tally(picks.filter((slot) => pool.inFlight[slot] === 0));
  assert.equal(idle.size, 10);
  for (const count of idle.values()) assert.ok(count > 80 && count < 500, [...idle.values()].join());
});

test('without exploration a bad backend is left alone for as long as it is remembered', () => {
  const bad = (slot: number): Answer => ({ latencyMs: slot === 1 ? 200 : 20 });
  const idle = runningPool(bad, { params: { explore: 0 } }, 3000);
  const curious = runningPool(bad, {}, 6000);
  assert.equal(run(idle, bad, 2000).get(1) ?? 0, 0);
  const tried = run(curious, bad, 4000).get(1) ?? 0;
  assert.ok(tried >= 2 && tried <= 8, `${tried} of 800`);
});

test('what a backend answered when it was cold is not held against it', () => {
  for (const workers of [1, 2]) {
    const pool = new TestPool(adaptive, { workers });
    pool.update([1, 2, 3, 4]);
    const askedMs = new Map<number, number>();
    const answer = (slot: number): Answer => {
      const cold = pool.nowMs - (askedMs.get(slot) ?? -Infinity) > 400;
      askedMs.set(slot, pool.nowMs);
      return { latencyMs: cold ? 12 : 2 };
    };
    // A bad start: three of them seem slow while the first is warm.
    run(pool, (slot) => (slot === 1 ? { latencyMs: 2 } : { latencyMs: 40 }), 2000);
    run(pool, answer, 10_000);
    const counts = run(pool, answer, 4000);
    for (const slot of [1, 2, 3, 4]) {
      const count = counts.get(slot) ?? 0;
      assert.ok(count > 100 && count < 400, `${[...counts].join(' ')}, ${workers} worker(s)`);
    }
  }
});

test('a large pool is compared though weights ramp all the while', () => {
  const pool = new TestPool(adaptive, { capacity: 1100, workers: 16 });
  const slots = Array.from({ length: 1000 }, (_, at) => at);
  pool.update(slots);
  for (let turn = 0; turn < 12_000; turn++) {
    pool.send((slot) => ({ latencyMs: slot < 500 ? 200 : 20 }), turn % 16);
    pool.advance(0.4);
    if (turn % 125 === 0) pool.update(slots, { 999: 0.1 + turn / 20_000 });
  }
  const picks = Array.from({ length: 500 }, () => pool.pick(3));
  assert.ok(picks.filter((slot) => slot < 500).length < 50, `${picks.filter((slot) => slot < 500).length} of 500`);
});
