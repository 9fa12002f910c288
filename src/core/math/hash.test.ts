import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { crc32, mix32, murmur3, utf8 } from './hash.ts';

const murmurOf = (text: string, seed = 0): number => murmur3(utf8(text), 0, utf8(text).length, seed);

test('murmur3 agrees with the published test vectors of MurmurHash3_x86_32', () => {
  assert.equal(murmurOf(''), 0);
  assert.equal(murmurOf('', 1), 0x514e28b7);
  assert.equal(murmurOf('', 0xffffffff), 0x81f16f39);
  assert.equal(murmurOf('aaaa', 0x9747b28c), 0x5a97808a);
  assert.equal(murmurOf('aaa', 0x9747b28c), 0x283e0130);
  assert.equal(murmurOf('aa', 0x9747b28c), 0x5d211726);
  assert.equal(murmurOf('a', 0x9747b28c), 0x7fa09ea6);
  assert.equal(murmurOf('abc', 0), 0xb3dd93fa);
  assert.equal(murmurOf('Hello, world!', 0x9747b28c), 0x24884cba);
  assert.equal(murmurOf('The quick brown fox jumps over the lazy dog', 0x9747b28c), 0x2fa826cd);
});

test('crc32 agrees with zlib, in one piece and in two', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (front, back) => {
      const whole = Buffer.concat([front, back]);
      assert.equal(crc32(whole, 0, whole.length), zlibCrc32(whole));
      assert.equal(crc32(back, 0, back.length, crc32(front, 0, front.length)), zlibCrc32(whole));
    }),
  );
});

test('hashes look at start and end alone', () => {
  const bytes = utf8('..key..');
  assert.equal(murmur3(bytes, 2, 5), murmurOf('key'));
  assert.equal(crc32(bytes, 2, 5), zlibCrc32('key'));
});

test('utf8 agrees with Buffer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 12 }), (text) => {
      assert.deepEqual(Buffer.from(utf8(text)), Buffer.from(text));
    }),
  );
});

test('mix32 is one to one on a sample and unsigned', () => {
  const seen = new Set<number>();
  for (let word = 0; word < 100_000; word++) seen.add(mix32(word * 40_503));
  assert.equal(seen.size, 100_000);
  for (const hash of seen) assert.ok(hash >= 0 && hash <= 0xffffffff);
});
