import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPanic } from './panic.ts';

test('panics below the threshold, and only if ignoring circuits adds some', () => {
  for (const [eligible, notDown, members, threshold, expected] of [
    [1, 4, 4, 0.5, true],
    [2, 4, 4, 0.5, false], // not below
    [0, 4, 4, 0.5, true],
    [1, 1, 4, 0.5, false], // the others are down by their probes
    [0, 0, 4, 0.5, false],
    [0, 4, 4, 0, false], // never
    [3, 4, 4, 1, true],
    [4, 4, 4, 1, false],
    [0, 0, 0, 0.5, false],
  ] as const)
    assert.equal(isPanic(eligible, notDown, members, threshold), expected, `${eligible} of ${members}`);
});
