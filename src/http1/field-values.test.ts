import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contentLengthOf, equalsWord, isChunked } from './field-values.ts';
import { bytesOf } from './latin1.ts';

test('words are equal in any case, and letters alone have cases', () => {
  const equals = (text: string, word: string): boolean =>
    equalsWord(bytesOf(`x${text}x`), 1, 1 + text.length, bytesOf(word));
  for (const text of ['keep-alive', 'KEEP-ALIVE', 'Keep-Alive']) assert.equal(equals(text, 'keep-alive'), true, text);
  for (const text of ['keep\ralive', 'keep-aliv', 'keep-alivee', 'keep_alive', '', 'keep-al\u0049ve\u0000']) {
    assert.equal(equals(text, 'keep-alive'), false, JSON.stringify(text));
  }
  assert.equal(equals('\u0011\u0010\u0010-continue', '100-continue'), false);
});

test('a length is its digits and nothing else, also at the edges of its range', () => {
  const lengthOf = (text: string): number => contentLengthOf(bytesOf(`9${text}9`), 1, 1 + text.length);
  assert.equal(lengthOf('0'), 0);
  assert.equal(lengthOf('9007199254740991'), Number.MAX_SAFE_INTEGER);
  for (const text of ['', '9007199254740992', '/', ':', ' 5', '5 ']) assert.equal(lengthOf(text), -1, text);
});

test('chunked is the one coding, whole', () => {
  const chunked = (text: string): boolean => isChunked(bytesOf(`c${text}d`), 1, 1 + text.length);
  assert.deepEqual(['chunked', 'CHUNKED', 'chunke', 'hunked', ''].map(chunked), [true, true, false, false, false]);
});
