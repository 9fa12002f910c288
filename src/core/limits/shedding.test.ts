import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Lateness, memoryShare } from './shedding.ts';

const BOUND_MS = 500;
function after(...lateMs: number[]): number {
  const lateness = new Lateness(BOUND_MS);
  for (const late of lateMs) lateness.look(late);
  return lateness.share;
}
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

test('one long turn of the loop sheds nothing, however long', () => {
  for (const late of [600, 2000, 60_000]) {
    assert.equal(after(late), 0);
    assert.equal(after(late, 0, 0, late), 0, 'nor two that are apart');
  }
});

test('a loop that is late again and again sheds: from the third look on, in a straight line', () => {
  assert.equal(after(1000, 1000), 0);
  assert.ok(after(1000, 1000, 1000) > 0);
  assert.equal(after(...times(50, 499)), 0, 'below the bound never');
  assert.ok(Math.abs(after(...times(50, 750)) - 0.5) < 0.001);
  assert.ok(after(...times(50, 5000)) > 0.999);
});

test('on time again, it stops within three looks', () => {
  assert.ok(after(...times(50, 5000), 0) > 0);
  assert.equal(after(...times(50, 5000), 0, 0, 0), 0);
});

test('a clock that stepped back does not make up for lateness that was', () => {
  assert.equal(after(...times(50, 750), -1e9), after(...times(50, 750), 0));
});

test('memory: nothing below nine tenths, everything at the bound', () => {
  const bound = 1000;
  assert.equal(memoryShare(900, bound), 0);
  assert.equal(memoryShare(950, bound), 0.5);
  assert.equal(memoryShare(1000, bound), 1);
  assert.equal(memoryShare(5000, bound), 1);
});

test('a bound of 0 never sheds', () => {
  const lateness = new Lateness(0);
  for (let look = 0; look < 20; look++) lateness.look(1e6);
  assert.equal(lateness.share, 0);
  assert.equal(memoryShare(1e12, 0), 0);
});

test('shares stay between 0 and 1, and more load never sheds less', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })),
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      (looks, more) => {
        const share = after(...looks);
        assert.ok(share >= 0 && share <= 1);
        assert.ok(after(...looks.map((late) => late + more)) >= share);
      },
    ),
  );
  fc.assert(
    fc.property(fc.double({ min: 0, max: 2, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true }), (a, b) => {
      const [less, more] = [memoryShare(Math.min(a, b), 1), memoryShare(Math.max(a, b), 1)];
      assert.ok(less >= 0 && more <= 1 && less <= more);
    }),
  );
});
