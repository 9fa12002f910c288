import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf } from './keys.ts';

const names = (input: string): string[] => keysOf(input).map(({ name, text }) => (name === 'text' ? text : name));

test('arrows in both forms, letters, and the keys that end something', () => {
  assert.deepEqual(names('\u001b[A\u001bOBj?\r\u007f\u0003'), [
    'up',
    'down',
    'j',
    '?',
    'enter',
    'backspace',
    'interrupt',
  ]);
});

test('an escape alone is a key; other sequences are nothing, and none of their letters is pressed', () => {
  assert.deepEqual(names('\u001b'), ['escape']);
  assert.deepEqual(names('\u001b[15~\u001b[1;5D\u001b[200~d'), ['d']);
});

test('what is pasted is cut', () => {
  assert.equal(keysOf('x'.repeat(10_000)).length, 256);
});
