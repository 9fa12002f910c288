import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#core/math/prng.ts';
import { SlowMark } from './slow-mark.ts';

/** The share of `count` exchanges that count as slow, their times drawn by `draw`. */
function share(mark: SlowMark, count: number, draw: () => number): number {
  let slow = 0;
  for (let i = 0; i < count; i++) if (mark.isSlow(draw())) slow++;
  return slow / count;
}

test('about one exchange in a hundred is slow, whatever the times are', (t) => {
  const seed = 7;
  t.diagnostic(`seed ${seed}`);
  const random = createPrng(seed);
  const draws: Record<string, () => number> = {
    exponential: () => -Math.log(1 - random()) * 5,
    microseconds: () => 0.02 + random() * 0.01,
    'two humps': () => (random() < 0.95 ? 1 + random() : 500 + 100 * random()),
  };
  for (const [name, draw] of Object.entries(draws)) {
    const mark = new SlowMark();
    share(mark, 20_000, draw);
    const found = share(mark, 100_000, draw);
    assert.ok(found > 0.007 && found < 0.013, `${name}: ${found}`);
  }
});

test('it follows a change of the load in both directions', (t) => {
  const seed = 11;
  t.diagnostic(`seed ${seed}`);
  const random = createPrng(seed);
  const mark = new SlowMark();
  share(mark, 10_000, () => 1 + random());
  share(mark, 2_000, () => 100 + 100 * random());
  assert.ok(mark.markMs > 150, String(mark.markMs));
  share(mark, 20_000, () => 1 + random());
  assert.ok(mark.markMs < 2.2, String(mark.markMs));
});

test('nothing is slow before there is something to compare with', () => {
  const mark = new SlowMark();
  for (let i = 0; i < 200; i++) assert.equal(mark.isSlow(1 + i), false);
  assert.equal(mark.isSlow(1e9), true);
});
