import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_CAPACITY, Layout } from './layout.ts';
import { USAGE_PLACES, UsageTable } from './usage-table.ts';

function newRow() {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1 };
  const measured = new Layout(capacity, null);
  new UsageTable(measured);
  return new UsageTable(new Layout(capacity, new ArrayBuffer(measured.bytes))).rows[0]!;
}

function taken(row: ReturnType<typeof newRow>): Map<string, number> {
  const found = new Map<string, number>();
  row.take((limit, low, high, tokens) => void found.set(`${limit} ${low} ${high}`, tokens));
  return found;
}

test('everything that is counted is handed over once, to its own key', (t) => {
  const key = fc.record({ row: fc.nat(3), low: fc.integer(), high: fc.integer() });
  fc.assert(
    fc.property(
      fc.array(key, { minLength: 1, maxLength: 30 }),
      fc.array(fc.oneof(fc.nat(29), fc.constant('take')), { maxLength: 200 }),
      (keys, steps) => {
        const row = newRow();
        const counted = new Map<string, number>();
        const seen = new Map<string, number>();
        const take = (): void => {
          for (const [name, tokens] of taken(row)) seen.set(name, (seen.get(name) ?? 0) + tokens);
        };
        for (const step of steps) {
          if (step === 'take') take();
          else {
            const { row: limit, low, high } = keys[(step as number) % keys.length]!;
            assert.ok(row.count(limit, low, high, 1));
            const name = `${limit} ${low} ${high}`;
            counted.set(name, (counted.get(name) ?? 0) + 1);
          }
        }
        take();
        assert.deepEqual(seen, counted);
      },
    ),
    { numRuns: 200 },
  );
  t.diagnostic('seeds are fast-check’s own, printed when it fails');
});

test('what is given back is not told', () => {
  const row = newRow();
  row.count(1, 7, 8, 1);
  row.count(1, 7, 8, 1);
  row.count(1, 7, 8, -1);
  assert.deepEqual([...taken(row)], [['1 7 8', 1]]);
  assert.deepEqual([...taken(row)], []);
});

test('a place that is long idle is free for others; a table that is full says so', () => {
  const row = newRow();
  let held = 0;
  for (let key = 0; key < 2 * USAGE_PLACES; key++) if (row.count(1, key, key, 1)) held++;
  assert.ok(held > USAGE_PLACES * 0.9 && held <= USAGE_PLACES, String(held));
  assert.equal(taken(row).size, held);
  // Kept by being used now and then.
  for (let look = 0; look < 150; look++) taken(row);
  assert.ok(row.count(1, 0, 0, 1));
  for (let look = 0; look < 60; look++) taken(row);
  let more = 0;
  for (let key = 0; key < USAGE_PLACES; key++) if (row.count(2, key, key, 1)) more++;
  assert.ok(more > USAGE_PLACES * 0.9, String(more));
  assert.ok(row.count(1, 0, 0, 1), 'the one that was used kept its place');
});
