/** How the dashboard writes figures and times, and orders rows: the parts that need no browser. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ordered, readOrder, writeOrder } from '../../web/src/components/table-order.ts';
import { bytes, count, millis, money, rate, share, short, UNKNOWN } from '../../web/src/format/figures.ts';
import { ago, moment, span } from '../../web/src/format/times.ts';

describe('figures', () => {
  test('what is not known is an em dash, and zero is zero', () => {
    for (const write of [count, short, rate, millis, share, bytes, span]) {
      for (const unknown of [null, undefined, NaN, Infinity]) assert.equal(write(unknown), UNKNOWN);
      assert.match(write(0), /^0/);
    }
    assert.equal(money(null, 'USD'), UNKNOWN);
    assert.equal(moment(null), UNKNOWN);
    assert.equal(moment('never'), UNKNOWN);
  });

  test('three digits that count', () => {
    assert.deepEqual([0.123, 1.234, 12.34, 123.4, 1234, 12_345].map(millis), [
      '0.12 ms',
      '1.23 ms',
      '12.3 ms',
      '123 ms',
      '1.23 s',
      '12.3 s',
    ]);
    assert.deepEqual([0.04, 99.94, 1234.5].map(rate), ['0.0', '99.9', '1,235']);
    assert.deepEqual([999, 1500, 2_500_000].map(bytes), ['999 B', '1.5 kB', '2.5 MB']);
    assert.deepEqual([9_999, 48_211].map(short), ['9,999', '48.2K']);
    assert.deepEqual(
      [34.65, 0.0012].map((value) => money(value, 'USD')),
      ['$34.65', '$0.0012'],
    );
  });

  test('a share is never rounded to all or to nothing', () => {
    assert.deepEqual([1, 0.999999, 0.5, 0.000001, 0].map(share), ['100 %', '99.99 %', '50.0 %', '0.01 %', '0 %']);
  });

  test('spans and moments', () => {
    assert.deepEqual([0.4, 59, 61, 3_600, 93_784].map(span), ['0 s', '59 s', '1 min 1 s', '1 h', '1 d 2 h']);
    assert.deepEqual(
      [0, 12_000, 180_000].map((ms) => ago(0, ms)),
      ['just now', '12 s ago', '3 min ago'],
    );
  });
});

describe('order of rows', () => {
  const rows = [{ n: 2 }, { n: null }, { n: 10 }, { n: 1 }];
  test('what is not known comes last, whichever way the rest goes', () => {
    const by = (descending: boolean) => ordered(rows, ({ n }) => n, descending).map(({ n }) => n);
    assert.deepEqual(by(false), [1, 2, 10, null]);
    assert.deepEqual(by(true), [10, 2, 1, null]);
  });

  test('numbers in names count as numbers', () => {
    assert.deepEqual(
      ordered(['b10', 'b9', 'a'], (name) => name, false),
      ['a', 'b9', 'b10'],
    );
  });

  test('an order survives the address', () => {
    for (const text of ['p99', '-p99'])
      assert.equal(writeOrder(readOrder(text) ?? { by: '', descending: false }), text);
    assert.equal(readOrder(''), null);
  });
});
