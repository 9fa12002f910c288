import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mix32, murmur3, utf8 } from '../math/hash.ts';
import { rendezvous, rendezvousEven } from './rendezvous.ts';
import { chiSquare, chiSquareLimit } from './test-pool.ts';

const KEYS = 300_000;
const IDLE = new Int32Array(64);
const NAMES = Int32Array.from({ length: 64 }, (_, slot) => {
  const name = utf8(`10.0.0.${slot}:8080`);
  return murmur3(name, 0, name.length);
});
const EVEN = new Float64Array(64).fill(1);
const keyOf = (at: number): number => mix32(at);

function owners(
  count: number,
  weight = EVEN,
  slots = Int32Array.from({ length: count }, (_, slot) => slot),
): Int32Array {
  return Int32Array.from({ length: KEYS }, (_, at) =>
    rendezvous(keyOf(at), slots, slots.length, NAMES, IDLE, Infinity, weight),
  );
}

function counts(owned: Int32Array, slots: number): number[] {
  const of = new Array<number>(slots).fill(0);
  for (const slot of owned) of[slot]++;
  return of;
}

test('8 backends: the busiest has at most 1.012 of the average, as chance explains', () => {
  const of = counts(owners(8), 8);
  assert.ok(Math.max(...of) / (KEYS / 8) < 1.012, `${Math.max(...of)}`);
  assert.ok(chiSquare(of, new Array<number>(8).fill(KEYS / 8)) < chiSquareLimit(7));
});

test('keys that differ in a bit or two, and names too, are spread as evenly', () => {
  const slots = Int32Array.from({ length: 8 }, (_, slot) => slot);
  const near = Int32Array.from({ length: 64 }, (_, slot) => 0x5bd1e995 ^ slot);
  for (const names of [NAMES, near]) {
    for (const shift of [0, 8, 14]) {
      const owned = Int32Array.from({ length: KEYS }, (_, at) =>
        rendezvousEven(at << shift, slots, 8, names, IDLE, Infinity),
      );
      const statistic = chiSquare(counts(owned, 8), new Array<number>(8).fill(KEYS / 8));
      assert.ok(statistic < chiSquareLimit(7), `${statistic}`);
    }
  }
});

test('when a backend goes, its keys spread evenly, and no other key moves', () => {
  const all = owners(8);
  const without = owners(8, EVEN, Int32Array.of(0, 1, 2, 4, 5, 6, 7));
  const heirs = new Array<number>(8).fill(0);
  for (let at = 0; at < KEYS; at++) {
    if (all[at] === 3) heirs[without[at]]++;
    else assert.equal(without[at], all[at]);
  }
  const inherited = heirs.filter((_, slot) => slot !== 3);
  const share = inherited.reduce((sum, count) => sum + count, 0) / 7;
  assert.ok(chiSquare(inherited, new Array<number>(7).fill(share)) < chiSquareLimit(6), heirs.join());
});

test('weights get their shares, and a change of one moves keys to or from it alone', () => {
  const weight = EVEN.slice();
  [weight[0], weight[1], weight[2], weight[3]] = [1, 2, 0.5, 5];
  const before = owners(4, weight);
  const expected = [1, 2, 0.5, 5].map((share) => (KEYS * share) / 8.5);
  assert.ok(chiSquare(counts(before, 4), expected) < chiSquareLimit(3));
  weight[1] = 3;
  const after = owners(4, weight);
  for (let at = 0; at < KEYS; at++) assert.ok(after[at] === before[at] || after[at] === 1);
  assert.ok(Math.abs(counts(after, 4)[1] / KEYS - 3 / 9.5) < 0.004);
});

test('equal weights give the same owners whatever they are, and the short way to them agrees', () => {
  const slots = Int32Array.of(0, 1, 2, 3, 4);
  const expected = owners(5);
  const light = new Float64Array(64).fill(0.3);
  assert.deepEqual(owners(5, light), expected);
  for (let at = 0; at < KEYS; at++) {
    assert.equal(rendezvousEven(keyOf(at), slots, 5, NAMES, IDLE, Infinity), expected[at]);
  }
});

test('passes over backends at their limit; -1 when all are', () => {
  const inFlight = new Int32Array(64);
  const slots = Int32Array.of(0, 1, 2);
  for (let at = 0; at < 500; at++) {
    const key = keyOf(at);
    inFlight.fill(0);
    const first = rendezvous(key, slots, 3, NAMES, inFlight, 2, EVEN);
    inFlight[first] = 2;
    const second = rendezvous(key, slots, 3, NAMES, inFlight, 2, EVEN);
    assert.notEqual(second, first);
    assert.equal(rendezvousEven(key, slots, 3, NAMES, inFlight, 2), second);
    inFlight.fill(2);
    assert.equal(rendezvous(key, slots, 3, NAMES, inFlight, 2, EVEN), -1);
    assert.equal(rendezvousEven(key, slots, 3, NAMES, inFlight, 2), -1);
  }
});
