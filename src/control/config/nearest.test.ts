import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editDistance, nearest, suggestion } from './nearest.ts';

test('the distance counts insertions, deletions, substitutions and swaps', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['stratgy', 'strategy', 1],
    ['ab', 'ba', 1],
    ['ca', 'abc', 3],
    ['same', 'same', 0],
  ];
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b), distance, `${a} ${b}`);
    assert.equal(editDistance(b, a), distance, `${b} ${a}`);
  }
});

test('the nearest name is near', () => {
  const known = ['stripPrefix', 'strategy', 'backends', 'pool', 'pools'];
  assert.equal(nearest('strip_prefix', known), 'stripPrefix');
  assert.equal(nearest('STRATEGY', known), 'strategy');
  assert.equal(nearest('backend', known), 'backends');
  assert.equal(nearest('polo', known), 'pool');
  assert.equal(nearest('zebra', known), null);
  assert.equal(nearest('ap', ['app']), 'app');
  assert.equal(nearest('x', ['y']), null);
  assert.equal(nearest('x'.repeat(1_000_000), known), null);
});

test('where nothing is near, what is known is listed, but no page of it', () => {
  assert.equal(suggestion('polo', ['pool']), '; did you mean `pool`?');
  assert.equal(suggestion('zebra', ['a1', 'b1']), '; known here: `a1`, `b1`');
  assert.equal(suggestion('zebra', []), '');
  const many = Array.from({ length: 13 }, (_, at) => `name-${at}`);
  assert.match(suggestion('zebra', many), /`name-11`, …$/);
});
