import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exp, ln } from './elementary.ts';

/** The bits of a number, as text: what must be the same everywhere. */
function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

test('golden bits', () => {
  const golden = [
    [ln(2), '3fe62e42fefa39ef'],
    [ln(10), '40026bb1bbb55516'],
    [ln(0.1), 'c0026bb1bbb55515'],
    [ln(1.0000001), '3e7ad7f2847b6492'],
    [ln(5e-324), 'c0874385446d71c3'],
    [ln(Number.MAX_VALUE), '40862e42fefa39ef'],
    [exp(1), '4005bf0a8b145769'],
    [exp(-1), '3fd78b56362cef38'],
    [exp(0.5), '3ffa61298e1e069c'],
    [exp(25.3), '4236a15c174731a4'],
    [exp(-700), '00d14f2b0fb9307f'],
    [exp(-740), '0000000000000055'],
    [exp(1e-9), '3ff000000044b830'],
  ] as const;
  for (const [value, bits] of golden) assert.equal(bitsOf(value), bits);
});

/** Neighbours have integers that differ by one. */
function apart(one: number, other: number): number {
  const words = new BigInt64Array(Float64Array.of(one, other).buffer);
  return Math.abs(Number(words[0]! - words[1]!));
}

test('within one unit in the last place of what the engine has', () => {
  const positive = fc.double({ min: 5e-324, noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(positive, (value) => apart(ln(value), Math.log(value)) <= 1),
    { numRuns: 20_000 },
  );
  const power = fc.double({ min: -745, max: 709.7, noNaN: true });
  fc.assert(
    fc.property(power, (value) => apart(exp(value), Math.exp(value)) <= 1),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(fc.double({ min: -2, max: 2, noNaN: true }), (value) => apart(exp(value), Math.exp(value)) <= 1),
  );
});

test('the edges', () => {
  assert.equal(ln(1), 0);
  assert.equal(ln(0), -Infinity);
  assert.equal(ln(Infinity), Infinity);
  assert.ok(Number.isNaN(ln(-1)) && Number.isNaN(ln(NaN)) && Number.isNaN(exp(NaN)));
  assert.equal(exp(0), 1);
  assert.equal(exp(710), Infinity);
  assert.equal(exp(-746), 0);
  assert.equal(exp(-Infinity), 0);
  assert.equal(exp(Infinity), Infinity);
});
