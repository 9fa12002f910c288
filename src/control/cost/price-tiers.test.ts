import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tieredCost, type Tier } from './price-tiers.ts';

const TIERS: readonly Tier[] = [
  { upTo: 10, price: 3 },
  { upTo: 50, price: 2 },
  { upTo: Infinity, price: 1 },
];

test('each tier has its own price', () => {
  assert.equal(tieredCost(0, TIERS), 0);
  assert.equal(tieredCost(4, TIERS), 12);
  assert.equal(tieredCost(10, TIERS), 30);
  assert.equal(tieredCost(20, TIERS), 50);
  assert.equal(tieredCost(60, TIERS), 30 + 80 + 10);
});

test('free units are taken from the first tiers, which end where they always do', () => {
  assert.equal(tieredCost(5, TIERS, 6), 0);
  assert.equal(tieredCost(6, TIERS, 6), 0);
  assert.equal(tieredCost(10, TIERS, 6), 12);
  assert.equal(tieredCost(20, TIERS, 6), 12 + 20);
  assert.equal(tieredCost(20, TIERS, 12), 16);
});

const tiers = fc
  .array(fc.tuple(fc.double({ min: 0.1, max: 1000, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts): Tier[] => {
    let upTo = 0;
    return parts.map(([width, price], at) => ({ upTo: at === parts.length - 1 ? Infinity : (upTo += width), price }));
  });
const quantity = fc.double({ min: 0, max: 5000, noNaN: true });

test('property: the cost never falls, and never jumps', () => {
  fc.assert(
    fc.property(tiers, quantity, fc.double({ min: 0, max: 1, noNaN: true }), quantity, (list, from, more, free) => {
      const step = tieredCost(from + more, list, free) - tieredCost(from, list, free);
      const dearest = Math.max(...list.map(({ price }) => price));
      assert.ok(step >= -1e-9 && step <= more * dearest + 1e-9, `${step} for ${more} at ${dearest}`);
    }),
  );
});
