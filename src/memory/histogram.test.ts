import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DURATION_BOUNDS, DURATION_CELLS, durationCell } from './duration-cells.ts';
import { HISTOGRAM_CELLS, addInto, bucketFloorUs, bucketOf, quantilesUs } from './histogram.ts';

const SHARES = [0.5, 0.9, 0.99, 0.999];

/** The value at the same rank of what was counted. */
function exact(sorted: readonly number[], share: number): number {
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] as number;
}

describe('latency histograms', () => {
  test('quantiles are within 1 % of the exact ones, whatever was counted', () => {
    // From 50 us on: below, half a microsecond is more than 1 %.
    const latency = fc.oneof(
      fc.double({ min: 50, max: 5_000, noNaN: true }),
      fc.double({ min: 50, max: 2e9, noNaN: true }),
      fc.integer({ min: 50, max: 200_000 }),
    );
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 500 }), (values) => {
        const cells = new Float64Array(HISTOGRAM_CELLS);
        for (const value of values) cells[bucketOf(value)]! += 1;
        const sorted = values.toSorted((a, b) => a - b);
        quantilesUs(cells, SHARES).forEach((found, at) => {
          const wanted = exact(sorted, SHARES[at] as number);
          assert.ok(Math.abs(found - wanted) <= 0.01 * wanted, `${SHARES[at]}: ${found} for ${wanted}`);
        });
      }),
      { numRuns: 300 },
    );
  });

  test('every bucket begins where the one before ends', () => {
    for (let index = 0; index < HISTOGRAM_CELLS - 1; index++) {
      assert.equal(bucketOf(bucketFloorUs(index)), index);
      assert.equal(bucketOf(bucketFloorUs(index + 1) - 1), index);
    }
    assert.equal(bucketOf(2 ** 31), HISTOGRAM_CELLS - 1, 'what is longer counts in the last');
    assert.equal(bucketFloorUs(HISTOGRAM_CELLS), 2 ** 31, 'about 36 minutes');
  });

  test('rows are summed; nothing counted is 0', () => {
    const row = new Uint32Array(3 * HISTOGRAM_CELLS);
    row[HISTOGRAM_CELLS + 7] = 2;
    const cells = new Float64Array(HISTOGRAM_CELLS);
    assert.deepEqual(quantilesUs(cells, SHARES), [0, 0, 0, 0]);
    addInto(cells, row, HISTOGRAM_CELLS);
    addInto(cells, row, HISTOGRAM_CELLS);
    assert.equal(cells[7], 4);
    assert.deepEqual(quantilesUs(cells, [0, 1]), [7.5, 7.5]);
  });
});

test('a duration counts in the bucket of the first bound that is not below it, exactly', () => {
  DURATION_BOUNDS.forEach((seconds, at) => {
    assert.equal(durationCell(seconds * 1e6), at);
    assert.equal(durationCell(seconds * 1e6 + 1), at + 1);
  });
  assert.equal(durationCell(0), 0);
  assert.equal(durationCell(1e12), DURATION_CELLS - 1);
});
