import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cut, harmless, harmlessLines, widthOf } from './harmless.ts';

test('escape sequences, control characters and marks of direction do not get through', () => {
  assert.equal(harmless('a\u001b[31mb\u0007\u009b2J\u202ec\r\nd'), 'a�[31mb��2J�c��d');
  assert.equal(harmlessLines('a\n\tb\u001bc\r\n'), 'a\n\tb�c�\n');
  assert.equal(harmless('größer 日本 🙂'), 'größer 日本 🙂');
});

test('cells, not characters, are counted', () => {
  assert.equal(widthOf('abc'), 3);
  assert.equal(widthOf('日本'), 4);
  assert.equal(widthOf('e\u0301'), 1);
  assert.equal(cut('abcdef', 4), 'abc…');
  assert.equal(cut('日本語', 4), '日…');
  assert.equal(cut('abc', 3), 'abc');
});

test('whatever the text, it is harmless, and not wider than it may be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 20 }), (text, width) => {
      const shown = cut(harmless(text), width);
      assert.ok(widthOf(shown) <= width);
      assert.ok(!/[\u0000-\u001f\u007f-\u009f]/.test(shown));
    }),
  );
});
