import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#core/math/prng.ts';
import { chanceOf } from './chance.ts';

test('the upper tail, as tables of the binomial distribution have it', () => {
  const close = (found: number, wanted: number): void =>
    assert.ok(Math.abs(found - wanted) < 1e-6 + wanted * 1e-3, `${found}, not ${wanted}`);
  close(chanceOf(0, 10, 0.1), 1);
  close(chanceOf(1, 10, 0.1), 0.651322);
  close(chanceOf(4, 4, 0.1), 0.0001);
  close(chanceOf(5, 8, 0.1), 0.000432);
  close(chanceOf(9, 20, 0.1), 0.0000598585);
  close(chanceOf(11, 10, 0.5), 0);
});

test('as often as draws say', (t) => {
  const seed = 11;
  t.diagnostic(`seed ${seed}`);
  const random = createPrng(seed);
  const times = 100_000;
  let reached = 0;
  for (let turn = 0; turn < times; turn++) {
    let hits = 0;
    for (let trial = 0; trial < 12; trial++) if (random() < 0.2) hits += 1;
    if (hits >= 5) reached += 1;
  }
  assert.ok(Math.abs(reached / times - chanceOf(5, 12, 0.2)) < 0.004);
});

test('many trials cost no more, and say the same', () => {
  assert.ok(chanceOf(300_000, 1_000_000, 0.1) < 1e-12);
  assert.ok(chanceOf(90_000, 1_000_000, 0.1) > 0.5);
});
