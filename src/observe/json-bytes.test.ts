import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { CUT_MARK, ESCAPED_BYTES_MAX, putInteger, putMillis, putText, putTime } from './json-bytes.ts';

const into = Buffer.alloc(4096);
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const written = (end: number): string => decoder.decode(into.subarray(1, end));

/** As it stands between the quotes. */
function escaped(source: Uint8Array, room = into.length): string {
  const end = putText(into, 1, 1 + room, source, 0, source.length);
  return written(Math.abs(end));
}
const parsed = (source: Uint8Array): unknown => JSON.parse(`"${escaped(source)}"`);

/** Bytes that hold the starts, middles and ends of sequences more often than chance would have it. */
const nastyBytes = fc.uint8Array({ maxLength: 200 }).chain((bytes) =>
  fc.oneof(
    fc.constant(bytes),
    fc
      .array(
        fc.constantFrom(0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0x22, 0x5c, 0x0a),
        {
          maxLength: 100,
        },
      )
      .map((list) => Uint8Array.from(list)),
  ),
);

describe('text', () => {
  test('whatever the bytes, what is written is one JSON string without control bytes', () => {
    fc.assert(
      fc.property(nastyBytes, (bytes) => {
        assert.equal(typeof parsed(bytes), 'string');
        assert.doesNotMatch(escaped(bytes), /[\u0000-\u001f\u007f-\u009f]/);
      }),
      { numRuns: 3000 },
    );
  });

  test('text that is UTF-8 and has no C1 controls comes back as it was', () => {
    const text = fc.string({ unit: 'binary', maxLength: 100 }).filter((value) => !/[\u0080-\u009f]/.test(value));
    fc.assert(
      fc.property(text, (value) => {
        assert.equal(parsed(Buffer.from(value, 'utf8')), value);
      }),
      { numRuns: 2000 },
    );
  });

  test('what is not UTF-8 is shown by its bytes', () => {
    const cases: [bytes: number[], text: string][] = [
      [[0xff], '\\u00ff'],
      [[0xc3], '\\u00c3'],
      [[0xc3, 0x28], '\\u00c3('],
      [[0xc0, 0xaf], '\\u00c0\\u00af'],
      [[0xed, 0xa0, 0x80], '\\u00ed\\u00a0\\u0080'],
      [[0xf4, 0x90, 0x80, 0x80], '\\u00f4\\u0090\\u0080\\u0080'],
      [[0xe0, 0x80, 0x80], '\\u00e0\\u0080\\u0080'],
      [[0xc2, 0x9b], '\\u00c2\\u009b'],
      [[0x1b, 0x5b, 0x32, 0x4a], '\\u001b[2J'],
      [[0x0a, 0x09, 0x22, 0x5c, 0x7f], '\\n\\t\\"\\\\\\u007f'],
      [[0xe2, 0x82, 0xac], '€'],
    ];
    for (const [bytes, text] of cases) assert.equal(escaped(Uint8Array.from(bytes)), text);
  });

  test('what does not fit is cut between characters, and says so', () => {
    fc.assert(
      fc.property(nastyBytes, fc.integer({ min: 0, max: 250 }), (bytes, room) => {
        const whole = putText(into, 1, into.length, bytes, 0, bytes.length) - 1;
        const end = putText(into, 1, 1 + room, bytes, 0, bytes.length);
        assert.ok(Math.abs(end) <= 1 + room);
        assert.equal(end < 0, whole > room);
        if (end < 0) assert.ok(1 + room + end < ESCAPED_BYTES_MAX, 'more would have fitted');
        JSON.parse(`"${written(Math.abs(end))}"`);
      }),
      { numRuns: 2000 },
    );
    assert.equal(Buffer.from(CUT_MARK).toString(), '…');
  });
});

describe('numbers', () => {
  test('whole numbers to 2^53', () => {
    const check = (value: number) => assert.equal(written(putInteger(into, 1, value)), String(value));
    for (const value of [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 10 ** 15, Number.MAX_SAFE_INTEGER])
      check(value);
    fc.assert(fc.property(fc.maxSafeNat(), check));
    for (const odd of [-1, NaN, Infinity, -Infinity, 2 ** 60]) assert.equal(written(putInteger(into, 1, odd)), '0');
  });

  test('milliseconds to the microsecond', () => {
    const text = (ms: number) => written(putMillis(into, 1, ms));
    assert.deepEqual([0, 0.0004, 0.0006, 1.5, 999.9996, 3_600_000].map(text), [
      '0.000',
      '0.000',
      '0.001',
      '1.500',
      '1000.000',
      '3600000.000',
    ]);
    assert.deepEqual([-1, NaN, Infinity].map(text), ['0.000', '0.000', '0.000']);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        assert.ok(Math.abs(Number(text(ms)) - ms) <= 0.0005 + ms * 1e-12);
      }),
    );
  });

  test('moments as ISO 8601, in any order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (ms, rest) => {
        assert.equal(written(putTime(into, 1, ms + rest)), new Date(Math.floor(ms + rest)).toISOString());
      }),
    );
  });
});
