import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf } from './latin1.ts';
import { wordsOf } from './words.ts';

test('a view has the offsets of its bytes, also where these begin inside a buffer, and whichever came before', () => {
  const pool = bytesOf('..abcdefgh..');
  const inner = pool.subarray(2, 10);
  for (const buf of [pool, inner, inner, pool, bytesOf('abcd'), inner]) {
    const words = wordsOf(buf);
    assert.equal(words.byteLength, buf.length);
    for (let at = 0; at < buf.length; at++) assert.equal(words.getUint8(at), buf[at]);
  }
});
