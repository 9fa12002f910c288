import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WeightedIndex } from './weighted-index.ts';

const weightsOf = fc.array(fc.double({ min: 0.01, max: 256, noNaN: true }), { minLength: 1, maxLength: 60 });

function indexOf(weights: readonly number[]): WeightedIndex {
  const index = new WeightedIndex();
  const slots = Int32Array.from(weights, (_, at) => at * 2 + 1);
  const weight = new Float64Array(weights.length * 2 + 1);
  weights.forEach((value, at) => (weight[at * 2 + 1] = value));
  index.set(slots, weights.length, weight);
  return index;
}

/** The owner of a mark on the line of weights, by walking along it. */
function walk(weights: readonly number[], mark: number): number {
  let before = 0;
  for (let at = 0; at < weights.length - 1; at++) {
    before += weights[at];
    if (mark < before) return at;
  }
  return weights.length - 1;
}

test('finds the owner of a point, as walking along the weights does', () => {
  fc.assert(
    fc.property(weightsOf, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (weights, point) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      assert.equal(indexOf(weights).at(point), walk(weights, point * total));
    }),
  );
});

test('leaves one position out, and the rest keep their shares', () => {
  const weights = [5, 1, 3, 1];
  const index = indexOf(weights);
  for (let except = 0; except < weights.length; except++) {
    const counts = [0, 0, 0, 0];
    const rest = 10 - weights[except];
    for (let step = 0; step < rest * 100; step++) counts[index.atExcept((step + 0.5) / (rest * 100), except)]++;
    assert.deepEqual(
      counts,
      weights.map((weight, at) => (at === except ? 0 : weight * 100)),
    );
  }
});

test('never gives the position that is left out, at any point', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 256, noNaN: true }), { minLength: 2, maxLength: 20 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(),
      (weights, point, pick) => {
        const except = pick % weights.length;
        const found = indexOf(weights).atExcept(point, except);
        assert.ok(found >= 0 && found < weights.length && found !== except);
      },
    ),
  );
});

test('is set again with more and with fewer weights', () => {
  const index = new WeightedIndex();
  const weight = new Float64Array(200).fill(1);
  for (const count of [3, 150, 2]) {
    const slots = Int32Array.from({ length: count }, (_, at) => at);
    index.set(slots, count, weight);
    assert.equal(index.total, count);
    for (let at = 0; at < count; at++) assert.equal(index.at((at + 0.5) / count), at);
  }
});
