import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rampShare } from './slow-start.ts';

test('a share rises in a straight line from a tenth to the whole', () => {
  assert.equal(rampShare(0, 30_000), 0.1);
  assert.equal(rampShare(15_000, 30_000), 0.55);
  assert.equal(rampShare(30_000, 30_000), 1);
  assert.equal(rampShare(90_000, 30_000), 1);
});

test('no time means no ramp, and a clock that steps back does not go below the floor', () => {
  assert.equal(rampShare(0, 0), 1);
  assert.equal(rampShare(-5, 30_000), 0.1);
});
