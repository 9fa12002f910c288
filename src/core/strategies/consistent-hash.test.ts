import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mix32 } from '../math/hash.ts';
import { consistentHash, RENDEZVOUS_MAX } from './consistent-hash.ts';
import { TestPool } from './test-pool.ts';

const KEYS = 100_000;
const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
const poolOf = (balanceFactor: number, capacity = 1200): TestPool =>
  new TestPool(consistentHash, { capacity, params: { balanceFactor } });
const owners = (pool: TestPool): Int32Array => Int32Array.from({ length: KEYS }, (_, at) => pool.pick(0, mix32(at)));

/** The share of keys that moved though their backend stayed. */
function movedOfOthers(before: Int32Array, after: Int32Array, gone: number): number {
  let others = 0;
  let moved = 0;
  before.forEach((slot, at) => {
    if (slot === gone) return;
    others++;
    if (after[at] !== slot) moved++;
  });
  return moved / others;
}

function busiest(owned: Int32Array, count: number): number {
  const of = new Float64Array(1200);
  for (const slot of owned) of[slot]++;
  return Math.max(...of) / (owned.length / count);
}

for (const [count, most, moves] of [
  [8, 1.03, 0],
  [RENDEZVOUS_MAX, 1.08, 0],
  [100, 1.12, 0.008],
] as const) {
  test(`${count} backends: evenly, and few keys of others move when one goes and comes back`, () => {
    const pool = poolOf(0);
    pool.update(range(count));
    const before = owners(pool);
    assert.ok(busiest(before, count) < most, `busiest ${busiest(before, count)}`);
    pool.update(range(count).filter((slot) => slot !== 3));
    const without = owners(pool);
    assert.ok(without.every((slot) => slot !== 3));
    assert.ok(movedOfOthers(before, without, 3) <= moves, `${movedOfOthers(before, without, 3)}`);
    pool.update(range(count));
    assert.deepEqual(owners(pool), before);
  });

  test(`${count} backends: the order in which they are listed does not matter`, () => {
    const [pool, other] = [poolOf(0), poolOf(0)];
    pool.update(range(count));
    other.update(range(count).reverse());
    assert.deepEqual(owners(pool), owners(other));
  });
}

test('a slot that is given to another backend takes that one’s keys', () => {
  const names = range(1200).map((slot) => `10.0.0.${slot}:8080`);
  for (const count of [8, 100]) {
    const create = (): ReturnType<typeof consistentHash.create> => {
      const cells = { inFlight: new Int32Array(1200), weight: new Float64Array(1200).fill(1) };
      const rest = { rows: {}, words: {}, worker: 0, random: () => 0, nameOf: (slot: number) => names[slot] };
      return consistentHash.create({ params: { balanceFactor: 0 }, ...cells, ...rest });
    };
    const strategy = create();
    strategy.update(Int32Array.from(range(count)), count, 0);
    names[2] = `10.9.9.${count}:1`;
    strategy.update(Int32Array.from(range(count)), count, 0);
    const fresh = create();
    fresh.update(Int32Array.from(range(count)), count, 0);
    for (let at = 0; at < 5000; at++) assert.equal(strategy.pick(mix32(at), 0), fresh.pick(mix32(at), 0));
  }
});

test('no backend ever has more in flight than its bound, and keys stay at home below it', () => {
  const run = fc.record({
    count: fc.constantFrom(2, 4, 8, 64, 140),
    factor: fc.constantFrom(1.05, 1.25, 2),
    hot: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(run, ({ count, factor, hot, seed }) => {
      const pool = poolOf(factor, 140);
      const unbounded = poolOf(0, 140);
      const weights = Object.fromEntries(range(count).map((slot) => [slot, 1 + (slot % 3)]));
      for (let turn = 0; turn < 400; turn++) {
        // Half of them come and go, and take their requests in flight along.
        if (turn % 100 === 0) {
          const slots = range(turn % 200 === 0 ? count : count / 2);
          pool.update(slots, weights);
          unbounded.update(slots, weights);
        }
        const key = mix32(seed + turn) / 2 ** 32 < hot ? 7 : mix32(turn * 31 + seed);
        const inFlight = pool.candidates.reduce((sum, slot) => sum + pool.inFlight[slot], 0);
        const total = pool.candidates.reduce((sum, slot) => sum + pool.weight[slot], 0);
        const bound = (slot: number): number => (factor * (inFlight + 1) * pool.weight[slot]) / total;
        const slot = pool.pick(0, key);
        const home = unbounded.pick(0, key);
        assert.ok(pool.inFlight[slot] < bound(slot), `${pool.inFlight[slot]} of ${inFlight}, bound ${bound(slot)}`);
        if (pool.inFlight[home] < bound(home) - 1e-9) assert.equal(slot, home);
        pool.begin(slot, { latencyMs: mix32(turn + 5 * seed) % 300 });
        pool.advance(2);
      }
    }),
    { numRuns: 60 },
  );
});

test('a key that overflows has a second backend of its own, and goes home again', () => {
  for (const count of [8, 100]) {
    const pool = poolOf(1.25);
    pool.update(range(count));
    const key = 123_456;
    const home = pool.pick(0, key);
    pool.inFlight.fill(4, 0, count);
    pool.update(range(count));
    assert.equal(pool.pick(0, key), home, 'it has no more than the others');
    pool.inFlight[home] = 40;
    const second = pool.pick(0, key);
    assert.notEqual(second, home);
    for (let turn = 0; turn < 20; turn++) assert.equal(pool.pick(0, key), second);
    pool.inFlight[home] = 4;
    assert.equal(pool.pick(0, key), home);
  }
});

test('without a bound a hot key stays at home', () => {
  const pool = poolOf(0);
  pool.update(range(8));
  const home = pool.pick(0, 99);
  pool.inFlight[home] = 10_000;
  assert.equal(pool.pick(0, 99), home);
});

test('requests of other workers count towards the bound', () => {
  const pool = new TestPool(consistentHash, { workers: 2, capacity: 200 });
  pool.update(range(100));
  const home = pool.pick(0, 5);
  for (let turn = 0; turn < 300; turn++) pool.send(() => ({ latencyMs: 1000 }), 1, mix32(turn));
  pool.inFlight[home] = 3;
  assert.equal(pool.pick(0, 5), home, '3 of 300 in flight are no more than its share');
});

test('a table is built anew when weights have come to rest, not at every small step', () => {
  const pool = poolOf(0, 200);
  pool.update(range(100));
  const before = owners(pool);
  pool.advance(100);
  pool.update(range(100), { 4: 1.05 });
  assert.deepEqual(owners(pool), before);
  pool.advance(2000);
  assert.notDeepEqual(owners(pool), before);
  pool.update(range(100), { 4: 2 });
  const share = owners(pool).filter((slot) => slot === 4).length / KEYS;
  assert.ok(Math.abs(share - 2 / 101) < 0.003, `share ${share}`);
});
