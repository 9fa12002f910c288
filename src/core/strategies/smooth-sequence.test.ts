import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { smoothSequence } from './smooth-sequence.ts';

/** nginx's loop, written plainly: each turn costs a step for each candidate. */
function nginxSequence(weights: readonly number[], turns: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const current = weights.map(() => 0);
  return Array.from({ length: turns }, () => {
    weights.forEach((weight, at) => (current[at] += weight));
    const best = current.indexOf(Math.max(...current));
    current[best] -= total;
    return best;
  });
}

const sequenceOf = (weights: readonly number[]): number[] | null => {
  const sequence = smoothSequence(weights.length, (at) => weights[at]);
  return sequence === null ? null : [...sequence];
};

test('5, 1, 1 gives a a b a c a a', () => {
  const letters = sequenceOf([5, 1, 1])?.map((at) => 'abc'[at]);
  assert.deepEqual(letters, ['a', 'a', 'b', 'a', 'c', 'a', 'a']);
});

test('agrees with the plain loop for any whole weights, ties included', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 20 }), (weights) => {
      const sequence = sequenceOf(weights);
      assert.ok(sequence !== null);
      assert.deepEqual(sequence, nginxSequence(weights, sequence.length));
    }),
  );
});

test('a common divisor shortens the cycle', () => {
  assert.deepEqual(sequenceOf([200, 100]), sequenceOf([2, 1]));
});

test('broken weights and long cycles are refused', () => {
  assert.equal(sequenceOf([1, 0.5]), null);
  assert.equal(sequenceOf(Array.from({ length: 1000 }, (_, at) => 1 + (at % 256))), null);
});
