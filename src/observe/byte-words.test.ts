import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyPlain, copyWords, wordsOf } from './byte-words.ts';

const BEFORE = 0xaa;

const run = fc.record({
  bytes: fc.uint8Array({ maxLength: 70 }),
  skipped: fc.nat({ max: 5 }),
  at: fc.nat({ max: 9 }),
});

/** Copies with either function; what is written beyond the run is found out. */
function copied(
  copy: typeof copyWords,
  { bytes, skipped, at }: { bytes: Uint8Array; skipped: number; at: number },
): { end: number; written: Uint8Array; rest: Uint8Array } {
  // A part of a larger buffer, as Node's pooled ones are.
  const from = Buffer.from([...new Uint8Array(skipped).fill(BEFORE), ...bytes]);
  const into = new Uint8Array(at + bytes.length + 8).fill(BEFORE);
  const end = copy(wordsOf(into), at, new DataView(from.buffer, from.byteOffset, from.length), skipped, from.length);
  return { end, written: into.subarray(at, at + bytes.length), rest: into.subarray(at + bytes.length) };
}

test('every byte is copied and none beyond, from anywhere to anywhere', () => {
  fc.assert(
    fc.property(run, (given) => {
      const { end, written, rest } = copied(copyWords, given);
      assert.equal(end, given.at + given.bytes.length);
      assert.deepEqual(written, given.bytes);
      assert.ok(rest.every((byte) => byte === BEFORE));
    }),
  );
});

test('plain is what JSON writes as it is, and nothing else', () => {
  const isPlain = (byte: number): boolean => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  // Each byte at each place of a word, and in what is left behind whole words.
  for (let byte = 0; byte < 256; byte++)
    for (let place = 0; place < 11; place++) {
      const bytes = new Uint8Array(11).fill(0x61);
      bytes[place] = byte;
      const { end } = copied(copyPlain, { bytes, skipped: 1, at: 2 });
      assert.equal(end, isPlain(byte) ? 13 : -1, `${byte} at ${place}`);
    }
  const mostlyPlain = fc.uint8Array({ min: 0x20, max: 0x80, maxLength: 70 });
  fc.assert(
    fc.property(fc.record({ bytes: mostlyPlain, skipped: fc.nat({ max: 5 }), at: fc.nat({ max: 9 }) }), (given) => {
      const { end, written, rest } = copied(copyPlain, given);
      if (!given.bytes.every(isPlain)) return assert.equal(end, -1);
      assert.equal(end, given.at + given.bytes.length);
      assert.deepEqual(written, given.bytes);
      assert.ok(rest.every((byte) => byte === BEFORE));
    }),
  );
});

test('the words of a buffer are its own, whichever was looked at before', () => {
  const [a, b] = [Buffer.from('abcd'), Buffer.from('efgh')] as [Buffer, Buffer];
  for (const each of [a, b, a, a, b]) assert.equal(wordsOf(each).getInt32(0), each.readInt32BE(0));
});
