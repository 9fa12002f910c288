import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from './prng.ts';

test('one seed gives one sequence, and it is the same everywhere', () => {
  const random = createPrng(1);
  const first = Array.from({ length: 4 }, () => Math.round(random() * 2 ** 32));
  assert.deepEqual(first, [393288148, 2174103013, 3814759091, 2092745082]);
});

test('neighbouring seeds give unrelated sequences', () => {
  const [a, b] = [createPrng(1), createPrng(2)];
  let product = 0;
  for (let turn = 0; turn < 10_000; turn++) product += (a() - 0.5) * (b() - 0.5);
  // The correlation of independent sequences has a standard deviation of 1/100.
  assert.ok(Math.abs((product / 10_000) * 12) < 0.04, `correlation ${(product / 10_000) * 12}`);
});

test('numbers are uniform in [0, 1), and pairs fill the square', () => {
  const random = createPrng(3);
  const cells = new Float64Array(100);
  for (let turn = 0; turn < 100_000; turn++) {
    const [x, y] = [random(), random()];
    assert.ok(x >= 0 && x < 1 && y >= 0 && y < 1);
    cells[Math.floor(x * 10) * 10 + Math.floor(y * 10)]++;
  }
  const statistic = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  // 99 degrees of freedom: exceeded once in 10,000 fair runs.
  assert.ok(statistic < 159, `chi-square ${statistic}`);
});
