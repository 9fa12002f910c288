import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineBlock } from './line-block.ts';

const STARTS = ['a{x="é"} ', 'b ', 'c{y="1",z="\\""} ', 'd_total ', 'e '];

const value = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 12 }) },
  fc.nat(),
  fc.maxSafeNat(),
  fc.nat().map((us) => us / 1e6),
  fc.double(),
  fc.constantFrom(NaN, 0.5, -3, 1e-7, 1e21, Infinity, -Infinity),
);

test('whatever was written before, the lines are those of the values', () => {
  const scrape = fc.array(value, { minLength: STARTS.length, maxLength: STARTS.length });
  fc.assert(
    fc.property(fc.array(scrape, { minLength: 1, maxLength: 8 }), (scrapes) => {
      const block = new LineBlock(STARTS);
      const into = Buffer.alloc(block.bytesMax + 3);
      for (const values of scrapes) {
        block.values.set(values);
        const end = block.write(into, 3);
        assert.ok(end <= into.length);
        const lines = into.toString('utf8', 3, end).split('\n');
        assert.equal(lines.pop(), '');
        const there = STARTS.map((start, at) => [start, values[at] as number] as const).filter(([, v]) => !isNaN(v));
        assert.equal(lines.length, there.length);
        there.forEach(([start, shown], at) => {
          const line = lines[at] as string;
          assert.ok(line.startsWith(start), line);
          // Minus nought is nought to whoever counts.
          assert.equal(Number(line.slice(start.length).replace('Inf', 'Infinity')), shown + 0);
        });
      }
    }),
  );
});

test('a value that stays as long as it was changes its digits alone', () => {
  const block = new LineBlock(['sum ', 'count ']);
  const into = Buffer.alloc(block.bytesMax);
  const written = (sum: number, count: number): string => {
    block.values.set([sum, count]);
    return into.toString('latin1', 0, block.write(into, 0));
  };
  assert.equal(written(1.5, 9), 'sum 1.500000\ncount 9\n');
  assert.equal(written(2.000001, 8), 'sum 2.000001\ncount 8\n');
  assert.equal(written(2.000001, 10), 'sum 2.000001\ncount 10\n');
  assert.equal(written(NaN, 10), 'count 10\n');
  assert.equal(written(12.25, 2 ** 53 - 1), 'sum 12.250000\ncount 9007199254740991\n');
});
