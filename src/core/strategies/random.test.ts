import assert from 'node:assert/strict';
import { test } from 'node:test';
import { random } from './random.ts';
import { chiSquare, chiSquareLimit, tally, TestPool } from './test-pool.ts';

const seed = Number(process.env['SEED'] ?? 1);

function fits(counts: Map<number, number>, weights: Readonly<Record<number, number>>): void {
  const slots = Object.keys(weights).map(Number);
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const picks = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const statistic = chiSquare(
    slots.map((slot) => counts.get(slot) ?? 0),
    slots.map((slot) => (picks * weights[slot]) / total),
  );
  assert.ok(statistic < chiSquareLimit(slots.length - 1), `chi-square ${statistic}, seed ${seed}`);
}

test('equal weights are drawn uniformly', () => {
  const pool = new TestPool(random, { seed });
  pool.update([1, 5, 6, 7, 11, 12, 60]);
  const counts = tally(Array.from({ length: 70_000 }, () => pool.pick()));
  fits(counts, { 1: 1, 5: 1, 6: 1, 7: 1, 11: 1, 12: 1, 60: 1 });
});

test('unequal weights are drawn in proportion, in a pick and among a subset', () => {
  const weights = { 3: 100, 8: 0.5, 9: 20, 40: 7.25 };
  const pool = new TestPool(random, { seed });
  pool.update([3, 8, 9, 40], weights);
  fits(tally(Array.from({ length: 100_000 }, () => pool.pick())), weights);
  fits(tally(Array.from({ length: 100_000 }, () => pool.pickAmong([40, 8, 9]))), { 8: 0.5, 9: 20, 40: 7.25 });
});
