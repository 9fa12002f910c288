import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NUMBER_BYTES_MAX, numberBytes, putNumber } from './number-bytes.ts';

/** The text of a number, written between spaces. */
function written(value: number): string {
  const into = Buffer.alloc(NUMBER_BYTES_MAX + 2, ' ');
  const length = numberBytes(value);
  assert.ok(length <= NUMBER_BYTES_MAX, `${value} takes ${length}`);
  putNumber(into, 1 + length, value, length);
  const text = into.toString('latin1');
  assert.equal(text, ` ${text.slice(1, 1 + length)}${' '.repeat(NUMBER_BYTES_MAX + 1 - length)}`);
  return text.slice(1, 1 + length);
}

test('whole numbers have their digits and nothing else', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => assert.equal(written(value), String(value))));
  for (const value of [0, 9, 10, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1])
    assert.equal(written(value), String(value));
});

test('microseconds have six decimals, at any number of seconds', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 999_999 }), (seconds, us) => {
      const value = Number(`${seconds}.${String(us).padStart(6, '0')}`);
      assert.equal(written(value), `${seconds}.${String(us).padStart(6, '0')}`);
    }),
  );
});

test('every other number is read back as itself', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      assert.equal(Number(written(value).replace('Inf', 'Infinity')), value + 0);
    }),
  );
});
