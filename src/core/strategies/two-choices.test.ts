import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chiSquare, chiSquareLimit, tally, TestPool } from './test-pool.ts';
import { twoChoices } from './two-choices.ts';

const seed = Number(process.env['SEED'] ?? 1);
const SLOTS = [1, 5, 6, 7, 11, 12];

test('draws two different backends, every pair equally often', () => {
  const pool = new TestPool(twoChoices, { seed });
  pool.update(SLOTS);
  // All have a different number in flight, so the pick tells which rank the better of the pair had.
  SLOTS.forEach((slot, rank) => (pool.inFlight[slot] = rank));
  const picks = 60_000;
  const counts = tally(Array.from({ length: picks }, () => pool.pick()));
  assert.equal(counts.get(12), undefined, 'the busiest of all is never the better of two different ones');
  const ranks = SLOTS.slice(0, -1);
  const statistic = chiSquare(
    ranks.map((slot) => counts.get(slot) ?? 0),
    ranks.map((_, rank) => (picks * (SLOTS.length - 1 - rank)) / 15),
  );
  assert.ok(statistic < chiSquareLimit(ranks.length - 1), `chi-square ${statistic}, seed ${seed}`);
});

test('draws by weight without replacement', () => {
  const pool = new TestPool(twoChoices, { seed });
  pool.update([1, 2, 3], { 1: 6, 2: 3, 3: 1 });
  // Slot 3 is best and wins whenever it is drawn: first, or second after either of the others.
  pool.inFlight[1] = 1000;
  pool.inFlight[2] = 100;
  const picks = 60_000;
  const counts = tally(Array.from({ length: picks }, () => pool.pick()));
  const third = 0.1 + 0.6 * (1 / 4) + 0.3 * (1 / 7);
  const both = 0.6 * (3 / 4) + 0.3 * (6 / 7);
  assert.equal(counts.get(1), undefined);
  const statistic = chiSquare([counts.get(3) ?? 0, counts.get(2) ?? 0], [picks * third, picks * both]);
  assert.ok(statistic < chiSquareLimit(1), `chi-square ${statistic}, seed ${seed}`);
});

test('compares requests in flight for their weights', () => {
  const pool = new TestPool(twoChoices, { seed });
  pool.update([1, 2], { 1: 4, 2: 1 });
  pool.inFlight[1] = 7;
  pool.inFlight[2] = 2;
  assert.deepEqual(tally(Array.from({ length: 50 }, () => pool.pick())), new Map([[1, 50]]));
  pool.inFlight[1] = 9;
  assert.deepEqual(tally(Array.from({ length: 50 }, () => pool.pick())), new Map([[2, 50]]));
});

test('a weight that outweighs all others does not hang a draw', () => {
  const pool = new TestPool(twoChoices, { seed });
  pool.update([1, 2, 3], { 1: 1e9, 2: 1e-9, 3: 1e-9 });
  for (let turn = 0; turn < 100; turn++) {
    assert.equal(pool.pick(), 1);
    assert.equal(pool.pickAmong([1, 2, 3]), 1);
  }
});
