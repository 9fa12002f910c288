import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawAmong, weyl } from './draw.ts';

test('drawAmong gives each slot its share of the line', () => {
  const weight = Float64Array.from([0, 2, 0, 1, 0, 5]);
  const slots = Int32Array.from([5, 1, 3, 0]);
  const drawn = Array.from({ length: 8 }, (_, at) => drawAmong(slots, 3, weight, (at + 0.5) / 8));
  assert.deepEqual(drawn, [5, 5, 5, 5, 5, 1, 1, 3]);
  assert.equal(drawAmong(slots, 3, weight, 0.9999999999), 3);
});

test('the Weyl sequence hits every stretch as often as it is long, to within three, over any run of turns', () => {
  for (const [from, to] of [
    [0, 0.1],
    [0.31, 0.32],
    [0.5, 0.9],
  ]) {
    for (const start of [0, 1000, 2 ** 31 - 500, -77]) {
      let hits = 0;
      for (let turn = 0; turn < 5000; turn++) {
        const point = weyl((start + turn) | 0);
        if (point >= from && point < to) hits++;
        assert.ok(Math.abs(hits - (turn + 1) * (to - from)) < 3);
      }
    }
  }
});
