import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HalfSipHash } from './half-sip-hash.ts';

function hex(hash: HalfSipHash): string {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(hash.low | 0, 0);
  bytes.writeInt32LE(hash.high | 0, 4);
  return bytes.toString('hex');
}

test('the reference vectors for 64 bits (key 00 01 … 07, inputs 00 01 …)', () => {
  const hash = new HalfSipHash(0x03020100, 0x07060504);
  const input = Uint8Array.from({ length: 64 }, (_, at) => at);
  const expected = ['218d1f59b9b83cc8', 'be552412f8387315'];
  for (const [length, vector] of expected.entries()) {
    hash.hash(input, 0, length);
    assert.equal(hex(hash), vector, `of ${length} bytes`);
  }
});

test('every byte and every bit of the key counts, whatever lies around the range', () => {
  const seen = new Set<string>();
  const bytes = Buffer.from('..client-4711..');
  for (let key = 0; key < 32; key++) {
    const hash = new HalfSipHash(1 << key, ~(1 << key));
    hash.hash(bytes, 2, 13);
    seen.add(hex(hash));
    const alone = Buffer.from('client-4711');
    const before = hex(hash);
    hash.hash(alone, 0, 11);
    assert.equal(hex(hash), before);
    for (let at = 0; at < alone.length; at++) {
      const changed = Buffer.from(alone);
      changed[at]! ^= 1;
      hash.hash(changed, 0, 11);
      assert.notEqual(hex(hash), before);
    }
  }
  assert.equal(seen.size, 32);
});

test('words are hashed as the bytes that they stand for', () => {
  const bytes = Buffer.from([1, 0x80, 3, 0xff, 5, 6, 0xf7, 8]);
  const [asBytes, asWords] = [new HalfSipHash(1, -2), new HalfSipHash(1, -2)];
  for (const count of [1, 2]) {
    asBytes.hash(bytes, 0, 4 * count);
    asWords.hashWords(count, bytes.readInt32LE(0), bytes.readInt32LE(4));
    assert.equal(hex(asWords), hex(asBytes));
  }
});
