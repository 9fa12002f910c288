import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_CAPACITY, Layout } from './layout.ts';
import { listenerKey, ofListenerKey, METHOD_SERIES_COUNT, STATUS_CELLS } from './counters.ts';
import { LISTENERS_MAX } from './listener-table.ts';
import { LISTENER_SERIES_CELLS, ListenerSeries } from './listener-series.ts';

function made(): ListenerSeries {
  const capacity = { ...DEFAULT_CAPACITY, workers: 1 };
  const measure = new Layout(capacity, null);
  new ListenerSeries(measure);
  return new ListenerSeries(new Layout(capacity, new ArrayBuffer(measure.bytes)));
}

function countsOf(table: ListenerSeries): Map<number, number> {
  const counts = new Map<number, number>();
  table.addTo(counts);
  return counts;
}

const key = fc
  .tuple(
    fc.nat({ max: LISTENERS_MAX - 1 }),
    fc.nat({ max: DEFAULT_CAPACITY.routes * METHOD_SERIES_COUNT - 1 }),
    fc.nat({ max: STATUS_CELLS - 2 }),
  )
  .map((parts) => listenerKey(...parts));

test('a key is its parts, and theirs alone', () => {
  fc.assert(
    fc.property(key, (one) => {
      const { listenerRow, series, cell } = ofListenerKey(one);
      assert.equal(listenerKey(listenerRow, series, cell), one);
      assert.ok(one < 2 ** 31 - 1);
    }),
  );
});

test('counts as a map does, and forgets only what is asked', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 400 }), fc.nat({ max: 6 }), (keys, gone) => {
      const table = made();
      const model = new Map<number, number>();
      for (const one of [...keys, ...keys]) {
        table.add(one);
        model.set(one, (model.get(one) ?? 0) + 1);
      }
      assert.deepEqual(sorted(countsOf(table)), sorted(model));
      const isGone = (one: number): boolean => one % 7 === gone;
      table.clear(isGone);
      for (const one of keys) table.add(one);
      const left = new Map(keys.map((one) => [one, 0]));
      for (const [one, count] of model) left.set(one, isGone(one) ? count / 2 : count + count / 2);
      assert.deepEqual(sorted(countsOf(table)), sorted(left));
    }),
    { numRuns: 50 },
  );
});

function sorted(counts: ReadonlyMap<number, number>): [number, number][] {
  return [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
}

test('when it is full, new keys are left out and it says so; old ones go on', () => {
  const table = made();
  for (let one = 0; one < LISTENER_SERIES_CELLS; one++) {
    table.add(one * 513);
    if (one === 0) assert.equal(table.isOverfull, false);
  }
  assert.equal(table.isOverfull, true);
  const { size } = countsOf(table);
  assert.equal(size, (LISTENER_SERIES_CELLS * 3) / 4);
  table.add(0);
  assert.equal(countsOf(table).get(0), 2);
  assert.equal(countsOf(table).size, size);
});
